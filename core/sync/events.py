"""What happens, as typed values: the live log, `log`, `why` and the tests all read these and
nothing else.

An event says what happened, where (brand, SKU, location), from which number to which, and by what
cause. `text` is a catalogue id with named fields; it is translated where it is shown. `code` is
the class name in snake case and is stable. Events hold no secrets and no texts of the outside
world except SKUs and names, which screens clean before showing.

Long because it is a list: every event once, in one place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, NamedTuple

from core.errors import N_, NN_, Plural, fill, note_from
from core.model import owner_from
from core.sync.level import Level as Level

_CODES: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events. `at` is ISO; `brand` the brand's name; `run` the mass change it belongs
    to.
    """

    level: ClassVar[Level] = Level.INFO
    text: ClassVar[str] = ""
    code: ClassVar[str] = "event"

    at: str
    brand: str
    run: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Not super().__init_subclass__: a slotted dataclass is made twice, and zero-argument
        # super() would name the first.
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        _CODES[cls.code] = cls

    def params(self) -> dict[str, Any]:
        """The fields that `text` names; signed numbers (`delta`, `pulled`, `pushed`) carry their
        sign.
        """
        return {name: _shown(name, getattr(self, name)) for name in _shape(type(self)).named}

    def __str__(self) -> str:
        return fill(self.text, self.params())

    def record(self) -> dict[str, Any]:
        """As written to the log file: the fields and the code, without empty ones."""
        return {"code": self.code, "level": self.level.value} | {
            name: value
            for name in _shape(type(self)).names
            if (value := getattr(self, name)) is not None and value != ""
        }


class _Shape(NamedTuple):
    """What a kind of event has: looked up once, because a log of thousands of lines is read while
    somebody types.
    """

    names: tuple[str, ...]
    named: tuple[str, ...]
    needed: dict[str, None]


_SHAPES: dict[type[Event], _Shape] = {}


def _shape(kind: type[Event]) -> _Shape:
    """Its fields, those that its text names, and those that it cannot be without."""
    found = _SHAPES.get(kind)
    if found is None:
        found = _SHAPES[kind] = _shape_of(kind)
    return found


def _shape_of(kind: type[Event]) -> _Shape:
    names = tuple(f.name for f in fields(kind))
    in_text = set(re.findall(r"%\((\w+)\)", kind.text))
    if isinstance(kind.text, Plural):
        in_text.add(kind.text.by)
    needed = dict.fromkeys(f.name for f in fields(kind) if f.default is MISSING)
    return _Shape(names, tuple(name for name in names if name in in_text), needed)


def _shown(name: str, value: Any) -> Any:
    if name in ("delta", "pulled", "pushed") and isinstance(value, int):
        return f"{value:+d}"
    return "–" if value is None else value


