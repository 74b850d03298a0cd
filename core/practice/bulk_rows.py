"""The rows of a bulk operation's result, one JSON object a line (facts.md §6).

Walks the query itself in place of the GraphQL executor, with the same resolvers: a catalogue of a
hundred thousand variants is a matter of seconds that way. A node of a nested connection is a row of
its own, with `__parentId`, the id of the nearest node above it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, GraphQLObjectType, GraphQLSchema, get_named_type, is_list_type
from graphql.execution.values import get_argument_values
from graphql.type import get_nullable_type

from core.practice import listings
from core.practice.auth import require
from core.practice.bulk_rules import BulkQuery, fields_of, is_connection, node_selections
from core.practice.context import Context
from core.practice.search import Field, parse_search

Row = dict[str, Any]
Resolver = Callable[..., Any]

SHUFFLED = 64
"""Rows that are mixed among themselves: children before parents, parents after children."""


class NotServed(Exception):
    """A connection that the practice shop knows, but not in bulk."""


@dataclass(frozen=True, slots=True)
class Line:
    text: bytes
    is_root: bool


@dataclass(frozen=True, slots=True)
class _Info:
    """What a resolver asks of graphql-core's info."""

    context: Context
    field_name: str


@dataclass(frozen=True, slots=True)
class _Connection:
    scopes: tuple[str, ...]
    """Any one of them."""
    rows: Callable[[Any, Context, Mapping[str, Any]], Iterable[Any]]
    filters: Mapping[str, Field] | None = None
    default: tuple[str, ...] = ()


def _active(context: Context, levels: Iterable[Any], args: Mapping[str, Any]) -> Iterator[Any]:
    for level in levels:
        picture = context.see(level)
        if picture.is_active or args.get("includeInactive"):
            yield picture


_PRODUCTS = ("read_products",)
_INVENTORY = ("read_inventory",)

_CONNECTIONS: dict[tuple[str, str], _Connection] = {
    ("QueryRoot", "productVariants"): _Connection(
        _PRODUCTS,
        lambda _root, context, _args: context.stock.variants,
        listings.VARIANT_FIELDS,
        ("sku", "barcode", "title", "product_title"),
    ),
    ("QueryRoot", "products"): _Connection(
        _PRODUCTS,
        lambda _root, context, _args: context.stock.products,
        listings.PRODUCT_FIELDS,
        ("title", "vendor"),
    ),
    ("QueryRoot", "inventoryItems"): _Connection(
        ("read_inventory", "read_products"),
        lambda _root, context, _args: context.stock.items,
        listings.ITEM_FIELDS,
        ("sku",),
    ),
    ("Product", "variants"): _Connection(
        _PRODUCTS, lambda product, _context, _args: product.variants
    ),
    ("InventoryItem", "variants"): _Connection(
        _PRODUCTS, lambda item, _context, _args: (item.variant,)
    ),
    ("InventoryItem", "inventoryLevels"): _Connection(
        _INVENTORY, lambda item, context, args: _active(context, item.levels, args)
    ),
    ("Location", "inventoryLevels"): _Connection(
        _INVENTORY, lambda place, context, args: _active(context, place.levels, args)
    ),
}


