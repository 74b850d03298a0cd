"""What goes wrong on demand: by option when the shop starts, by the control path while it runs.

A kind is drawn once for each GraphQL request, from a seeded random source. Kinds ending in `_after`
strike when the effect is already there; the others before it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import N_
from core.practice.errors import FaultsInvalid
from core.practice.state import MEMORY_SECONDS

SERVER_ERRORS = ("500", "502", "503", "504")
KINDS = (
    "loss_before",
    "timeout_before",
    "garbage",
    "internal",
    "failed_attempt",
    "throttled",
    "401",
    "402",
    "403",
    "404",
    "423",
    "429",
    "430",
    *SERVER_ERRORS,
    "loss_after",
    "timeout_after",
    "garbage_after",
    "internal_after",
    *(f"{status}_after" for status in SERVER_ERRORS),
)
GROUPS = {
    "loss": ("loss_before", "loss_after"),
    "timeout": ("timeout_before", "timeout_after"),
    "errors": SERVER_ERRORS,
    "errors_after": tuple(f"{status}_after" for status in SERVER_ERRORS),
}
"""One rate, shared out evenly."""
SECONDS = ("latency", "lag", "index_lag", "webhooks_late")
SHARES = ("webhooks_dropped", "webhooks_repeated", "webhooks_reordered")
COUNTS = ("bulk_fails_after", "bulk_cuts")
ONLY = ("all", "reads", "writes")


class ConnectionDropped(Exception):
    """The connection ends without a (whole) answer. `waits`: nothing comes, and nothing ends."""

    def __init__(self, *, waits: bool) -> None:
        super().__init__("the practice shop dropped the connection")
        self.waits = waits


@dataclass
class Faults:
    rates: dict[str, float] = field(default_factory=dict)
    """Kind → the share of requests that it strikes."""
    latency: float = 0.0
    """Seconds before every answer, the effect in the middle of them."""
    lag: float = 0.0
    """Every read shows the stock as it was so many seconds ago."""
    index_lag: float = 0.0
    """Searches go by what was so many seconds ago."""
    drain: float = 0.0
    """Points a second that another app uses."""
    burn: bool = False
    """An answered user error makes its idempotency key a failed one."""
    only: str = "all"
    """Which requests are struck: all, reads, writes."""
    bulk_pace: float = 20_000.0
    """Rows a second that a bulk operation makes."""
    bulk_fails_after: int = -1
    """A bulk operation fails when it has so many rows; its partial data stays."""
    bulk_cuts: int = 0
    """So many of the coming downloads of a result break off half-way."""
    webhooks_dropped: float = 0.0
    """The share of webhooks that never arrive; the same for the other two rates."""
    webhooks_repeated: float = 0.0
    webhooks_reordered: float = 0.0
    webhooks_late: float = 0.0
    """Up to so many seconds pass before a webhook is sent."""
    next: list[str] = field(default_factory=list)
    """Kinds (or `none`) for the coming requests, before any is drawn."""

    def draw(self, rng: random.Random, *, is_write: bool) -> str | None:
        if self.only != "all" and is_write != (self.only == "writes"):
            return None
        if self.next:
            kind = self.next.pop(0)
            return None if kind == "none" else kind
        if not self.rates:
            return None
        point = rng.random()
        for kind, rate in self.rates.items():
            if point < rate:
                return kind
            point -= rate
        return None

    def update(self, changes: Mapping[str, Any]) -> None:
        """Apply changes as the option text or the control path name them. Raises FaultsInvalid,
        and then nothing was changed.
        """
        fresh = Faults(**{**vars(self), "rates": dict(self.rates), "next": list(self.next)})
        for name, value in changes.items():
            fresh._set(name, value)
        if sum(fresh.rates.values()) > 1 + 1e-9:
            raise FaultsInvalid(text="rates", detail=N_("together they are more than 1."))
        vars(self).update(vars(fresh))

    def clear(self) -> None:
        vars(self).update(vars(Faults()))

    def _set(self, name: str, value: Any) -> None:
        if name in SECONDS:
            seconds = _seconds(name, value)
            if name in ("lag", "index_lag") and seconds > MEMORY_SECONDS:
                raise FaultsInvalid(
                    text=f"{name}={value}", detail=f"at most {MEMORY_SECONDS:g}s are remembered."
                )
            setattr(self, name, seconds)
        elif name in ("drain", "bulk_pace"):
            setattr(self, name, _number(name, value))
        elif name in SHARES:
            setattr(self, name, _rate(name, value))
        elif name in COUNTS:
            setattr(self, name, int(_number(name, value)))
        elif name == "burn":
            self.burn = str(value).lower() in ("1", "true", "yes", "on")
        elif name == "only":
            if value not in ONLY:
                raise FaultsInvalid(text=f"only={value}", detail=", ".join(ONLY))
            self.only = value
        elif name == "next":
            self.next = _kinds(value)
        elif name in GROUPS or name in KINDS:
            kinds = GROUPS.get(name, (name,))
            rate = _rate(name, value)
            self.rates.update(dict.fromkeys(kinds, rate / len(kinds)))
        else:
            others = (*SECONDS, *SHARES, *COUNTS, "bulk_pace", "drain", "burn", "only")
            known = ", ".join((*others, *GROUPS, *KINDS))
            raise FaultsInvalid(text=name, detail=f"known are {known}.")

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def parse_faults(text: str) -> Faults:
    """`loss=0.2,latency=50ms,lag=3s` → Faults. Raises FaultsInvalid."""
    faults = Faults()
    changes: dict[str, Any] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals:
            raise FaultsInvalid(text=part, detail=N_("a name, =, and a value are needed."))
        changes[name.strip()] = value.strip()
    faults.update(changes)
    return faults


def _kinds(value: Any) -> list[str]:
    kinds = value.split("+") if isinstance(value, str) else list(value)
    for kind in kinds:
        if kind != "none" and kind not in KINDS:
            raise FaultsInvalid(text=str(kind), detail=f"known are {', '.join(KINDS)}.")
    return kinds


def _number(name: str, value: Any) -> float:
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise FaultsInvalid(text=f"{name}={value}", detail=N_("a number is needed.")) from None
    if not 0 <= number < float("inf"):
        raise FaultsInvalid(text=f"{name}={value}", detail=N_("it cannot be negative."))
    return number


def _rate(name: str, value: Any) -> float:
    rate = _number(name, value)
    if rate > 1:
        raise FaultsInvalid(text=f"{name}={value}", detail=N_("a rate is from 0 to 1."))
    return rate


def _seconds(name: str, value: Any) -> float:
    found = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*(ms|s|m|)", str(value).strip())
    if found is None:
        raise FaultsInvalid(
            text=f"{name}={value}", detail=N_("a time such as 50ms or 3s is needed.")
        )
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}[found[2]]
