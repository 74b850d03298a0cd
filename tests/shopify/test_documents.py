"""Our documents against the official schema, and their points against the rules seen in force."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)

from core.practice.bulk_rules import read_bulk_query
from core.shopify.cost import COUNT, MUTATION, OBJECT, connection, page_weight
from core.shopify.documents import ALL, BULK_VARIANTS, Document
from core.shopify.version import API_VERSION

ROOT = Path(__file__).parents[2]
SUBSET = ROOT / "core" / "practice" / "schema.graphql"
SHARED = ROOT.parent / "shared" / "shopify" / f"admin-{API_VERSION}.graphql"

by_name = pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)


@cache
def schema_of(path: Path) -> GraphQLSchema:
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


def operation_of(text: str) -> OperationDefinitionNode:
    (definition,) = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


@by_name
def test_a_document_holds_one_operation_of_its_own_name(document: Document) -> None:
    operation = operation_of(document.text)
    assert operation.name is not None
    assert operation.name.value == document.name
    assert (operation.operation is OperationType.MUTATION) == document.is_mutation


@by_name
def test_a_document_is_valid_in_the_full_schema(document: Document) -> None:
    path = Path(os.environ.get("DEXTRE_SYNC_FULL_SCHEMA") or SHARED)
    if not path.is_file():
        pytest.skip("the full schema is not at hand (DEXTRE_SYNC_FULL_SCHEMA)")
    assert validate(schema_of(path), parse(document.text)) == []


@by_name
def test_a_document_is_valid_in_the_practice_shop(document: Document) -> None:
    if not SUBSET.is_file():
        pytest.skip("the practice shop has no schema yet")
    assert validate(schema_of(SUBSET), parse(document.text)) == []


def test_what_runs_in_bulk_is_a_query_that_bulk_operations_take() -> None:
    schema = schema_of(SUBSET)
    assert validate(schema, parse(BULK_VARIANTS)) == []
    read_bulk_query(schema, BULK_VARIANTS)


def test_every_stock_write_carries_an_idempotency_key() -> None:
    for document in ALL:
        if document.writes_once and "inventoryItemUpdate" not in document.text:
            assert "@idempotent(key: $key)" in document.text


# -- points --------------------------------------------------------------------------------------


def points(text: str) -> int:
    """The rules of facts.md §3.3, applied to a document's text."""
    operation = operation_of(text)
    if operation.operation is OperationType.MUTATION:
        (root,) = operation.selection_set.selections
        assert isinstance(root, FieldNode)
        assert root.selection_set is not None
        return MUTATION + sum(
            _objects(field.selection_set)
            for field in root.selection_set.selections
            if isinstance(field, FieldNode) and field.selection_set is not None
        )
    return _objects(operation.selection_set)


def _objects(selections: SelectionSetNode | None) -> int:
    total = dearest = 0
    for node in selections.selections if selections else ():
        if isinstance(node, InlineFragmentNode):
            dearest = max(dearest, _objects(node.selection_set))
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            total += _field(node)
    return total + dearest


def _field(node: FieldNode) -> int:
    assert node.selection_set is not None
    if node.name.value == "pageInfo":
        return 0
    if node.name.value.endswith("Count"):
        return COUNT
    for argument in node.arguments or ():
        if argument.name.value == "first" and isinstance(argument.value, IntValueNode):
            rows = [
                OBJECT + _objects(field.selection_set)
                for field in node.selection_set.selections
                if isinstance(field, FieldNode) and field.name.value == "nodes"
            ]
            return connection(int(argument.value.value), sum(rows))
    return OBJECT + _objects(node.selection_set)


@by_name
def test_the_declared_cost_is_what_the_rules_give(document: Document) -> None:
    assert document.cost == points(document.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "{ shop { id resourceLimits { locationLimit } plan { publicDisplayName } }"
                " currentAppInstallation { accessScopes { handle } } }"
            ),
            5,
        ),
        ("{ locations(first: 250) { nodes { id } pageInfo { endCursor } } }", 13),
        (
            (
                "{ location(id: 1) { inventoryLevels(first: 250)"
                " { nodes { quantities(names: []) { quantity } item { id } } } } }"
            ),
            36,
        ),
        (
            (
                "{ location(id: 1) { inventoryLevels(first: 250) { nodes { quantities(names: [])"
                " { quantity } item { id variants(first: 1) { nodes { id } } } } } } }"
            ),
            69,
        ),
        (
            (
                "{ productVariants(first: 250) { nodes { product { id } inventoryItem {"
                " inventoryLevel(locationId: 1) { quantities(names: []) { quantity } } } } } }"
            ),
            57,
        ),
        (
            (
                "{ nodes(ids: []) { ... on InventoryItem { inventoryLevel(locationId: 1)"
                " { quantities(names: []) { quantity } } } } }"
            ),
            3,
        ),
        ("mutation { set { group { id } userErrors { code } } }", 10),
        (
            (
                "mutation { set { group { changes { item { id } location { id } } }"
                " userErrors { code } } }"
            ),
            13,
        ),
        ("mutation { activate { level { quantities { quantity } } userErrors { field } } }", 11),
    ],
)
def test_the_rules_give_the_points_that_were_measured(text: str, expected: int) -> None:
    assert points(text) == expected


def test_the_weight_of_a_page_is_as_measured() -> None:
    measured = {0: 0, 1: 1, 2: 1, 3: 2, 5: 3, 10: 4, 20: 5, 25: 6, 50: 7, 100: 9, 150: 10, 250: 11}
    assert {first: page_weight(first) for first in measured} == measured
