"""Answers into nouns, and intents into writes.

Long, because each answer that Shopify gives has its own story.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from core.clock import iso
from core.errors import OurBug, OutcomeUnknown, SafetyStop, TryAgain
from core.model import (
    KEY_LIFE,
    CellKey,
    Intent,
    IntentKind,
    IntentRow,
    Problem,
    QuantityName,
    Reading,
    RowProblem,
    ShopLocation,
    Variant,
    WriteResult,
)
from core.shopify import shop as shop_module
from core.shopify.answers import Answer, Parsed, parse
from core.shopify.errors import (
    AnotherShop,
    ChangeRefused,
    GarbledAnswer,
    WaitedTooLong,
    WriteInProgress,
)
from core.shopify.repeats import Known, Repeats
from core.shopify.shop import ShopifyShop
from core.shopify.wire import Reply
from core.sync.ports import Shop
from tests.practice.recorded import FOLDER
from tests.shopify.support import (
    LOCATION,
    SHOP_ID,
    START,
    QuickClock,
    a_shop,
    answer,
    failure,
    item,
    probe,
    sent,
    variables,
)

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


def test_the_shop_is_what_the_sync_asks_for() -> None:
    fulfils: Shop = a_shop()
    assert isinstance(fulfils, ShopifyShop)
    assert (fulfils.throttled, fulfils.points) == (0, 100)


# -- identity ------------------------------------------------------------------------------------


async def test_a_shop_says_who_it_is(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe("write_inventory"))
    found = await a_shop().identity()
    assert (found.shop_id, found.name, found.domain) == (SHOP_ID, "Demo", "demo.myshopify.com")
    assert found.scopes == {"write_inventory"}
    assert found.api_version == "2026-10"


async def test_nothing_is_asked_of_another_shop_than_expected(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe(shop_id="gid://shopify/Shop/2"))
    shop = a_shop(expected_shop_id=SHOP_ID)
    for _ in range(2):
        with pytest.raises(AnotherShop) as caught:
            await shop.write(an_intent())
        assert isinstance(caught.value, SafetyStop)
    assert {sent(request)["operationName"] for request in httpx_mock.get_requests()} == {"Probe"}


async def test_the_expected_shop_is_asked_for_its_name_once(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe(), is_reusable=False)
    httpx_mock.add_response(json=applied())
    shop = a_shop(expected_shop_id=SHOP_ID)
    await shop.write(an_intent())
    await shop.write(an_intent())
    assert [sent(request)["operationName"] for request in httpx_mock.get_requests()] == [
        "Probe",
        "AdjustQuantities",
        "AdjustQuantities",
    ]


@pytest.mark.parametrize("quiet", [20, 600])
async def test_an_address_that_leads_to_another_shop_now_is_noticed_before_a_write(
    httpx_mock: HTTPXMock, quiet: int
) -> None:
    """After a quarter of an hour of answers, and after an outage."""
    httpx_mock.add_response(json=probe(), is_reusable=False)
    httpx_mock.add_response(json=applied(), is_reusable=False)
    clock = QuickClock()
    shop = a_shop(expected_shop_id=SHOP_ID, clock=clock)
    await shop.write(an_intent())
    if quiet < 30:
        for _ in range(44):
            clock.seconds += quiet
            httpx_mock.add_response(json=applied(), is_reusable=False)
            await shop.write(an_intent())
    clock.seconds += quiet
    httpx_mock.add_response(json=probe(shop_id="gid://shopify/Shop/2"), is_reusable=False)
    with pytest.raises(AnotherShop):
        await shop.write(an_intent())
    names = [sent(request)["operationName"] for request in httpx_mock.get_requests()]
    assert names.count("Probe") == 2
    assert names[-1] == "Probe"


# -- lists ---------------------------------------------------------------------------------------


def page(nodes: list[dict[str, Any]], end: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": end is not None, "endCursor": end}}


async def test_locations_are_all_listed_and_those_that_cannot_be_paired_are_marked(
    httpx_mock: HTTPXMock,
) -> None:
    def node(number: int, *, active: bool = True, service: bool = False) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/Location/{number}",
            "name": f"L{number}",
            "isActive": active,
            "isFulfillmentService": service,
        }

    first = page([node(1), node(2, active=False)], "c1")
    httpx_mock.add_response(json=answer({"locations": first}), is_reusable=False)
    httpx_mock.add_response(json=answer({"locations": page([node(3, service=True)])}))
    found = await a_shop().locations()
    assert found == (
        ShopLocation("gid://shopify/Location/1", "L1"),
        ShopLocation("gid://shopify/Location/2", "L2", is_active=False),
        ShopLocation("gid://shopify/Location/3", "L3", is_fulfillment_service=True),
    )
    assert [one.can_be_paired for one in found] == [True, False, False]
    afters = [variables(request)["after"] for request in httpx_mock.get_requests()]
    assert afters == [None, "c1"]


def variant_node(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU-{number}",
        "barcode": "4900000000000",
        "displayName": f"Shirt - {number}",
        "requiresComponents": False,
        "inventoryItem": {"id": item(number), "sku": f"SKU-{number}", "tracked": True},
    } | changed


async def test_variants_come_a_page_at_a_time_and_blanks_stay_blank(
    httpx_mock: HTTPXMock,
) -> None:
    blank = {"id": item(2), "sku": None, "tracked": False}
    nodes = [
        variant_node(1),
        variant_node(2, sku=None, barcode=None, requiresComponents=True, inventoryItem=blank),
    ]
    httpx_mock.add_response(json=answer({"productVariants": page(nodes)}))
    pages = [found async for found in a_shop().variants()]
    assert pages == [
        (
            Variant(
                item(1), "gid://shopify/ProductVariant/1", "SKU-1", "4900000000000", "Shirt - 1"
            ),
            Variant(
                item(2),
                "gid://shopify/ProductVariant/2",
                "",
                "",
                "Shirt - 2",
                tracked=False,
                requires_components=True,
            ),
        )
    ]


async def test_a_product_without_options_is_called_by_its_title_alone(
    httpx_mock: HTTPXMock,
) -> None:
    nodes = [variant_node(1, displayName="Green tea - Default Title"), variant_node(2)]
    httpx_mock.add_response(json=answer({"productVariants": page(nodes)}))
    pages = [found async for found in a_shop().variants()]
    assert [variant.name for variant in pages[0]] == ["Green tea", "Shirt - 2"]


async def test_a_catalogue_longer_than_one_listing_goes_on_after_the_last_id(
    httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_module, "ROWS_IN_A_LISTING", 500)

    def reply(request: httpx.Request) -> httpx.Response:
        asked = variables(request)
        begin = int((asked["query"] or "id:>0").removeprefix("id:>")) + int(asked["after"] or 0)
        nodes = [variant_node(number) for number in range(begin + 1, min(begin + 250, 700) + 1)]
        end = str(int(asked["after"] or 0) + 250) if begin + 250 < 700 else None
        return httpx.Response(200, json=answer({"productVariants": page(nodes, end)}))

    httpx_mock.add_callback(reply)
    found = [one.sku async for page in a_shop().variants() for one in page]
    assert found == [f"SKU-{number}" for number in range(1, 701)]
    asked = [variables(request)["query"] for request in httpx_mock.get_requests()]
    assert asked == [None, None, "id:>500"]


async def test_a_shop_that_gives_short_pages_is_read_to_its_end(httpx_mock: HTTPXMock) -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        begin = int(variables(request)["after"] or 0)
        end = str(begin + 2) if begin + 2 < 301 else None
        nodes = [variant_node(number) for number in range(begin + 1, min(begin + 2, 301) + 1)]
        return httpx.Response(200, json=answer({"productVariants": page(nodes, end)}))

    httpx_mock.add_callback(reply)
    found = [one.sku async for page in a_shop().variants() for one in page]
    assert found == [f"SKU-{number}" for number in range(1, 302)]


async def test_a_listing_that_does_not_move_on_is_not_read_for_ever(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=answer({"productVariants": page([variant_node(1)], "same")}))
    with pytest.raises(GarbledAnswer):
        _ = [found async for found in a_shop().variants()]


async def test_changed_items_are_asked_by_whole_seconds_and_named_once(
    httpx_mock: HTTPXMock,
) -> None:
    def level(number: int) -> dict[str, Any]:
        return {"item": {"id": item(number)}}

    first = page([level(1), level(2)], "c")
    httpx_mock.add_response(
        json=answer({"location": {"id": LOCATION, "inventoryLevels": first}}), is_reusable=False
    )
    last = page([level(2), level(3)])
    httpx_mock.add_response(json=answer({"location": {"id": LOCATION, "inventoryLevels": last}}))
    found = await a_shop().changed_items(LOCATION, "2026-11-23T19:00:00.999+09:00")
    assert found == (item(1), item(2), item(3))
    assert variables(httpx_mock.get_requests()[0]) == {
        "location": LOCATION,
        "query": "updated_at:>='2026-11-23T10:00:00Z'",
        "after": None,
    }


async def test_changed_items_are_not_listed_further_than_asked_for(httpx_mock: HTTPXMock) -> None:
    first = page([{"item": {"id": item(number)}} for number in (1, 2, 3)], "c")
    httpx_mock.add_response(json=answer({"location": {"id": LOCATION, "inventoryLevels": first}}))
    found = await a_shop().changed_items(LOCATION, "2026-11-23T10:00:00Z", at_most=2)
    assert found == (item(1), item(2), item(3))
    assert len(httpx_mock.get_requests()) == 1


async def test_a_page_that_is_null_is_not_the_end_of_the_catalogue(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(
        json=answer({"productVariants": page([variant_node(1)], end="c1")}),
    )
    httpx_mock.add_response(json=answer({"productVariants": None}))
    with pytest.raises(GarbledAnswer):
        _ = [one async for one in a_shop().variants()]


async def test_a_location_that_is_gone_has_no_changes(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=answer({"location": None}))
    assert await a_shop().changed_items(LOCATION, "2026-11-23T10:00:00Z") == ()


# -- levels --------------------------------------------------------------------------------------


def level_node(
    number: int, quantity: int = 5, *, tracked: bool = True, active: bool | None = True
) -> dict[str, Any]:
    level = None
    if active is not None:
        level = {
            "id": f"gid://shopify/InventoryLevel/1?inventory_item_id={number}",
            "isActive": active,
            "updatedAt": "2026-11-23T10:00:00Z",
            "quantities": [{"name": "available", "quantity": quantity}],
        }
    return {"id": item(number), "sku": f"S{number}", "tracked": tracked, "inventoryLevel": level}


async def read(numbers: Sequence[int]) -> Sequence[Reading]:
    ids = [item(number) for number in numbers]
    return await a_shop().read_levels(LOCATION, ids, QuantityName.AVAILABLE)


async def test_an_answer_that_repeats_gives_the_same_readings_and_one_that_does_not_its_own(
    httpx_mock: HTTPXMock,
) -> None:
    shop = a_shop()

    async def told(*numbers: int, location: str = LOCATION) -> Sequence[Reading]:
        nodes = [level_node(number, quantity) for number, quantity in enumerate(numbers, 1)]
        httpx_mock.add_response(json=answer({"nodes": nodes}))
        ids = [item(number) for number in range(1, len(numbers) + 1)]
        return await shop.read_levels(location, ids, QuantityName.AVAILABLE)

    first = await told(5, 6)
    assert await told(5, 6) is first
    assert [reading.quantity for reading in await told(5, 7)] == [5, 7]
    assert [reading.quantity for reading in await told(5, 6)] == [5, 6]
    elsewhere = await told(5, 6, location="gid://shopify/Location/77")
    assert {reading.key.shopify_location_id for reading in elsewhere} == {
        "gid://shopify/Location/77"
    }


def test_what_was_asked_longest_ago_is_forgotten_first() -> None:
    repeats = Repeats(most=2)
    for question in "abacb":
        repeats.keep(question, Known(question.encode(), ()))
    assert [repeats.last(question).digest for question in "abc"] == [b"", b"b", b"c"]


@pytest.mark.parametrize(
    "then",
    [
        b'{"data":{"nodes":[]},"extensions":{"cost":{}},"errors":[{"message":"Late"}]}',
        b'{"data":{"nodes":[]},"extensions":{"cost":{}},"data":{"nodes":[{}]}}',
        b'{"data":{"nodes":[]},"extensions":{"cost":{}}',
        b'{"data":{"nodes":[]},"extensions":{"cost":{}}}}',
        b'{"data":{"nodes":[]},"extensions":[{"message":"x","extensions":{}}]}',
        b'{"data":{"nodes":[]}}',
        b"<html>",
    ],
)
def test_an_answer_is_known_only_where_its_data_surely_says_the_same(then: bytes) -> None:
    first = b'{"data":{"nodes":[]},"extensions":{"cost":{"actualQueryCost":3}}}'
    digest = Answer({}, parsed(first)).digest
    assert digest
    assert parsed(b'{"data":{"nodes":[]},"extensions":{"cost":{}}}', digest).is_known
    again = parsed(then, digest)
    assert again.body is None or again.body.get("errors") or not again.is_known


def test_data_that_ends_in_something_nested_is_known_by_no_digest() -> None:
    for body in (
        b'{"data":{"nodes":[{"a":1,"extensions":{}}]}}',
        b'{"data":{"nodes":[{"a":",\\"extensions\\":{}"}]}}',
        b'{"extensions":{},"data":{"nodes":[]}}',
        b'{"errors":[{"message":"no","extensions":{}}]}',
    ):
        assert json.loads(body)
        assert Answer({}, parsed(body)).digest == b""


def parsed(body: bytes, known: bytes = b"") -> Parsed:
    return parse(Reply(200, httpx.Headers(), body), known)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z"),
        ("2026-11-23T10:00:00.123Z", "2026-11-23T10:00:00.123Z"),
        ("2026-11-23T19:00:00+09:00", "2026-11-23T10:00:00.000Z"),
    ],
)
async def test_moments_have_one_form_whatever_the_shop_gives(
    httpx_mock: HTTPXMock, told: str, kept: str
) -> None:
    node = level_node(1)
    node["inventoryLevel"]["updatedAt"] = told
    httpx_mock.add_response(json=answer({"nodes": [node]}))
    assert (await read([1]))[0].updated_at == kept


async def test_levels_come_in_the_order_asked_for_with_the_reason_why_not(
    httpx_mock: HTTPXMock,
) -> None:
    nodes = [
        level_node(1, -3),
        None,
        level_node(3, active=None),
        level_node(4, 9, active=False),
        level_node(5, 2, tracked=False),
        level_node(6, tracked=False, active=None),
    ]
    httpx_mock.add_response(json=answer({"nodes": nodes}))
    at = "2026-11-23T10:00:00.000Z"
    keys = [CellKey(item(number), LOCATION) for number in range(1, 7)]
    assert await read(range(1, 7)) == (
        Reading(keys[0], -3, at, None, "S1"),
        Reading(keys[1], None, problem=Problem.DELETED),
        Reading(keys[2], None, "", Problem.NOT_STOCKED, "S3"),
        Reading(keys[3], None, at, Problem.NOT_STOCKED, "S4"),
        Reading(keys[4], 2, at, Problem.UNTRACKED, "S5"),
        Reading(keys[5], None, "", Problem.UNTRACKED, "S6"),
    )
    (request,) = httpx_mock.get_requests()
    assert variables(request)["names"] == ["available"]


async def test_no_ids_cost_nothing_and_too_many_are_our_bug() -> None:
    assert await read([]) == ()
    with pytest.raises(OurBug):
        await read(range(251))


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [level_node(2)],
        [{}],
        [level_node(1) | {"tracked": None}],
        [level_node(1, "5")],  # type: ignore[arg-type]
        [level_node(1, True)],
        [level_node(1, 5.0)],  # type: ignore[arg-type]
        "x",
        None,
    ],
)
async def test_an_answer_of_another_shape_is_never_taken_for_a_number(
    httpx_mock: HTTPXMock, nodes: Any
) -> None:
    httpx_mock.add_response(json=answer({"nodes": nodes}))
    with pytest.raises(GarbledAnswer):
        await read([1])


# -- writes --------------------------------------------------------------------------------------


RECEIPT = "gid://shopify/InventoryAdjustmentGroup/3"


def cell(number: int) -> CellKey:
    return CellKey(item(number), LOCATION)


def an_intent(kind: IntentKind = IntentKind.ADJUST, rows: int = 2, **changed: Any) -> Intent:
    values: dict[str, Any] = {
        "key": "key-1",
        "kind": kind,
        "at": "2026-11-23T10:00:00.000Z",
        "name": QuantityName.AVAILABLE,
        "run": "run-9",
        "rows": tuple(
            IntentRow(cell(number), f"S{number}", 10, -number, None)
            for number in range(1, rows + 1)
        ),
    }
    return Intent(**(values | changed))


def applied(
    root: str = "inventoryAdjustQuantities", *errors: dict[str, Any], changes: int = 2
) -> dict[str, Any]:
    group = None if errors else {"id": RECEIPT, "changes": [{"name": "available"}] * changes}
    return answer({root: {"inventoryAdjustmentGroup": group, "userErrors": list(errors)}})


def user_error(code: str | None, *field: str) -> dict[str, Any]:
    return {"field": list(field) or None, "message": "no", "code": code}


async def test_an_adjustment_sends_deltas_and_an_explicit_null_to_compare(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=applied(), headers={"X-Request-Id": "r-1"})
    result = await a_shop().write(an_intent())
    assert result == WriteResult(RECEIPT, "r-1")
    (request,) = httpx_mock.get_requests()
    assert sent(request)["operationName"] == "AdjustQuantities"
    assert variables(request) == {
        "key": "key-1",
        "names": ["available"],
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://dextre-sync/SyncRun/run-9",
            "changes": [
                {
                    "inventoryItemId": item(number),
                    "locationId": LOCATION,
                    "delta": -number,
                    "changeFromQuantity": None,
                }
                for number in (1, 2)
            ],
        },
    }
    assert b'"changeFromQuantity":null' in request.content


async def test_a_set_sends_the_quantity_and_what_it_is_compared_with(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=applied("inventorySetQuantities"))
    await a_shop().write(an_intent(IntentKind.SET, 1, name=QuantityName.ON_HAND, run=None))
    (request,) = httpx_mock.get_requests()
    assert sent(request)["operationName"] == "SetQuantities"
    found = variables(request)["input"]
    assert found["name"] == "on_hand"
    assert found["referenceDocumentUri"] == "gid://dextre-sync/SyncRun/key-1"
    assert found["quantities"] == [
        {
            "inventoryItemId": item(1),
            "locationId": LOCATION,
            "quantity": 9,
            "changeFromQuantity": 10,
        }
    ]


async def test_the_same_intent_is_always_sent_as_the_same_bytes(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=applied())
    for _ in range(2):
        await a_shop().write(an_intent())
    first, second = httpx_mock.get_requests()
    assert first.content == second.content


async def test_no_group_and_no_errors_is_a_success(httpx_mock: HTTPXMock) -> None:
    body: dict[str, Any] = {
        "inventoryAdjustQuantities": {"inventoryAdjustmentGroup": None, "userErrors": []}
    }
    httpx_mock.add_response(json=answer(body), headers={"X-Request-Id": "r"})
    result = await a_shop().write(an_intent())
    assert result == WriteResult(None, "r", untouched=frozenset({cell(1), cell(2)}))


async def test_an_absolute_write_without_a_group_may_have_found_what_it_wanted(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(
        json=answer(
            {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": []}}
        )
    )
    result = await a_shop().write(an_intent(IntentKind.SET, name=QuantityName.ON_HAND))
    assert (result.receipt, result.untouched) == (None, None)


def receipt_names(*numbers: int) -> dict[str, Any]:
    changes = [
        {"name": name, "item": {"id": item(number)}, "location": {"id": LOCATION}}
        for name in ("available", "on_hand")
        for number in numbers
    ]
    return answer({"node": {"changes": changes}})


async def test_rows_without_effect_are_asked_of_the_receipt(httpx_mock: HTTPXMock) -> None:
    """They are no error, only absent; the answer itself just tells how many there are."""
    httpx_mock.add_response(json=applied(changes=2), headers={"X-Request-Id": "r-1"})
    httpx_mock.add_response(json=receipt_names(1, 3))
    result = await a_shop().write(an_intent(rows=3))
    assert result == WriteResult(RECEIPT, "r-1", untouched=frozenset({cell(2)}))
    _write, asked = httpx_mock.get_requests()
    assert sent(asked)["operationName"] == "Receipt"
    assert variables(asked) == {"id": RECEIPT, "names": ["available"]}


@pytest.mark.parametrize("node", [None, {}, {"changes": []}])
async def test_a_receipt_that_is_not_told_leaves_it_to_a_reading(
    httpx_mock: HTTPXMock, node: dict[str, Any] | None
) -> None:
    httpx_mock.add_response(json=applied(changes=1))
    httpx_mock.add_response(json=answer({"node": node}))
    assert (await a_shop().write(an_intent())).untouched is None


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "undefinedField"])
async def test_a_shop_that_refuses_to_tell_of_receipts_leaves_it_to_a_reading(
    httpx_mock: HTTPXMock, code: str
) -> None:
    httpx_mock.add_response(json=applied(changes=1))
    httpx_mock.add_response(json=failure(code))
    assert (await a_shop().write(an_intent())).untouched is None


@pytest.mark.parametrize("group", [{"id": RECEIPT}, {"id": RECEIPT, "changes": []}])
async def test_a_group_that_names_no_change_is_taken_at_its_word(
    httpx_mock: HTTPXMock, group: dict[str, Any]
) -> None:
    body = {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}
    httpx_mock.add_response(json=answer(body))
    result = await a_shop().write(an_intent())
    assert (result.receipt, result.untouched) == (RECEIPT, frozenset())


async def test_companion_rows_of_another_name_are_not_counted(httpx_mock: HTTPXMock) -> None:
    body = applied(changes=1)
    body["data"]["inventoryAdjustQuantities"]["inventoryAdjustmentGroup"]["changes"].append(
        {"name": "on_hand"}
    )
    httpx_mock.add_response(json=body)
    httpx_mock.add_response(json=receipt_names(1))
    assert (await a_shop().write(an_intent())).untouched == frozenset({cell(2)})


async def test_user_errors_find_their_rows(httpx_mock: HTTPXMock) -> None:
    errors = [
        user_error("INVALID_INVENTORY_ITEM", "input", "changes", "1", "inventoryItemId"),
        user_error("INVALID_LOCATION", "input", "changes", "1", "locationId"),
        user_error("INVALID_REASON", "input", "reason"),
        user_error("NON_MUTABLE_INVENTORY_ITEM", "input", "changes", "7", "inventoryItemId"),
        user_error("INVALID_QUANTITY_TOO_LOW", "input", "quantities", "0"),
        user_error(None, "input", "changes", "0", "delta"),
        user_error("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
        user_error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH"),
        user_error("SERVICE_UNAVAILABLE"),
    ]
    httpx_mock.add_response(json=applied("inventoryAdjustQuantities", *errors))
    result = await a_shop().write(an_intent())
    assert result.receipt is None
    assert result.problems == (
        RowProblem(1, "INVALID_INVENTORY_ITEM", "no"),
        RowProblem(1, "INVALID_LOCATION", "no"),
        RowProblem(None, "INVALID_REASON", "no"),
        RowProblem(None, "NON_MUTABLE_INVENTORY_ITEM", "no"),
        RowProblem(None, "INVALID_QUANTITY_TOO_LOW", "no"),
        RowProblem(0, "UNNAMED", "no"),
        RowProblem(None, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "no"),
        RowProblem(None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "no"),
        RowProblem(None, "SERVICE_UNAVAILABLE", "no"),
    )


async def test_a_group_beside_errors_is_refused_but_its_id_is_kept(
    httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    body = applied("inventoryAdjustQuantities", user_error("INVALID_REASON"))
    group = {"id": RECEIPT}
    body["data"]["inventoryAdjustQuantities"]["inventoryAdjustmentGroup"] = group
    httpx_mock.add_response(json=body)
    result = await a_shop().write(an_intent())
    assert (result.receipt, len(result.problems)) == (group["id"], 1)
    assert "userErrors in one answer" in caplog.text


async def test_a_write_whose_key_may_be_forgotten_is_not_sent(httpx_mock: HTTPXMock) -> None:
    old = an_intent(at=iso(START - KEY_LIFE))
    with pytest.raises(WaitedTooLong):
        await a_shop().write(old)
    assert not [request for request in httpx_mock.get_requests() if b"Adjust" in request.content]


async def test_a_write_that_is_still_being_carried_out_keeps_its_key(
    httpx_mock: HTTPXMock,
) -> None:
    error = user_error("IDEMPOTENCY_CONCURRENT_REQUEST")
    httpx_mock.add_response(json=applied("inventoryAdjustQuantities", error))
    with pytest.raises(WriteInProgress) as caught:
        await a_shop().write(an_intent())
    assert isinstance(caught.value, TryAgain)
    assert isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize(
    "payload", [None, {}, {"inventoryAdjustmentGroup": None}, {"userErrors": []}]
)
async def test_a_write_answered_in_another_shape_is_of_unknown_outcome(
    httpx_mock: HTTPXMock, payload: Any
) -> None:
    httpx_mock.add_response(json=answer({"inventoryAdjustQuantities": payload}))
    with pytest.raises(OutcomeUnknown):
        await a_shop().write(an_intent())


@pytest.mark.parametrize(
    "intent", [an_intent(rows=0), an_intent(rows=251), an_intent(name=QuantityName.ON_HAND)]
)
async def test_a_write_that_shopify_cannot_take_is_not_sent(intent: Intent) -> None:
    with pytest.raises(OurBug):
        await a_shop().write(intent)


async def test_activating_and_tracking_are_said_to_be_refused(httpx_mock: HTTPXMock) -> None:
    errors = [{"field": None, "message": "Not allowed."}]
    body = answer(
        {
            "inventoryActivate": {"inventoryLevel": None, "userErrors": []},
            "inventoryItemUpdate": {"inventoryItem": None, "userErrors": errors},
        }
    )
    httpx_mock.add_response(json=body)
    await a_shop().activate(item(1), LOCATION, "key-2")
    with pytest.raises(ChangeRefused, match="Not allowed"):
        await a_shop().set_tracked(item(1))
    first, _ = httpx_mock.get_requests()
    assert variables(first) == {"item": item(1), "location": LOCATION, "key": "key-2"}


# -- a real shop's answers -----------------------------------------------------------------------


def recorded_payloads(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every answer to one of our two writes in a capture, wherever it lies in it."""
    if isinstance(value, list):
        return [found for one in value for found in recorded_payloads(one)]
    if not isinstance(value, dict):
        return []
    found = []
    for root in ("inventoryAdjustQuantities", "inventorySetQuantities"):
        data = value.get("data")
        payload = data.get(root) if isinstance(data, dict) else None
        if isinstance(payload, dict) and _selects_what_we_do(payload):
            found.append((root, value))
    return found + [more for one in value.values() for more in recorded_payloads(one)]


