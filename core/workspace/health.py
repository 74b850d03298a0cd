"""How the engine is, for those who look from another process: a small file that is replaced whole.

It says how things were at the last pass; it is never read to decide anything, and losing it costs
nothing, so it is not synced.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class HealthNote:
    """`error` is an error's code, `detail` its English text; `points` what the shop lets us spend
    now.
    """

    last_pass_at: str | None = None
    verified_share: float | None = None
    throttled: int = 0
    points: int | None = None
    error: str | None = None
    detail: str | None = None


def write(path: Path, note: HealthNote) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(orjson.dumps(asdict(note)))
    fresh.replace(path)


def read(path: Path) -> HealthNote:
    try:
        return HealthNote(**orjson.loads(path.read_bytes()))
    except (FileNotFoundError, TypeError, orjson.JSONDecodeError):
        return HealthNote()
