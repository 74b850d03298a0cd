"""The whole catalogue by a bulk operation: Shopify runs one query by itself and leaves a file with
one JSON object a line (facts.md §6). For catalogues that are too long to be paged quickly.

    start or resume → wait → read the file as a stream, a line at a time

Only variants are asked for: levels by ids cost 3 points for 250 and are newer. So the lines have no
order that matters; those of children, wherever they stand, are passed over.

Nothing depends on it. Where it cannot be started, fails, or leaves a file that is not what was
counted, `is_complete` stays false, and the caller reads pages; what was given already is in `seen`.
Partial data is not used: nothing says which part it is. Only the network's failures are raised, so
that the next call finds the operation in the note and goes on with it.
"""

from __future__ import annotations

import logging
import random as random_module
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from core.clock import Clock, parse_iso
from core.errors import DextreError, TryAgain
from core.model import Variant
from core.shopify.answers import Answer
from core.shopify.cost import PAGE
from core.shopify.documents import BULK_VARIANTS, CANCEL_BULK, POLL_BULK, RUN_BULK, Document
from core.shopify.errors import (
    Forbidden,
    GarbledAnswer,
    MissingScope,
    QueryRefused,
    ResultRefused,
    ServerTrouble,
)
from core.shopify.notes import Note
from core.shopify.nouns import number_of, shape_of, variant_of
from core.shopify.storage import Storage

ABOVE = 5_000
"""Variants; up to here pages are as quick and simpler."""

