"""Which cells to read when, and whether an answer is fresh enough to be believed.

Up to `everything_up_to` cells, everything is read at every tick by direct ids: consistent, and no
index that lags. Above that a tick reads what the shop's search index says has changed (a hint,
with an overlap), and a slice of a rolling sweep by ids, so that every cell is read at least every
`sweep_s` whatever the index forgets.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from core.model import CellKey, Problem, Reading
from core.sync.ports import CHUNK

POINTS_PER_S = 100.0
READ_POINTS = 3.0
"""What a shop restores, and what a read of CHUNK cells costs (facts.md §3)."""


MANY = 5_000
"""Cells that are worth a word with the garbage collector."""

YOUNG = 10_000
"""Objects that come before the collector looks at them, then: as many as a few commits make, most
of which are gone by themselves when it does."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """Seconds and sizes of the loop. A tick is counted from start to start; `least_s` is the rest
    between two passes however long they take; `sweep_share` the share of the points that the
    rolling sweep may use, and `sweep_at_least` the reads that it makes in a tick however few the
    cells are: up to 100,000 cells a tick costs the same, and fewer cells are read more often.

    The search index is asked for what changed since the last tick and `overlap_s` before it,
    because it lags; every `long_look_s` for `long_overlap_s`. Where it names `hints_at_most` at one
    location (after a mass change), listing all costs more than reading: the sweep hurries instead.
    """

    tick_s: float = 2.0
    quiet_tick_s: float = 10.0
    quiet_after: int = 30
    slow_when_quiet: bool = True
    push_poll_s: float = 0.2
    least_s: float = 0.05
    everything_up_to: int = 5_000
    sweep_s: float = 300.0
    sweep_share: float = 0.5
    sweep_at_least: int = 3
    catalogue_s: float = 900.0
    overlap_s: float = 15.0
    long_overlap_s: float = 120.0
    long_look_s: float = 30.0
    hints_at_most: int = CHUNK
    parallel: int = 8
    offline_max_s: float = 60.0

    def tick(self, quiet_passes: int) -> float:
        """Seconds to the next tick: after `quiet_after` passes without news, politely more."""
        if self.slow_when_quiet and quiet_passes >= self.quiet_after:
            return max(self.quiet_tick_s, self.tick_s)
        return self.tick_s

    @property
    def sweep_batches(self) -> int:
        """Reads that the rolling sweep may ask for in one tick."""
        points = self.sweep_share * POINTS_PER_S * self.tick_s
        return max(1, int(points / READ_POINTS))

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row: 2, 4, 8 … up to `offline_max_s`."""
        return min(self.offline_max_s, float(2 ** min(failures, 10)))


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: at most CHUNK items at one Shopify location."""

    shopify_location_id: str
    inventory_item_ids: tuple[str, ...]


def batches(keys: Iterable[CellKey]) -> list[Batch]:
    by_location: dict[str, list[str]] = {}
    for key in keys:
        by_location.setdefault(key.shopify_location_id, []).append(key.inventory_item_id)
    return [
        Batch(location, tuple(ids[start : start + CHUNK]))
        for location, ids in by_location.items()
        for start in range(0, len(ids), CHUNK)
    ]


@dataclass(slots=True)
class WorkingSet:
    """The cells of one revision of the link, cut into batches once, and where the rolling sweep
    stands. `read_at`: when (monotonic) each batch was last read, by its identity.
    """

    revision: int = -1
    size: int = 0
    items: int = 0
    batches: list[Batch] = field(default_factory=list)
    last: dict[CellKey, Reading] = field(default_factory=dict)
    read_at: dict[int, float] = field(default_factory=dict)
    read_in_pass: list[Batch] = field(default_factory=list)
    _settled: int = -1
    _ours: frozenset[int] = frozenset()
    _next: int = 0

    def load(self, revision: int, keys: Sequence[CellKey]) -> None:
        self.revision = revision
        self.size = len(keys)
        self.items = len({key.inventory_item_id for key in keys})
        self.batches = batches(sorted(keys))
        self._ours = frozenset(map(id, self.batches))
        self.last = {}
        self.read_at = {}
        self.read_in_pass = []
        self._next = 0

    def forget(self) -> None:
        self.revision = -1

    def settle(self) -> None:
        """Once all of a long working set is known, it stays: Python's collector need not walk
        through it again and again, nor look after every few cells of a mass change (together up
        to a fifth of the time that a push of 100,000 cells takes).
        """
        if self._settled != self.revision and len(self.last) == self.size >= MANY:
            self._settled = self.revision
            gc.freeze()
            gc.set_threshold(max(YOUNG, gc.get_threshold()[0]), *gc.get_threshold()[1:])

    def slice(self, pacing: Pacing, *, hurried: bool = False) -> Iterator[Batch]:
        """This tick's part of the sweep: as large as `sweep_s` asks for and the points allow, or,
        in a hurry, as large as the points allow.
        """
        ticks = max(1.0, pacing.sweep_s / pacing.tick_s)
        wanted = max(pacing.sweep_at_least, ceil(len(self.batches) / ticks))
        if hurried:
            wanted = len(self.batches)
        for _ in range(min(len(self.batches), wanted, pacing.sweep_batches)):
            yield self.batches[self._next % len(self.batches)]
            self._next = (self._next + 1) % len(self.batches)

    def was_read(self, batch: Batch, moment: float) -> None:
        """A batch, of ours or of somebody's hints, was answered to a request of that moment."""
        self.read_in_pass.append(batch)
        if id(batch) in self._ours:
            self.read_at[id(batch)] = moment

    def news(self, readings: Iterable[Reading]) -> list[Reading]:
        """Readings that differ from the last one that was taken in."""
        return [reading for reading in readings if self.last.get(reading.key) != reading]

    def new_skus(self, readings: Iterable[Reading], others: Mapping[str, str]) -> dict[str, str]:
        """The SKUs that are not what was read last, by inventory item; of items that were not read
        before those among `others`. What is deleted has none.
        """
        found: dict[str, str] = {}
        for reading in readings:
            item_id, last = reading.key.inventory_item_id, self.last.get(reading.key)
            is_new = item_id in others if last is None else last.sku != reading.sku
            if is_new and reading.problem is not Problem.DELETED:
                found[item_id] = reading.sku
        return found


