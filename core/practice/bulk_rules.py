"""Which queries a bulk operation takes, in the words in which a real shop refuses the others
(facts.md §6). All of it is decided before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_list_type,
    parse,
)
from graphql.type import get_nullable_type

from core.practice.validation import InvalidDocument, read_document

MAX_BYTES = 65_535
MAX_CONNECTIONS = 5
MAX_DEPTH = 2

NO_CONNECTION = "Bulk queries must contain at least one connection."


class Rejected(Exception):
    """Holds the messages of the userErrors, all of them on `query` with the code INVALID."""

    def __init__(self, *messages: str) -> None:
        super().__init__(messages)
        self.messages = messages


@dataclass(slots=True)
class _Seen:
    connections: int = 0
    deepest: int = 0
    by_nodes: list[str] = field(default_factory=list)
    without_id: list[str] = field(default_factory=list)
    within_list: bool = False


@dataclass(frozen=True, slots=True)
class BulkQuery:
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]


def read_bulk_query(schema: GraphQLSchema, text: str) -> BulkQuery:
    """Raises Rejected."""
    if len(text.encode()) > MAX_BYTES:
        raise Rejected("Query is too large")
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        raise Rejected("Invalid bulk query: syntax error, unexpected end of file") from None
    operation = _operation(document)
    try:
        read_document(schema, text)
    except InvalidDocument as invalid:
        said = ", ".join(str(problem["message"]) for problem in invalid.problems)
        raise Rejected(f"Invalid bulk query: {said}") from None
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    query = BulkQuery(operation, fragments)
    messages = list(_problems(schema, query))
    if messages:
        raise Rejected(*messages)
    return query


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise Rejected("Invalid operation type. Only `query` operations are supported.")
    return operations[0]


def _problems(schema: GraphQLSchema, query: BulkQuery) -> Iterator[str]:
    root = schema.query_type
    assert root is not None  # noqa: S101 - the schema is our own
    seen = _Seen()
    selections = [query.operation.selection_set]
    _look(root, selections, query.fragments, seen, depth=0, in_list=False)
    by_node = [
        node.name.value
        for node in fields_of(root, selections, query.fragments)
        if node.name.value in ("node", "nodes")
    ]
    for name in by_node:
        yield f"Bulk queries cannot contain a top level `{name}` field."
    if seen.by_nodes:
        first = seen.by_nodes[0]
        yield (
            "All connection fields in a bulk query must select their contents using "
            f"'edges' > 'node', e.g: '{first} {{ edges {{ node {{'. Selecting via 'nodes' is not "
            f"supported. Invalid connection fields: '{', '.join(seen.by_nodes)}'."
        )
    if seen.without_id:
        yield (
            "The parent 'node' field for a nested connection must select the 'id' field without an "
            "alias and must be of 'ID' return type. Connection fields without 'id': "
            f"{', '.join(seen.without_id)}."
        )
    if seen.connections > MAX_CONNECTIONS:
        yield f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
    if seen.deepest > MAX_DEPTH:
        yield (
            "Bulk queries cannot contain connections with a nesting depth greater than "
            f"{MAX_DEPTH}."
        )
    if seen.within_list:
        yield (
            "Queries that contain a connection field within a list field are not currently "
            "supported."
        )
    if not seen.connections:
        yield NO_CONNECTION


def _look(
    parent: GraphQLObjectType,
    selections: Sequence[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: _Seen,
    *,
    depth: int,
    in_list: bool,
) -> bool:
    """Whether there is a connection anywhere below, before the next node."""
    found = False
    for node in fields_of(parent, selections, fragments):
        definition = parent.fields.get(node.name.value)
        if definition is None or node.selection_set is None:
            continue
        below = get_named_type(definition.type)
        if not isinstance(below, GraphQLObjectType):
            continue
        if not is_connection(definition.type):
            listed = in_list or is_list_type(get_nullable_type(definition.type))
            inner = [node.selection_set]
            found |= _look(below, inner, fragments, seen, depth=depth, in_list=listed)
            continue
        found = True
        seen.connections += 1
        seen.deepest = max(seen.deepest, depth)
        seen.within_list |= in_list
        _look_inside(node, below, fragments, seen, depth)
    return found


def _look_inside(
    connection: FieldNode,
    kind: GraphQLObjectType,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: _Seen,
    depth: int,
) -> None:
    chosen = node_selections(connection, kind, fragments)
    if chosen is None:
        seen.by_nodes.append(connection.name.value)
        return
    node_type, selections = chosen
    nests = _look(node_type, selections, fragments, seen, depth=depth + 1, in_list=False)
    has_id = any(
        node.name.value == "id" and node.alias is None
        for node in fields_of(node_type, selections, fragments)
    )
    if nests and not has_id:
        seen.without_id.append(connection.name.value)


# -- for who walks a query that was accepted ------------------------------------------------------


def is_connection(kind: GraphQLOutputType) -> bool:
    return get_named_type(kind).name.endswith("Connection")


def fields_of(
    parent: GraphQLObjectType,
    selections: Sequence[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[FieldNode]:
    """The fields selected of an object, those of fragments that fit it as well."""
    for selection in selections:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or node.type_condition.name.value == parent.name:
                    yield from fields_of(parent, [node.selection_set], fragments)
            elif isinstance(node, FragmentSpreadNode):
                fragment = fragments[node.name.value]
                if fragment.type_condition.name.value == parent.name:
                    yield from fields_of(parent, [fragment.selection_set], fragments)


def node_selections(
    connection: FieldNode,
    kind: GraphQLObjectType,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> tuple[GraphQLObjectType, list[SelectionSetNode]] | None:
    """What is selected of a connection's nodes by way of edges; None where that is not the way."""
    if connection.selection_set is None:
        return None
    chosen: list[SelectionSetNode] = []
    for field_node in fields_of(kind, [connection.selection_set], fragments):
        if field_node.name.value == "nodes":
            return None
        if field_node.name.value != "edges" or field_node.selection_set is None:
            continue
        edge = get_named_type(kind.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)  # noqa: S101 - the schema is our own
        chosen += [
            each.selection_set
            for each in fields_of(edge, [field_node.selection_set], fragments)
            if each.name.value == "node" and each.selection_set is not None
        ]
    node_type = get_named_type(get_named_type(kind.fields["edges"].type).fields["node"].type)
    if not chosen or not isinstance(node_type, GraphQLObjectType):
        return None
    return node_type, chosen