OLDEST = timedelta(hours=1)
"""A result that was begun longer ago is no longer news."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 10.0
STUCK = 600.0
"""Seconds without any progress after which an operation is given up."""

BROKEN_OFF = 5
"""How often in a row a download may break off without bringing a line."""

MAX_LINE = 1024 * 1024

_UNFINISHED = ("CREATED", "RUNNING")

_UNUSABLE = (MissingScope, Forbidden, QueryRefused, GarbledAnswer)
"""Whether every kind of token may run one is not documented; and a root may be null with an error
of any code (facts.md §8.2). Where it is the token or the shop that has ended, the pages say so.
"""

Execute = Callable[[Document, Mapping[str, Any]], Awaitable[Answer]]

logger = logging.getLogger("core.shopify")


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    status: str
    created_at: datetime
    query: str
    objects: int
    url: str | None


class BulkCatalogue:
    """One reading of the catalogue."""

    def __init__(
        self,
        execute: Execute,
        storage: Storage,
        note: Note,
        *,
        clock: Clock,
        random: random_module.Random,
    ) -> None:
        self._execute = execute
        self._storage = storage
        self._note = note
        self._clock = clock
        self._random = random
        self.is_complete = False
        self.seen: set[int] = set()
        """The numbers of the variants that were given."""

    async def pages(self) -> AsyncIterator[tuple[Variant, ...]]:
        """The variants, PAGE at a time, each once; to be read to its end."""
        operation = await self._finished()
        if operation is None:
            self._note.keep(None)
            return
        batch: list[Variant] = []
        lines = 0
        try:
            async for line in self._lines(operation):
                lines += 1
                variant = _variant_in(line)
                if variant is None or not self._is_new(variant):
                    continue
                batch.append(variant)
                if len(batch) == PAGE:
                    yield tuple(batch)
                    batch.clear()
            self.is_complete = lines == operation.objects
            if not self.is_complete:
                logger.warning("bulk result: %d lines of %d", lines, operation.objects)
        except (ResultRefused, _Garbled) as failure:
            logger.warning("bulk result cannot be used: %s", failure)
        self._note.keep(None)
        if batch:
            yield tuple(batch)

    def _is_new(self, variant: Variant) -> bool:
        number = number_of(variant.variant_id)
        if number in self.seen:
            return False
        self.seen.add(number)
        return True

    # -- the operation ---------------------------------------------------------------------------

    async def _finished(self) -> Operation | None:
        """An operation that is complete, or None where there will be none."""
        operation = await self._resumed() or await self._started()
        wait, unchanged_since = FIRST_WAIT, self._clock.monotonic()
        while operation is not None and operation.status in _UNFINISHED:
            await self._clock.sleep(wait)
            wait = min(wait * 1.5, LONGEST_WAIT)
            before, operation = operation, await self._look(operation.id)
            if operation is not None and operation.objects != before.objects:
                unchanged_since = self._clock.monotonic()
            elif self._clock.monotonic() - unchanged_since > STUCK:
                await self._give_up(before)
                return None
        if operation is None or operation.status != "COMPLETED":
            status = "gone" if operation is None else operation.status
            logger.warning("bulk operation %s; the catalogue is read by pages", status)
            return None
        return operation

    async def _resumed(self) -> Operation | None:
        """What was begun before, if it is still of use."""
        kept = self._note.kept()
        if kept is None:
            return None
        operation = await self._look(kept)
        if operation is None or operation.query.strip() != BULK_VARIANTS.strip():
            return None
        if operation.status not in (*_UNFINISHED, "COMPLETED"):
            return None
        if self._clock.now() - operation.created_at > OLDEST:
            return None
        logger.info("bulk operation resumed: %s", operation.status)
        return operation

    async def _started(self) -> Operation | None:
        try:
            answer = await self._execute(RUN_BULK, {"query": BULK_VARIANTS})
            with shape_of(RUN_BULK):
                payload = answer.data["bulkOperationRunQuery"]
                if payload is None or payload["bulkOperation"] is None:
                    errors = [] if payload is None else payload["userErrors"]
                    codes = [str(error["code"]) for error in errors]
                    logger.warning("bulk operation refused: %s", ", ".join(codes) or "null")
                    return None
                operation = _operation_of(payload["bulkOperation"])
        except (*_UNUSABLE, ServerTrouble) as refusal:
            # Also one that was begun unheard: it ends by itself, and five may run at once.
            logger.warning("no bulk operation: %s", refusal)
            return None
        self._note.keep(operation.id)
        return operation

    async def _look(self, operation_id: str) -> Operation | None:
        try:
            answer = await self._execute(POLL_BULK, {"id": operation_id})
            with shape_of(POLL_BULK):
                node = answer.data["bulkOperation"]
                return None if node is None else _operation_of(node)
        except _UNUSABLE as refusal:
            logger.warning("bulk operation cannot be looked at: %s", refusal)
            return None

    async def _give_up(self, operation: Operation) -> None:
        logger.warning("bulk operation stands still; the catalogue is read by pages")
        try:
            await self._execute(CANCEL_BULK, {"id": operation.id})
        except DextreError as failure:
            logger.warning("bulk operation is left to itself: %s", failure)

    # -- its file --------------------------------------------------------------------------------

    async def _lines(self, operation: Operation) -> AsyncIterator[bytes]:
        """Whole lines; a download that breaks off goes on behind the last of them."""
        if operation.url is None:
            return
        position = 0
        in_a_row = 0
        while True:
            try:
                async for line in _split(self._storage.stream(operation.url, position)):
                    position += len(line)
                    in_a_row = 0
                    yield line
                return
            except ResultRefused:
                raise
            except TryAgain as failure:
                in_a_row += 1
                if in_a_row > BROKEN_OFF:
                    raise
                wait = min(2.0**in_a_row, LONGEST_WAIT) * (0.5 + self._random.random() / 2)
                logger.info("bulk result again from %d in %.1f s: %s", position, wait, failure.code)
                await self._clock.sleep(wait)


class _Garbled(Exception):
    """A line that is not what was asked for."""


async def _split(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines with their ends; never more than one line is held."""
    rest = b""
    async for part in parts:
        lines = (rest + part).splitlines(keepends=True)
        rest = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        if len(rest) > MAX_LINE:
            raise _Garbled("a line without an end")
        for line in lines:
            yield line
    if rest:
        yield rest


def _variant_in(line: bytes) -> Variant | None:
    """The variant of a line; None for the line of a child."""
    try:
        row = orjson.loads(line)
        return None if "__parentId" in row else variant_of(row)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as misfit:
        raise _Garbled(type(misfit).__name__) from None


def _operation_of(node: dict[str, Any]) -> Operation:
    url = node["url"]
    return Operation(
        id=str(node["id"]),
        status=str(node["status"]),
        created_at=parse_iso(node["createdAt"]),
        query=str(node["query"]),
        # Counters come as texts: they may be larger than what other languages can hold.
        objects=int(node["objectCount"]),
        url=None if url is None else str(url),
    )
