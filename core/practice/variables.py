"""Variables checked against their declared types before anything runs, in Shopify's words.

One INVALID_VARIABLE error for each variable, listing every problem with its path inside the value
(integers for places in lists; facts.md §4.7). Global ids are checked here too: an id of another
form never reaches a resolver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    print_ast,
)
from graphql.type import GraphQLInputType
from graphql.utilities import type_from_ast

from core.practice.identifiers import is_gid
from core.practice.validation import locations_of

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_INT_LIMIT = 2**31
MAX_INPUT_SIZE = 250


def variable_errors(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The `errors` of the answer; empty if the variables fit."""
    found = (_error(schema, each, variables) for each in operation.variable_definitions or ())
    return [error for error in found if error is not None]


def _error(
    schema: GraphQLSchema, definition: VariableDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    name = definition.variable.name.value
    if name not in variables:
        if definition.default_value or not isinstance(definition.type, NonNullTypeNode):
            return None
        problems: list[Problem] = [((), "Expected value to not be null")]
    else:
        wanted = type_from_ast(schema, definition.type)
        problems = list(_problems(wanted, variables[name], ()))  # type: ignore[arg-type]
    if not problems:
        return None
    places = ", ".join(f"{'.'.join(map(str, path))} ({text})" for path, text in problems if path)
    suffix = f" for {places}" if places else ""
    return {
        "message": f"Variable ${name} of type {print_ast(definition.type)} was provided invalid "
        f"value{suffix}",
        "locations": locations_of(definition),
        "extensions": {
            "code": "INVALID_VARIABLE",
            "value": variables.get(name),
            "problems": [{"path": list(path), "explanation": text} for path, text in problems],
        },
    }


def _problems(wanted: GraphQLInputType, value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(wanted, GraphQLNonNull):
        if value is None:
            yield path, "Expected value to not be null"
            return
        wanted = wanted.of_type
    if value is None:
        return
    if isinstance(wanted, GraphQLList):
        if not isinstance(value, list):
            yield from _problems(wanted.of_type, value, path)
            return
        for at, each in enumerate(value):
            yield from _problems(wanted.of_type, each, (*path, at))
    elif isinstance(wanted, GraphQLInputObjectType):
        yield from _object_problems(wanted, value, path)
    elif isinstance(wanted, GraphQLEnumType):
        if value not in wanted.values:
            names = ", ".join(wanted.values)
            yield path, f'Expected "{value}" to be one of: {names}'
    else:
        problem = _scalar_problem(wanted.name, value)
        if problem:
            yield path, problem


def _object_problems(wanted: GraphQLInputObjectType, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, f'Expected "{value}" to be a key-value object.'
        return
    for name in value.keys() - wanted.fields.keys():
        yield (*path, name), f"Field is not defined on {wanted.name}"
    for name, field in wanted.fields.items():
        if name in value:
            yield from _problems(field.type, value[name], (*path, name))
        elif isinstance(field.type, GraphQLNonNull):
            yield (*path, name), "Expected value to not be null"


def _scalar_problem(name: str, value: Any) -> str | None:
    match name:
        case "ID":
            if not isinstance(value, str | int) or isinstance(value, bool):
                return f"Could not coerce value {_shown(value)} to ID"
            return None if is_gid(str(value)) else f"Invalid global id '{value}'"
        case "Int":
            whole = isinstance(value, int) and not isinstance(value, bool)
            if whole and -_INT_LIMIT <= value < _INT_LIMIT:
                return None
        case "String":
            if isinstance(value, str):
                return None
        case "Boolean":
            if isinstance(value, bool):
                return None
        case _:
            return None
    return f"Could not coerce value {_shown(value)} to {name}"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else re.sub(r"\s+", " ", str(value))


def oversized(value: Any, path: Path) -> tuple[Path, int] | None:
    """The first list with more than 250 entries in an argument's value, and its length."""
    if isinstance(value, dict):
        for name, each in value.items():
            if found := oversized(each, (*path, name)):
                return found
    elif isinstance(value, list):
        if len(value) > MAX_INPUT_SIZE:
            return path, len(value)
        if value and isinstance(value[0], list):
            for at, each in enumerate(value):
                if found := oversized(each, (*path, at)):
                    return found
    return None
