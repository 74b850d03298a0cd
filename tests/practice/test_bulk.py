"""Bulk operations: what they refuse, how they get on, and the file that they leave."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from core.practice.errors import FaultsInvalid
from tests.practice.desk import Desk

RUN = """mutation Run($query: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status createdAt completedAt objectCount rootObjectCount fileSize url
      partialDataUrl errorCode type query }
    userErrors { field message code } } }"""
POLL = """query Poll($id: ID!) { bulkOperation(id: $id) { id status errorCode completedAt
  objectCount rootObjectCount fileSize url partialDataUrl } }"""
CANCEL = """mutation Cancel($id: ID!) { bulkOperationCancel(id: $id) {
  bulkOperation { id status } userErrors { field message } } }"""

VARIANTS = "{ productVariants { edges { node { id sku inventoryItem { id tracked } } } } }"
LEVELS = """{ productVariants { edges { node { id sku inventoryItem { id
  inventoryLevels { edges { node { id item { id }
    quantities(names: ["available"]) { name quantity } } } } } } } } }"""


async def run(desk: Desk, query: str, *, grouped: bool = False) -> dict[str, Any]:
    body = await desk.ask(RUN, query=query, grouped=grouped)
    payload: dict[str, Any] = body["data"]["bulkOperationRunQuery"]
    return payload


async def started(desk: Desk, query: str, *, grouped: bool = False) -> str:
    payload = await run(desk, query, grouped=grouped)
    assert payload["userErrors"] == []
    number: str = payload["bulkOperation"]["id"]
    return number


async def poll(desk: Desk, operation: str, after: float = 0.0) -> dict[str, Any]:
    desk.clock.passed += after
    body = await desk.ask(POLL, id=operation)
    found: dict[str, Any] = body["data"]["bulkOperation"]
    return found


async def rows_of(url: str, desk: Desk) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(transport=desk.shop.transport()) as anybody:
        response = await anybody.get(url)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in response.text.splitlines()]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Invalid bulk query: syntax error"),
        ("{ shop { id } }", "at least one connection"),
        ("{ productVariants { nodes { id } } }", "using 'edges' > 'node'"),
        (
            "mutation { inventoryDeactivate(inventoryLevelId: 1) { userErrors { message } } }",
            "Only",
        ),
        (
            "{ products { edges { node { title variants { edges { node { id } } } } } } }",
            "Connection fields without 'id': products.",
        ),
        (
            ("{ products { edges { node { key: id variants { edges { node { id } } } } } } }"),
            "must select the 'id' field without an alias",
        ),
        (
            (
                "{ products { edges { node { id variants { edges { node { id inventoryItem { id "
                "inventoryLevels { edges { node { id location { id inventoryLevels { edges { node "
                "{ id } } } } } } } } } } } } } } }"
            ),
            "nesting depth greater than 2",
        ),
        (
            "{ "
            + " ".join(f"q{at}: products {{ edges {{ node {{ id }} }} }}" for at in range(6))
            + " }",
            "more than 5 connections",
        ),
        ("{ products { edges { node { nothing } } } }", "Field 'nothing' doesn't exist"),
        ("{ products { edges { node { id } } } } #" + "x" * 65_536, "too large"),
    ],
)
async def test_queries_that_no_bulk_operation_takes(query: str, said: str) -> None:
    payload = await run(Desk(), query)
    assert payload["bulkOperation"] is None
    assert [error["field"] for error in payload["userErrors"]] == [["query"]]
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID"]
    assert said in payload["userErrors"][0]["message"]


async def test_a_top_level_node_is_refused_for_two_reasons() -> None:
    payload = await run(Desk(), '{ node(id: "gid://shopify/Product/1") { id } }')
    assert [error["message"] for error in payload["userErrors"]] == [
        "Bulk queries cannot contain a top level `node` field.",
        "Bulk queries must contain at least one connection.",
    ]


async def test_a_connection_inside_a_list_is_refused() -> None:
    query = """{ productVariants { edges { node { id inventoryItem { id inventoryLevels { edges {
      node { id quantities(names: ["available"]) { id } item { id } } } } } } } } }"""
    assert (await run(Desk(), query))["userErrors"] == []
    listed = "{ locations { edges { node { id } } } nodes(ids: []) { id } }"
    messages = [each["message"] for each in (await run(Desk(), listed))["userErrors"]]
    assert messages == ["Bulk queries cannot contain a top level `nodes` field."]


async def test_five_at_a_time_and_the_sixth_is_told_which_they_are() -> None:
    desk = Desk()
    five = [await started(desk, VARIANTS) for _ in range(5)]
    sixth = await run(desk, VARIANTS)
    assert sixth["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
    assert all(each in sixth["userErrors"][0]["message"] for each in five)
    desk.clock.passed += 2
    assert (await run(desk, VARIANTS))["userErrors"] == []


# -- how it gets on -------------------------------------------------------------------------------


async def test_an_operation_begins_runs_and_completes() -> None:
    desk = Desk(variants=30)
    payload = await run(desk, VARIANTS)
    new = payload["bulkOperation"]
    assert (new["status"], new["type"], new["query"]) == ("CREATED", "QUERY", VARIANTS)
    assert (new["objectCount"], new["fileSize"], new["url"]) == ("0", None, None)
    running = await poll(desk, new["id"], after=0.5)
    assert (running["status"], running["url"], running["completedAt"]) == ("RUNNING", None, None)
    done = await poll(desk, new["id"], after=0.6)
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == (
        "COMPLETED",
        "30",
        "30",
    )
    assert done["completedAt"] is not None
    assert done["partialDataUrl"] is None
    rows = await rows_of(done["url"], desk)
    assert int(done["fileSize"]) == len(
        "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows)
    )
    assert {row["sku"] for row in rows} == {item.sku for item in desk.shop.stock.items}


async def test_its_cost_is_ten_points_and_a_look_is_one() -> None:
    desk = Desk()
    body = await desk.ask(RUN, query=VARIANTS)
    assert body["extensions"]["cost"]["requestedQueryCost"] == 10
    looked = await desk.ask(POLL, id=body["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"])
    assert looked["extensions"]["cost"]["requestedQueryCost"] == 1


async def test_it_takes_its_time() -> None:
    desk = Desk(variants=40)
    desk.shop.faults.bulk_pace = 10
    operation = await started(desk, VARIANTS)
    counts = [int((await poll(desk, operation, after=1.0))["objectCount"]) for _ in range(5)]
    assert counts == [10, 20, 30, 40, 40]


async def test_more_rows_than_a_listing_reaches_come_in_bulk() -> None:
    desk = Desk(variants=25_300, locations=1)
    operation = await started(desk, VARIANTS)
    assert (await poll(desk, operation, after=5))["objectCount"] == "25300"


async def test_children_name_their_parent_and_may_stand_before_it() -> None:
    desk = Desk(variants=60, locations=2)
    done = await poll(desk, await started(desk, LEVELS), after=2)
    rows = await rows_of(done["url"], desk)
    assert (len(rows), done["objectCount"], done["rootObjectCount"]) == (180, "180", "60")
    parents = {row["id"] for row in rows if "__parentId" not in row}
    assert {row["__parentId"] for row in rows if "__parentId" in row} == parents
    seen: set[str] = set()
    early = 0
    for row in rows:
        seen.add(row["id"])
        early += row.get("__parentId", row["id"]) not in seen
    assert early > 0


async def test_grouped_objects_stand_behind_their_parent() -> None:
    desk = Desk(variants=60, locations=2)
    done = await poll(desk, await started(desk, LEVELS, grouped=True), after=2)
    seen: set[str] = set()
    for row in await rows_of(done["url"], desk):
        seen.add(row["id"])
        assert row.get("__parentId", row["id"]) in seen


async def test_filters_and_first_the_one_counts_the_other_does_not() -> None:
    desk = Desk(variants=30)
    query = '{ productVariants(first: 2, query: "sku:%s") { edges { node { id sku } } } }'
    done = await poll(desk, await started(desk, query % desk.sku), after=2)
    assert [row["sku"] for row in await rows_of(done["url"], desk)] == [desk.sku]
    all_of_them = "{ productVariants(first: 2) { edges { node { id } } } }"
    done = await poll(desk, await started(desk, all_of_them), after=2)
    assert done["objectCount"] == "30"


async def test_no_rows_no_address() -> None:
    desk = Desk(variants=0)
    done = await poll(desk, await started(desk, VARIANTS), after=2)
    assert (done["status"], done["url"], done["fileSize"]) == ("COMPLETED", None, None)


async def test_cancelling_takes_a_moment_and_what_is_over_is_not_cancelled() -> None:
    desk = Desk()
    operation = await started(desk, VARIANTS)
    payload = (await desk.ask(CANCEL, id=operation))["data"]["bulkOperationCancel"]
    assert (payload["bulkOperation"]["status"], payload["userErrors"]) == ("CANCELING", [])
    assert (await poll(desk, operation, after=1))["status"] == "CANCELED"
    again = (await desk.ask(CANCEL, id=operation))["data"]["bulkOperationCancel"]
    assert again["userErrors"][0]["field"] == ["id"]
    unknown = await desk.ask(CANCEL, id="gid://shopify/BulkOperation/1")
    errors = unknown["data"]["bulkOperationCancel"]["userErrors"]
    assert errors == [{"field": ["id"], "message": "Bulk operation does not exist"}]


async def test_a_failed_one_leaves_what_it_had() -> None:
    desk = Desk(variants=30)
    desk.shop.faults.bulk_fails_after = 12
    done = await poll(desk, await started(desk, VARIANTS), after=2)
    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert done["url"] is None
    assert len(await rows_of(done["partialDataUrl"], desk)) == 12


async def test_without_the_scope_it_fails() -> None:
    desk = Desk(scopes=("read_products",))
    done = await poll(desk, await started(desk, LEVELS), after=2)
    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")


async def test_operations_are_listed_newest_first_and_by_status() -> None:
    desk = Desk()
    listing = """query L($q: String, $reverse: Boolean) { bulkOperations(first: 9, query: $q,
      reverse: $reverse) { nodes { id } } }"""
    old = await started(desk, VARIANTS)
    desk.clock.passed += 5
    new = await started(desk, VARIANTS)
    desk.clock.passed += 0.2

    async def listed(**given: Any) -> list[str]:
        body = await desk.ask(listing, **given)
        return [node["id"] for node in body["data"]["bulkOperations"]["nodes"]]

    assert await listed() == [new, old]
    assert await listed(reverse=True) == [old, new]
    assert await listed(q="status:running") == [new]
    assert await listed(q="status:COMPLETED operation_type:QUERY") == [old]
    body = await desk.ask(
        "query N($id: ID!) { node(id: $id) { id ... on BulkOperation { status } } }", id=old
    )
    assert body["data"]["node"] == {"id": old, "status": "COMPLETED"}


# -- the file -------------------------------------------------------------------------------------


async def test_the_address_is_signed_and_asks_for_no_token() -> None:
    desk = Desk()
    done = await poll(desk, await started(desk, VARIANTS), after=2)
    url = httpx.URL(done["url"])
    assert desk.token not in str(url)
    async with httpx.AsyncClient(transport=desk.shop.transport()) as anybody:
        forged = url.copy_set_param("Signature", "0" * 64)
        assert (await anybody.get(forged)).status_code == 403
        longer = url.copy_set_param("Expires", "99999999999")
        assert (await anybody.get(longer)).status_code == 403
        assert desk.shop.counts["tokens_given_away"] == 0
        await anybody.get(url, headers={"X-Shopify-Access-Token": desk.token})
        assert desk.shop.counts["tokens_given_away"] == 1


async def test_the_address_holds_for_seven_days() -> None:
    desk = Desk()
    operation = await started(desk, VARIANTS)
    done = await poll(desk, operation, after=2)
    desk.clock.passed += 7 * 24 * 3600
    assert (await desk.http.get(done["url"])).status_code == 403
    later = await poll(desk, operation)
    assert (later["status"], later["url"]) == ("EXPIRED", None)


async def test_the_rest_of_a_file_can_be_asked_for() -> None:
    desk = Desk()
    done = await poll(desk, await started(desk, VARIANTS), after=2)
    whole = (await desk.http.get(done["url"])).content
    rest = await desk.http.get(done["url"], headers={"Range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    beyond = await desk.http.get(done["url"], headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416


async def test_a_download_breaks_off_when_asked_to() -> None:
    desk = Desk()
    done = await poll(desk, await started(desk, VARIANTS), after=2)
    await desk.control("faults", bulk_cuts=1)
    with pytest.raises(httpx.ReadError):
        await desk.http.get(done["url"])
    assert (await desk.http.get(done["url"])).status_code == 200


def test_bulk_faults_are_numbers() -> None:
    desk = Desk()
    desk.shop.faults.update({"bulk_pace": "50", "bulk_fails_after": 3})
    assert (desk.shop.faults.bulk_pace, desk.shop.faults.bulk_fails_after) == (50.0, 3)
    with pytest.raises(FaultsInvalid):
        desk.shop.faults.update({"bulk_cuts": "many"})
