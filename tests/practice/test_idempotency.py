"""@idempotent: what the same key does a second time (facts.md §4.3)."""

from __future__ import annotations

import asyncio

import pytest

from tests.practice.desk import ACTIVATE, ADJUST, Desk, codes


@pytest.fixture
def desk() -> Desk:
    return Desk()


def api_changes(desk: Desk) -> int:
    return sum(e.delta for e in desk.shop.ledger if e.cause == "api" and e.name == "available")


async def test_the_same_again_is_answered_but_not_done(desk: Desk) -> None:
    first = await desk.adjust(desk.row(delta=3), key="a")
    desk.clock.passed += 3600
    second = await desk.adjust(desk.row(delta=3), key="a")
    assert second == first
    assert api_changes(desk) == 3
    assert {entry.key for entry in desk.shop.ledger} == {"a"}


async def test_another_selection_of_the_same_call_is_the_same_call(desk: Desk) -> None:
    await desk.adjust(desk.row(delta=3), key="a")
    given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=3)]}
    body = await desk.ask(
        ADJUST.replace("reason referenceDocumentUri", "reason"), input=given, key="a"
    )
    assert body["data"]["inventoryAdjustQuantities"]["userErrors"] == []
    assert api_changes(desk) == 3


async def test_other_rows_under_the_same_key_are_refused(desk: Desk) -> None:
    await desk.adjust(desk.row(delta=3), key="a")
    payload = await desk.adjust(desk.row(delta=4), key="a")
    assert payload["inventoryAdjustmentGroup"] is None
    assert payload["userErrors"] == [
        {
            "field": None,
            "message": "The same idempotency key cannot be used with different operation "
            "parameters.",
            "code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        }
    ]
    assert api_changes(desk) == 3


async def test_another_mutation_under_the_same_key_is_refused(desk: Desk) -> None:
    await desk.adjust(desk.row(delta=3), key="a")
    assert codes(await desk.set(desk.row(quantity=1), key="a")) == [
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    ]


async def test_a_key_lives_24_hours(desk: Desk) -> None:
    await desk.adjust(desk.row(delta=3), key="a")
    desk.clock.passed += 24 * 3600 - 1
    await desk.adjust(desk.row(delta=3), key="a")
    assert api_changes(desk) == 3
    desk.clock.passed += 1
    await desk.adjust(desk.row(delta=3), key="a")
    assert api_changes(desk) == 6


async def test_a_stale_answer_is_stored_too(desk: Desk) -> None:
    wrong = desk.quantity() + 1
    first = await desk.adjust(desk.row(delta=1, changeFromQuantity=wrong), key="a")
    desk.shop.restock(desk.sku, desk.location, 1)
    again = await desk.adjust(desk.row(delta=1, changeFromQuantity=wrong), key="a")
    assert codes(first) == codes(again) == ["CHANGE_FROM_QUANTITY_STALE"]


async def test_user_errors_may_burn_the_key(desk: Desk) -> None:
    desk.shop.faults.burn = True
    wrong = desk.quantity() + 1
    await desk.adjust(desk.row(delta=1, changeFromQuantity=wrong), key="a")
    again = await desk.adjust(desk.row(delta=1, changeFromQuantity=wrong), key="a")
    assert codes(again) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]


async def test_a_broken_attempt_asks_for_a_new_key(desk: Desk) -> None:
    desk.shop.faults.next = ["failed_attempt"]
    row = desk.row(delta=1)
    given = {"name": "available", "reason": "correction", "changes": [row]}
    body = await desk.ask(ADJUST, input=given, key="a")
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert body["data"] is None
    assert codes(await desk.adjust(row, key="a")) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert api_changes(desk) == 0
    assert codes(await desk.adjust(row, key="b")) == []
    assert api_changes(desk) == 1


async def test_two_at_once_are_one(desk: Desk) -> None:
    """While the first waits, a second with its key is told to come back."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_seconds: float) -> None:
        if not arrived.is_set():
            arrived.set()
            await go_on.wait()

    desk.clock.sleep = wait  # type: ignore[method-assign, assignment]
    first = asyncio.create_task(desk.adjust(desk.row(delta=3), key="a"))
    await arrived.wait()
    assert codes(await desk.adjust(desk.row(delta=3), key="a")) == [
        "IDEMPOTENCY_CONCURRENT_REQUEST"
    ]
    go_on.set()
    assert codes(await first) == []
    assert codes(await desk.adjust(desk.row(delta=3), key="a")) == []
    assert api_changes(desk) == 3


async def test_the_directive_is_mandatory_though_the_schema_does_not_say_so(desk: Desk) -> None:
    given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
    body = await desk.ask(
        "mutation A($input: InventoryAdjustQuantitiesInput!) {\n"
        "  inventoryAdjustQuantities(input: $input) { userErrors { code } } }",
        input=given,
    )
    assert body["errors"] == [
        {
            "message": "The @idempotent directive is required for this mutation but was not "
            "provided.",
            "locations": [{"line": 2, "column": 3}],
            "extensions": {"code": "BAD_REQUEST"},
            "path": ["inventoryAdjustQuantities"],
        }
    ]
    assert body["data"] == {"inventoryAdjustQuantities": None}
    assert body["extensions"]["cost"]["actualQueryCost"] == 10


async def test_a_blank_key_is_none(desk: Desk) -> None:
    given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
    body = await desk.ask(ADJUST, input=given, key="  ")
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert api_changes(desk) == 0


async def test_the_shape_of_the_input_is_looked_at_before_the_directive(desk: Desk) -> None:
    row = desk.row(delta=1)
    del row["changeFromQuantity"]
    body = await desk.ask(
        "mutation A($input: InventoryAdjustQuantitiesInput!) {"
        " inventoryAdjustQuantities(input: $input) { userErrors { code } } }",
        input={"name": "available", "reason": "correction", "changes": [row]},
    )
    assert body["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


async def test_activation_is_remembered_too(desk: Desk) -> None:
    desk = Desk(oddities={"unstocked"})
    item = desk.shop.item("ODD-UNSTOCKED").id
    place = desk.shop.stock.locations[1].id
    for _ in range(2):
        body = await desk.ask(ACTIVATE, item=item, loc=place, qty=7, key="a")
        assert body["data"]["inventoryActivate"]["userErrors"] == []
    assert desk.shop.quantity(item, place) == 7
    assert api_changes(desk) == 7
