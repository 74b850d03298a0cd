"""A search in steps finds what a search at once finds, and remembers what it has found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.matching.hits import Hits, Searches

TEXTS = st.lists(st.text("abc", max_size=4), max_size=40)


@given(TEXTS, st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=2), st.data())
def test_steps_of_any_size_find_all_in_order(
    texts: list[str], parts: list[str], data: st.DataObject
) -> None:
    wanted = [n for n, text in enumerate(texts) if all(part in text for part in parts)]
    hits = Hits(texts, (range(len(texts)),), parts)
    while not hits.complete:
        before = list(hits)
        hits.advance(data.draw(st.integers(1, 7)))
        assert list(hits)[: len(before)] == before
    assert list(hits) == wanted


def test_a_step_looks_at_no_more_than_it_was_told() -> None:
    hits = Hits(["a"] * 100, (range(100),), ("a",))
    assert hits.advance(30)
    assert len(hits) == 30


@given(TEXTS, st.lists(st.text("abc", min_size=1, max_size=3), max_size=6))
def test_typing_on_and_back_finds_what_a_fresh_search_finds(
    texts: list[str], typed: list[str]
) -> None:
    searches, everything = Searches(), (range(len(texts)),)
    for word in typed:
        found = searches.hits(texts, everything, (word,)).finish()
        assert list(found) == [n for n, text in enumerate(texts) if word in text]


def test_a_letter_taken_back_costs_nothing() -> None:
    texts = [f"item {n}" for n in range(1000)]
    searches, everything = Searches(), (range(1000),)
    before = searches.hits(texts, everything, ("1",)).finish()
    searches.hits(texts, everything, ("12",)).finish()
    assert searches.hits(texts, everything, ("1",)) is before


def test_a_search_that_narrows_another_looks_at_its_hits_only() -> None:
    searches, everything = Searches(), (range(1000),)
    searches.hits([f"item {n}" for n in range(1000)], everything, ("99",)).finish()
    narrowed = searches.hits([""] * 1000, everything, ("999",))
    assert not narrowed.advance(20)  # 19 hits, not a thousand texts
