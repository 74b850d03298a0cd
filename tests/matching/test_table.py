"""The mapping under edits: as a fresh report would show it, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import OurBug
from core.matching import (
    HERE,
    THERE,
    AlikeSkus,
    Catalogue,
    Edit,
    Filter,
    IgnoredRow,
    Likeness,
    MappingTable,
    combined,
    edit_many,
    items_like,
    match,
    report,
    unmap_one,
    variants_like,
)
from core.model import (
    Item,
    LocalField,
    MappedBy,
    MappingRow,
    MatchState,
    ShopifyField,
    SkuMapping,
    Variant,
)
from tests.matching.test_match import (
    BY_SKU,
    catalogues,
    gid,
    inventories,
    kept_mappings,
    rules,
    values,
    variant,
)

ends = st.one_of(
    st.tuples(st.just(HERE), values), st.tuples(st.just(THERE), st.integers(1, 12).map(gid))
)


def shown(table: MappingTable) -> list[MappingRow]:
    view = table.view
    return [row for chosen in (Filter.ALL, Filter.IGNORED) for row in view.at(view.find(chosen))]


def places_of(table: MappingTable) -> list[int | None]:
    """Where each row is found by its two ends."""
    return [
        table.view.place_of(
            row.variant.inventory_item_id if row.variant else "",
            row.item.sku_number if row.item else "",
        )
        for row in shown(table)
    ]


@settings(max_examples=200, deadline=None)
@given(
    inventories,
    catalogues,
    rules,
    kept_mappings,
    st.lists(st.tuples(st.integers(1, 12).map(gid), st.one_of(st.just(""), values)), max_size=5),
    st.lists(ends, max_size=3, unique=True),
)
def test_an_edit_shows_what_a_whole_report_would_and_its_inverse_what_was(
    items: list[Item],
    variants: list[Variant],
    rule: tuple[ShopifyField, LocalField],
    kept: list[SkuMapping],
    wishes: list[tuple[str, str]],
    ignored: list[tuple[str, str]],
) -> None:
    catalogue = Catalogue(items, variants, rule)
    found = catalogue.match(kept)
    standing = {mapping.inventory_item_id: mapping for mapping in found.mappings}
    edit = edit_many(
        wishes, item=catalogue.items.get, variant=catalogue.variants.get, current=standing.get
    ).edit
    edit = combined((edit, Edit(ignore=tuple(ignored))))
    table = MappingTable(Catalogue(items, variants, rule), found.mappings)
    table.apply(edit)
    for inventory_item_id in edit.remove:
        del standing[inventory_item_id]
    standing |= {mapping.inventory_item_id: mapping for mapping in edit.put}
    whole = Catalogue(items, variants, rule, ignored).report(standing.values())
    assert shown(table) == list(whole.rows)
    assert places_of(table) == [*range(len(whole.rows))]
    assert table.view.counts == whole.counts
    table.apply(edit.inverse)
    assert shown(table) == list(found.rows)
    table.apply(edit)
    assert shown(table) == list(whole.rows)


def test_many_rows_at_once_are_as_one_after_the_other() -> None:
    items = [Item(f"A-{n:03}") for n in range(300)]
    variants = [variant(n, f"B-{n:03}") for n in range(300)]
    table = MappingTable(Catalogue(items, variants, BY_SKU), ())
    put = tuple(SkuMapping(gid(n), f"A-{n:03}", MappedBy.HAND) for n in range(200))
    table.apply(Edit(put=put))
    assert shown(table) == list(report(items, variants, BY_SKU, put).rows)
    assert table.view.size(Filter.BY_HAND) == 200
    assert table.view.at(table.view.find(Filter.BY_HAND, "a-199"))[0].item == items[199]


def test_a_mapping_whose_variant_is_gone_can_be_unmapped_and_put_back() -> None:
    gone = SkuMapping(gid(9), "A", MappedBy.HAND)
    table = MappingTable(Catalogue([Item("A")], [variant(1, "x")], BY_SKU), [gone])
    assert table.current(gid(9)) == gone
    edit = unmap_one(gid(9), current=gone)
    table.apply(edit)
    assert table.current(gid(9)) is None
    table.apply(edit.inverse)
    assert table.current(gid(9)) == gone


def test_a_row_that_is_none_any_more_has_no_place() -> None:
    table = MappingTable(Catalogue([Item("A")], [variant(1, "A")], BY_SKU), [])
    mapped = [SkuMapping(gid(1), "A")]
    assert table.view.place_of(gid(1), "A") is None
    assert table.view.place_of("", "A") is not None
    table.apply(Edit(put=tuple(mapped)))
    assert table.view.place_of(gid(1), "A") == 0
    assert table.view.place_of("", "A") is None
    assert table.view.place_of(gid(1), "") is None
    assert table.view.place_of(gid(2), "B") is None


def test_an_edit_that_starts_from_something_else_is_our_fault() -> None:
    table = MappingTable(Catalogue([Item("A")], [variant(1, "A")], BY_SKU), ())
    stale = Edit(remove=(gid(1),), before=(SkuMapping(gid(1), "A", MappedBy.HAND),))
    with pytest.raises(OurBug):
        table.apply(stale)


def test_what_is_ignored_is_never_mapped_by_the_rule_and_keeps_its_state() -> None:
    items, variants = [Item("A"), Item("B")], [variant(1, "A"), variant(2, "B")]
    found = match(items, variants, BY_SKU, (), [(HERE, "A"), (THERE, gid(2))])
    assert found.mappings == ()
    ignored = [row for row in found.rows if isinstance(row, IgnoredRow)]
    assert [(row.item, row.variant) for row in ignored] == [
        (items[0], None),
        (None, variants[1]),
    ]
    assert found.counts[MatchState.ONLY_HERE] == 1
    assert found.counts[MatchState.ONLY_THERE] == 1


def test_a_mapping_by_hand_stays_though_an_end_is_ignored() -> None:
    kept = SkuMapping(gid(1), "A", MappedBy.HAND)
    found = match([Item("A")], [variant(1, "x")], BY_SKU, [kept], [(HERE, "A")])
    assert found.mappings == (kept,)


def test_suggestions_go_from_sku_to_barcode_to_name() -> None:
    items = [
        Item("TEA-001", "Green tea", "4901"),
        Item("X", "Sencha", "0490123"),
        Item("Y", "Ｇreen  Tea", ""),
        Item("Z", "Cup", ""),
    ]
    there = Variant("i1", "v1", "tea 001", "490123", "green tea")
    catalogue = Catalogue(items, [there], BY_SKU)
    view = MappingTable(catalogue, ()).view
    found = items_like(view, there)
    assert [(one.end.sku_number, one.like) for one in found] == [
        ("TEA-001", Likeness.SKU),
        ("X", Likeness.BARCODE),
        ("Y", Likeness.NAME),
    ]
    back = variants_like(view, items[0])
    assert [(one.end, one.like) for one in back] == [(there, Likeness.SKU)]
    assert variants_like(view, items[3]) == []
    alike = AlikeSkus(catalogue)
    assert alike.pair(catalogue.variant_row(there)) == (there, items[0])
    assert alike.pair(catalogue.item_row(items[0])) == (there, items[0])
    assert alike.pair(catalogue.item_row(items[1])) is None
