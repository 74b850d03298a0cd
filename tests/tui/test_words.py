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
from tui import words
from tui.i18n import set_language

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
