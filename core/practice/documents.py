"""Documents that were asked before: parsed, checked, estimated and compiled once.

What is remembered depends on the schema and the text alone, so all shops of a process share it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from core.practice.compiled import CompiledQuery, compile_query
from core.practice.cost import Estimate, Estimator
from core.practice.validation import InvalidDocument, read_document

REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """What one operation of a document is, whatever the variables."""

    estimate: Estimate
    compiled: CompiledQuery | None


@dataclass
class KnownDocument:
    """A document, or (None) the `errors` that are the answer to it."""

    document: DocumentNode | None
    problems: list[dict[str, Any]] = field(default_factory=list)
    operations: dict[str | None, KnownOperation] = field(default_factory=dict)


class Documents:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._estimator = Estimator(schema)
        self._known: OrderedDict[str, KnownDocument] = OrderedDict()

    def read(self, text: str) -> KnownDocument:
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        try:
            known = KnownDocument(read_document(self._schema, text))
        except InvalidDocument as invalid:
            known = KnownDocument(None, invalid.problems)
        self._known[text] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def operation(
        self, known: KnownDocument, document: DocumentNode, operation: OperationDefinitionNode
    ) -> KnownOperation:
        """`operation` is one of `document`, which is the one of `known`."""
        name = operation.name.value if operation.name else None
        found = known.operations.get(name)
        if found is None:
            found = known.operations[name] = KnownOperation(
                self._estimator.estimate(document, operation),
                compile_query(self._schema, document, operation),
            )
        return found


@cache
def documents_of(schema: GraphQLSchema) -> Documents:
    return Documents(schema)
