"""What stands on the shelves: generated, or from a merchant's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.practice import ALL_ODDITIES, CatalogueFileInvalid, NothingToSell, PracticeShop
from tests.practice.desk import ManualClock


def shop(**options: object) -> PracticeShop:
    return PracticeShop(clock=ManualClock(), **options)  # type: ignore[arg-type]


class TestGenerated:
    def test_plain_ones_are_tracked_and_stocked_everywhere(self) -> None:
        made = shop(variants=700, locations=3)
        skus = [item.sku for item in made.stock.items]
        assert len(skus) == len(set(skus)) == 700
        assert skus[1] == "TEE-NV-M"
        assert all(item.tracked and len(item.levels) == 3 for item in made.stock.items)
        assert all(level.is_active for item in made.stock.items for level in item.levels)

    def test_barcodes_have_their_check_digit(self) -> None:
        for variant in shop(variants=50).stock.variants:
            digits = [int(digit) for digit in variant.barcode or ""]
            assert len(digits) == 13
            assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0

    def test_odd_ones_come_on_top_when_asked(self) -> None:
        made = shop(variants=5, oddities=ALL_ODDITIES)
        skus = [item.sku for item in made.stock.items]
        first = skus[0]
        assert first is not None
        assert skus.count(first) == 2
        assert first.lower() in skus
        assert f" {first} " in skus
        assert "" in skus
        assert any(variant.is_bundle for variant in made.stock.variants)
        assert any(not location.is_active for location in made.stock.locations)

    def test_many_are_made_quickly_enough_to_be_used(self) -> None:
        assert len(shop(variants=20_000, locations=2).stock.items) == 20_000


NEW_INVENTORY = (
    "\ufeffHandle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,"
    "Option3 Value,SKU,HS Code,COO,Location,Bin name,Incoming (not editable),"
    "Unavailable (not editable),Committed (not editable),Available (not editable),"
    "On hand (current),On hand (new)\n"
    "tee,Tシャツ,Size,M,,,,,'0012,,,本店,,4,1,2,7,10,\n"
    "tee,Tシャツ,Size,M,,,,,'0012,,,倉庫,,0,0,0,not stocked,Not stocked,\n"
    "tee,Tシャツ,Size,L,,,,,TEE-L,,,本店,,0,0,0,-3,-3,\n"
)
OLD_INVENTORY = (
    "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,本店,Second Store\n"
    "cap,Cap,Title,Default Title,CAP,,,5,not stocked\n"
    "bag,Bag,Title,Default Title,BAG,,,0,12\n"
)
NEW_PRODUCTS = (
    "Title,URL handle,Vendor,Type,Status,SKU,Barcode,Option1 name,Option1 value,Price,"
    "Inventory tracker,Inventory quantity\n"
    "Cap,cap,Maker,Hats,Active,CAP-S,4900000000001,Size,S,10,shopify,5\n"
    ",cap,,,,CAP-L,,,L,10,,7\n"
)
OLD_PRODUCTS = (
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Price,Variant Barcode,Image Src\n"
    "mug,Mug,Title,Default Title,MUG,shopify,9,12.00,,a.png\n"
    "mug,,,,,,,,,b.png\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.csv"


class TestFromAFile:
    def test_an_inventory_export(self, file: Path) -> None:
        file.write_text(NEW_INVENTORY, encoding="utf-8")
        made = shop(catalog=file)
        assert [place.name for place in made.stock.locations] == ["本店", "倉庫"]
        assert [item.sku for item in made.stock.items] == ["0012", "TEE-L"]
        assert len(made.stock.products) == 1
        names = ("available", "committed", "reserved", "incoming", "on_hand")
        assert [made.quantity("0012", "本店", name) for name in names] == [7, 2, 1, 4, 10]
        assert made.stock.level(made.item("0012"), made.location("倉庫")) is None
        assert made.quantity("TEE-L", "本店") == -3

    def test_an_old_inventory_export_with_a_column_for_each_place(self, file: Path) -> None:
        file.write_text(OLD_INVENTORY, encoding="utf-8")
        made = shop(catalog=file)
        assert [place.name for place in made.stock.locations] == ["本店", "Second Store"]
        assert made.quantity("CAP", "本店") == 5
        assert made.stock.level(made.item("CAP"), made.location("Second Store")) is None
        assert made.quantity("BAG", "Second Store") == 12

    def test_a_product_export(self, file: Path) -> None:
        file.write_text(NEW_PRODUCTS, encoding="utf-8")
        made = shop(catalog=file, locations=2)
        assert len(made.stock.products) == 1
        assert [item.tracked for item in made.stock.items] == [True, False]
        assert made.stock.variants[0].barcode == "4900000000001"
        places = [place.name for place in made.stock.locations]
        assert [made.quantity("CAP-S", place) for place in places] == [5, 0]

    def test_an_old_product_export_with_rows_for_pictures(self, file: Path) -> None:
        file.write_text(OLD_PRODUCTS, encoding="utf-8")
        made = shop(catalog=file, locations=1)
        assert [item.sku for item in made.stock.items] == ["MUG"]
        assert made.quantity("MUG", made.stock.locations[0].name) == 9

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"a,b\n1,2\n", "SKU"),
            (b"Handle,SKU\n", "no rows"),
            (b"Handle,SKU\ntee,T\n", "neither a location nor a quantity"),
            ("Handle,SKU,Location\ntee,品,本店\n".encode("cp932"), "UTF-8"),
            (b"Handle,SKU,Location,Available\ntee,T,A,1\ntee,T,A,2\n", "line 3"),
        ],
    )
    def test_what_cannot_be_used_is_said(self, file: Path, content: bytes, says: str) -> None:
        file.write_bytes(content)
        with pytest.raises(CatalogueFileInvalid) as caught:
            shop(catalog=file)
        assert says in str(caught.value)
        assert "catalogue.csv" in str(caught.value)

    def test_a_file_that_is_not_there(self, file: Path) -> None:
        with pytest.raises(CatalogueFileInvalid):
            shop(catalog=file)


def test_what_is_not_there_cannot_be_sold() -> None:
    made = shop()
    place = made.stock.locations[0].name
    with pytest.raises(NothingToSell, match="NOPE"):
        made.sell("NOPE", place, 1)
    with pytest.raises(NothingToSell, match="nowhere"):
        made.sell(made.stock.items[0].id, "nowhere", 1)
