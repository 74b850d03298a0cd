"""Every state of the core has its word and, where it is a state, its sign."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from core.model import (
    CauseKind,
    CellState,
    ConnectionState,
    LabelType,
    LocalField,
    MappedBy,
    MatchState,
    PlanKind,
    Problem,
    Purpose,
    RowOutcome,
    ShopifyField,
    Verdict,
    Why,
)
from core.sync.events import Level
from core.workspace import Filter
from tui import words
from tui.i18n import _, sentences, set_language
from tui.mapping_words import FILTERS
from tui.when import age

TABLES: list[tuple[type[StrEnum], Mapping[Any, Any]]] = [
    (CellState, words.CELLS),
    (MatchState, words.MATCHES),
    (Verdict, words.VERDICTS),
    (ConnectionState, words.CONNECTIONS),
    (Problem, words.PROBLEMS),
    (Problem, words.PROBLEM_REMEDIES),
    (Why, words.WHYS),
    (RowOutcome, words.OUTCOMES),
    (PlanKind, words.PLANS),
    (PlanKind, words.RUNS),
    (CauseKind, words.CAUSES),
    (LabelType, words.LABEL_TYPES),
    (ShopifyField, words.SHOPIFY_FIELDS),
    (LocalField, words.LOCAL_FIELDS),
    (MappedBy, words.MAPPED_BY),
    (Level, words.LEVELS),
    (Purpose, words.PURPOSES),
]


@pytest.mark.parametrize(("kind", "table"), TABLES, ids=lambda one: getattr(one, "__name__", ""))
def test_no_state_of_the_core_is_without_a_word(
    kind: type[StrEnum], table: Mapping[Any, Any]
) -> None:
    assert set(table) == set(kind)


@pytest.mark.parametrize("kind", {kind for kind, _table in TABLES}, ids=lambda one: one.__name__)
def test_every_word_is_found_by_its_state_alone(kind: type[StrEnum]) -> None:
    set_language("ja")
    for value in kind:
        assert words.word_of(value) != ""
        if value.value not in ("sku", "ok"):  # the same in every language
            assert words.word_of(value) != value.value


def test_states_are_told_apart_without_colour() -> None:
    for table in (words.CELLS, words.MATCHES, words.VERDICTS, words.CONNECTIONS, words.OUTCOMES):
        shown = [words.show(mark) for mark in table.values()]
        assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(
    ("stored", "english", "japanese"),
    [
        (
            "here –, Shopify 8, base –",
            "here –, Shopify 8, base –",
            "DEXTRE –、Shopify 8、基準 –",
        ),
        ("never set here; Shopify -3", "never set here; Shopify -3", "DEXTREで未設定、Shopify -3"),
        ("12 + (9 − 10) = 11", "12 + (9 − 10) = 11", "12 + (9 − 10) = 11"),
        (
            "1 + (7 − 10) = -2, of which -2 wait",
            "1 + (7 − 10) = -2, of which -2 wait",
            "1 + (7 − 10) = -2、うち -2 は保留",
        ),
    ],
)
def test_why_a_quantity_was_set_is_told_in_the_readers_language(
    stored: str, english: str, japanese: str
) -> None:
    assert words.arithmetic_words(stored) == english
    set_language("ja")
    assert words.arithmetic_words(stored) == japanese


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [(10, "10 s", "10秒"), (300, "5 min", "5分"), (7_200, "2 h", "2時間"), (200_000, "2 d", "2日")],
)
def test_how_long_ago_is_told_in_the_readers_units(
    seconds: float, english: str, japanese: str
) -> None:
    assert age(seconds) == english
    set_language("ja")
    assert age(seconds) == japanese


def test_a_difference_of_width_is_not_called_one_of_case() -> None:
    assert words.word_of(MatchState.CASE_DIFFERS) == "Case/width differs"
    assert FILTERS[Filter.DIFFERENCES] == "Case/width/spaces"
    set_language("ja")
    assert words.word_of(MatchState.CASE_DIFFERS) == "大小・全半角が違う"
    assert _(FILTERS[Filter.DIFFERENCES]) == "大小・全半角・空白"


def test_a_difference_at_the_start_says_what_one_row_does_and_what_many_do() -> None:
    remedy = words.PROBLEM_REMEDIES[Problem.DIFFERS_AT_START]
    assert "For one row it is written at once" in remedy
    set_language("ja")
    assert "1行だけならすぐに書き込みます" in _(remedy)


def test_japanese_sentences_follow_each_other_without_a_space() -> None:
    assert sentences("One.", "Two.") == "One. Two."
    set_language("ja")
    assert sentences("一。", "二。") == "一。二。"
