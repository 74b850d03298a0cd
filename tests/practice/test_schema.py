"""The schema that the shop serves is a true subset of Shopify's."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_ast,
)

from core.practice.schema import FROM_MAPPINGS, RESOLVERS, practice_schema, read_sdl

ROOT = Path(__file__).resolve().parents[2]


def full_schema_file() -> Path:
    given = os.environ.get("DEXTRE_SYNC_FULL_SCHEMA")
    return Path(given) if given else ROOT.parent / "shared/shopify/admin-2026-10.graphql"


needs_full_schema = pytest.mark.skipif(
    not full_schema_file().is_file(),
    reason="the full schema is not at hand; set DEXTRE_SYNC_FULL_SCHEMA to its file",
)


@pytest.fixture(scope="module")
def full() -> GraphQLSchema:
    return build_schema(full_schema_file().read_text(encoding="utf-8"), assume_valid=True)


def described(schema: GraphQLSchema) -> dict[str, str]:
    """Every field, argument and enum value, and what it is."""
    found: dict[str, str] = {}
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        found[name] = type(kind).__name__
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                found[f"{name}.{field_name}"] = str(field.type)
                for argument, value in field.args.items():
                    default = value.ast_node.default_value if value.ast_node else None
                    shown = print_ast(default) if default else ""
                    found[f"{name}.{field_name}({argument})"] = f"{value.type} {shown}"
            for interface in kind.interfaces:
                found[f"{name} implements {interface.name}"] = ""
        elif isinstance(kind, GraphQLInputObjectType):
            for field_name, value in kind.fields.items():
                found[f"{name}.{field_name}"] = str(value.type)
        elif isinstance(kind, GraphQLEnumType):
            found[name] += " " + " ".join(sorted(kind.values))
    for directive in schema.directives:
        places = " ".join(sorted(place.name for place in directive.locations))
        arguments = {argument: str(value.type) for argument, value in directive.args.items()}
        found[f"@{directive.name}"] = f"{places} {arguments}"
    return found


@needs_full_schema
def test_everything_in_the_subset_stands_identically_in_the_full_schema(
    full: GraphQLSchema,
) -> None:
    whole = described(full)
    ours = described(build_schema(read_sdl()))
    del ours["@deprecated"], ours["@specifiedBy"]  # the language's own, not Shopify's
    different = {name: (what, whole.get(name)) for name, what in ours.items() if name in whole}
    assert {name: pair for name, pair in different.items() if pair[0] != pair[1]} == {}
    built_in = {"@oneOf", "@skip", "@include", "@defer", "@stream"}
    assert set(ours) - set(whole) - built_in == set()


@needs_full_schema
def test_arguments_are_complete(full: GraphQLSchema) -> None:
    """A field that is served takes every argument that Shopify's takes."""
    for name, kind in practice_schema().type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        theirs = full.type_map[name]
        assert isinstance(theirs, GraphQLObjectType)
        for field_name, field in kind.fields.items():
            assert set(field.args) == set(theirs.fields[field_name].args), f"{name}.{field_name}"


def script() -> Any:
    place = ROOT / "scripts" / "make_practice_schema.py"
    spec = importlib.util.spec_from_file_location("make_practice_schema", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_full_schema
def test_the_script_makes_the_committed_file_again() -> None:
    text = full_schema_file().read_text(encoding="utf-8")
    assert script().make(text) == read_sdl()


def test_the_script_leaves_out_descriptions_and_undeclared_fields() -> None:
    module = script()
    module.FIELDS = {"QueryRoot": "shop", "Mutation": "go", "Shop": "id"}
    module.INPUT_FIELDS = {}
    made = module.make(
        '"""words"""\ntype QueryRoot { "more words" shop: Shop! other: Int }\n'
        'type Mutation { go(how: How = FAST): Boolean }\nenum How { "quick" FAST SLOW }\n'
        "type Shop { id: ID! secret: String }\n"
        "directive @idempotent(key: String!) on FIELD\ndirective @else on FIELD\n"
    )
    assert "words" not in made
    assert "quick" not in made
    assert "secret" not in made
    assert "@else" not in made
    assert "go(how: How = FAST): Boolean" in made


def test_the_script_refuses_a_field_whose_type_was_not_declared() -> None:
    module = script()
    module.FIELDS = {"QueryRoot": "shop"}
    with pytest.raises(SystemExit, match="Shop is named by a kept field"):
        module.make("type QueryRoot { shop: Shop! }\ntype Shop { id: ID! }")


def test_every_served_field_has_a_resolver() -> None:
    for name, kind in practice_schema().type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        if name not in FROM_MAPPINGS:
            assert set(RESOLVERS[name]) == set(kind.fields), name
