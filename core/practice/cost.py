"""What a document costs, and the bucket it is paid from (facts.md §3).

    scalar 0 · object 1 · plain list of objects as one object, whatever its length
    interface or union: its dearest branch · mutation 10, its payload's direct fields 0
    connection(first: n) = 2 + g(n) · node,  g(n) = max(1, ⌊2·ln n⌋), g(0) = 0

The requested cost is known before running (n = first or last); the actual one counts what came
back, and the difference is refunded. For the actual cost the recorded answers fit the same rule
with 2·ln n not rounded down, and the sum rounded down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
)
from graphql.language import BooleanValueNode, ValueNode
from graphql.type import get_nullable_type

from core.clock import Clock

MUTATION = 10
MAX_QUERY_COST = 1000
HAND_SET = {"hasUnfulfilledOrders": 1}
COUNT_COST = 10
FREE_TYPES = frozenset({"MoneyV2", "PageInfo"})

Variables = Mapping[str, Any]


def connection_steps(count: int) -> int:
    return max(1, math.floor(2 * math.log(count))) if count > 0 else 0


def actual_steps(count: int) -> float:
    return max(1.0, 2 * math.log(count)) if count > 0 else 0.0


@dataclass(slots=True)
class Part:
    """One field that can cost something."""

    key: str
    own: int
    nodes: Sequence[FieldNode]
    is_connection: bool = False
    branches: Sequence[Sequence[Part]] = ()
    """The parts below, for each object type that may stand here and has any."""

    def requested(self, variables: Variables) -> int:
        if not _included(self.nodes, variables):
            return 0
        if not self.is_connection:
            return self.own + self._dearest(variables)
        return 2 + connection_steps(_page_size(self.nodes[0], variables)) * self._dearest(variables)

    def _dearest(self, variables: Variables) -> int:
        return max(
            (sum(part.requested(variables) for part in branch) for branch in self.branches),
            default=0,
        )

    def actual(self, data: Any) -> float:
        if data is None:
            return 0
        if isinstance(data, list):
            return self._actual_of_list(data)
        if not self.is_connection:
            return self.own + self._below(data) if self.branches else self.own
        rows = (
            data.get("nodes")
            or data.get("edges")
            or next((value for value in data.values() if isinstance(value, list)), [])
        )
        return 2 + actual_steps(len(rows)) * self._below(data)

    def _actual_of_list(self, rows: Sequence[Any]) -> float:
        if not rows:
            return self.own
        if not self.branches and not self.is_connection:
            return self.own if any(each is not None for each in rows) else 0
        dearest: float = 0
        for each in rows:
            cost = self.actual(each)
            if cost > dearest:
                dearest = cost
        return dearest

    def _below(self, data: Mapping[str, Any]) -> float:
        dearest: float = 0
        for branch in self.branches:
            total: float = 0
            for part in branch:
                value = data.get(part.key)
                if value is not None:
                    total += part.actual(value)
            if total > dearest:
                dearest = total
        return dearest


def _included(nodes: Sequence[FieldNode], variables: Variables) -> bool:
    return any(_node_included(node, variables) for node in nodes)


def _node_included(node: FieldNode, variables: Variables) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name not in ("skip", "include") or not directive.arguments:
            continue
        if bool(_value(directive.arguments[0].value, variables)) is (name == "skip"):
            return False
    return True


def _value(node: ValueNode | None, variables: Variables) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, IntValueNode):
        return int(node.value)
    return node.value if isinstance(node, BooleanValueNode) else None


def _page_size(node: FieldNode, variables: Variables) -> int:
    sizes = {
        argument.name.value: _value(argument.value, variables)
        for argument in node.arguments or ()
        if argument.name.value in ("first", "last")
    }
    size = sizes.get("first") or sizes.get("last") or 0
    return size if isinstance(size, int) else 0


@dataclass
class Estimate:
    """The costs of one operation of a validated document."""

    parts: Sequence[Part]

    def requested(self, variables: Variables) -> int:
        return sum(part.requested(variables) for part in self.parts)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """What was used. A mutation costs its 10 points even if it came to nothing."""
        total = 0.0
        for part in self.parts:
            value = (data or {}).get(part.key)
            total += part.actual(value) if value is not None else (part.own if part.own > 1 else 0)
        return math.floor(total)


class Estimator:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def estimate(self, document: DocumentNode, operation: OperationDefinitionNode) -> Estimate:
        fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        is_mutation = operation.operation is OperationType.MUTATION
        root = self._schema.mutation_type if is_mutation else self._schema.query_type
        if root is None:
            return Estimate([])
        walk = _Walk(self._schema, fragments)
        if not is_mutation:
            return Estimate(walk.parts(root, [operation.selection_set]))
        payloads = walk.parts(root, [operation.selection_set])
        for payload in payloads:
            payload.own = MUTATION
            for branch in payload.branches:
                for part in branch:
                    part.own = 0
        return Estimate(payloads)


@dataclass
class _Walk:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def parts(
        self, parent: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> list[Part]:
        found: dict[str, list[FieldNode]] = {}
        for selection in selections:
            self._collect(parent, selection, found)
        made = (self._part(parent, key, nodes) for key, nodes in found.items())
        return [part for part in made if part is not None]

    def _collect(
        self,
        parent: GraphQLObjectType,
        selections: SelectionSetNode,
        found: dict[str, list[FieldNode]],
    ) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition, below = fragment.type_condition, fragment.selection_set
                if self._fits(parent, condition.name.value):
                    self._collect(parent, below, found)
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                if on is None or self._fits(parent, on.name.value):
                    self._collect(parent, node.selection_set, found)

    def _fits(self, parent: GraphQLObjectType, name: str) -> bool:
        condition = self.schema.type_map[name]
        if condition is parent:
            return True
        return is_abstract_type(condition) and self.schema.is_sub_type(condition, parent)

    def _part(self, parent: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Part | None:
        name = nodes[0].name.value
        definition = parent.fields.get(name)
        if definition is None:
            return None  # __typename and the introspection roots
        named = get_named_type(definition.type)
        if name in HAND_SET:
            return Part(key, HAND_SET[name], nodes)
        if named.name == "Count":
            return Part(key, COUNT_COST, nodes)
        if not (is_object_type(named) or is_abstract_type(named)):
            return None
        below = [node.selection_set for node in nodes if node.selection_set]
        types: Sequence[GraphQLObjectType]
        types = self.schema.get_possible_types(named) if is_abstract_type(named) else [named]  # type: ignore[list-item]
        is_connection = named.name.endswith("Connection")
        own = 0 if self._is_free(named.name, nullable=get_nullable_type(definition.type)) else 1
        return Part(
            key,
            own,
            nodes,
            is_connection,
            [branch for each in types if (branch := self.parts(each, below))],
        )

    @staticmethod
    def _is_free(name: str, *, nullable: object) -> bool:
        """Edges are only the way to their nodes."""
        return name in FREE_TYPES or (name.endswith("Edge") and is_list_type(nullable))


@dataclass
class Bucket:
    """A leaky bucket of points: `restore_rate` a second, up to `maximum`."""

    clock: Clock
    maximum: float = 2000
    restore_rate: float = 100
    drain_rate: Callable[[], float] = lambda: 0.0
    """Points a second that somebody else uses."""
    _level: float = field(init=False)
    _seen: float = field(init=False)

    def __post_init__(self) -> None:
        self._level = self.maximum
        self._seen = self.clock.monotonic()

    def available(self) -> float:
        now = self.clock.monotonic()
        rate = self.restore_rate - self.drain_rate()
        self._level = min(self.maximum, max(0.0, self._level + (now - self._seen) * rate))
        self._seen = now
        return self._level

    def take(self, points: float) -> bool:
        """Pay, or say that the bucket does not hold that much."""
        if self.available() < points:
            return False
        self._level -= points
        return True

    def refund(self, points: float) -> None:
        self._level = min(self.maximum, self.available() + points)

    def drain(self, points: float) -> None:
        self._level = max(0.0, self.available() - points)

    def status(self) -> dict[str, int]:
        return {
            "maximumAvailable": int(self.maximum),
            "currentlyAvailable": int(self.available()),
            "restoreRate": int(self.restore_rate),
        }