ECHO_S = 10.0
"""How long an answer may be held for an echo from before our write. Longer would hide a true
number that happens to be the same (the opposite change in the same second)."""


class Freshness:
    """Whether an answer can know of our last write to a cell.

    It can if its request started after the write was answered, and if it does not still show
    exactly the quantity and `updatedAt` from before (a replica that is behind), unless it also says
    why the write may have had no effect. `now` is monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._moment = 0
        self._settled: dict[CellKey, int] = {}
        self._echoes: dict[CellKey, tuple[int, str, float]] = {}
        """What a replica that is behind still shows, and until when it may."""
        self._under_way: list[int] = []

    def start(self) -> int:
        self._moment += 1
        self._under_way.append(self._moment)
        return self._moment

    def done(self, started: int) -> None:
        self._under_way.remove(started)
        if not self._under_way:
            self._settled.clear()  # no answer is on its way that could be too old

    def answered(self, keys: Iterable[CellKey]) -> None:
        """Our write to these has its answer. To be told before that is on disk: from then on the
        cells take readings again, and one that was asked earlier must not be the first.
        """
        self._moment += 1
        if self._under_way:
            self._settled.update((key, self._moment) for key in keys)

    def settled(self, echoes: Mapping[CellKey, tuple[int, str]]) -> None:
        until = self._now() + ECHO_S
        for key, (quantity, updated_at) in echoes.items():
            if updated_at:
                self._echoes[key] = (quantity, updated_at, until)

    def waits(self) -> bool:
        """Whether some cell has not been read since our last write to it."""
        now = self._now()
        self._echoes = {
            key: (quantity, updated_at, until)
            for key, (quantity, updated_at, until) in self._echoes.items()
            if until > now
        }
        return bool(self._echoes)

    def since(self, started: int) -> Callable[[Reading], bool]:
        def fresh(reading: Reading) -> bool:
            if self._settled.get(reading.key, 0) >= started:
                return False
            echo = self._echoes.get(reading.key)
            if echo is None:
                return True
            quantity, updated_at, until = echo
            before = Reading(reading.key, quantity, updated_at, sku=reading.sku)
            if reading == before and self._now() < until:
                return False
            del self._echoes[reading.key]
            return True

        return fresh
