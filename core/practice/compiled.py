"""A query compiled once and run often: the same resolvers as graphql-core calls, without its walk.

A client asks the same few documents again and again, and a page of 250 rows is thousands of fields.
What depends on the document alone (which fields, their order, types and merging) is worked out
once; what depends on the variables (arguments) once a request.

This serves only what goes well. Whatever else happens (a resolver refuses, a null stands where none
may, a value does not fit its type) ends in `NotPlain`, and the query is left to graphql-core, which
says what is wrong in every detail. Queries change nothing, so asking twice does no harm; mutations
are never compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.execute import default_field_resolver
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.pyutils import Path

from core.practice.context import Context

Run = Sequence[tuple["Info", Mapping[str, Any]]]
"""For each field of the document, by its number: what its resolver is told."""
Complete = Callable[[Any, Run], Any]

INT_LIMIT = 2**31


class NotPlain(Exception):
    """This query, or this run of it, is for graphql-core."""


@dataclass(frozen=True, slots=True)
class Info:
    """What a resolver asks of graphql-core's info. The path has no places in lists."""

    context: Context
    field_name: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Field:
    definition: GraphQLField
    node: FieldNode
    path: Path


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fields: Sequence[_Field]
    root: Complete

    def run(self, context: Context, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's data. Raises NotPlain, or whatever a resolver raises."""
        declared = self.operation.variable_definitions or ()
        values = get_variable_values(self.schema, declared, dict(variables))
        if isinstance(values, list):
            raise NotPlain
        run = [
            (
                Info(context, each.node.name.value, each.path),
                get_argument_values(each.definition, each.node, values)
                if each.definition.args
                else {},
            )
            for each in self.fields
        ]
        data: dict[str, Any] = self.root(None, run)
        return data


def compile_query(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> CompiledQuery | None:
    """None where graphql-core has to do it: writes, @skip and @include, introspection."""
    if operation.operation is not OperationType.QUERY or schema.query_type is None:
        return None
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    compiler = _Compiler(schema, fragments)
    try:
        root = compiler.object(schema.query_type, [operation.selection_set], None)
    except NotPlain:
        return None
    return CompiledQuery(schema, operation, compiler.fields, root)


@dataclass
class _Compiler:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    fields: list[_Field] = field(default_factory=list)

    def object(
        self, kind: GraphQLObjectType, below: Sequence[SelectionSetNode], path: Path | None
    ) -> Complete:
        collected: dict[str, list[FieldNode]] = {}
        for selections in below:
            self._collect(kind, selections, collected)
        steps = [self._step(kind, key, nodes, path) for key, nodes in collected.items()]

        def complete(value: Any, run: Run) -> dict[str, Any]:
            data = {}
            for key, number, resolve, finish in steps:
                info, arguments = run[number]
                data[key] = finish(
                    resolve(value, info, **arguments) if arguments else resolve(value, info), run
                )
            return data

        return complete

    def _collect(
        self, kind: GraphQLObjectType, below: SelectionSetNode, found: dict[str, list[FieldNode]]
    ) -> None:
        for node in below.selections:
            if node.directives:
                raise NotPlain
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self._fits(kind, fragment.type_condition.name.value):
                    self._collect(kind, fragment.selection_set, found)
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                if on is None or self._fits(kind, on.name.value):
                    self._collect(kind, node.selection_set, found)

    def _fits(self, kind: GraphQLObjectType, name: str) -> bool:
        condition = self.schema.type_map[name]
        if condition is kind:
            return True
        return is_abstract_type(condition) and self.schema.is_sub_type(condition, kind)

    def _step(
        self, kind: GraphQLObjectType, key: str, nodes: Sequence[FieldNode], path: Path | None
    ) -> tuple[str, int, Callable[..., Any], Complete]:
        name = nodes[0].name.value
        here = Path(path, key, kind.name)
        if name == "__typename":
            definition = GraphQLField(self.schema.type_map["String"])  # type: ignore[arg-type]
            resolve: Callable[..., Any] = lambda _value, _info: kind.name  # noqa: E731
        else:
            found = kind.fields.get(name)
            if found is None:
                raise NotPlain  # introspection
            definition, resolve = found, found.resolve or default_field_resolver
        self.fields.append(_Field(definition, nodes[0], here))
        number = len(self.fields) - 1
        below = [node.selection_set for node in nodes if node.selection_set]
        return key, number, resolve, self._completion(definition.type, below, here)

    def _completion(
        self, kind: GraphQLOutputType, below: Sequence[SelectionSetNode], path: Path
    ) -> Complete:
        if is_non_null_type(kind):
            return _not_null(self._of_value(kind.of_type, below, path))
        complete = self._of_value(kind, below, path)
        return lambda value, run: None if value is None else complete(value, run)

    def _of_value(
        self, kind: GraphQLOutputType, below: Sequence[SelectionSetNode], path: Path
    ) -> Complete:
        if is_leaf_type(kind):
            return _leaf(kind)
        if is_list_type(kind):
            of_each = self._completion(kind.of_type, below, path)

            def complete_list(value: Any, run: Run) -> list[Any]:
                if type(value) is not list and type(value) is not tuple:
                    raise NotPlain
                return [of_each(each, run) for each in value]

            return complete_list
        if is_object_type(kind):
            return self.object(kind, below, path)
        return self._of_abstract(kind, below, path)

    def _of_abstract(self, kind: Any, below: Sequence[SelectionSetNode], path: Path) -> Complete:
        completes = {
            each.name: self.object(each, below, path)
            for each in self.schema.get_possible_types(kind)
        }
        resolve_type = kind.resolve_type
        if resolve_type is None:
            raise NotPlain

        def complete_abstract(value: Any, run: Run) -> Any:
            complete = completes.get(resolve_type(value, None, kind))
            if complete is None:
                raise NotPlain
            return complete(value, run)

        return complete_abstract


def _not_null(complete: Complete) -> Complete:
    def check(value: Any, run: Run) -> Any:
        found = None if value is None else complete(value, run)
        if found is None:
            raise NotPlain
        return found

    return check


def _leaf(kind: Any) -> Complete:
    """Values of exactly the type that they are shown as stay as they are."""
    serialize = getattr(kind, "coerce_output_value", None) or kind.serialize
    match kind.name:
        case "ID" | "String":
            return lambda value, _run: value if type(value) is str else serialize(value)
        case "Boolean":
            return lambda value, _run: value if type(value) is bool else serialize(value)
        case "Int":
            return lambda value, _run: (
                value
                if type(value) is int and -INT_LIMIT <= value < INT_LIMIT
                else serialize(value)
            )
        case _:
            return lambda value, _run: serialize(value)
