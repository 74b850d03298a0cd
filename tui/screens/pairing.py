"""Inventory link > Edit: which inventory label takes part, and which DEXTRE location is which
Shopify location. One to one: choosing a Shopify location takes it from the row that had it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button

from core.model import Location, ShopLocation
from core.workspace import folded
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, aside, sentences
from tui.keymap import key_of, keyed
from tui.screens.base import SubScreen
from tui.screens.places import ask_for_location
from tui.session import Session
from tui.widgets.columns import Column
from tui.widgets.fields import Pick, Press
from tui.widgets.picker import PickerDialog
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable

NONE = ""


class PairingScreen(SubScreen):
    NAME = N_("Inventory link")
    BINDINGS = bindings("pairing")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._shop: Sequence[ShopLocation] = ()

    @staticmethod
    def why_not_open(session: Session) -> str | None:
        return session.why_not_connected()

    @property
    def _chosen(self) -> dict[str, str]:
        """What was chosen, also before this screen was left; at first the pairs that are kept."""
        draft = self.session.pairing_draft
        if draft is None:
            return self._kept()
        here = {place.id for place in self.desk.locations()}
        return {location: there for location, there in draft.items() if location in here}

    def _kept(self) -> dict[str, str]:
        return {pair.location_id: pair.shopify_location_id for pair in self.desk.pairs()}

    def body(self) -> Iterable[Widget]:
        labels = self.desk.labels()
        linked = self.session.label_draft or self.desk.link().label_code
        default = next((label.code for label in labels if label.is_default), "")
        options = [(label.code, clean(label.name or label.code, 40)) for label in labels]
        with Horizontal(classes="buttons"):
            yield Prose(_("Inventory label") + "  ")
            yield Pick(options, linked or default, id="label")
            yield Prose(" ")
            yield Press(_("Update"), id="update")
        yield Prose("", id="rule", classes="text dim")
        empty = keyed(_("No location yet. Press %(key)s to add one."), "pairing.location")
        yield VirtualTable(id="pairs", empty=empty)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#label", Pick).parent.styles.height = 1  # type: ignore[union-attr]
        self.read_shop()

    @work(exclusive=True, group="job")
    async def read_shop(self) -> None:
        done = await self.job(
            _("Reading the shop's locations"), lambda _p: self.desk.shop_locations()
        )
        if done is not None:
            self._shop = [place for place in done.value if place.is_active]
            self.refresh_data()

    # -- what it shows -----------------------------------------------------------------------------

    @property
    def pairable(self) -> list[ShopLocation]:
        return [place for place in self._shop if place.can_be_paired]

    def refresh_data(self) -> None:
        names = {place.id: place.name for place in self._shop}
        names |= {
            pair.shopify_location_id: names.get(pair.shopify_location_id, pair.shopify_name)
            for pair in self.desk.pairs()
        }
        rows = [self._row(place, names) for place in self.desk.locations()]
        taken = set(self._chosen.values())
        rows += [
            Row(f"shop:{place.id}", (Toned(signs("–"), "dim"), "", self._unpaired(place)))
            for place in self._shop
            if place.id not in taken
        ]
        columns = [
            Column(_("DEXTRE location"), 20, grow=1),
            Column("", 3),
            Column(_("Shopify location"), 24, grow=1),
        ]
        self.query_one(VirtualTable).show(ListSource(rows), columns)
        self._show_rule()

    def _row(self, place: Location, names: dict[str, str]) -> Row:
        there = self._chosen.get(place.id, NONE)
        if there:
            words: str | Toned = clean(names.get(there, there))
        else:
            words = Toned(_("not paired"), "dim")
        return Row(place.id, (clean(place.name), signs("⇄") if there else "", words))

    def _unpaired(self, place: ShopLocation) -> Toned:
        words = clean(place.name)
        if not place.can_be_paired:
            words += "  " + aside(_("belongs to a fulfilment service"))
        return Toned(words, "dim")

    def _show_rule(self) -> None:
        here, there = len(self.desk.locations()), len(self.pairable)
        words = _(
            "One to one. %(choose)s or %(left)s %(right)s choose, %(clear)s leaves a location out, "
            "%(update)s updates."
        )
        keys = ("choose", "left", "right", "clear", "update")
        words %= {key: key_of(f"pairing.{key}") for key in keys}
        if self._shop and here > there:
            words = sentences(words, _("DEXTRE has more locations: some stay without a pair."))
        if self._shop and there > here:
            more = _(
                "Shopify has more locations: some stay without a pair; %(key)s adds one in DEXTRE."
            )
            words = sentences(words, keyed(more, "pairing.location"))
        if self._chosen != self._kept():
            words = sentences(words, _("These pairs are not kept yet."))
        self.query_one("#rule", Prose).update(signs(words))

    # -- choosing ----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id in ("pairing.choose", "pairing.left", "pairing.right"):
            if not self._shop:
                return _("The shop's locations are not read yet.")
            return None if self.pairable else _("The shop has no location that can be paired.")
        if action_id == "pairing.update":
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def _here(self) -> str | None:
        row = self.query_one(VirtualTable).current
        if row is None or row.key.startswith("shop:"):
            words = _("Go to the row of a DEXTRE location, or press %(key)s to add one.")
            self.say(keyed(words, "pairing.location"), "warn")
            return None
        return row.key

    def choose(self, here: str, there: str) -> None:
        """Pair the two; who had `there` before loses it."""
        chosen = {k: v for k, v in self._chosen.items() if v != there and k != here}
        if there:
            chosen[here] = there
        self.session.pairing_draft = chosen
        self.refresh_data()

    def do_choose(self) -> None:
        here = self._here()
        if here is None:
            return
        rows = [Row("-", (_("not paired"),))]
        rows += [Row(place.id, (clean(place.name),)) for place in self.pairable]

        def find(typed: str) -> ListSource:
            wanted = folded(typed)
            return ListSource([row for row in rows if wanted in folded(str(row.cells[0]))])

        dialog = PickerDialog(
            _("Shopify location"), [Column(_("Shopify location"), 30, grow=1)], find
        )
        self.app.push_screen(
            dialog, lambda key: self.choose(here, "" if key == "-" else key) if key else None
        )

    def _step(self, by: int) -> None:
        here = self._here()
        if here is None:
            return
        mine = self._chosen.get(here, NONE)
        taken = set(self._chosen.values()) - {mine}
        free = [NONE, *(place.id for place in self.pairable if place.id not in taken)]
        at = free.index(mine) if mine in free else 0
        self.choose(here, free[(at + by) % len(free)])

    def do_left(self) -> None:
        self._step(-1)

    def do_right(self) -> None:
        self._step(1)

    def do_clear(self) -> None:
        here = self._here()
        if here is not None:
            self.choose(here, NONE)

    def do_label(self) -> None:
        self.query_one("#label", Pick).action_step(1)

    @on(Pick.Changed, "#label")
    def label_chosen(self, message: Pick.Changed) -> None:
        self.session.label_draft = message.pick.value

    def do_location(self) -> None:
        ask_for_location(self)

    @on(Button.Pressed, "#update")
    def do_update(self) -> None:
        self.update_pairs()

    @work(exclusive=True, group="job")
    async def update_pairs(self) -> None:
        pairs = sorted(self._chosen.items())
        label = self.query_one("#label", Pick).value or None
        done = await self.job(_("Pairing locations"), lambda _p: self.desk.pair(pairs, label))
        if done is not None:
            self.session.pairing_draft, self.session.label_draft = None, ""
            words = _("Kept: %(pairs)s. Next step: SKU mapping.") % {
                "pairs": counted.pairs(len(done.value))
            }
            self.own_app.say(words)
            self.app.pop_screen()
