"""Filter, search and page over many rows."""

from __future__ import annotations

import pytest

from core.matching import Filter, IgnoredRow, MappingView
from core.model import Item, MappedBy, MappingRow, MatchState, Variant

SHIRT = MappingRow(
    MatchState.MAPPED,
    Item("A-1", "赤いシャツ", "4900000000017"),
    Variant("gid://1", "V1", "A-1", "4900000000017", "Shirt - Red / L"),
    MappedBy.RULE,
)
CUP = MappingRow(MatchState.ONLY_HERE, Item("B-2", "コーヒーカップ"))
HAT = MappingRow(MatchState.CASE_DIFFERS, variant=Variant("gid://3", "V3", "c-3", "", "Straw Hat"))
ASIDE = IgnoredRow(MatchState.ONLY_HERE, Item("E-9", "Sample"))
VIEW = MappingView([HAT, CUP, SHIRT])


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("a-1", [SHIRT]),
        ("Ａ－１", [SHIRT]),
        ("シャ", [SHIRT]),
        ("ｼｬ", [SHIRT]),
        ("0017", [SHIRT]),
        ("red shirt", [SHIRT]),
        ("STRAW", [HAT]),
        ("カップ", [CUP]),
        ("シャ カップ", []),
        ("a-1赤い", []),
        ("", [HAT, CUP, SHIRT]),
        ("  ", [HAT, CUP, SHIRT]),
        ("[/x]", []),
    ],
)
def test_search(search: str, found: list[MappingRow]) -> None:
    assert list(VIEW.rows(search=search)) == found
    assert VIEW.count(search=search) == len(found)


def test_states_filter_and_none_means_all() -> None:
    assert list(VIEW.rows({MatchState.MAPPED, MatchState.ONLY_HERE})) == [CUP, SHIRT]
    assert VIEW.count({MatchState.MAPPED, MatchState.ONLY_HERE}) == 2
    assert list(VIEW.rows(())) == []
    assert VIEW.count(()) == 0
    assert VIEW.count() == 3
    assert VIEW.counts[MatchState.MAPPED] == 1


def test_states_and_search_together() -> None:
    assert list(VIEW.rows([MatchState.MAPPED], "cup")) == []
    assert list(VIEW.rows([MatchState.ONLY_HERE], "カップ")) == [CUP]


def test_pages_join_to_the_whole() -> None:
    rows = [MappingRow(MatchState.ONLY_HERE, Item(f"S-{n}")) for n in range(25)]
    view = MappingView(rows)
    paged = [
        row for start in range(0, 30, 10) for row in view.rows(search="s", offset=start, limit=10)
    ]
    assert paged == rows
    assert list(view.rows(offset=20, limit=10)) == rows[20:]
    assert list(view.rows(offset=99, limit=10)) == []
    assert list(view.rows(limit=0)) == []


def test_a_changed_filter_is_not_answered_from_the_last_one() -> None:
    assert list(VIEW.rows(search="cup")) == []
    assert list(VIEW.rows(search="hat")) == [HAT]
    assert list(VIEW.rows([MatchState.MAPPED], search="hat")) == []


def test_typing_on_narrows_and_taking_back_widens() -> None:
    view = MappingView([HAT, CUP, SHIRT])
    found = [list(view.rows(search=typed)) for typed in ("s", "st", "str", "st", "sh", "a-1 s")]
    assert found == [[HAT, SHIRT], [HAT], [HAT], [HAT], [SHIRT], [SHIRT]]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (Filter.ALL, [HAT, CUP, SHIRT]),
        (Filter.DIFFERENCES, [HAT]),
        (Filter.ONLY_HERE, [CUP]),
        (Filter.MAPPED, [SHIRT]),
        (Filter.BY_HAND, []),
        (Filter.IGNORED, [ASIDE]),
    ],
)
def test_each_filter_has_its_rows_and_what_is_ignored_is_in_none_but_its_own(
    chosen: Filter, found: list[MappingRow]
) -> None:
    view = MappingView([ASIDE, HAT, CUP, SHIRT])
    assert view.at(view.find(chosen)) == found
    assert view.size(chosen) == len(found)
    assert view.at(view.find(chosen, "r")) == [row for row in found if row in (SHIRT, HAT)]
    assert view.counts[MatchState.ONLY_HERE] == 1


def test_every_state_is_in_a_filter_besides_all() -> None:
    for state in MatchState:
        by = MappedBy.RULE if state is MatchState.MAPPED else None
        view = MappingView([MappingRow(state, Item("X"), by=by)])
        assert [f for f in Filter if f is not Filter.ALL and view.size(f)], state


def test_a_row_is_found_by_its_two_ends() -> None:
    assert SHIRT.item is not None
    assert SHIRT.variant is not None
    ends = (SHIRT.variant.inventory_item_id, SHIRT.item.sku_number)
    assert VIEW.place_of(*ends) == 2
    assert VIEW.place_of("", SHIRT.item.sku_number) is None
