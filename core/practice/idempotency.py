"""@idempotent: a key is remembered for 24 hours from its first request (facts.md §4.3).

Same key and same arguments: the stored answer, nothing is carried out again. Same key, other
arguments: IDEMPOTENCY_KEY_PARAMETER_MISMATCH. While the first is still being worked on:
IDEMPOTENCY_CONCURRENT_REQUEST. If the first broke: IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED.

Shopify leaves open whether answered userErrors count as a broken attempt. Here they are stored
answers, unless the fault `burn` is on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock

MEMORY_SECONDS = 24 * 3600.0

MISMATCH = (
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The same idempotency key cannot be used with different operation parameters.",
)
CONCURRENT = (
    "IDEMPOTENCY_CONCURRENT_REQUEST",
    "Another request with the same idempotency key is currently being processed.",
)
FAILED = (
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "The previous attempt with this idempotency key failed. Use a new key.",
)


@dataclass(slots=True)
class Record:
    first_at: float
    fingerprint: bytes
    answer: Any = None
    failed: bool = False


@dataclass
class Keys:
    """The keys of one app at one shop."""

    clock: Clock
    _records: dict[str, Record] = field(default_factory=dict)
    _in_flight: dict[str, object] = field(default_factory=dict)
    """Key → the request that has it."""

    def enter(self, keys: Collection[str], request: object) -> None:
        for key in keys:
            self._in_flight.setdefault(key, request)

    def leave(self, request: object) -> None:
        for key in [key for key, owner in self._in_flight.items() if owner is request]:
            del self._in_flight[key]

    def is_held_by_another(self, key: str, request: object) -> bool:
        return self._in_flight.get(key, request) is not request

    def find(self, key: str) -> Record | None:
        record = self._records.get(key)
        if record and self.clock.now().timestamp() - record.first_at >= MEMORY_SECONDS:
            del self._records[key]
            return None
        return record

    def store(self, key: str, fingerprint: bytes, answer: Any, *, failed: bool = False) -> None:
        now = self.clock.now().timestamp()
        self._forget_before(now - MEMORY_SECONDS)
        self._records[key] = Record(now, fingerprint, answer, failed)

    def _forget_before(self, moment: float) -> None:
        """Records stand in the order of their first request."""
        while self._records:
            oldest = next(iter(self._records))
            if self._records[oldest].first_at > moment:
                return
            del self._records[oldest]

    def __len__(self) -> int:
        return len(self._records)
