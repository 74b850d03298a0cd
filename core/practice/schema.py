"""The executable schema: the official SDL subset with a resolver on every field."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from core.practice import fields, mutations
from core.practice.queries import type_of_node

RESOLVERS = {**fields.RESOLVERS, **mutations.RESOLVERS}
FROM_MAPPINGS = fields.FROM_MAPPINGS | mutations.FROM_MAPPINGS


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
