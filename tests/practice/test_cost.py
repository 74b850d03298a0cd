"""Points: what things cost, and what happens when there are none (facts.md §3)."""

from __future__ import annotations

from typing import Any

import pytest

from core.practice.cost import connection_steps
from tests.practice.desk import ACTIVATE, ADJUST, LEVELS, RECHECK, SET, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def cost(body: dict[str, Any]) -> tuple[int, int | None, int]:
    found = body["extensions"]["cost"]
    available = found["throttleStatus"]["currentlyAvailable"]
    return found["requestedQueryCost"], found["actualQueryCost"], available


def test_steps_as_observed() -> None:
    observed = {0: 0, 1: 1, 2: 1, 3: 2, 5: 3, 10: 4, 20: 5, 25: 6, 50: 7, 100: 9, 150: 10, 250: 11}
    assert {n: connection_steps(n) for n in observed} == observed


PROBE = """{ shop { id resourceLimits { locationLimit } plan { publicDisplayName } }
  currentAppInstallation { id accessScopes { handle } } }"""
RICH_LEVELS = """query L($loc: ID!) { location(id: $loc) { inventoryLevels(first: 250) { nodes { id
  quantities(names: ["available"]) { quantity } item { id variants(first: 1) { nodes { id } } }
  } } } }"""
VARIANTS = """query V($loc: ID!) { productVariants(first: 250) { nodes { id product { id }
  inventoryItem { id inventoryLevel(locationId: $loc) { quantities(names: ["available"]) {
  quantity } } } } pageInfo { hasNextPage } } }"""


@pytest.mark.parametrize(
    ("document", "points"),
    [
        (PROBE, 5),
        ("{ locations(first: 250) { nodes { id name } } }", 13),
        (LEVELS, 36),
        (RICH_LEVELS, 69),
        (VARIANTS, 57),
        ("{ locationsCount { count } }", 10),
        ("{ shop { ...S } } fragment S on Shop { id plan { displayName } }", 2),
        (
            "query Q($y: Boolean = false) { shop { id plan @include(if: $y) { displayName } } }",
            1,
        ),
        ("query Q($n: Int = 250) { locations(first: $n) { nodes { id } } }", 13),
        ("{ locations(first: 250) { nodes { id } edges { node { id } } } }", 24),
    ],
)
async def test_what_reads_cost(desk: Desk, document: str, points: int) -> None:
    given = {"loc": desk.location} if "$loc" in document else {}
    assert cost(await desk.ask(document, **given))[0] == points


async def test_what_writes_cost(desk: Desk) -> None:
    given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
    assert cost(await desk.ask(ADJUST, input=given, key="a"))[:2] == (13, 13)
    small = SET.replace("id changes { name delta item { id } location { id } }", "id")
    given = {"name": "available", "reason": "correction", "quantities": [desk.row(quantity=1)]}
    assert cost(await desk.ask(small, input=given, key="b"))[:2] == (10, 10)
    body = await desk.ask(ACTIVATE, item=desk.item, loc=desk.location, key="c")
    assert cost(body)[:2] == (11, 11)


async def test_what_was_not_used_comes_back(desk: Desk) -> None:
    requested, actual, available = cost(
        await desk.ask("{ locations(first: 250) { nodes { id } } }")
    )
    assert (requested, actual) == (13, 3)
    assert available == 2000 - 3


async def test_a_mistake_in_the_document_is_free(desk: Desk) -> None:
    body = await desk.ask("{ nonsense }")
    assert "extensions" not in body
    assert desk.shop.executor.bucket.available() == 2000


async def test_the_bucket_fills_with_time_and_not_beyond(desk: Desk) -> None:
    await desk.control("drain", points=1900)
    desk.clock.passed += 2
    assert desk.shop.executor.bucket.available() == 300
    desk.clock.passed += 100
    assert desk.shop.executor.bucket.available() == 2000


async def test_an_empty_bucket_throttles_and_nothing_happens(desk: Desk) -> None:
    await desk.control("drain")
    desk.clock.passed += 0.129
    given = {"name": "available", "reason": "correction", "changes": [desk.row(delta=1)]}
    body = await desk.ask(ADJUST, input=given, key="a")
    assert "data" not in body
    assert body["errors"][0]["message"] == "Throttled"
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert cost(body) == (13, None, 12)
    assert desk.shop.ledger == []
    desk.clock.passed += 0.002
    body = await desk.ask(ADJUST, input=given, key="a")
    assert body["data"]["inventoryAdjustQuantities"]["userErrors"] == []


async def test_another_app_may_drink_from_the_bucket(desk: Desk) -> None:
    await desk.control("faults", drain=140)
    desk.clock.passed += 10
    assert desk.shop.executor.bucket.available() == pytest.approx(1600)
    desk.clock.passed += 1000
    body = await desk.ask(RECHECK, ids=[desk.item], loc=desk.location)
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"


async def test_one_query_cannot_cost_more_than_1000(desk: Desk) -> None:
    body = await desk.ask(
        "{ productVariants(first: 250) { nodes { product { variants(first: 250) { nodes {"
        " inventoryItem { inventoryLevels(first: 250) { nodes { id } } } } } } } } }"
    )
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["cost"] > 1000
    assert error["extensions"]["maxCost"] == 1000
    assert desk.shop.executor.bucket.available() == 2000
