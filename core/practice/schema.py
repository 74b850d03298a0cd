"""The executable schema: the official SDL subset with a resolver on every field."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from core.practice import bulk, fields, mutations, subscriptions
from core.practice.queries import type_of_node

_ROOMS = (fields, mutations, bulk, subscriptions)


def _joined() -> dict[str, dict[str, Callable[..., Any]]]:
    found: dict[str, dict[str, Callable[..., Any]]] = {}
    for room in _ROOMS:
        for name, resolvers in room.RESOLVERS.items():
            found.setdefault(name, {}).update(resolvers)
    return found


RESOLVERS = _joined()
FROM_MAPPINGS = frozenset[str]().union(*(room.FROM_MAPPINGS for room in _ROOMS))


def read_sdl() -> str:
    return files("core.practice").joinpath("schema.graphql").read_text(encoding="utf-8")


@cache
def practice_schema() -> GraphQLSchema:
    """Built once: resolvers find their shop in the request's context."""
    schema = build_schema(read_sdl())
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = type_of_node
        if not isinstance(kind, GraphQLObjectType) or name in FROM_MAPPINGS:
            continue
        resolvers = RESOLVERS[name]
        for field_name, field in kind.fields.items():
            field.resolve = resolvers[field_name]
    return schema
