"""The rule maps only what can be meant in one way, and every other row says why."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.matching import Matching, match, report
from core.matching.fold import is_blank
from core.model import (
    Item,
    LocalField,
    MappedBy,
    MatchState,
    ShopifyField,
    SkuMapping,
    Variant,
)

BY_SKU = (ShopifyField.SKU, LocalField.SKU_NUMBER)
BY_BARCODE = (ShopifyField.BARCODE, LocalField.BARCODE)


def variant(number: int, sku: str, barcode: str = "", name: str = "") -> Variant:
    return Variant(f"gid://shopify/InventoryItem/{number}", f"V{number}", sku, barcode, name)


def gid(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def states(matching: Matching) -> dict[str, tuple[MatchState, str]]:
    """Row by its SKU number or inventory item id, with what is near."""
    told = {}
    for row in matching.rows:
        if row.item is not None:
            told[row.item.sku_number] = (row.state, row.near)
        if row.variant is not None:
            told[row.variant.inventory_item_id] = (row.state, row.near)
    return told


def test_equal_values_are_mapped_by_rule() -> None:
    found = match([Item("A"), Item("B")], [variant(1, "B"), variant(2, "A")], BY_SKU)
    assert found.mappings == (
        SkuMapping(gid(2), "A", MappedBy.RULE),
        SkuMapping(gid(1), "B", MappedBy.RULE),
    )
    assert found.counts[MatchState.MAPPED] == 2
    assert set(found.counts) == set(MatchState)


def test_each_side_has_its_own_field() -> None:
    found = match(
        [Item("A", barcode="490")], [variant(1, "490")], (ShopifyField.SKU, LocalField.BARCODE)
    )
    assert [(m.inventory_item_id, m.sku_number) for m in found.mappings] == [(gid(1), "A")]


def test_a_value_that_several_variants_share_is_never_guessed() -> None:
    found = match([Item("A")], [variant(1, "A"), variant(2, "A")], BY_SKU)
    assert found.mappings == ()
    assert {state for state, _ in states(found).values()} == {MatchState.DUPLICATE_THERE}
    assert found.counts[MatchState.DUPLICATE_THERE] == 3


def test_a_value_that_several_items_share_is_never_guessed() -> None:
    items = [Item("A", barcode="490"), Item("B", barcode="490")]
    found = match(items, [variant(1, "x", "490")], BY_BARCODE)
    assert found.mappings == ()
    assert found.counts[MatchState.DUPLICATE_HERE] == 3


def test_shared_on_both_sides_each_row_names_its_own_side() -> None:
    items = [Item("A", barcode="490"), Item("B", barcode="490")]
    found = match(items, [variant(1, "x", "490"), variant(2, "y", "490")], BY_BARCODE)
    assert found.counts[MatchState.DUPLICATE_HERE] == 2
    assert found.counts[MatchState.DUPLICATE_THERE] == 2


@pytest.mark.parametrize("blank", ["", "  ", "　", "\u200b"])
def test_blank_values_never_meet(blank: str) -> None:
    found = match([Item("A", barcode=blank)], [variant(1, "x", blank)], BY_BARCODE)
    assert states(found) == {
        "A": (MatchState.BLANK_HERE, ""),
        gid(1): (MatchState.BLANK_THERE, ""),
    }


def test_without_a_counterpart() -> None:
    found = match([Item("A")], [variant(1, "B")], BY_SKU)
    assert states(found) == {"A": (MatchState.ONLY_HERE, ""), gid(1): (MatchState.ONLY_THERE, "")}


@pytest.mark.parametrize(
    ("here", "there", "state"),
    [
        ("abc-1", "ABC-1", MatchState.CASE_DIFFERS),
        ("ＡＢＣ-1", "abc-1", MatchState.CASE_DIFFERS),
        ("ｶﾞ1", "ガ1", MatchState.CASE_DIFFERS),
        ("straße", "STRASSE", MatchState.CASE_DIFFERS),
        ("ABC 1", "ABC1", MatchState.SPACES_DIFFER),
        (" ABC", "ABC", MatchState.SPACES_DIFFER),
        ("ABC ", "ABC", MatchState.SPACES_DIFFER),
        ("ABC　1", "ABC 1", MatchState.SPACES_DIFFER),
        ("ABC\u200b1", "ABC1", MatchState.SPACES_DIFFER),
        ("A BC", "AB C", MatchState.SPACES_DIFFER),
        ("abc 1", "ABC1", MatchState.SPACES_DIFFER),
    ],
)
def test_almost_fitting_values_are_told_and_not_mapped(
    here: str, there: str, state: MatchState
) -> None:
    found = match([Item(here)], [variant(1, there)], BY_SKU)
    assert found.mappings == ()
    assert states(found) == {here: (state, there), gid(1): (state, here)}


def test_exact_wins_and_the_case_variants_are_reported() -> None:
    found = match([Item("abc"), Item("Abc")], [variant(1, "abc"), variant(2, "ABC")], BY_SKU)
    assert found.mappings == (SkuMapping(gid(1), "abc", MappedBy.RULE),)
    told = states(found)
    assert told[gid(2)] == (MatchState.CASE_DIFFERS, "Abc")
    assert told["Abc"] == (MatchState.CASE_DIFFERS, "ABC")


def test_the_nearest_of_several_is_named() -> None:
    found = match([Item("a b"), Item("AB")], [variant(1, "ab")], BY_SKU)
    assert states(found)[gid(1)] == (MatchState.CASE_DIFFERS, "AB")


def test_a_mapping_by_hand_stays_and_takes_its_ends() -> None:
    by_hand = SkuMapping(gid(1), "A", MappedBy.HAND)
    found = match([Item("A"), Item("B")], [variant(1, "B"), variant(2, "A")], BY_SKU, [by_hand])
    assert found.mappings == (by_hand,)
    assert found.rows[-1].by is MappedBy.HAND
    told = states(found)
    assert told["B"] == (MatchState.ONLY_HERE, "B"), "near says that the counterpart is taken"
    assert told[gid(2)] == (MatchState.ONLY_THERE, "A")


def test_several_variants_share_one_item_by_hand_only() -> None:
    by_hand = [SkuMapping(gid(n), "A", MappedBy.HAND) for n in (1, 2)]
    found = match([Item("A")], [variant(1, "x"), variant(2, "y"), variant(3, "A")], BY_SKU, by_hand)
    assert found.mappings == tuple(by_hand)
    assert states(found)[gid(3)] == (MatchState.ONLY_THERE, "A")


def test_mapping_one_duplicate_by_hand_does_not_make_the_other_a_guess() -> None:
    variants = [variant(1, "A"), variant(2, "A")]
    by_hand = SkuMapping(gid(1), "B", MappedBy.HAND)
    found = match([Item("A"), Item("B")], variants, BY_SKU, [by_hand])
    assert found.mappings == (by_hand,)
    assert states(found)[gid(2)][0] is MatchState.DUPLICATE_THERE


def test_a_mapping_by_hand_without_its_end_is_dropped_and_told() -> None:
    gone = SkuMapping(gid(9), "A", MappedBy.HAND)
    lost = SkuMapping(gid(1), "Z", MappedBy.HAND)
    found = match([Item("A")], [variant(1, "A")], BY_SKU, [gone, lost])
    assert found.mappings == (SkuMapping(gid(1), "A", MappedBy.RULE),)
    assert found.dropped == (gone, lost)


def test_mappings_by_rule_are_made_anew() -> None:
    old = SkuMapping(gid(1), "B", MappedBy.RULE)
    found = match([Item("A"), Item("B")], [variant(1, "A")], BY_SKU, [old])
    assert found.mappings == (SkuMapping(gid(1), "A", MappedBy.RULE),)


def test_two_variants_of_one_inventory_item_are_one() -> None:
    twins = [Variant(gid(1), "V1", "A"), Variant(gid(1), "V2", "A")]
    found = match([Item("A")], twins, BY_SKU)
    assert found.counts[MatchState.MAPPED] == 1
    assert len(found.rows) == 1


def test_a_report_makes_no_mappings() -> None:
    found = report([Item("A"), Item("B")], [variant(1, "A"), variant(2, "b")], BY_SKU, [])
    assert found.mappings == ()
    assert states(found)["A"] == (MatchState.ONLY_HERE, "A"), "near: could be mapped at once"
    assert states(found)["B"] == (MatchState.CASE_DIFFERS, "b")


def test_a_report_shows_mappings_by_rule_and_by_hand() -> None:
    kept = [SkuMapping(gid(1), "A"), SkuMapping(gid(2), "B", MappedBy.HAND)]
    found = report([Item("A"), Item("B")], [variant(1, "A"), variant(2, "x")], BY_SKU, kept)
    assert [row.by for row in found.rows] == [MappedBy.HAND, MappedBy.RULE]


def test_rows_that_a_person_can_mend_come_first_and_mapped_ones_last() -> None:
    items = [Item("A"), Item("only"), Item("b ")]
    found = match(items, [variant(1, "A"), variant(2, ""), variant(3, "b")], BY_SKU)
    assert [row.state for row in found.rows] == [
        MatchState.SPACES_DIFFER,
        MatchState.SPACES_DIFFER,
        MatchState.BLANK_THERE,
        MatchState.ONLY_HERE,
        MatchState.MAPPED,
    ]


# -- properties ----------------------------------------------------------------------------------

values = st.sampled_from(
    ["", " ", "A", "a", "Ａ", "A ", "B", "b", " B", "C", "Ｃ", "C C", "ß", "ss"]
)
catalogues = st.lists(
    st.builds(variant, st.integers(1, 12), values, values, st.sampled_from(["", "n"])), max_size=12
)
inventories = st.lists(
    st.builds(Item, values.filter(lambda value: value != ""), st.just(""), values), max_size=12
)
kept_mappings = st.lists(
    st.builds(SkuMapping, st.integers(1, 12).map(gid), values, st.sampled_from(list(MappedBy))),
    max_size=6,
)
rules = st.tuples(st.sampled_from(list(ShopifyField)), st.sampled_from(list(LocalField)))


@settings(max_examples=200, deadline=None)
@given(inventories, catalogues, rules, kept_mappings)
def test_every_end_is_told_once_and_nothing_ambiguous_is_mapped(
    items: list[Item],
    variants: list[Variant],
    rule: tuple[ShopifyField, LocalField],
    kept: list[SkuMapping],
) -> None:
    found = match(items, variants, rule, kept)
    seen_there = Counter(row.variant.inventory_item_id for row in found.rows if row.variant)
    assert seen_there == Counter({v.inventory_item_id for v in variants})
    mapped = {mapping.sku_number for mapping in found.mappings}
    seen_here = Counter(
        row.item.sku_number for row in found.rows if row.item and row.state is not MatchState.MAPPED
    )
    assert seen_here == Counter({item.sku_number for item in items} - mapped)
    assert len(found.mappings) == len({m.inventory_item_id for m in found.mappings})
    assert sum(found.counts.values()) == len(found.rows)
    assert {
        (row.variant.inventory_item_id, row.item.sku_number)
        for row in found.rows
        if row.state is MatchState.MAPPED and row.item and row.variant
    } == {(m.inventory_item_id, m.sku_number) for m in found.mappings}

    there = {row.variant.inventory_item_id: row.variant for row in found.rows if row.variant}
    here = {row.item.sku_number: row.item for row in found.rows if row.item}
    held_there = Counter(getattr(v, rule[0].value) for v in there.values())
    held_here = Counter(getattr(i, rule[1].value) for i in here.values())
    for mapping in found.mappings:
        if mapping.by is MappedBy.HAND:
            assert mapping in kept
            continue
        value = getattr(there[mapping.inventory_item_id], rule[0].value)
        assert value == getattr(here[mapping.sku_number], rule[1].value)
        assert held_there[value] == held_here[value] == 1
        assert not is_blank(value)
        assert [m.sku_number for m in found.mappings].count(mapping.sku_number) == 1


@settings(max_examples=100, deadline=None)
@given(inventories, catalogues, rules, kept_mappings, st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_matter(
    items: list[Item],
    variants: list[Variant],
    rule: tuple[ShopifyField, LocalField],
    kept: list[SkuMapping],
    shuffler: random.Random,
) -> None:
    found = match(items, variants, rule, kept)
    for given_list in (items, variants, kept):
        shuffler.shuffle(given_list)
    assert match(items, variants, rule, kept) == found


@settings(max_examples=100, deadline=None)
@given(inventories, catalogues, rules, kept_mappings)
def test_matching_again_changes_nothing_and_a_report_shows_the_same(
    items: list[Item],
    variants: list[Variant],
    rule: tuple[ShopifyField, LocalField],
    kept: list[SkuMapping],
) -> None:
    found = match(items, variants, rule, kept)
    again = match(items, variants, rule, found.mappings)
    assert (again.mappings, again.rows) == (found.mappings, found.rows)
    assert report(items, variants, rule, found.mappings).rows == found.rows


def test_100_000_on_each_side_take_a_moment() -> None:
    items = [Item(f"SKU-{n:06}") for n in range(100_000)]
    variants = [variant(n, f"SKU-{n:06}" if n % 10 else f"sku-{n:06}") for n in range(100_000)]
    started = time.process_time()
    found = match(items, variants, BY_SKU)
    spent = time.process_time() - started
    assert found.counts[MatchState.MAPPED] == 90_000
    assert found.counts[MatchState.CASE_DIFFERS] == 20_000
    # 0.8-1.3 s on a slow machine; the bound has room for a busier one, not for a quadratic matcher.
    assert spent < 4


def test_a_rule_mapping_whose_sku_was_renamed_on_shopify_is_shown_as_changed() -> None:
    mapping = SkuMapping(gid(1), "A", MappedBy.RULE)
    told = report([Item("A")], [variant(1, "A-2")], BY_SKU, [mapping])
    assert [(row.state, row.near) for row in told.rows] == [(MatchState.CHANGED_SINCE, "A-2")]


def test_a_rule_mapping_whose_sku_became_shared_is_shown_as_changed() -> None:
    mapping = SkuMapping(gid(1), "A", MappedBy.RULE)
    told = report([Item("A")], [variant(1, "A"), variant(2, "A")], BY_SKU, [mapping])
    assert {row.state for row in told.rows} == {
        MatchState.CHANGED_SINCE,
        MatchState.DUPLICATE_THERE,
    }


def test_a_mapping_by_hand_is_not_held_against_the_rule() -> None:
    mapping = SkuMapping(gid(1), "A", MappedBy.HAND)
    told = report([Item("A")], [variant(1, "other")], BY_SKU, [mapping])
    assert [row.state for row in told.rows] == [MatchState.MAPPED]
