"""How the engine is, for those who look from another process: a small file that is replaced whole.

It says how things were at the last pass, and what stands still until a person acts; it is never
read to decide what to sync, and losing it costs nothing, so it is not synced.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from core.errors import (
    DextreError,
    ErrorNote,
    LinkIsOff,
    SafetyStop,
    UserMustAct,
    note_from,
    note_of,
)
from core.model import CellKey, Problem
from core.workspace.notes import write_note


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that does not go on by itself. `problem` is SAFETY_STOP or STOPPED."""

    problem: Problem
    error: ErrorNote
    since: str


@dataclass(frozen=True, slots=True)
class HealthNote:
    """`error` is what went wrong last; `held` the cells that differ: the breaker stopped that pass;
    `points` what the shop lets us spend now; `stops` what waits for a person, by the part of the
    sync that it stopped. `at`: when this was written, to which the ages belong; points used and
    failures are counted since `since`.
    """

    last_pass_at: str | None = None
    verified_share: float | None = None
    throttled: int = 0
    points: int | None = None
    error: ErrorNote | None = None
    held: int = 0
    stops: Mapping[str, Stop] = field(default_factory=dict)
    at: str | None = None
    since: str | None = None
    points_used: int = 0
    verified_pass: float | None = None
    verified_hour: float | None = None
    age_p50_s: float | None = None
    age_p95_s: float | None = None
    age_max_s: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)

    def stopped(self, part: str, error: DextreError, at: str) -> HealthNote:
        """With the stop that the error is. What may pass by itself is none, and ends none."""
        problem = _problem_of(error)
        if problem is None:
            return self
        before = self.stops.get(part)
        since = before.since if before is not None and before.error.code == error.code else at
        return replace(self, stops={**self.stops, part: Stop(problem, note_of(error), since)})

    def going(self, part: str) -> HealthNote:
        """That part of the sync has passed: it does not stand still any more."""
        if part not in self.stops:
            return self
        return replace(self, stops={p: stop for p, stop in self.stops.items() if p != part})

    def link_is_off(self) -> HealthNote:
        """What the breaker has stopped is not going to flow: nobody need agree to it."""
        kept = {p: s for p, s in self.stops.items() if not s.error.is_mass_change}
        error = None if self.error is not None and self.error.is_mass_change else self.error
        return replace(self, stops=kept, held=0, error=error)


def _problem_of(error: DextreError) -> Problem | None:
    if isinstance(error, SafetyStop):
        return Problem.SAFETY_STOP
    if isinstance(error, UserMustAct) and not isinstance(error, LinkIsOff):
        return Problem.STOPPED
    return None


def write(path: Path, note: HealthNote) -> None:
    write_note(path, orjson.dumps(_record(note)))


def _record(note: HealthNote) -> dict[str, Any]:
    stops = {
        part: {"problem": stop.problem, "error": stop.error.record(), "since": stop.since}
        for part, stop in note.stops.items()
    }
    error = None if note.error is None else note.error.record()
    return {**asdict(note), "stops": stops, "error": error}


def read(path: Path) -> HealthNote:
    try:
        kept = orjson.loads(path.read_bytes())
        stops = {part: _stop_from(**stop) for part, stop in kept.pop("stops", {}).items()}
        error = kept.pop("error", None)
        return HealthNote(**kept, stops=stops, error=error and note_from(error))
    except (FileNotFoundError, TypeError, ValueError, AttributeError, KeyError):
        return HealthNote()


def _stop_from(problem: str, error: Mapping[str, Any], since: str) -> Stop:
    return Stop(Problem(problem), note_from(error), since)


# -- one cell ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blocks:
    """When the cells were last read, a batch of them a row (core.sync.health), as of `at`."""

    at: str | None = None
    rows: Sequence[tuple[str, str, float]] = ()


def write_blocks(path: Path, at: str, rows: Sequence[tuple[str, str, float]]) -> None:
    write_note(path, orjson.dumps([at, rows]))


def read_blocks(path: Path) -> Blocks:
    try:
        at, rows = orjson.loads(path.read_bytes())
        return Blocks(at, [(place, first, age) for place, first, age in rows])
    except (FileNotFoundError, TypeError, ValueError):
        return Blocks()


def age_of(blocks: Blocks, key: CellKey) -> float | None:
    """As of `blocks.at`: the age of the last block that does not begin behind the cell."""
    wanted = (key.shopify_location_id, key.inventory_item_id, float("inf"))
    place = bisect_right(blocks.rows, wanted) - 1
    if place < 0 or blocks.rows[place][0] != key.shopify_location_id:
        return None
    return blocks.rows[place][2]
