"""The arithmetic of one cell, as properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.model import Why
from core.sync.merge import align, pull

units = st.integers(-1_000, 1_000)


@given(units, units, units, st.booleans())
def test_a_pull_keeps_what_is_unsynced_here(here: int, there: int, base: int, neg: bool) -> None:
    after = pull(here, there, base, negative_allowed=neg)
    assert after.here - after.base == here - base


@given(units, units, units, st.booleans())
def test_a_pull_drops_and_invents_nothing(here: int, there: int, base: int, neg: bool) -> None:
    after = pull(here, there, base, negative_allowed=neg)
    assert after.applied + after.left == there - base
    assert after.here == here + after.applied
    assert there - after.base == after.left


@given(st.integers(0, 1_000), units, units)
def test_a_forbidding_label_never_goes_below_zero(here: int, there: int, base: int) -> None:
    assert pull(here, there, base, negative_allowed=False).here >= 0


@given(units, units, units)
def test_where_negative_is_allowed_nothing_is_left(here: int, there: int, base: int) -> None:
    assert pull(here, there, base, negative_allowed=True).left == 0


@given(units, units, units)
def test_pull_then_push_makes_both_sides_equal(here: int, there: int, base: int) -> None:
    pulled = pull(here, there, base, negative_allowed=True)
    there_after = there + pulled.here - pulled.base
    assert pulled.here == there_after == here + there - base


@given(units, units, units)
def test_push_then_pull_gives_the_same_as_pull_then_push(here: int, there: int, base: int) -> None:
    delta = here - base
    pulled = pull(here, there + delta, base + delta, negative_allowed=True)
    assert pulled.here == here + there - base


def test_base_10_here_12_there_9_becomes_11_on_both() -> None:
    pulled = pull(12, 9, 10, negative_allowed=False)
    assert (pulled.here, 9 + pulled.here - pulled.base) == (11, 11)


def test_what_was_held_back_comes_over_when_stock_arrives() -> None:
    held = pull(1, -2, 1, negative_allowed=False)
    assert (held.here, held.base, held.left) == (0, 0, -2)
    later = pull(held.here + 5, -2, held.base, negative_allowed=False)
    assert (later.here, later.left) == (3, 0)


@given(st.none() | units, st.none() | units, st.booleans())
def test_an_alignment_changes_a_number_only_where_none_was_set(
    here: int | None, there: int | None, neg: bool
) -> None:
    to = align(here, there, negative_allowed=neg)
    if to.why is Why.NEVER_SET_HERE:
        assert here is None
        assert to.here == to.there == to.base == there
    else:
        assert (to.here, to.there) == (here, there)
    if to.why is Why.AGREE:
        assert to.base == here == there


def test_sides_that_differ_without_a_base_are_left_to_a_person() -> None:
    assert align(5, 7, negative_allowed=True) == (5, 7, None, Why.DIFFERS)
