"""The recorded answers of a real shop, compared with the practice shop's answers.

    python -m tests.practice.captures      the table of what agrees and what does not, and why

Compared are shape, values, codes, messages, paths and cost; only what a shop makes up (group ids,
times, cursors, the fill of the bucket) may differ.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.practice.schema import practice_schema
from tests.practice import recorded as recordings_of
from tests.practice.recorded import Json, capture, cases, compared


@cache
def _served() -> frozenset[str]:
    schema = practice_schema()
    roots = (schema.query_type, schema.mutation_type)
    return frozenset(name for root in roots if root is not None for name in root.fields)


def recordings(file: str) -> Iterator[tuple[str, Json]]:
    """Every recorded request of a file, with its place in it."""

    def walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
        if isinstance(value, list):
            value = dict(enumerate(value))
        if not isinstance(value, dict):
            return
        if isinstance(value.get("response"), dict):
            yield ".".join(path), value
        for key, each in value.items():
            if key != "response":
                yield from walk(each, (*path, str(key)))

    yield from walk(capture(file), ())


def why_not(path: str, recorded: Json) -> str:
    """Why a recorded request is not compared."""
    if path.startswith("upstreamCalls"):
        return "not the recorded shop's API: a call of the recorder's own"
    answered = recorded["response"].get("payload", recorded["response"])
    roots = list(answered.get("data") or ())
    missing = [root for root in roots if root not in _served()]
    if missing:
        return f"not served: {', '.join(missing)}; the world is built as it was afterwards"
    return "nobody has written this comparison yet"


@dataclass(frozen=True)
class Line:
    file: str
    path: str
    verdict: str
    why: str = ""


async def lines() -> list[Line]:
    """Every recorded request: agrees, differs, or is not compared, and why."""
    by_place = {(case.file, case.path): case for case in cases()}
    found = []
    for file, path, recorded in everything():
        case = by_place.get((file, path))
        if case is None:
            found.append(Line(file, path, "not compared", why_not(path, recorded)))
            continue
        why = difference(compared(case.recorded), await case.ask())
        found.append(Line(file, path, "differs" if why else "agrees", why))
    return found


def everything() -> list[tuple[str, str, Json]]:
    files = sorted(place.stem for place in recordings_of.FOLDER.glob("*.json"))
    return [(file, path, recorded) for file in files for path, recorded in recordings(file)]


def difference(recorded: Any, answer: Any, path: str = "") -> str:
    """The first place where two answers differ, or nothing."""
    if isinstance(recorded, dict) and isinstance(answer, dict):
        for key in sorted({*recorded, *answer}):
            if found := difference(recorded.get(key), answer.get(key), f"{path}.{key}"):
                return found
        return ""
    if isinstance(recorded, list) and isinstance(answer, list) and len(recorded) == len(answer):
        for at, pair in enumerate(zip(recorded, answer, strict=True)):
            if found := difference(*pair, f"{path}[{at}]"):
                return found
        return ""
    return "" if recorded == answer else f"{path or '.'}: {recorded!r} there, {answer!r} here"


def main() -> int:
    if not recordings_of.FOLDER.is_dir():
        print(f"The recorded answers are not at {recordings_of.FOLDER}.")
        print("Set DEXTRE_SYNC_CAPTURES to their folder.")
        return 2
    found = asyncio.run(lines())
    width = max(len(line.path) for line in found)
    file = ""
    for line in found:
        if line.file != file:
            file = line.file
            print(f"\n{file}")
        print(f"  {line.path:{width}}  {line.verdict:12}  {line.why}".rstrip())
    counts = {each: sum(line.verdict == each for line in found) for each in VERDICTS}
    print("\n" + ", ".join(f"{number} {name}" for name, number in counts.items()))
    return 1 if counts["differs"] else 0


VERDICTS = ("agrees", "differs", "not compared")

if __name__ == "__main__":
    sys.exit(main())
