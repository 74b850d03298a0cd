"""Several variants of one item: what tells them apart, and that the item has one number."""

from __future__ import annotations

import pytest

from core.model import Choice, Problem, Variant, Waiting
from core.workspace import Siblings, at_odds, told_apart
from core.workspace.errors import SeveralNumbers
from tests.workspace.test_needs_you import Bench, bench

__all__ = ["bench"]


def two(*ends: tuple[str, str]) -> dict[str, Variant | None]:
    ids = [f"gid://shopify/InventoryItem/{n}" for n in range(len(ends))]
    return {
        one: Variant(one, "v", sku, name=name) for one, (sku, name) in zip(ids, ends, strict=True)
    }


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([("RED", "Cup"), ("BLUE", "Cup")], ["RED", "BLUE"]),
        ([("CUP", "Red"), ("CUP", "Blue")], ["Red", "Blue"]),
        ([("", "Red"), ("CUP", "Blue")], ["Red", "Blue"]),
        ([("CUP", "Cup"), ("CUP", "Cup")], ["0", "1"]),
        ([("CUP", "Cup")], []),
    ],
)
def test_variants_are_told_apart_by_sku_else_by_name_else_by_id(
    ends: list[tuple[str, str]], told: list[str]
) -> None:
    assert [*told_apart(two(*ends)).values()] == told


def shared(bench: Bench) -> tuple[str, str]:
    """The second variant is the first item, too, and each has its own number in Tokyo."""
    first, second = bench.skus[:2]
    ids = bench.shop.item(first).id, bench.shop.item(second).id
    bench.clock.advance(1)
    for one in ids:
        bench.desk.unmap_one(one)
    bench.shop.set_available(first, bench.places[0], 5)
    bench.shop.set_available(second, bench.places[0], 6)
    for one in ids:
        bench.desk.map_one(one, first)
    bench.rest()
    return ids


def test_only_an_item_with_several_variants_names_them(bench: Bench) -> None:
    before = bench.desk.siblings()
    assert before.of(bench.skus[0]) == {}
    ids = shared(bench)
    siblings = bench.desk.siblings()
    assert siblings is not before
    assert siblings is bench.desk.siblings()  # as long as the mapping is the same
    assert siblings.of(bench.skus[0]) == dict(zip(ids, bench.skus[:2], strict=True))
    assert siblings.of(bench.skus[2]) == {}


def in_tokyo(bench: Bench) -> list[Waiting]:
    return [row for row in bench.desk.waiting() if bench.place_of(row) == "Tokyo"]


def test_two_variants_with_different_numbers_cannot_both_be_taken(bench: Bench) -> None:
    shared(bench)
    rows = in_tokyo(bench)
    assert [row.problem for row in rows] == [Problem.DIFFERS_AT_START] * 2
    assert at_odds(rows, Choice.TAKE_THERE) == rows
    assert at_odds(rows, Choice.TAKE_HERE) == at_odds(rows[:1], Choice.TAKE_THERE) == []
    found = bench.desk.resolve_many(rows, Choice.TAKE_THERE).result(20)
    assert found.done == 0
    for _row, error in found.refused:
        assert isinstance(error, SeveralNumbers)
        assert error.params == {"what": f"{bench.sku} · Tokyo", "numbers": "5, 6"}
    assert bench.here() == 50


def test_one_of_them_alone_is_taken(bench: Bench) -> None:
    shared(bench)
    bench.desk.resolve(in_tokyo(bench)[1], Choice.TAKE_THERE).result(20)
    assert bench.here() in (5, 6)


def test_a_refusal_names_the_variant(bench: Bench) -> None:
    shared(bench)
    row = in_tokyo(bench)[0]
    bench.desk.set_stock(bench.sku, "Tokyo", 12)
    found = bench.desk.resolve_many([row], Choice.TAKE_HERE).result(20)
    ((_row, error),) = found.refused
    told = bench.desk.siblings().of(bench.sku)[row.inventory_item_id]
    assert error.params["what"] == f"{bench.sku} ({told}) · Tokyo"


@pytest.mark.parametrize("many", [1, 1_000])
def test_few_items_are_looked_at_one_by_one_many_all_at_once(
    monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr("core.workspace.siblings.MANY", many)
    looks: list[str] = []

    def shared_items() -> list[str]:
        looks.append("all")
        return ["A"]

    def variants_of(sku_number: str) -> dict[str, Variant | None]:
        looks.append(sku_number)
        return two(("RED", ""), ("BLUE", "")) if sku_number == "A" else {}

    siblings = Siblings(shared_items, variants_of)
    for _ in range(2):
        assert [*siblings.of("A").values()] == ["RED", "BLUE"]
        assert siblings.of("B") == siblings.of("C") == {}
    assert looks == (["A", "all"] if many == 1 else ["A", "B", "C"])
