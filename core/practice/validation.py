"""Documents parsed and checked; what is wrong with them said in Shopify's words and codes.

graphql-core finds the mistakes; their shape here is Shopify's (facts.md §8.2): message, locations,
a path such as ["mutation Name", "field"], extensions.code and the names concerned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    is_required_argument,
    parse,
    print_ast,
    specified_rules,
    validate,
    visit,
)

Problem = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node stands in its document."""

    path: tuple[str, ...]
    parent_type: str
    field_type: str
    missing: tuple[str, ...] = ()
    """Required arguments that a field or directive was not given."""


class InvalidDocument(Exception):
    """Holds the `errors` of the answer."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)


def read_document(schema: GraphQLSchema, text: str) -> DocumentNode:
    """The document, valid against the schema. Raises InvalidDocument."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as wrong:
        raise InvalidDocument([_syntax_problem(wrong)]) from None
    problems: list[tuple[tuple[int, int], Problem]] = []
    spots: dict[int, Spot] = {}
    for rule in specified_rules:
        for error in validate(schema, document, [rule]):
            spots = spots or _spots(schema, document)
            problem = _problem(rule.__name__, error, spots)
            place = error.locations[0] if error.locations else None
            problems.append(((place.line, place.column) if place else (0, 0), problem))
    if problems:
        raise InvalidDocument(
            [problem for _, problem in sorted(problems, key=lambda each: each[0])]
        )
    return document


def locations_of(*nodes: Node | None) -> list[dict[str, int]]:
    found = []
    for node in nodes:
        if node is not None and node.loc is not None:
            token = node.loc.start_token
            found.append({"line": token.line, "column": token.column})
    return found


def operation_label(operation: OperationDefinitionNode) -> str:
    kind = operation.operation.value
    return f"{kind} {operation.name.value}" if operation.name else kind


def _syntax_problem(error: GraphQLSyntaxError) -> Problem:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    detail = error.message.removeprefix("Syntax Error: ").rstrip(".")
    where = f" at [{places[0]['line']}, {places[0]['column']}]" if places else ""
    return {
        "message": f"syntax error, {detail[:1].lower()}{detail[1:]}{where}",
        "locations": places,
        "extensions": {"code": "PARSE_ERROR"},
    }


# -- where things stand ---------------------------------------------------------------------------