def event_from(record: dict[str, Any]) -> Event | None:
    """The event of a log record, or None where this program does not know its code (a newer one
    wrote it), and where it does not say when and for which brand.
    """
    kind = _CODES.get(str(record.get("code")))
    if kind is None or not all(isinstance(record.get(name), str) for name in ("at", "brand")):
        return None
    # A record leaves out what was empty, such as the number before a level was ever set.
    shape = _shape(kind)
    known = {name: record[name] for name in shape.names if name in record}
    try:
        return kind(**(shape.needed | known))
    except TypeError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleSeen(Event):
    """The number on Shopify moved by itself, and the level here followed."""

    text = N_("%(sku)s at %(location)s: Shopify %(pulled)s, here %(before)s → %(after)s")
    sku: str
    location: str
    pulled: int
    before: int | None
    after: int
    there: int | None = None
    base: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed(Event):
    text = N_("%(sku)s at %(location)s: here %(pushed)s, Shopify %(before)s → %(after)s")
    sku: str
    location: str
    pushed: int
    before: int | None
    after: int
    key: str = ""
    receipt: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedHere(Event):
    level = Level.INFO
    text = N_("%(sku)s at %(location)s: %(before)s → %(after)s here (%(who)s)")
    sku: str
    location: str
    before: int | None
    after: int
    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsYou(Event):
    level = Level.WARNING
    text = N_("%(sku)s at %(location)s needs you: %(problem)s (here %(here)s, Shopify %(there)s)")
    sku: str
    location: str
    problem: str
    here: int | None = None
    there: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(Event):
    text = N_("%(sku)s at %(location)s is in order again")
    sku: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceTaken(Event):
    """A person has said what is to become of something that waited. `location` is empty for a
    mapping.
    """

    text = N_("%(who)s: %(choice)s, for %(sku)s %(location)s (%(problem)s)")
    sku: str
    problem: str
    choice: str
    who: str
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated(Event):
    text = N_("%(sku)s is now stocked at %(location)s on Shopify (%(who)s)")
    sku: str
    location: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSwitchedOn(Event):
    text = N_("Shopify now tracks the quantity of %(sku)s (%(who)s)")
    sku: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationDeactivated(Event):
    """Deactivated or deleted on Shopify: nothing flows there."""

    level = Level.WARNING
    text = NN_(
        "The Shopify location %(location)s is not active any more: %(cells)s cell waits",
        "The Shopify location %(location)s is not active any more: %(cells)s cells wait",
        by="cells",
    )
    location: str
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationActiveAgain(Event):
    text = NN_(
        "The Shopify location %(location)s is active again: %(cells)s cell goes on",
        "The Shopify location %(location)s is active again: %(cells)s cells go on",
        by="cells",
    )
    location: str
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingInDoubt(Event):
    """The rule would not map this SKU so any more. The mapping stands until a person decides."""

    level = Level.WARNING
    text = N_("The mapping of %(sku)s needs you: %(problem)s (on Shopify now: %(value)s)")
    sku: str
    problem: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingInOrder(Event):
    text = N_("The mapping of %(sku)s is in order again")
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteWaits(Event):
    level = Level.WARNING
    text = NN_(
        "The outcome of a write of %(rows)s row is not known; "
        "it is asked again with the same key. %(detail)s",
        "The outcome of a write of %(rows)s rows is not known; "
        "it is asked again with the same key. %(detail)s",
        by="rows",
    )
    key: str
    rows: int
    detail: str
    told: Mapping[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        return Event.params(self) | _as_error("detail", self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRejected(Event):
    level = Level.WARNING
    text = NN_(
        "Shopify refused %(refused)s of %(rows)s row of a write",
        "Shopify refused %(refused)s of %(rows)s rows of a write; the others are sent again",
        by="rows",
    )
    key: str
    rows: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOffline(Event):
    level = Level.WARNING
    text = N_("The shop cannot be reached: %(detail)s")
    detail: str
    told: Mapping[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        return Event.params(self) | _as_error("detail", self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOnline(Event):
    text = N_("The shop answers again after %(seconds)s s")
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStopped(Event):
    """The engine cannot go on until a person acts."""

    level = Level.ERROR
    text = N_("The sync stands still: %(detail)s")
    detail: str
    error: str
    told: Mapping[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        return Event.params(self) | _as_error("detail", self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGoesOn(Event):
    """After a stop."""

    text = N_("The sync goes on after %(seconds)s s")
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnabled(Event):
    text = N_("The inventory link is on; cells in it: %(cells)s")
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDisabled(Event):
    text = N_("The inventory link is off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Event):
    text = N_("Connected to %(shop)s (%(domain)s)")
    shop: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationsPaired(Event):
    text = N_("Locations paired: %(pairs)s, for the inventory label %(label)s")
    pairs: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkusMapped(Event):
    text = N_("SKUs mapped: %(mapped)s; without a counterpart: %(unmapped)s")
    mapped: int
    unmapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuMapped(Event):
    """By hand. `there` names the variant."""

    text = N_("%(sku)s: mapped by hand to %(there)s")
    sku: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuUnmapped(Event):
    level = Level.WARNING
    text = N_("%(sku)s: no longer mapped to %(there)s")
    sku: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingsChanged(Event):
    """Many at once: they are not told one by one."""

    text = N_("SKU mappings changed: mapped %(mapped)s, no longer mapped %(unmapped)s")
    mapped: int
    unmapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueChanged(Event):
    """The shop's catalogue, or the items here, changed while linked."""

    text = N_(
        "The catalogue changed: %(added)s new, %(renamed)s with another SKU, %(gone)s gone; "
        "newly mapped: %(mapped)s"
    )
    added: int
    renamed: int
    gone: int
    mapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingsDeleted(Event):
    level = Level.WARNING
    text = NN_(
        "%(count)s SKU mapping was deleted; the inventory link is off. Saved before: %(backup)s",
        "All %(count)s SKU mappings were deleted; the inventory link is off. "
        "Saved before: %(backup)s",
        by="count",
    )
    count: int
    backup: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp(Event):
    text = N_("Backup made: %(file)s")
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Event):
    level = Level.WARNING
    text = N_("Restored from %(file)s; the inventory link is off. Saved before: %(saved)s")
    file: str
    saved: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged(Event):
    text = N_("The setting %(name)s: %(before)s → %(after)s (%(who)s)")
    name: str
    before: str
    after: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunApplied(Event):
    text = N_(
        "%(kind)s applied; cells: %(applied)s (equal before: %(equal)s); moved since: %(moved)s; "
        "refused: %(rejected)s"
    )
    kind: str
    applied: int
    moved: int
    rejected: int
    equal: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsImported(Event):
    text = N_("Imported: items %(items)s, quantities %(levels)s")
    items: int
    levels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAdded(Event):
    text = N_("The item %(sku)s was added")
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRenamed(Event):
    text = N_("%(before)s has the SKU number %(sku)s now")
    sku: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRemoved(Event):
    level = Level.WARNING
    text = N_("The item %(sku)s was removed")
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksAsked(Event):
    text = N_(
        "The shop tells %(address)s of changes; webhooks made: %(made)s, put right: %(healed)s, "
        "left as they were: %(kept)s"
    )
    address: str
    made: int
    healed: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksRemoved(Event):
    level = Level.WARNING
    text = NN_(
        "Webhooks are off: %(removed)s subscription was removed at the shop",
        "Webhooks are off: %(removed)s subscriptions were removed at the shop",
        by="removed",
    )
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksSwitchedOff(Event):
    """They were taken away where the shop had none."""

    text = N_("Webhooks are off; the shop had no subscription of this app")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTaken(Event):
    """A process runs the sync from now on, until it lets it go or ends."""

    text = N_("The sync is run by %(who)s")
    who: str
    by: Mapping[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        return Event.params(self) | _as_owner("who", self.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncLeft(Event):
    text = N_("The sync is let go by %(who)s")
    who: str
    by: Mapping[str, Any] | None = None

    def params(self) -> dict[str, Any]:
        return Event.params(self) | _as_owner("who", self.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncLent(SyncLeft):
    """For a moment, to a command."""

    level = Level.DEBUG


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReturned(SyncTaken):
    """By a command that had it for a moment."""

    level = Level.DEBUG


# Whoever reads a log renders these in their own language; the record has the English words, too.


def _as_error(name: str, record: Mapping[str, Any] | None) -> dict[str, Any]:
    with suppress(KeyError, TypeError):
        return {} if record is None else {name: note_from(record)}
    return {}


def _as_owner(name: str, record: Mapping[str, Any] | None) -> dict[str, Any]:
    with suppress(KeyError, TypeError, ValueError):
        return {} if record is None else {name: owner_from(record)}
    return {}
