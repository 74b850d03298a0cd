"""A GraphQL request from its text to its answer, in the steps a shop takes.

    prepare   parse, validate, pick the operation, check the variables    (free of points)
    charge    sizes of lists, cost against the limit and the bucket       (nothing has run)
    run       execute synchronously, refund what was not used

Between charge and run a request may be made to wait; everything else happens without a pause, so
that one request never sees half of another.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    execute_sync,
)

from core.practice.compiled import CompiledQuery
from core.practice.context import Context
from core.practice.cost import MAX_QUERY_COST, Bucket, Estimate
from core.practice.documents import documents_of
from core.practice.mutations import BrokenWrite
from core.practice.variables import MAX_INPUT_SIZE, oversized, variable_errors

log = logging.getLogger(__name__)

Body = dict[str, Any]
RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"


class Refused(Exception):
    """The request ends here with this answer; nothing was carried out."""

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.body = body


@dataclass(frozen=True, slots=True)
class Prepared:
    document: DocumentNode
    operation: OperationDefinitionNode
    estimate: Estimate
    compiled: CompiledQuery | None
    variables: Mapping[str, Any]
    operation_name: str | None
    requested: int

    @property
    def is_write(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    @property
    def roots(self) -> Sequence[FieldNode]:
        return [n for n in self.operation.selection_set.selections if isinstance(n, FieldNode)]

    def keys(self) -> list[str]:
        """The idempotency keys that the root fields carry."""
        found = []
        for root in self.roots:
            for directive in root.directives or ():
                if directive.name.value == "idempotent" and directive.arguments:
                    value = directive.arguments[0].value
                    key = (
                        self.variables.get(value.name.value)
                        if isinstance(value, VariableNode)
                        else getattr(value, "value", None)
                    )
                    if isinstance(key, str):
                        found.append(key)
        return found


class Executor:
    def __init__(self, schema: GraphQLSchema, bucket: Bucket) -> None:
        self.schema = schema
        self.bucket = bucket
        self._documents = documents_of(schema)

    def prepare(
        self, text: str, variables: Mapping[str, Any], operation_name: str | None
    ) -> Prepared:
        """Raises Refused with validation errors, which carry no cost."""
        read = self._documents.read(text)
        if read.document is None:
            raise Refused({"errors": read.problems})
        operation = _pick(read.document, operation_name)
        errors = variable_errors(self.schema, operation, variables)
        if errors:
            raise Refused({"errors": errors})
        known = self._documents.operation(read, read.document, operation)
        requested = known.estimate.requested(_with_defaults(operation, variables))
        return Prepared(
            read.document,
            operation,
            known.estimate,
            known.compiled,
            variables,
            operation_name,
            requested,
        )

    def charge(self, prepared: Prepared, *, throttle: bool = False) -> None:
        """Take the points. Raises Refused where the request is too big, too dear, or too early.

        `throttle` refuses it as too early whatever the bucket holds.
        """
        error = _too_many(prepared) or _too_dear(prepared)
        if error is None and (throttle or not self.bucket.take(prepared.requested)):
            error = _throttled()
        if error is not None:
            raise Refused({"errors": [error], "extensions": {"cost": self._cost(prepared, None)}})

    def run(self, prepared: Prepared, context: Context, request_id: str) -> Body:
        result = self._result(prepared, context)
        if any(_is_ours(error) for error in result.errors or ()):
            _report(result)
            self.bucket.refund(prepared.requested)
            return internal_error(request_id)
        actual = min(prepared.estimate.actual(result.data), prepared.requested)
        self.bucket.refund(prepared.requested - actual)
        body: Body = {}
        if result.errors:
            body["errors"] = [_format(error) for error in result.errors]
        body["data"] = result.data
        body["extensions"] = {"cost": self._cost(prepared, actual)}
        if context.search:
            body["extensions"]["search"] = context.search
        return body

    def _result(self, prepared: Prepared, context: Context) -> ExecutionResult:
        if prepared.compiled is not None:
            try:
                return ExecutionResult(prepared.compiled.run(context, prepared.variables))
            except Exception:  # noqa: BLE001 - graphql-core meets it again, and says where
                context.search.clear()
        return execute_sync(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=dict(prepared.variables),
            operation_name=prepared.operation_name,
        )

    def _cost(self, prepared: Prepared, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": prepared.requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }


def internal_error(request_id: str) -> Body:
    message = (
        "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {request_id} (include this in support requests)."
    )
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return {"errors": [{"message": message, "extensions": extensions}], "data": None}


def _is_ours(error: GraphQLError) -> bool:
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


def _report(result: ExecutionResult) -> None:
    """A broken write is a fault that was asked for; anything else is a mistake in this room."""
    for error in result.errors or ():
        if _is_ours(error) and not isinstance(error.original_error, BrokenWrite):
            log.error("the practice shop broke", exc_info=error.original_error)


def _format(error: GraphQLError) -> dict[str, Any]:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    shown: dict[str, Any] = {"message": error.message, "locations": places}
    if error.extensions:
        shown["extensions"] = dict(error.extensions)
    if error.path:
        shown["path"] = list(error.path)
    return shown


def _pick(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name:
        for each in operations:
            if each.name and each.name.value == name:
                return each
        raise Refused({"errors": [{"message": f'No operation named "{name}"'}]})
    if len(operations) != 1:
        raise Refused({"errors": [{"message": "An operation name is required"}]})
    return operations[0]


def _with_defaults(
    operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Variables as far as costs need them: whole numbers and flags."""
    found: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        default = getattr(definition.default_value, "value", None)
        if isinstance(default, str):
            default = int(default) if default.lstrip("-").isdigit() else None
        if default is not None:
            found[definition.variable.name.value] = default
    return found | dict(variables)


def _too_many(prepared: Prepared) -> dict[str, Any] | None:
    for root in prepared.roots:
        for argument in root.arguments or ():
            path = (root.alias.value if root.alias else root.name.value, argument.name.value)
            value: Any = None
            if isinstance(argument.value, VariableNode):
                value = prepared.variables.get(argument.value.name.value)
            elif isinstance(argument.value, ListValueNode):
                value = [None] * len(argument.value.values)
            found = oversized(value, path)
            if found is None:
                continue
            return {
                "message": f"The input array size of {found[1]} is greater than the maximum "
                f"allowed of {MAX_INPUT_SIZE}.",
                "path": list(found[0]),
                "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
            }
    return None


def _too_dear(prepared: Prepared) -> dict[str, Any] | None:
    if prepared.requested <= MAX_QUERY_COST:
        return None
    return {
        "message": f"Query cost is {prepared.requested}, which exceeds the single query max cost "
        f"limit ({MAX_QUERY_COST}).",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": prepared.requested,
            "maxCost": MAX_QUERY_COST,
            "documentation": RATE_LIMITS,
        },
    }


def _throttled() -> dict[str, Any]:
    return {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": RATE_LIMITS},
    }
