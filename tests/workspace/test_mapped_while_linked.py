"""What the rule maps by itself while linked: what is new or has another SKU, on either side. What a
person has taken apart stays apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import Credentials, Item, Label, PlanKind, Problem, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Workspace
from tests.twins.clock import ManualClock

SKUS = ("A", "B", "C")
HEAD = "sku_number,name,barcode,location,quantity"


class Linked:
    """A linked brand whose looks at the catalogue are asked for one by one."""

    def __init__(self, folder: Path, desk: Desk, shop: PracticeShop) -> None:
        self.folder, self.desk, self.shop = folder, desk, shop
        desk.add_label(Label("main", "Main"))
        desk.add_location("Tokyo")
        for item, sku in zip(shop.stock.items, SKUS, strict=True):
            shop.rename_sku(item.id, sku)
        self.imported(HEAD, *(f"{sku},,,Tokyo,50" for sku in SKUS))
        desk.connect(Credentials(shop.domain, Secret(shop.access_token))).result(20)
        desk.pair([("Tokyo", shop.stock.locations[0].name)]).result(20)
        desk.map().result(20)
        desk.enable(desk.plan(PlanKind.PUSH).result(20)).result(20)

    def imported(self, *lines: str) -> None:
        file = self.folder / "items.csv"
        file.write_text("\n".join([*lines, ""]))
        self.desk.import_items(file)

    def look(self) -> None:
        async def work() -> None:
            session = await self.desk._open()
            await session.engine.read_pass()
            await self.desk._take_renames()
            await self.desk._take_catalogue(session)

        self.desk._call(work()).result(20)

    def mapped(self) -> list[str]:
        return sorted(mapping.sku_number for mapping in self.desk._store.mappings())

    def unmap(self, sku: str) -> None:
        (mapping,) = self.desk.mappings_of(sku)
        self.desk.unmap_one(mapping.inventory_item_id)


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Linked]:
    clock = ManualClock()
    shop = PracticeShop(variants=3, locations=1, clock=clock)
    with Workspace(
        tmp_path / "home", clock=clock, transport=shop.transport(), who="ann", environ={}
    ) as workspace:
        workspace.add_brand("Tea")
        yield Linked(tmp_path, workspace.desk("Tea"), shop)


def test_an_item_that_is_added_by_hand_is_mapped_as_one_from_a_file_is(linked: Linked) -> None:
    for sku in ("N1", "N2"):
        linked.shop.add_variant(sku, 7)
    linked.look()
    linked.desk.add_item(Item("N1", "", ""))
    assert linked.mapped() == ["A", "B", "C", "N1"]
    linked.imported(HEAD, "N2,,,Tokyo,7")
    assert linked.mapped() == ["A", "B", "C", "N1", "N2"]


def test_an_item_that_gets_a_number_that_fits_is_mapped(linked: Linked) -> None:
    linked.shop.add_variant("N1", 7)
    linked.desk.add_item(Item("n-1", "", ""))
    linked.look()
    linked.desk.rename_item("n-1", "N1")
    assert linked.mapped() == ["A", "B", "C", "N1"]


def test_items_are_only_proposed_where_the_setting_says_so(linked: Linked) -> None:
    linked.desk.set_maps_new(at_once=False)
    linked.shop.add_variant("N1", 7)
    linked.look()
    linked.desk.add_item(Item("N1", "", ""))
    linked.look()
    assert linked.mapped() == ["A", "B", "C"]


def test_what_a_person_took_apart_is_not_mapped_again_by_other_changes(linked: Linked) -> None:
    linked.unmap("A")
    linked.shop.add_variant("N1", 7)
    linked.look()
    linked.shop.rename_sku("B", "B2")
    linked.look()
    linked.imported(HEAD, "N1,,,Tokyo,7", "A,,,Tokyo,3")
    assert linked.mapped() == ["B", "C", "N1"]
    assert [(row.problem, row.sku_number) for row in linked.desk.waiting()] == [
        (Problem.SKU_CHANGED, "B")
    ]
    linked.desk.map(agreed=True).result(20)
    assert "A" in linked.mapped()


def test_a_twin_that_goes_leaves_the_other_to_the_rule(linked: Linked) -> None:
    linked.shop.add_variant("N1", 7)
    twin = linked.shop.add_variant("twin", 7)
    linked.shop.rename_sku("twin", "N1")
    linked.desk.add_item(Item("N1", "", ""))
    linked.look()
    assert linked.mapped() == ["A", "B", "C"]
    linked.shop.remove_variant(twin.item.id)
    linked.look()
    assert linked.mapped() == ["A", "B", "C", "N1"]
