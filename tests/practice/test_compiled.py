"""Queries are compiled: what comes out is what graphql-core would have said, letter by letter."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, execute_sync, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.practice.compiled import CompiledQuery, compile_query
from core.practice.schema import practice_schema
from tests.practice.desk import ADJUST, LEVELS, RECHECK, Desk

MERGED = """query Merged($ids: [ID!]!, $loc: ID!, $names: [String!]!) {
  kind: __typename
  nodes(ids: $ids) { __typename id ...Stock ... on ProductVariant { sku barcode selectedOptions {
    name value } } ... on InventoryLevel { isActive location { name } } }
  nodes(ids: $ids) { ... on InventoryItem { tracked } }
  shop { name plan { displayName } } shopAgain: shop { currencyCode }
  productVariants(first: 3, reverse: true) { edges { cursor node { id title inventoryQuantity } }
    pageInfo { hasNextPage startCursor } } }
  fragment Stock on InventoryItem { sku inventoryLevel(locationId: $loc) { updatedAt
    quantities(names: $names) { name quantity updatedAt } } }"""


def compiled(text: str) -> CompiledQuery | None:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return compile_query(practice_schema(), document, operation)


def both(desk: Desk, text: str, variables: dict[str, Any]) -> tuple[bytes, bytes]:
    grant = desk.shop.door.admit(desk.token)
    assert grant is not None
    query = compiled(text)
    assert query is not None
    ours = query.run(desk.shop.new_context(grant), variables)
    theirs = execute_sync(
        practice_schema(),
        parse(text),
        context_value=desk.shop.new_context(grant),
        variable_values=variables,
    )
    assert theirs.errors is None
    return orjson.dumps(ours), orjson.dumps(theirs.data)


DESK = Desk(variants=5, locations=2, oddities=["untracked", "bundle", "unstocked"])
THINGS = [
    *(item.id for item in DESK.shop.stock.items),
    *(variant.id for variant in DESK.shop.stock.variants),
    *(level.id for item in DESK.shop.stock.items for level in item.levels),
    *(location.id for location in DESK.shop.stock.locations),
    "gid://shopify/InventoryItem/1",
]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    ids=st.lists(st.sampled_from(THINGS), max_size=8),
    location=st.sampled_from([*(place.id for place in DESK.shop.stock.locations), THINGS[-1]]),
    names=st.lists(st.sampled_from(["available", "on_hand", "committed"]), max_size=3),
)
def test_a_compiled_query_says_what_graphql_core_says(
    ids: list[str], location: str, names: list[str]
) -> None:
    for text, variables in (
        (RECHECK, {"ids": ids, "loc": location}),
        (MERGED, {"ids": ids, "loc": location, "names": names}),
    ):
        ours, theirs = both(DESK, text, variables)
        assert ours == theirs


@pytest.mark.parametrize("variables", [{}, {"inactive": False, "q": "updated_at:>2020-01-01"}])
def test_defaults_of_variables_count(variables: dict[str, Any]) -> None:
    given = {"loc": DESK.location, **variables}
    ours, theirs = both(DESK, LEVELS, given)
    assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        ADJUST,
        "query A($no: Boolean!) { shop { name @skip(if: $no) } }",
        "{ __schema { queryType { name } } }",
    ],
)
def test_writes_conditions_and_introspection_are_left_to_graphql_core(text: str) -> None:
    assert compiled(text) is None


async def test_what_a_resolver_refuses_is_told_with_its_place_and_its_warnings_once() -> None:
    desk = Desk(variants=2)
    document = """query Levels($loc: ID!) { location(id: $loc) { inventoryLevels(first: 2,
      query: "colour:red") { nodes { quantities(names: ["nonsense"]) { name } } } } }"""
    body = await desk.ask(document, loc=desk.location)
    assert body["errors"][0]["path"][:4] == [
        "location",
        "inventoryLevels",
        "nodes",
        0,
    ]
    assert len(body["extensions"]["search"]) == 1
