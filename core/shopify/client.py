"""`AdminClient.execute`: one document to the shop, and its answer or an error of the right family.

    read    tried again a few times where the cause may pass
    write   sent once. What certainly did not happen raises what it was; everything else raises
            `OutcomeUnknown`, and only the outbox sends it again, under the same key
    both    wait for their points, are told once to renew the token, and wait out a THROTTLED,
            which the shop says before it carries anything out; what the shop asks to be left alone
            for (Retry-After) nobody of us asks it anything, whoever was told

Not its business: what documents mean (`shop.py`) and what an idempotency key is.
"""

from __future__ import annotations

import logging
import random as random_module
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from core.clock import Clock
from core.errors import DextreError, Offline, TryAgain, failure_class
from core.model import Secret
from core.shopify.answers import Answer, Parsed, answer_of, parse, seconds_of, unknown
from core.shopify.auth import Auth
from core.shopify.documents import Document
from core.shopify.errors import (
    ApiVersionChanged,
    AskedToWait,
    InvalidToken,
    Throttled,
    WaitedTooLong,
)
from core.shopify.throttle import Throttle
from core.shopify.version import API_VERSION
from core.shopify.wire import Wire

PATH = f"/admin/api/{API_VERSION}/graphql.json"

RETRIES = 3
FIRST_BACKOFF = 0.5
MAX_THROTTLED = 8

logger = logging.getLogger("core.shopify")


class AdminClient:
    """One shop's Admin API. Safe for many tasks of one event loop."""

    def __init__(
        self,
        wire: Wire,
        auth: Auth,
        *,
        clock: Clock,
        random: random_module.Random,
        throttle: Throttle | None = None,
        retries: int = RETRIES,
    ) -> None:
        self._wire = wire
        self._auth = auth
        self.clock = clock
        self._random = random
        self._retries = retries
        self._changed: ApiVersionChanged | None = None
        self.failures: Counter[str] = Counter()
        self.throttle = throttle or Throttle(clock)

    async def execute(
        self,
        document: Document,
        variables: Mapping[str, Any],
        *,
        not_after: datetime | None = None,
        known: bytes = b"",
    ) -> Answer:
        """Send one document. Whether it is a write, the document knows. From `not_after` on it is
        not sent any more, however long it had to wait for points: WaitedTooLong. Data of the digest
        `known` is not read again.
        """
        tries = refusals = 0
        while True:
            if self._changed is not None:
                raise self._changed
            try:
                return await self._once(document, variables, not_after, known)
            except Throttled:
                refusals += 1
                # The pause itself is the throttle's: nobody else sends meanwhile either.
                if refusals > MAX_THROTTLED:
                    raise
            except AskedToWait:
                raise
            except TryAgain as failure:
                tries += 1
                if document.writes_once or tries > self._retries:
                    raise
                wait = self._backoff(tries)
                logger.info("%s again in %.1f s: %s", document.name, wait, failure.code)
                if self.throttle.pause_left < wait:
                    await self.clock.sleep(wait)

    async def reachable(self) -> bool:
        return await self._wire.reachable()

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def _once(
        self,
        document: Document,
        variables: Mapping[str, Any],
        not_after: datetime | None,
        known: bytes,
    ) -> Answer:
        token = await self._allowed(self._auth.token)
        assert token is not None  # noqa: S101 - only a renewal may end in none
        try:
            return await self._send(document, variables, token, not_after, known)
        except InvalidToken:
            fresh = await self._allowed(partial(self._auth.renewed, token))
            if fresh is None:
                raise
        return await self._send(document, variables, fresh, not_after, known)

    async def _allowed(self, fetch: Callable[[], Awaitable[Secret | None]]) -> Secret | None:
        """A token, which may have to be asked for as well."""
        await self.throttle.pass_pause()
        try:
            return await fetch()
        except Throttled as refusal:
            wait = self.throttle.refused(refusal.params.get("retry_after"), None)
            raise Throttled(seconds=wait) from None
        except TryAgain as failure:
            self._left_alone(failure.params.get("retry_after"))
            raise

    async def _send(
        self,
        document: Document,
        variables: Mapping[str, Any],
        token: Secret,
        not_after: datetime | None,
        known: bytes,
    ) -> Answer:
        try:
            return await self._sent(document, variables, token, not_after, known)
        except AskedToWait:
            raise  # nothing was sent
        except DextreError as failure:
            self.failures[failure_class(failure)] += 1
            raise

    async def _sent(
        self,
        document: Document,
        variables: Mapping[str, Any],
        token: Secret,
        not_after: datetime | None,
        known: bytes,
    ) -> Answer:
        content = orjson.dumps(
            {"query": document.text, "variables": variables, "operationName": document.name}
        )
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Access-Token": token.reveal(),
        }
        hold = await self.throttle.reserve(document.name, document.cost, write=document.is_mutation)
        if not_after is not None and self.clock.now() >= not_after:
            self.throttle.give_back(hold)
            raise WaitedTooLong
        started = self.clock.monotonic()
        settled = False
        try:
            reply = await self._wire.post(PATH, content, headers)
            parsed = parse(reply, known)
            self.throttle.settle(hold, document.name, parsed.status)
            settled = True
        except Offline as failure:
            self.throttle.give_back(hold)
            settled = True
            self._log(document, started, failure.code)
            raise
        except DextreError as failure:
            self._log(document, started, failure.code)
            raise unknown(document, failure) from None
        finally:
            # Also when we were cancelled: the request may be with the shop.
            if not settled:
                self.throttle.settle(hold, document.name, None)
        return self._read(document, parsed, started)

    def _read(self, document: Document, parsed: Parsed, started: float) -> Answer:
        try:
            answer = answer_of(document, self._wire.host, parsed)
        except Throttled:
            self._log(document, started, "throttled", parsed)
            raise self._refused(parsed) from None
        except DextreError as failure:
            self._log(document, started, failure.code, parsed)
            if isinstance(failure, TryAgain):
                self._left_alone(self._retry_after(parsed))
            raise
        self._log(document, started, "ok", parsed)
        if answer.api_version not in ("", API_VERSION):
            self._changed = ApiVersionChanged(asked=API_VERSION, served=answer.api_version)
            # A write was carried out and answered: its outcome is not thrown away. The next
            # request is the one that is stopped.
            if not document.is_mutation:
                raise self._changed
        return answer

    def _refused(self, parsed: Parsed) -> Throttled:
        wait = self.throttle.refused(self._retry_after(parsed), parsed.status)
        return Throttled(seconds=wait)

    def _retry_after(self, parsed: Parsed) -> float | None:
        return seconds_of(parsed.retry_after, self.clock.now())

    def _left_alone(self, seconds: float | None) -> None:
        if seconds is not None:
            self.throttle.pause(seconds)

    def _backoff(self, tries: int) -> float:
        """0.5, 1, 2… s, each between its half and its whole."""
        longest: float = FIRST_BACKOFF * 2.0 ** (tries - 1)
        return longest * (0.5 + self._random.random() / 2)

    def _log(
        self, document: Document, started: float, outcome: str, parsed: Parsed | None = None
    ) -> None:
        status = parsed.status if parsed else None
        logger.info(
            "%s %s http=%s ms=%d cost=%s left=%s request_id=%s",
            document.name,
            outcome,
            parsed.reply.status if parsed else "-",
            (self.clock.monotonic() - started) * 1000,
            "-" if status is None else status.charged,
            "-" if status is None else status.available,
            parsed.request_id if parsed else "-",
        )