def _selects_what_we_do(payload: dict[str, Any]) -> bool:
    group = payload.get("inventoryAdjustmentGroup", {})
    errors = payload.get("userErrors", [{}])
    return (group is None or "id" in group) and all("code" in error for error in errors)


async def test_recorded_answers_of_a_real_shop_are_understood(httpx_mock: HTTPXMock) -> None:
    if not FOLDER.is_dir():
        pytest.skip("the recorded answers are not at hand")
    recorded = [
        found
        for path in sorted(FOLDER.glob("*.json"))
        for found in recorded_payloads(json.loads(path.read_text(encoding="utf-8")))
    ]
    assert recorded
    bodies = iter([body for _root, body in recorded])

    def recorded_answer(request: httpx.Request) -> httpx.Response:
        """Our rows are not the recorded ones: which of those moved, the receipt does not say."""
        asks_receipt = sent(request)["operationName"] == "Receipt"
        return httpx.Response(200, json=answer({"node": None}) if asks_receipt else next(bodies))

    httpx_mock.add_callback(recorded_answer, is_reusable=True)
    for root, body in recorded:
        kind = IntentKind.ADJUST if root == "inventoryAdjustQuantities" else IntentKind.SET
        payload = body["data"][root]
        result = await a_shop().write(an_intent(kind, 250))
        assert len(result.problems) == len(payload["userErrors"])
        assert (result.receipt is None) == (payload["inventoryAdjustmentGroup"] is None)
        for problem, error in zip(result.problems, payload["userErrors"], strict=True):
            path = error["field"] or []
            numbers = [int(step) for step in path if step.isdigit()]
            assert problem.index == (numbers[0] if numbers else None)
            assert problem.code == error["code"]
