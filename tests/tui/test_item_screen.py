"""The page of an item: cells of several variants can be told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from core.model import CellKey, Variant
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import LEAST, running, seen, settled
from tui.screens.item import ItemScreen

FIRST, SECOND = "gid://shopify/InventoryItem/0", "gid://shopify/InventoryItem/4711"


class TwoVariantsDesk(FakeDesk):
    """TEA-000 is mapped to two variants at each location."""

    def __init__(self, *variants: Variant) -> None:
        super().__init__()
        self._known = {variant.inventory_item_id: variant for variant in variants}
        self.cells_kept += [
            cell._replace(key=CellKey(SECOND, cell.key.shopify_location_id))
            for cell in self.cells_of("TEA-000")
        ]

    def variant(self, inventory_item_id: str) -> Variant | None:
        return self._known.get(inventory_item_id)


def two(skus: tuple[str, str], names: tuple[str, str] = ("", "")) -> list[Variant]:
    pairs = zip((FIRST, SECOND), skus, names, strict=True)
    return [Variant(one, "v", sku, name=name) for one, sku, name in pairs]


@pytest.mark.parametrize(
    ("variants", "told"),
    [
        (two(("CUP-RED", "CUP-BLUE")), ("CUP-RED", "CUP-BLUE")),
        (two(("CUP", "CUP"), ("Red", "Blue")), ("Red", "Blue")),
        ([], ("0", "4711")),
    ],
    ids=["by SKU", "by name", "by id"],
)
async def test_cells_of_two_variants_name_their_variant(
    tmp_path: Path, variants: list[Variant], told: tuple[str, str]
) -> None:
    async with running(tmp_path, TwoVariantsDesk(*variants)) as (app, pilot):
        app.push_screen(ItemScreen("TEA-000"))
        await settled(app, pilot)
        heads = [line.split() for line in seen(app).splitlines() if " ⇄ " in line]
        ours = [words for words in heads if "Warehouse" in words[3:]]
        assert len(ours) == 2
        for words, name in zip(ours, told, strict=True):
            assert name in words


async def test_the_variant_is_told_where_there_is_little_room(tmp_path: Path) -> None:
    desk = TwoVariantsDesk(*two(("CUP-RED", "CUP-BLUE")))
    async with running(tmp_path, desk, size=LEAST) as (app, pilot):
        app.push_screen(ItemScreen("TEA-000"))
        await settled(app, pilot)
        screen = app.screen
        assert isinstance(screen, ItemScreen)
        heads = [line for line in screen._cells() if " ⇄ " in line]
        assert len(set(heads)) == len(heads) == 4
        assert all(cell_len(line) <= LEAST[0] - 4 for line in heads)


async def test_a_variant_alone_is_not_named(tmp_path: Path) -> None:
    desk = TwoVariantsDesk(*two(("CUP-RED", "CUP-BLUE")))
    desk.cells_kept = [cell for cell in desk.cells_kept if cell.key.inventory_item_id == FIRST]
    async with running(tmp_path, desk) as (app, pilot):
        app.push_screen(ItemScreen("TEA-000"))
        await settled(app, pilot)
        assert "⇄" in seen(app)
        assert "CUP-RED" not in seen(app)
