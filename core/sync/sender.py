"""The writing half of the engine: put what is pending into the outbox, send it, and settle it.

What may be sent and what an answer means is `outbox`'s; here is when, how often, and what happens
when no answer comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from core.clock import iso
from core.errors import DextreError, ErrorNote, OutcomeUnknown, SafetyStop, TryAgain, note_of
from core.model import CellKey, CellState, Intent, Problem, QuantityName, Reading, RowOutcome
from core.sync import outbox
from core.sync.breaker import THERE, Limits, check, push_effect
from core.sync.commits import Commits
from core.sync.events import WriteWaits
from core.sync.ports import BooksTx, Shop
from core.sync.reading import ECHO_S, Pacing, batches
from core.sync.trace import Trace

STALE_ROUNDS = 3
"""How often one pass reads again what an absolute write found moved."""

MOST_WAITING = 64
"""Writes without an outcome from which on no new one is decided: what is pending meanwhile goes
out in few writes afterwards, and the outbox stays small in an outage of any length.
"""

CHANCE_S, LONGEST_CHANCE_S = 60.0, 900.0
"""Seconds until rows that were refused are tried again: the first time, doubled each time, and at
most."""

SOON_S = 10.0
"""Least seconds between two tries where it is the numbers of a refused row that have moved: an item
that sells all day is not a write a sale."""

OnAnswered = Callable[[Intent], None]
OnSettled = Callable[[Mapping[CellKey, tuple[int, str]]], None]
InTransaction = Callable[[BooksTx, Intent, outbox.Settled], None]


@dataclass(slots=True)
class _Waiting:
    """An intent without an outcome: when to ask again."""

    tries: int = 0
    not_before: float = 0.0
    answered_at: float = float("inf")
    """When it was first answered in a way that only a reading explains."""


@dataclass(slots=True)
class Sender:
    """`answered` is told of each intent that is about to be settled, `after` when it is settled;
    `read_again` reads the cells that an absolute write found moved; `in_transaction` may add to
    the settling commit (run records).
    """

    shop: Shop
    commits: Commits
    pacing: Pacing
    limits: Limits
    new_key: Callable[[], str]
    answered: OnAnswered
    after: OnSettled
    read_again: Callable[[Collection[CellKey]], Awaitable[None]]
    in_transaction: InTransaction | None = None
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _sending: set[str] = field(default_factory=set)
    _stale: set[CellKey] = field(default_factory=set)
    unanswered: TryAgain | None = None
    """Why the last write has no outcome; None where it has one."""
    _at_rest: int | None = None
    """The version of the books in which nothing waited."""
    _chances: int = 0
    _chance_at: float = float("inf")
    """When rows that were refused are tried again; never, while there are none."""
    _tried_at: float = float("-inf")

    # -- what is pending ----------------------------------------------------------------------

    async def push_pending(self) -> None:
        """Send all that is pending. Raises SafetyStop where that is more than a person does by
        hand; then nothing of it is sent."""
        looked_at = 0
        stale_rounds = 0
        while pending := self._count_pending():
            if pending > looked_at:  # also what others change while this goes on
                self._check()
            looked_at = pending
            room = MOST_WAITING - self._count_waiting()
            if room <= 0:
                return
            at = self.commits.moments().of_new()
            # As many as are under way at once, in one commit: each commit waits for the disk.
            most = min(self.pacing.parallel, room)
            intents = await self.commits.commit(
                partial(outbox.decide, new_key=self.new_key, at=at, most=most)
            )
            if not intents or not all(await _all([self.send(intent) for intent in intents])):
                return
            if self._stale:
                stale_rounds += 1
                if stale_rounds > STALE_ROUNDS:
                    return  # customers are quicker than we are: the next pass goes on
                moved, self._stale = self._stale, set()
                await self.read_again(moved)

    def has_work(self) -> bool:
        """Whether anything waits in the outbox, or to get there."""
        version = self.commits.books.version()
        if version == self._at_rest:
            return False
        with self.commits.view() as view:
            is_found = bool(view.intents()) or view.count_cells()[CellState.PENDING_PUSH] > 0
        self._at_rest = None if is_found else version
        return is_found

    def _count_pending(self) -> int:
        with self.commits.view() as view:
            return view.count_cells()[CellState.PENDING_PUSH]

    def _count_waiting(self) -> int:
        with self.commits.view() as view:
            return len(view.intents())

    def _check(self) -> None:
        with self.commits.view() as view:
            counts = view.count_cells()
            if counts[CellState.PENDING_PUSH] <= self.limits.least:
                return
            effect = push_effect(view.cells((CellState.PENDING_PUSH,)), sum(counts.values()))
        check(effect, self.limits, THERE)

    # -- what was refused ---------------------------------------------------------------------

    def chance_is_due(self) -> bool:
        return self.commits.clock.monotonic() >= self._chance_at

    def give_chance(self) -> None:
        """What refused rows may be gone: try them with the next pass, then from the first pause."""
        self._chances, self._chance_at = 0, self.commits.clock.monotonic()

    def chance_soon(self) -> None:
        """The numbers of a refused row have moved; that may be what its write needed."""
        now = self.commits.clock.monotonic()
        self._chance_at = min(self._chance_at, max(now, self._tried_at + SOON_S))

    async def try_refused(self) -> None:
        """Give rows that were refused another chance. They stay listed until the shop takes them.

        What the breaker would stop, together with what is pending, is not sent, and stops nobody
        else: each of these rows waits for a person already, with what a person may say to it.
        """
        self._tried_at = self.commits.clock.monotonic()
        with self.commits.view() as view:
            refused = [cell for cell in view.cells_with((Problem.REJECTED,)) if not cell.intent]
            pending = list(view.cells((CellState.PENDING_PUSH,))) if refused else []
            cells = sum(view.count_cells().values())
        if not refused:
            self._chances, self._chance_at = 0, float("inf")
            return
        self._put_off_chance()
        if not self.commits.link_is_on():
            return
        with suppress(SafetyStop):
            check(push_effect([*refused, *pending], cells), self.limits, THERE)
            keys = {cell.key for cell in refused}
            while keys:
                at = self.commits.moments().of_new()
                decided = await self.commits.commit(
                    partial(outbox.decide_again, key=self.new_key(), at=at, keys=frozenset(keys))
                )
                if decided is None or not await self.send(decided):
                    return
                keys.difference_update(row.key for row in decided.rows)

    def _put_off_chance(self) -> None:
        pause = min(CHANCE_S * 2.0 ** min(self._chances, 10), LONGEST_CHANCE_S)
        self._chances += 1
        self._chance_at = self.commits.clock.monotonic() + pause

    # -- the outbox ---------------------------------------------------------------------------

    async def settle_outbox(self, *, now: bool = False, link_is_on: bool = True) -> int:
        """Ask again for every intent whose time has come (`now`: for all); returns how many still
        wait. Asking again may be what carries a write out: while the link is off, only those of
        runs are asked about, which a person wanted nevertheless, and those that only a reading
        tells of any more.
        """
        with self.commits.view() as view:
            waiting = view.intents()
        if not waiting:
            self.unanswered = None  # another process may have settled it
            return 0
        moment = self.commits.clock.monotonic()
        due = [
            intent
            for intent in waiting
            if intent.key not in self._sending
            and (link_is_on or intent.run is not None or self.commits.moments().has_expired(intent))
            and (now or self._waiting.get(intent.key, _Waiting()).not_before <= moment)
        ]
        await _all([self.send(intent) for intent in due])
        with self.commits.view() as view:
            return len(view.intents())

    def wait_no_longer(self) -> None:
        """The shop answers again: what waited for that is asked about at once."""
        for waiting in self._waiting.values():
            waiting.not_before = 0.0

    async def send(self, intent: Intent) -> bool:
        """Send an intent that is in the outbox and settle it. False: no outcome, nothing was
        changed, or the shop asked to come later.
        """
        self._sending.add(intent.key)
        try:
            if self.commits.moments().has_expired(intent):
                found = await self._read([row.key for row in intent.rows], intent.name)
                await self._settle_by_reading(intent, found)
                return True
            result = await self.shop.write(intent)
            if outbox.is_told_by_reading(result):
                return await self._told_by_reading(intent, is_refused=bool(result.problems))
            readings: dict[CellKey, Reading] = {}
            if result.untouched:
                readings = await self._read(result.untouched, intent.name)
        except TryAgain as error:
            self._wait_longer(intent, error)
            return False
        finally:
            self._sending.discard(intent.key)
        settled = await self._settle(
            intent, lambda tx, trace: outbox.settle(tx, intent, result, trace, readings)
        )
        return not settled.again

    async def _told_by_reading(self, intent: Intent, *, is_refused: bool) -> bool:
        """An answer that does not say what it did. A replica may be behind: a reading that does not
        show what was wanted is believed only when it has had ECHO_S to come; until then the same is
        asked again.
        """
        now = self.commits.clock.monotonic()
        waiting = self._waiting.setdefault(intent.key, _Waiting())
        waiting.answered_at = min(waiting.answered_at, now)
        found = await self._read([row.key for row in intent.rows], intent.name)
        if not outbox.is_plain(intent, found) and now - waiting.answered_at < ECHO_S:
            self._put_off(waiting)
            return False
        await self._settle_by_reading(intent, found, was_taken=not is_refused)
        # What changed nothing may do so again: leave the rest to the next pass.
        return is_refused

    async def _settle_by_reading(
        self, intent: Intent, found: dict[CellKey, Reading], *, was_taken: bool = False
    ) -> None:
        await self._settle(
            intent,
            lambda tx, trace: outbox.decide_by_reading(
                tx, intent, found, trace, was_taken=was_taken
            ),
        )

    async def _read(self, keys: Collection[CellKey], name: QuantityName) -> dict[CellKey, Reading]:
        found: dict[CellKey, Reading] = {}
        for batch in batches(keys):
            readings = await self.shop.read_levels(
                batch.shopify_location_id, batch.inventory_item_ids, name
            )
            found.update((reading.key, reading) for reading in readings)
        return found

    async def _settle(
        self, intent: Intent, decide: Callable[[BooksTx, Trace], outbox.Settled]
    ) -> outbox.Settled:
        now = iso(self.commits.moments().now())

        def work(tx: BooksTx, trace: Trace) -> outbox.Settled:
            settled = decide(tx, trace)
            if intent.run is not None and self.in_transaction is not None:
                self.in_transaction(tx, intent, settled)
            tx.put_latest_moment(now)
            return settled

        self.answered(intent)
        settled = await self.commits.commit(work)
        self._waiting.pop(intent.key, None)
        self.unanswered = None
        rejected = any(out is RowOutcome.REJECTED for out, _ in settled.outcomes.values())
        if rejected and self._chance_at == float("inf"):
            self._put_off_chance()
        stale = {key for key, (_, detail) in settled.outcomes.items() if detail in outbox.STALE}
        self._stale |= stale
        self.commits.failures["stale"] += len(stale)
        self.after(settled.echoes)
        return settled

    def _put_off(self, waiting: _Waiting, at_least: float = 0.0) -> None:
        waiting.tries += 1
        pause = max(self.pacing.backoff(waiting.tries), at_least)
        waiting.not_before = self.commits.clock.monotonic() + pause

    def _wait_longer(self, intent: Intent, error: TryAgain) -> None:
        self.unanswered = error
        waiting = self._waiting.setdefault(intent.key, _Waiting())
        self._put_off(waiting, error.wait_s)
        if isinstance(error, OutcomeUnknown) and waiting.tries == 1:
            why = _why(error)
            self.commits.emit(
                WriteWaits(
                    at=self.commits.now(),
                    brand=self.commits.brand,
                    run=intent.run,
                    key=intent.key,
                    rows=len(intent.rows),
                    detail=str(why),
                    told=why.record(),
                )
            )


def _why(error: OutcomeUnknown) -> ErrorNote:
    """What kept the answer from us, without a remedy: asking again is told already."""
    cause = error.params.get("cause")
    return replace(note_of(cause if isinstance(cause, DextreError) else error), remedy="")


async def _all(work: Sequence[Awaitable[bool]]) -> list[bool]:
    """Run all and let all end, then raise the first failure: one does not cut off its
    neighbours.
    """
    ended = await asyncio.gather(*work, return_exceptions=True)
    for end in ended:
        if isinstance(end, BaseException):
            raise end
    return [end for end in ended if isinstance(end, bool)]
