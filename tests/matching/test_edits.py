"""Edits by hand: what they put, what they remove, and how they are taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.matching import Edit, NoSuchItem, NoSuchVariant, NotMapped, edit_many, map_one, unmap_one
from core.model import Item, MappedBy, SkuMapping, Variant

ITEMS = {sku: Item(sku) for sku in ("A", "B", "C")}
VARIANTS = {f"gid://{n}": Variant(f"gid://{n}", f"V{n}", f"s{n}") for n in (1, 2, 3)}


def applied(edit: Edit, books: dict[str, SkuMapping]) -> dict[str, SkuMapping]:
    after = {key: mapping for key, mapping in books.items() if key not in edit.remove}
    return after | {mapping.inventory_item_id: mapping for mapping in edit.put}


def one(inventory_item_id: str, sku_number: str, books: dict[str, SkuMapping]) -> Edit:
    return map_one(
        inventory_item_id,
        sku_number,
        item=ITEMS.get(sku_number),
        variant=VARIANTS.get(inventory_item_id),
        current=books.get(inventory_item_id),
    )


def test_mapping_is_by_hand() -> None:
    assert one("gid://1", "A", {}) == Edit(put=(SkuMapping("gid://1", "A", MappedBy.HAND),))


def test_a_variant_mapped_elsewhere_is_retargeted_and_can_be_put_back() -> None:
    books = {"gid://1": SkuMapping("gid://1", "B")}
    edit = one("gid://1", "A", books)
    after = applied(edit, books)
    assert after["gid://1"].sku_number == "A"
    assert applied(edit.inverse, after) == books
    assert applied(edit.inverse.inverse, books) == after
    assert edit.inverse.remove == (), "what is put back is never removed on the way"


def test_confirming_a_mapping_by_rule_makes_it_one_by_hand() -> None:
    books = {"gid://1": SkuMapping("gid://1", "A", MappedBy.RULE)}
    assert one("gid://1", "A", books).put[0].by is MappedBy.HAND


def test_what_stands_so_already_is_no_edit() -> None:
    books = {"gid://1": SkuMapping("gid://1", "A", MappedBy.HAND)}
    assert not one("gid://1", "A", books)


def test_an_unknown_item_or_variant_is_named() -> None:
    with pytest.raises(NoSuchItem, match="SKU number Z"):
        one("gid://1", "Z", {})
    with pytest.raises(NoSuchVariant, match=r"gid://9.*SKU number A"):
        one("gid://9", "A", {})


def test_unmapping_can_be_undone_with_who_made_it() -> None:
    books = {"gid://1": SkuMapping("gid://1", "A", MappedBy.RULE)}
    edit = unmap_one("gid://1", current=books["gid://1"])
    assert applied(edit, books) == {}
    assert applied(edit.inverse, {}) == books


def test_unmapping_what_is_not_mapped_names_the_sku() -> None:
    with pytest.raises(NotMapped, match="s1"):
        unmap_one("gid://1", current=None, variant=VARIANTS["gid://1"])


def test_many_wishes_change_only_what_differs_and_name_what_cannot_be() -> None:
    books = {
        "gid://1": SkuMapping("gid://1", "A", MappedBy.RULE),
        "gid://2": SkuMapping("gid://2", "B", MappedBy.HAND),
    }
    batch = edit_many(
        [("gid://1", "A"), ("gid://2", ""), ("gid://3", "Z"), ("gid://3", "C"), ("gid://9", "A")],
        item=ITEMS.get,
        variant=VARIANTS.get,
        current=books.get,
    )
    assert batch.edit.put == (SkuMapping("gid://3", "C", MappedBy.HAND),)
    assert batch.edit.remove == ("gid://2",)
    assert batch.unchanged == 1
    assert [(place, type(error)) for place, error in batch.problems] == [(4, NoSuchVariant)]


ids = st.sampled_from(sorted(VARIANTS))
standing = st.dictionaries(
    ids, st.tuples(st.sampled_from(sorted(ITEMS)), st.sampled_from(list(MappedBy)))
).map(lambda found: {key: SkuMapping(key, sku, by) for key, (sku, by) in found.items()})


@given(standing, st.lists(st.tuples(ids, st.sampled_from(["", "A", "B", "C"]))))
def test_a_batch_does_what_was_wished_and_its_inverse_restores_everything(
    books: dict[str, SkuMapping], wishes: list[tuple[str, str]]
) -> None:
    edit = edit_many(wishes, item=ITEMS.get, variant=VARIANTS.get, current=books.get).edit
    after = applied(edit, books)
    for inventory_item_id, sku_number in dict(wishes).items():
        mapping = after.get(inventory_item_id)
        assert (mapping.sku_number if mapping else "") == sku_number
    assert applied(edit.inverse, after) == books
