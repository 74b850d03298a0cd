"""Bulk operations: queries that run by themselves and leave a file (facts.md §6).

An operation gets on while somebody looks: each look makes the rows that it would have made by now
at its pace. So it needs no task of its own, one look never holds the shop up for long, and a test
that owns the clock sees the same every time. Rows are read when they are made: a result is no
picture of one moment, here as on a real shop.

The file lies at its own signed address and is given to whoever has that address. A token that comes
along with such a request is counted: it should never have been sent there.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from core.practice.bulk_rows import Line, NotServed, Resolver, Rows
from core.practice.bulk_rules import Rejected, read_bulk_query
from core.practice.context import Context, context_of
from core.practice.faults import Faults
from core.practice.identifiers import gid, number_of, stamp
from core.practice.listings import search_of
from core.practice.paging import Page, paginate
from core.practice.search import Field

AT_ONCE = 5
FIRST_NUMBER = 7_689_772_990_770
SHORTEST_SECONDS = 1.0
URL_SECONDS = 7 * 24 * 3600
PATH = "/bulk-operation-outputs/"

UNFINISHED = ("CREATED", "RUNNING", "CANCELING")

Answer = dict[str, Any]


@dataclass(eq=False)
class Operation:
    number: int
    query: str
    created_at: float
    lines: Iterator[Line]
    status: str = "CREATED"
    error: str | None = None
    completed_at: float | None = None
    objects: int = 0
    roots: int = 0
    content: bytearray = field(default_factory=bytearray, repr=False)
    name: str = ""
    is_partial: bool = False

    @property
    def id(self) -> str:
        return gid("BulkOperation", self.number)

    def take(self, line: Line) -> None:
        self.content += line.text
        self.objects += 1
        self.roots += line.is_root


class BulkDesk:
    """The operations of one app at one shop."""

    def __init__(
        self,
        schema: GraphQLSchema,
        resolvers: Mapping[str, Mapping[str, Resolver]],
        now: Callable[[], float],
        rng: random.Random,
        faults: Faults,
    ) -> None:
        self._schema = schema
        self._resolvers = resolvers
        self._now = now
        self._rng = rng
        self._faults = faults
        self._secret = rng.randbytes(32)
        self._operations: list[Operation] = []

    # -- what the API does -----------------------------------------------------------------------

    def run(self, context: Context, text: str, *, grouped: bool) -> Answer:
        try:
            query = read_bulk_query(self._schema, text)
        except Rejected as rejected:
            return _refused(*((["query"], said, "INVALID") for said in rejected.messages))
        running = [each.id for each in self.operations() if each.status in UNFINISHED]
        if len(running) >= AT_ONCE:
            said = (
                "A bulk query operation for this app and shop is already in progress: "
                f"{', '.join(running)}."
            )
            return _refused((None, said, "OPERATION_IN_PROGRESS"))
        rows = Rows(self._schema, self._resolvers, query, context)
        operation = Operation(
            number=FIRST_NUMBER + len(self._operations) * 32_768,
            query=text,
            created_at=self._now(),
            lines=rows.lines(grouped=grouped, rng=self._rng),
            name=f"{self._rng.getrandbits(128):032x}-final",
        )
        self._operations.append(operation)
        return {"bulkOperation": operation, "userErrors": []}

    def cancel(self, operation_id: str) -> Answer:
        operation = self.find(operation_id)
        if operation is None:
            return _cancel_refused(None, "Bulk operation does not exist")
        if operation.status not in UNFINISHED:
            said = f"A bulk operation cannot be canceled when it is {operation.status.lower()}"
            return _cancel_refused(operation, said)
        operation.status = "CANCELING"
        return {"bulkOperation": operation, "userErrors": []}

    def find(self, operation_id: str) -> Operation | None:
        number = number_of("BulkOperation", operation_id)
        return next((each for each in self.operations() if each.number == number), None)

    def operations(self) -> list[Operation]:
        """As they are now, oldest first."""
        for operation in self._operations:
            self._get_on(operation)
        return self._operations

    # -- how an operation gets on -----------------------------------------------------------------

    def _get_on(self, operation: Operation) -> None:
        now = self._now()
        if operation.status == "COMPLETED" and now >= (operation.completed_at or 0) + URL_SECONDS:
            operation.status = "EXPIRED"
            operation.content.clear()
        if now <= operation.created_at or operation.status not in UNFINISHED:
            return
        if operation.status == "CANCELING":
            operation.status = "CANCELED"
            return
        operation.status = "RUNNING"
        self._make_rows(operation, now)

    def _make_rows(self, operation: Operation, now: float) -> None:
        goal = int((now - operation.created_at) * self._faults.bulk_pace)
        breaks_at = self._faults.bulk_fails_after
        try:
            while operation.objects < goal:
                if 0 <= breaks_at <= operation.objects:
                    self._end(operation, "FAILED", "INTERNAL_SERVER_ERROR")
                    return
                line = next(operation.lines, None)
                if line is None:
                    if now >= operation.created_at + SHORTEST_SECONDS:
                        self._end(operation, "COMPLETED")
                    return
                operation.take(line)
        except GraphQLError:
            self._end(operation, "FAILED", "ACCESS_DENIED")
        except NotServed:
            self._end(operation, "FAILED", "INTERNAL_SERVER_ERROR")

    def _end(self, operation: Operation, status: str, error: str | None = None) -> None:
        operation.status = status
        operation.error = error
        operation.is_partial = error is not None
        operation.completed_at = self._now()
        operation.lines = iter(())

    # -- the file ---------------------------------------------------------------------------------

    def address(self, operation: Operation, base: str) -> str | None:
        """Where the result lies, or None: not yet, no rows, or no longer."""
        if operation.completed_at is None or not operation.content:
            return None
        expires = int(operation.completed_at) + URL_SECONDS
        signature = self._signature(operation.name, expires)
        return (
            f"{base}{PATH}{operation.name}?Expires={expires}&Signature={signature}"
            "&response-content-type=application%2Fjsonl"
        )

    def file(self, name: str, expires: str, signature: str) -> memoryview | None:
        """The content of a signed address that still holds; else None."""
        if not expires.isdigit() or self._now() >= int(expires):
            return None
        if not hmac.compare_digest(self._signature(name, int(expires)), signature):
            return None
        for operation in self._operations:
            if operation.name == name:
                return memoryview(bytes(operation.content))
        return None

    def _signature(self, name: str, expires: int) -> str:
        return hmac.new(self._secret, f"{name}:{expires}".encode(), hashlib.sha256).hexdigest()


def _refused(*errors: tuple[list[str] | None, str, str]) -> Answer:
    shown = [{"field": where, "message": said, "code": code} for where, said, code in errors]
    return {"bulkOperation": None, "userErrors": shown}


def _cancel_refused(operation: Operation | None, said: str) -> Answer:
    return {"bulkOperation": operation, "userErrors": [{"field": ["id"], "message": said}]}


# -- resolvers ------------------------------------------------------------------------------------

_FILTERS = {
    "created_at": Field("date", lambda operation: int(operation.created_at)),
    "id": Field("number", lambda operation: operation.number),
    "operation_type": Field("text", lambda _operation: "query"),
    "status": Field("text", lambda operation: operation.status),
    "type": Field("text", lambda _operation: "query"),
}


def _run(_root: Any, info: Any, query: str, groupObjects: bool) -> Answer:  # noqa: N803
    context = context_of(info)
    return context.bulk.run(context, query, grouped=groupObjects)


def _listed(_root: Any, info: Any, **args: Any) -> Page:
    """Newest first, unless reversed: that is the order in which a real shop lists them."""
    context = context_of(info)
    found = search_of(context, info, args, _FILTERS)
    by_end = args.get("sortKey") == "COMPLETED_AT"
    rows = list(context.bulk.operations())
    if by_end:
        rows.sort(key=lambda each: (str(each.completed_at or 0), each.number))
    window = {name: args.get(name) for name in ("first", "after", "last", "before")}
    return paginate(
        rows,
        identify=lambda each: each.number,
        value=(lambda each: str(each.completed_at or 0)) if by_end else None,
        keep=found.matches if found else None,
        reverse=not args.get("reverse"),
        **window,
    )


def _url(operation: Operation, info: Any, *, partial: bool) -> str | None:
    context = context_of(info)
    if operation.is_partial is not partial:
        return None
    return context.bulk.address(operation, context.address)


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else stamp(int(seconds))


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "BulkOperation": {
        "completedAt": lambda o, _i: _moment(o.completed_at),
        "createdAt": lambda o, _i: _moment(o.created_at),
        "errorCode": lambda o, _i: o.error,
        "fileSize": lambda o, _i: (
            str(len(o.content)) if o.completed_at is not None and o.content else None
        ),
        "id": lambda o, _i: o.id,
        "objectCount": lambda o, _i: str(o.objects),
        "partialDataUrl": lambda o, info: _url(o, info, partial=True),
        "query": lambda o, _i: o.query,
        "rootObjectCount": lambda o, _i: str(o.roots),
        "status": lambda o, _i: o.status,
        "type": lambda _o, _i: "QUERY",
        "url": lambda o, info: _url(o, info, partial=False),
    },
    "QueryRoot": {
        "bulkOperation": lambda _r, info, id: context_of(info).bulk.find(id),  # noqa: A006
        "bulkOperations": _listed,
    },
    "Mutation": {
        "bulkOperationCancel": lambda _r, info, id: context_of(info).bulk.cancel(id),  # noqa: A006
        "bulkOperationRunQuery": _run,
    },
}

FROM_MAPPINGS = frozenset(
    {"BulkOperationCancelPayload", "BulkOperationRunQueryPayload", "BulkOperationUserError"}
)
