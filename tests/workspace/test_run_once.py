"""`run --once`, as a timetable starts it: what it sees of a shop that has changed meanwhile. Each
run here is a process of its own, that knows what is on disk and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.errors import SafetyStop
from core.model import Credentials, Label, PlanKind, Problem, Secret, Waiting
from core.practice import PracticeShop
from core.shopify.client import AdminClient
from core.sync.events import CatalogueChanged
from core.workspace import Desk, Workspace
from tests.twins.clock import ManualClock

ASKED: Counter[str] = Counter()


class Cron:
    """A linked brand with 50 of each, of which one is known here and not yet in the shop."""

    def __init__(self, home: Path, variants: int = 30) -> None:
        self.home = home
        self.clock = ManualClock()
        self.shop = PracticeShop(variants=variants, locations=1, seed=3, clock=self.clock)
        self.skus = [item.sku or "" for item in self.shop.stock.items]
        self.sku = self.skus[0]
        self.place = self.shop.stock.locations[0].name
        with self.desk() as desk:
            desk.add_location("Tokyo")
            desk.connect(
                Credentials(self.shop.domain, access_token=Secret(self.shop.access_token))
            ).result(20)
            rows = [f"{sku},{sku},,Tokyo,50" for sku in (*self.skus, "NEW")]
            file = home.parent / "items.csv"
            file.write_text("\n".join(["sku_number,name,barcode,location,quantity", *rows, ""]))
            desk.import_items(file)
            desk.pair([("Tokyo", self.place)], "default").result(20)
            desk.map().result(20)
            desk.enable(desk.plan(PlanKind.PUSH).result(20)).result(20)
        self.later()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        with Workspace(
            self.home, clock=self.clock, transport=self.shop.transport(), who="cron", environ={}
        ) as workspace:
            if not workspace.brands():
                workspace.add_brand("Tea")
                workspace.desk("Tea").add_label(Label("default", "Default"))
            yield workspace.desk("Tea")

    def later(self, seconds: float = 3_600) -> None:
        self.clock.advance(seconds)

    def run(self) -> Counter[str]:
        """Gives how often each document was sent."""
        ASKED.clear()
        with self.desk() as desk:
            assert desk.run_once().result(20).rests
        return Counter(ASKED)

    def waiting(self) -> list[Waiting]:
        with self.desk() as desk:
            return list(desk.waiting())

    def mapped(self) -> int:
        with self.desk() as desk:
            return desk.status().mapped

    def here(self, sku: str) -> int:
        with self.desk() as desk:
            return sum(level.quantity for level in desk.levels_of(sku))

    def told(self) -> list[CatalogueChanged]:
        with self.desk() as desk:
            return [e for e in desk.log(limit=None) if isinstance(e, CatalogueChanged)]


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cron:
    execute = AdminClient.execute

    async def counted(client: AdminClient, document: Any, *given: Any, **more: Any) -> Any:
        ASKED[document.name] += 1
        return await execute(client, document, *given, **more)

    monkeypatch.setattr(AdminClient, "execute", counted)
    return Cron(tmp_path / "home")


def test_a_new_variant_is_mapped_and_synced_in_the_same_run(cron: Cron) -> None:
    cron.run()
    cron.shop.add_variant("NEW", 50)
    cron.later()
    cron.run()
    assert cron.mapped() == 31
    cron.shop.sell("NEW", cron.place, 3)
    cron.run()
    assert cron.here("NEW") == 47
    assert [(told.added, told.mapped) for told in cron.told()] == [(1, 1)]


def test_a_changed_sku_is_proposed_and_clears_when_it_is_changed_back(cron: Cron) -> None:
    cron.run()
    cron.shop.rename_sku(cron.sku, "OTHER")
    cron.later()
    cron.run()
    (row,) = cron.waiting()
    assert (row.problem, row.sku_number, row.detail) == (Problem.SKU_CHANGED, cron.sku, "OTHER")
    cron.shop.rename_sku("OTHER", cron.sku)
    cron.run()
    assert cron.waiting() == []


def test_a_bundle_is_put_aside_and_taken_up_again(cron: Cron) -> None:
    cron.shop.set_bundle(cron.sku, bundle=True)
    cron.run()
    assert [row.problem for row in cron.waiting()] == [Problem.BUNDLE]
    cron.shop.set_bundle(cron.sku, bundle=False)
    cron.run()
    assert cron.waiting() == []


def test_a_deleted_variant_is_missed_by_its_number_and_listed(cron: Cron) -> None:
    cron.run()
    cron.shop.remove_variant(cron.sku)
    cron.later()
    asked = cron.run()
    assert asked["Variants"] == 2  # what has changed, and then the whole
    assert [row.problem for row in cron.waiting()] == [Problem.DELETED]
    assert [told.gone for told in cron.told()] == [1]
    assert cron.run()["Variants"] == 1


def test_one_deleted_and_one_new_are_both_seen(cron: Cron) -> None:
    cron.run()
    cron.shop.remove_variant(cron.sku)
    cron.shop.add_variant("NEW", 50)
    cron.later()
    cron.run()
    assert [(told.added, told.gone, told.mapped) for told in cron.told()] == [(1, 1, 1)]


def test_a_look_at_an_unchanged_shop_is_cheap(tmp_path: Path, cron: Cron) -> None:
    cron = Cron(tmp_path / "large", variants=600)  # three pages
    cron.run()
    cron.later()
    asked = cron.run()
    assert (asked["Variants"], asked["VariantsCount"]) == (1, 1)
    cron.later(25 * 3_600)
    assert cron.run()["Variants"] == 3  # the search index is not believed for ever
    assert cron.run()["Variants"] == 1
    assert cron.told() == []


def test_a_change_that_the_index_tells_late_is_seen_by_the_overlap(cron: Cron) -> None:
    cron.run()
    cron.shop.rename_sku(cron.sku, "LATE")
    cron.shop.item("LATE").updated_at -= 120  # it had happened before the last look
    cron.later(60)
    cron.run()
    assert [row.problem for row in cron.waiting()] == [Problem.SKU_CHANGED]


def test_a_look_that_was_cut_off_is_taken_again(
    cron: Cron, monkeypatch: pytest.MonkeyPatch
) -> None:
    cron.shop.add_variant("NEW", 50)
    cron.later()
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "_map_new", _fails)
        with cron.desk() as desk, pytest.raises(RuntimeError):
            desk.run_once().result(20)
    assert cron.mapped() == 30
    cron.run()
    assert cron.mapped() == 31


async def _fails(*_: Any) -> int:
    raise RuntimeError("the power went")


def test_a_catalogue_that_lost_too_much_stops_and_the_rest_goes_on(cron: Cron) -> None:
    cron.run()
    _hide_from_the_catalogue(cron.shop, 25)
    cron.shop.sell(cron.sku, cron.place, 5)
    cron.later()
    with cron.desk() as desk, pytest.raises(SafetyStop, match="25 of 30 mapped items"):
        desk.run_once().result(20)
    assert cron.mapped() == 30
    assert cron.here(cron.sku) == 45
    (row,) = cron.waiting()
    assert row.problem is Problem.SAFETY_STOP


def test_it_goes_on_by_itself_when_the_catalogue_is_whole_again(cron: Cron) -> None:
    hidden = _hide_from_the_catalogue(cron.shop, 25)
    with cron.desk() as desk, pytest.raises(SafetyStop):
        desk.run_once().result(20)
    cron.shop.stock.variants += hidden
    cron.run()
    assert cron.waiting() == []


def _hide_from_the_catalogue(shop: PracticeShop, count: int) -> list[Any]:
    """The listing loses them; each by itself is there."""
    hidden = shop.stock.variants[-count:]
    del shop.stock.variants[-count:]
    return hidden


def test_a_stop_waits_for_nobody_when_the_link_is_off(cron: Cron) -> None:
    cron.run()
    for sku in cron.skus:
        cron.shop.set_available(sku, cron.place, 0)
    with cron.desk() as desk, pytest.raises(SafetyStop):
        desk.run_once().result(20)
    assert [row.problem for row in cron.waiting()] == [Problem.SAFETY_STOP]
    with cron.desk() as desk:
        desk.disable().result(20)
    assert cron.waiting() == []