class Rows:
    """The lines of one query, made as they are asked for."""

    def __init__(
        self,
        schema: GraphQLSchema,
        resolvers: Mapping[str, Mapping[str, Resolver]],
        query: BulkQuery,
        context: Context,
    ) -> None:
        self._schema = schema
        self._resolvers = resolvers
        self._query = query
        self._context = context

    def lines(self, *, grouped: bool, rng: random.Random) -> Iterator[Line]:
        """Grouped, children stand behind their parent; else anywhere near it."""
        if grouped:
            yield from self._ordered()
            return
        block: list[Line] = []
        for line in self._ordered():
            block.append(line)
            if len(block) == SHUFFLED:
                rng.shuffle(block)
                yield from block
                block.clear()
        rng.shuffle(block)
        yield from block

    def _ordered(self) -> Iterator[Line]:
        root = self._schema.query_type
        assert root is not None  # noqa: S101 - the schema is our own
        selections = [self._query.operation.selection_set]
        for node in fields_of(root, selections, self._query.fragments):
            if is_connection(root.fields[node.name.value].type):
                for row, depth in self._connection(root, node)(None):
                    yield Line(orjson.dumps(row) + b"\n", depth == 0)

    def _connection(
        self, parent: GraphQLObjectType, node: FieldNode, depth: int = 0
    ) -> Callable[[Any], Iterator[tuple[Row, int]]]:
        definition = parent.fields[node.name.value]
        kind = get_named_type(definition.type)
        known = _CONNECTIONS.get((parent.name, node.name.value))
        if known is None or not isinstance(kind, GraphQLObjectType):
            raise NotServed(f"{parent.name}.{node.name.value}")
        require(self._context.scopes, node.name.value, *known.scopes)
        chosen = node_selections(node, kind, self._query.fragments)
        assert chosen is not None  # noqa: S101 - the rules have looked at it
        make, nested = self._object(chosen[0], chosen[1], depth)
        args = get_argument_values(definition, node)
        check = self._filter(known, args)

        def rows(value: Any) -> Iterator[tuple[Row, int]]:
            for each in known.rows(value, self._context, args):
                if not check(each):
                    continue
                row = make(each)
                yield row, depth
                for below in nested:
                    for child, its_depth in below(each):
                        child.setdefault("__parentId", row["id"])
                        yield child, its_depth

        return rows

    def _filter(self, known: _Connection, args: Mapping[str, Any]) -> Callable[[Any], bool]:
        query = args.get("query")
        if not query or not query.strip():
            return lambda _row: True
        return parse_search(query, known.filters or {}, known.default).matches

    def _object(
        self, kind: GraphQLObjectType, selections: list[Any], depth: int
    ) -> tuple[Callable[[Any], Row], list[Callable[[Any], Iterator[tuple[Row, int]]]]]:
        """How an object becomes a row, and the connections in it and in the objects it holds."""
        getters: list[tuple[str, Callable[[Any], Any]]] = []
        nested: list[Callable[[Any], Iterator[tuple[Row, int]]]] = []
        for node in fields_of(kind, selections, self._query.fragments):
            name = node.name.value
            key = node.alias.value if node.alias else name
            if name == "__typename":
                getters.append((key, lambda _value: kind.name))
                continue
            definition = kind.fields[name]
            if is_connection(definition.type):
                nested.append(self._connection(kind, node, depth + 1))
                continue
            get = self._getter(kind, node)
            below = get_named_type(definition.type)
            if not isinstance(below, GraphQLObjectType) or node.selection_set is None:
                getters.append((key, get))
                continue
            make, inner = self._object(below, [node.selection_set], depth)
            listed = is_list_type(get_nullable_type(definition.type))
            getters.append((key, _then(get, _each(make) if listed else _perhaps(make))))
            nested += [_through(get, rows) for rows in inner]

        def row(value: Any) -> Row:
            return {key: get(value) for key, get in getters}

        return row, nested

    def _getter(self, kind: GraphQLObjectType, node: FieldNode) -> Callable[[Any], Any]:
        name = node.name.value
        resolve = self._resolvers.get(kind.name, {}).get(name)
        if resolve is None:
            return lambda value: value[name]
        args = get_argument_values(kind.fields[name], node)
        info = _Info(self._context, name)
        if args:
            return lambda value: resolve(value, info, **args)
        return lambda value: resolve(value, info)


def _then(get: Callable[[Any], Any], make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: make(get(value))


def _perhaps(make: Callable[[Any], Row]) -> Callable[[Any], Row | None]:
    return lambda value: None if value is None else make(value)


def _each(make: Callable[[Any], Row]) -> Callable[[Any], list[Row] | None]:
    return lambda values: None if values is None else [make(each) for each in values]


def _through(
    get: Callable[[Any], Any], rows: Callable[[Any], Iterator[tuple[Row, int]]]
) -> Callable[[Any], Iterator[tuple[Row, int]]]:
    def below(value: Any) -> Iterator[tuple[Row, int]]:
        found = get(value)
        return iter(()) if found is None else rows(found)

    return below
