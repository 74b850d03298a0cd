"""One tree for everything that can go wrong, sorted by what a person can do about it.

    DextreError
    ├── UserMustAct     something outside this program must change first        exit 3
    │   └── BadInput    the words or the file given are not usable              exit 2
    ├── TryAgain        the same call may work later                            exit 1
    ├── LostRace        somebody else changed the thing meanwhile: look again   exit 1
    ├── SafetyStop      we could go on, and will not without a person's word    exit 4
    ├── StoreInUse      another process is the owner                            exit 5
    └── OurBug          this program broke its own rules                        exit 1

An error class declares its `code` (stable, for scripts and tests), its `message` and its `remedy`.
Both texts are catalogue ids (English sentences with named %-fields): screens and commands
translate them, this module never does. Decisions are taken on classes and codes, never on texts.
Nothing here may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - gettext's usual name for "mark for translation"
    """Mark a text for the catalogues; translation happens where it is shown."""
    return text


class Plural(str):
    """A text that agrees with the number in one of its fields: it is the one for many, and knows
    the one for 1.
    """

    __slots__ = ("by", "one")

    one: str
    by: str

    def for_params(self, params: Mapping[str, Any]) -> str:
        return self.one if params.get(self.by) == 1 else self


def NN_(one: str, many: str, by: str) -> Plural:  # noqa: N802 - N_ for a text with a number
    """Mark both texts for the catalogues; the field `by` decides between them."""
    return _plural(one, many, by)


def _plural(one: str, many: str, by: str) -> Plural:
    text = Plural(many)
    text.one, text.by = one, by
    return text


_FIELD = re.compile(r"%\((\w+)\)")


class DextreError(Exception):
    """Base of all our errors. Keyword arguments fill the named fields of `message` and `remedy`."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    message: ClassVar[str] = N_("Something went wrong: %(detail)s")
    remedy: ClassVar[str] = ""

    def __init__(self, **params: Any) -> None:
        super().__init__(params)
        self.params = params

    def __str__(self) -> str:
        text = fill(self.message, self.params)
        remedy = fill(self.remedy, self.params)
        return f"{text} {remedy}".strip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def fill(template: str, params: dict[str, Any]) -> str:
    """`template % params`, where a quantity that was never set is a dash, several things stand in
    a row, and a field without a value reads `?` instead of raising inside an error path.
    """
    if isinstance(template, Plural):
        template = template.for_params(params)
    shown = {name: _shown(value) for name, value in params.items()}
    return template % _Missing(shown) if template else ""


def _shown(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "–" if value is None else value


@dataclass(frozen=True, slots=True)
class ErrorNote:
    """An error as it is kept in a note or a log, to be told later in its reader's language."""

    code: str
    message: str
    remedy: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = (fill(text, dict(self.params)) for text in (self.message, self.remedy))
        return " ".join(part for part in parts if part)

    @property
    def is_mass_change(self) -> bool:
        """A stop of the breaker, whose codes begin so (core.sync.breaker)."""
        return self.code.startswith("safety_stop.")

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "code": self.code,
            "message": _text_record(self.message),
            "remedy": _text_record(self.remedy),
            "params": dict(self.params),
        }


def note_of(error: DextreError) -> ErrorNote:
    """Without what cannot be written down, and without fields that its texts do not name."""
    named = set(_FIELD.findall(" ".join((error.message, error.remedy))))
    named |= {text.by for text in (error.message, error.remedy) if isinstance(text, Plural)}
    params = {name: _plain(value) for name, value in error.params.items() if name in named}
    return ErrorNote(error.code, error.message, error.remedy, params)


def note_from(record: Mapping[str, Any]) -> ErrorNote:
    """Raises KeyError, TypeError where it is none."""
    return ErrorNote(
        record["code"],
        _text_from(record["message"]),
        _text_from(record["remedy"]),
        dict(record["params"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, StrEnum) else str(value)


def _text_record(text: str) -> str | list[str]:
    return [text.one, str(text), text.by] if isinstance(text, Plural) else text


def _text_from(kept: str | list[str]) -> str:
    return kept if isinstance(kept, str) else _plural(*kept)


# -- the families --------------------------------------------------------------------------------


class UserMustAct(DextreError):
    """Waiting or repeating does not help: a person has to change something. The remedy says
    what.
    """

    exit_code = 3


class BadInput(UserMustAct):
    """What was typed, or the file that was given, cannot be used. Nothing was changed."""

    code = "bad_input"
    exit_code = 2
    message = N_("%(detail)s")


class TryAgain(DextreError):
    """The cause is expected to pass. The caller may repeat (a write only under the same key)."""

    @property
    def wait_s(self) -> float:
        """Seconds for which the other side has asked to be left alone."""
        return float(self.params.get("wait_s", 0.0))


class LostRace(DextreError):
    """What we looked at has moved since. Read again and decide again."""


class SafetyStop(DextreError):
    """We could go on and will not, unless a person says so."""

    exit_code = 4


class StoreInUse(DextreError):
    """Another process owns the store."""

    code = "store_in_use"
    exit_code = 5
    message = N_("The sync is run by another process: %(who)s.")
    remedy = N_("Close it there, or use `status` and `log`, which work beside it.")


class OurBug(DextreError):
    """An invariant of this program does not hold."""

    code = "bug"
    message = N_("This is a fault in dextre-sync: %(detail)s")
    remedy = N_("Nothing further was written. Please report it with the log file.")


def failure_class(error: DextreError) -> str:
    """The class under which health counts a failure."""
    for kind, name in _CLASSES:
        if isinstance(error, kind):
            return name
    return error.code if error.code == "throttled" else "trouble"


# -- what the sync must tell apart ---------------------------------------------------------------


class OutcomeUnknown(TryAgain):
    """A write left us and no usable answer came: it may have happened. Only the same key and rows
    may be sent again.
    """

    code = "outcome_unknown"
    message = N_(
        "Shopify did not answer a write (%(detail)s); whether it happened is not known yet."
    )
    remedy = N_("It is sent again under the same key, which Shopify carries out only once.")


class Offline(TryAgain):
    """The shop could not be reached; nothing was carried out."""

    code = "offline"
    message = N_("Shopify cannot be reached: %(detail)s")
    remedy = N_("Check the network. The sync goes on by itself as soon as the shop answers.")


class LinkIsOff(UserMustAct):
    code = "link_is_off"
    message = N_("The inventory link of %(brand)s is off.")
    remedy = N_("Turn it on with `dextre-sync enable --start push|pull|merge`, or in Settings.")


class NotConnected(UserMustAct):
    code = "not_connected"
    message = N_("%(brand)s is not connected to a Shopify shop.")
    remedy = N_("Connect it with `dextre-sync connect`, or in Settings > Shopify custom app.")


class PlanIsStale(LostRace):
    code = "plan_is_stale"
    message = N_("Pairs or mappings were changed after this plan was made.")
    remedy = N_("Make the plan again and look at it before applying it.")


_CLASSES: tuple[tuple[type[DextreError], str], ...] = (
    (Offline, "offline"),
    (OutcomeUnknown, "outcome_unknown"),
    (SafetyStop, "safety_stop"),
    (UserMustAct, "access"),
    (OurBug, "bug"),
)
