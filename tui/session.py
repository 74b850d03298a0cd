"""One brand, open on this screen: the desk, the figures, what happened, and whether we may act.

The only place that knows why an action cannot act now. Not its business: painting.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import DextreError, StoreInUse
from core.model import ConnectionState, Owner, Status
from core.sync.events import Event, ItemAdded, ItemRemoved, ItemRenamed, ItemsImported, Restored
from tui import counted
from tui.clean import clean, signs
from tui.i18n import _, event_text, listed, sentences
from tui.when import clock_time
from tui.widgets.columns import Name
from tui.widgets.ringlog import LogLine
from tui.words import CONNECTIONS, LEVELS, owner_text, show

if TYPE_CHECKING:
    from core.workspace import Desk, EventFeed
    from core.workspace.index import ItemIndex

OTHER_ITEMS = (ItemsImported, ItemAdded, ItemRenamed, ItemRemoved, Restored)
"""After these the items are not those that were read."""

KEPT_EVENTS = 5_000
FIRST_LINES = 200

MANY_POINTS = 1_000
"""From here up it does not matter how many they are exactly."""

STEADY = 0.75
"""Steps by which the points may differ from what is shown."""

FEW_ITEMS = 3_000
"""Items up to here are read at once: it takes a few milliseconds."""


def steady_points(points: int | None, shown: int | None) -> int | None:
    """Shopify's points as they are told: to the next hundred, many to the next five hundred. What
    is `shown` stays while it is about right, so that the looks of an idle app repaint nothing.
    """
    if points is None:
        return None
    if shown is not None and abs(points - shown) <= _step(shown) * STEADY:
        return shown
    step = _step(points)
    return (points + step // 2) // step * step


def _step(points: int) -> int:
    return 500 if points >= MANY_POINTS else 100


def log_line(event: Event) -> LogLine:
    """One event as the log panes show it: time, sign of its level, words."""
    mark = LEVELS[event.level]
    text = f"{clock_time(event.at)} {signs(mark.sign)} {event_text(event)}"
    return LogLine(text, mark.tone, str(getattr(event, "sku", "") or ""))


def _first_events(desk: Desk, feed: EventFeed) -> list[Event]:
    """The newest of before; none of a log that cannot be read, which its screen says."""
    try:
        return desk.log(limit=FIRST_LINES, until=feed)
    except DextreError:
        return []


@dataclass(frozen=True, slots=True)
class Step:
    """One step from an empty start to a running link: what is done, or what is missing."""

    id: str
    title: str
    done: bool
    says: str


class Session:
    """`others` gives the desks of the other brands whose link is on: who syncs one, syncs all."""

    def __init__(self, desk: Desk, others: Callable[[], Iterable[Desk]] = tuple) -> None:
        self.desk = desk
        self._others = others
        self._beside: list[Desk] = []
        self.feed = desk.feed()
        self.events: deque[Event] = deque(_first_events(desk, self.feed), maxlen=KEPT_EVENTS)
        self.happened = 0
        self.holder: Owner | str | None = None
        self._given_up = threading.Event()
        self._starting = threading.Lock()
        self.started = False
        self.running_jobs = 0
        self.connection_draft: dict[str, str] = {}
        self.pairing_draft: dict[str, str] | None = None
        self.label_draft = ""
        self.index: ItemIndex | None = None
        self.reading_index = False
        self.taken_away: set[str] = set()
        """SKU numbers that are no more by this person's own hand, until a list has noticed."""
        self._other_items = 0
        self.status: Status = desk.status()
        self.points = steady_points(self.status.points, None)
        self._place_names: frozenset[str] | None = None

    # -- what happens ------------------------------------------------------------------------------

    def drain(self, most: int | None = None) -> list[Event]:
        """What happened since the last call; of much, the first `most`."""
        new = self.feed.drain(most)
        self.events.extend(new)
        self.happened += len(new)
        if any(isinstance(event, OTHER_ITEMS) for event in new):
            self.forget_index()
        return new

    def since(self, happened: int) -> list[Event]:
        """Those that came after so many; of very many, the last."""
        many = min(self.happened - happened, len(self.events))
        return list(islice(self.events, len(self.events) - many, None))

    def refresh(self) -> bool:
        """Read the figures again; tells whether they differ."""
        before, self.status = self.status, self.desk.status()
        self._place_names = None
        self.points = steady_points(self.status.points, self.points)
        if self.holder is not None and self.status.owner:
            self.holder = self.status.owner
        return before != self.status

    def place(self, location_id: str) -> Name:
        """The name of a location, which can be told from the others also where it is cut."""
        if self._place_names is None:
            self._place_names = frozenset(clean(one.name) for one in self.desk.locations())
        return Name(clean(self.desk.location_name(location_id)), self._place_names)

    # -- the items ---------------------------------------------------------------------------------

    def ready_index(self) -> ItemIndex | None:
        """The items by place; None while it has to be read first (`load_index`, beside the UI)."""
        count = self.desk.count_items()
        if (self.index is None or len(self.index) != count) and count <= FEW_ITEMS:
            self.index = self.desk.item_index()
        if self.index is not None and len(self.index) != count:
            self.index = None
        return self.index

    def few_rows(self) -> bool:
        """Whether the mapping is so short that it can be made at once."""
        status = self.status
        return status.mapped + status.unmapped_local + status.unmapped_shopify <= FEW_ITEMS

    def load_index(self) -> None:
        """Where other items came meanwhile, there is still none afterwards."""
        asked = self._other_items
        index = self.desk.item_index()
        if asked == self._other_items:
            self.index = index

    def forget_index(self) -> None:
        """The items are not those that were read."""
        self._other_items += 1
        self.index = None

    # -- becoming the one who acts -----------------------------------------------------------------

    def start(self, *, ask: bool = False) -> StoreInUse | None:
        """Take the engine, or become a viewer who knows who holds it (and why it is not given
        away); `ask`: asking another app's person, until `give_up`. Called off the UI's loop; once
        at a time, whoever calls it again while it asks.
        """
        with self._starting:
            if self.started:
                return None
            self._given_up.clear()
            try:
                self.desk.start(ask=ask, given_up=self._given_up.is_set)
            except StoreInUse as error:
                self.holder = error.params.get("who", "?")
                return error
            self.holder = None
            self._start_others()
            self.started = True
            return None

    def _start_others(self) -> None:
        """What one of them cannot do is told where it is opened."""
        for desk in self._others():
            with suppress(DextreError):
                desk.start()
                self._beside.append(desk)

    def _stop(self) -> None:
        with self._starting:
            if not self.started:
                return
            self.started = False
            while self._beside:
                self._beside.pop().stop()
            self.desk.stop()

    def give_up(self) -> None:
        """Wait for nobody's answer any more."""
        self._given_up.set()

    def hand_over(self, who: Owner) -> None:
        """Let the engine go and become a viewer. Called off the UI's loop."""
        self._stop()
        self.holder = who

    def close(self) -> None:
        self.give_up()
        self.feed.close()
        self._stop()

    # -- why not -----------------------------------------------------------------------------------

    def why_only_looking(self) -> str | None:
        if self.holder is None:
            return None
        told = _("The sync is run by another process: %(who)s.") % {"who": owner_text(self.holder)}
        return sentences(told, _("Here you can only look."))

    def why_not_connected(self) -> str | None:
        return self.why_not_connected_at_all() or self.why_only_looking()

    def why_not_connected_at_all(self) -> str | None:
        """For what asks the shop without touching the sync, which viewers may."""
        if self.status.connection is not ConnectionState.NOT_CONNECTED:
            return None
        return _("First connect the shop: Settings > Shopify custom app.")

    def why_not_paired(self) -> str | None:
        if reason := self.why_not_connected():
            return reason
        if self.status.pairs:
            return None
        return _("First pair the locations: Inventory link > Edit.")

    def why_not_mapped(self) -> str | None:
        if reason := self.why_not_paired():
            return reason
        return None if self.status.mapped else _("First map the SKUs: SKU mapping > Map.")

    def why_not_linked(self) -> str | None:
        if reason := self.why_not_mapped():
            return reason
        return None if self.status.link else _("The inventory link is off. Enable it first.")

    # -- the way from an empty start ---------------------------------------------------------------

    def steps(self) -> list[Step]:
        return [
            self._inventory_step(),
            self._connection_step(),
            self._pairs_step(),
            self._mapping_step(),
            self._link_step(),
        ]

    def next_step(self) -> Step | None:
        return next((step for step in self.steps() if not step.done), None)

    def _inventory_step(self) -> Step:
        items, places = self.desk.count_items(), len(self.desk.locations())
        labels = len(self.desk.labels())
        missing = []
        if not labels:
            missing.append(_("an inventory label"))
        if not places:
            missing.append(_("a location"))
        if not items:
            missing.append(_("items"))
        says = listed((counted.items(items), counted.locations(places)))
        if missing:
            says = _("Missing: %(what)s") % {"what": listed(missing)}
        return Step("inventory", _("Inventory"), not missing, says)

    def _connection_step(self) -> Step:
        status = self.status
        says = show(CONNECTIONS[status.connection])
        if status.domain:
            says = f"{says}  {clean(status.domain)}  {clean(status.shop_name or '')}"
        done = status.connection is not ConnectionState.NOT_CONNECTED
        return Step("connect", _("Set API details and connect"), done, says)

    def _pairs_step(self) -> Step:
        status = self.status
        says = _("No location is paired yet")
        if status.pairs:
            label = clean(status.label or "")
            says = _("%(pairs)s, inventory label %(label)s") % {
                "pairs": counted.pairs(status.pairs),
                "label": label,
            }
        return Step("pairing", _("Locations"), bool(status.pairs), says)

    def _mapping_step(self) -> Step:
        status = self.status
        says = _("No SKU is mapped yet")
        if status.mapped:
            says = _("%(mapped)s mapped; not mapped: here %(here)s, in Shopify %(there)s") % {
                "mapped": f"{status.mapped:,}",
                "here": f"{status.unmapped_local:,}",
                "there": f"{status.unmapped_shopify:,}",
            }
        return Step("mapping", _("SKU mapping"), bool(status.mapped), says)

    def _link_step(self) -> Step:
        says = _("On: both sides follow each other") if self.status.link else _("Off")
        return Step("enable", _("Enable inventory link"), self.status.link, says)

    def attempt_status(self) -> DextreError | None:
        """Read the figures; an error is returned, not raised, because the pump goes on."""
        try:
            self.refresh()
        except DextreError as error:
            return error
        return None