class _Recorder(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self._path: list[str] = []
        self.spots: dict[int, Spot] = {}

    def enter(self, node: Node, *_: object) -> None:
        step = _step(node)
        parent = self._types.get_parent_type()
        definition: GraphQLField | GraphQLDirective | None = None
        if isinstance(node, FieldNode):
            definition = self._types.get_field_def()
        elif isinstance(node, DirectiveNode):
            definition = self._types.get_directive()
        if step is not None:
            self._path.append(step)
        self.spots[id(node)] = Spot(
            tuple(self._path),
            parent.name if parent else "",
            str(definition.type) if isinstance(definition, GraphQLField) else "",
            _missing(node, definition),
        )

    def leave(self, node: Node, *_: object) -> None:
        if _step(node) is not None:
            self._path.pop()


def _missing(node: Node, definition: GraphQLField | GraphQLDirective | None) -> tuple[str, ...]:
    if definition is None or not isinstance(node, FieldNode | DirectiveNode):
        return ()
    given = {argument.name.value for argument in node.arguments or ()}
    return tuple(
        name
        for name, argument in definition.args.items()
        if is_required_argument(argument) and name not in given
    )


def _step(node: Node) -> str | None:
    match node:
        case OperationDefinitionNode():
            return operation_label(node)
        case FragmentDefinitionNode():
            return f"fragment {node.name.value}"
        case InlineFragmentNode():
            condition = node.type_condition
            return f"... on {condition.name.value}" if condition else "..."
        case FieldNode():
            return node.alias.value if node.alias else node.name.value
        case ArgumentNode():
            return node.name.value
        case _:
            return None


def _spots(schema: GraphQLSchema, document: DocumentNode) -> dict[int, Spot]:
    types = TypeInfo(schema)
    recorder = _Recorder(types)
    visit(document, TypeInfoVisitor(types, recorder))
    return recorder.spots


# -- Shopify's words ------------------------------------------------------------------------------

Described = tuple[str, dict[str, Any]]
_NOWHERE = Spot((), "", "")


def _problem(rule: str, error: GraphQLError, spots: Mapping[int, Spot]) -> Problem:
    nodes = error.nodes or []
    node = nodes[0] if nodes else None
    spot = spots.get(id(node), _NOWHERE)
    describe = _DESCRIBED.get(rule)
    if describe is None or node is None:
        code = rule.removesuffix("Rule")
        message, extensions = error.message, {"code": code[:1].lower() + code[1:]}
    else:
        message, extensions = describe(node, spot, error)
    path = _path(rule, spot, nodes, spots)
    return {
        "message": message,
        "locations": locations_of(node),
        "path": path,
        "extensions": extensions,
    }


def _path(rule: str, spot: Spot, nodes: Sequence[Node], spots: Mapping[int, Spot]) -> list[str]:
    if rule == "NoUndefinedVariablesRule" and len(nodes) > 1:
        return list(spot.path) or list(spots.get(id(nodes[1]), _NOWHERE).path)
    return list(spot.path)


def _undefined_field(node: Node, spot: Spot, _error: GraphQLError) -> Described:
    node = cast(FieldNode, node)
    name = node.name.value
    return (
        f"Field '{name}' doesn't exist on type '{spot.parent_type}'",
        {"code": "undefinedField", "typeName": spot.parent_type, "fieldName": name},
    )


def _undefined_directive(node: Node, spot: Spot, error: GraphQLError) -> Described:
    node = cast(DirectiveNode, node)
    name = node.name.value
    if "Unknown directive" not in error.message:
        return (
            f"'@{name}' can't be applied to {spot.path[-1] if spot.path else 'this'}",
            {"code": "directiveCannotBeApplied", "targetName": name},
        )
    return (
        f"Directive @{name} is not defined",
        {"code": "undefinedDirective", "directiveName": name},
    )


def _missing_arguments(node: Node, spot: Spot, _error: GraphQLError) -> Described:
    kind = "Directive" if isinstance(node, DirectiveNode) else "Field"
    name = cast(DirectiveNode | FieldNode, node).name.value
    missing = ", ".join(spot.missing)
    return (
        f"{kind} '{name}' is missing required arguments: {missing}",
        {
            "code": "missingRequiredArguments",
            "className": kind,
            "name": name,
            "arguments": missing,
        },
    )


def _unknown_argument(node: Node, spot: Spot, error: GraphQLError) -> Described:
    node = cast(ArgumentNode, node)
    name = node.name.value
    is_directive = "directive" in error.message
    kind = "Directive" if is_directive else "Field"
    owner = _quoted(error.message)[-1] if is_directive else spot.path[-2]
    return (
        f"{kind} '{owner.lstrip('@')}' doesn't accept argument '{name}'",
        {
            "code": "argumentNotAccepted",
            "name": owner.lstrip("@"),
            "typeName": kind,
            "argumentName": name,
        },
    )


def _incompatible_literal(node: Node, spot: Spot, error: GraphQLError) -> Described:
    argument = spot.path[-1] if spot.path else ""
    field = spot.path[-2] if len(spot.path) > 1 else ""
    expected = _quoted(error.message)
    wanted = f" Expected type '{expected[0]}'." if expected else ""
    message = f"Argument '{argument}' on Field '{field}' has an invalid value ({print_ast(node)})."
    return (
        message + wanted,
        {
            "code": "argumentLiteralsIncompatible",
            "typeName": "Field",
            "argumentName": argument,
        },
    )


def _no_selections(node: Node, spot: Spot, error: GraphQLError) -> Described:
    name = node.name.value if isinstance(node, FieldNode) else spot.path[-1]
    type_name = (spot.field_type or _quoted(error.message)[-1]).strip("[]!")
    if "must not have a selection" in error.message:
        message = (
            f"Selections can't be made on scalars (field '{name}' returns {type_name} but has "
            "selections)"
        )
    else:
        message = (
            f"Field must have selections (field '{name}' returns {type_name} but has no "
            f"selections. Did you mean '{name} {{ ... }}'?)"
        )
    return (
        message,
        {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": type_name},
    )


def _unused_variable(node: Node, spot: Spot, _error: GraphQLError) -> Described:
    node = cast(VariableDefinitionNode, node)
    name = node.variable.name.value
    owner = spot.path[0].partition(" ")[2] if spot.path else ""
    return (
        f"Variable ${name} is declared by {owner or 'anonymous query'} but not used",
        {"code": "variableNotUsed", "variableName": name},
    )


def _undefined_variable(node: Node, spot: Spot, _error: GraphQLError) -> Described:
    node = cast(VariableNode, node)
    name = node.name.value
    owner = spot.path[0].partition(" ")[2] if spot.path else ""
    return (
        f"Variable ${name} is used by {owner or 'anonymous query'} but not declared",
        {"code": "variableNotDefined", "variableName": name},
    )


def _variable_mismatch(node: Node, _spot: Spot, error: GraphQLError) -> Described:
    node = cast(VariableDefinitionNode, node)
    name = node.variable.name.value
    quoted = _quoted(error.message)
    declared, expected = quoted[1:3] if len(quoted) >= 3 else ("", "")
    return (
        f"Type mismatch on variable ${name} ({declared} / {expected})",
        {
            "code": "variableMismatch",
            "variableName": name,
            "typeName": declared,
            "errorMessage": "Type mismatch",
        },
    )


def _quoted(message: str) -> list[str]:
    return re.findall(r"['\"]\$?([^'\"]+)['\"]", message)


_DESCRIBED: dict[str, Callable[[Node, Spot, GraphQLError], Described]] = {
    "FieldsOnCorrectTypeRule": _undefined_field,
    "KnownDirectivesRule": _undefined_directive,
    "ProvidedRequiredArgumentsRule": _missing_arguments,
    "KnownArgumentNamesRule": _unknown_argument,
    "ValuesOfCorrectTypeRule": _incompatible_literal,
    "ScalarLeafsRule": _no_selections,
    "NoUnusedVariablesRule": _unused_variable,
    "NoUndefinedVariablesRule": _undefined_variable,
    "VariablesInAllowedPositionRule": _variable_mismatch,
}
