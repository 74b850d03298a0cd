"""Connections: pages by cursors that hold an id, as Shopify's do (facts.md §5.3).

Rows are neither skipped nor repeated when quantities change between two pages, because the order
does not depend on them.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 250
MAX_REACHABLE = 25_000

Sort = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    node: Any


@dataclass(frozen=True, slots=True)
class Page:
    nodes: Sequence[Any]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    @property
    def edges(self) -> list[Edge]:
        return [Edge(c, n) for c, n in zip(self.cursors, self.nodes, strict=True)]


def cursor(last_id: int, last_value: Any) -> str:
    text = json.dumps({"last_id": last_id, "last_value": str(last_value)}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _read_cursor(text: str) -> tuple[int, str]:
    try:
        found = json.loads(base64.b64decode(text, validate=True))
        return int(found["last_id"]), str(found["last_value"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise refuse(f"Invalid cursor for current pagination sort: {text}") from None


def refuse(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _sizes(first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise refuse("you must provide one of first or last")
    for name, size in (("first", first), ("last", last)):
        if size is not None and size > MAX_PAGE:
            raise refuse(f"{name} cannot exceed {MAX_PAGE}")
        if size is not None and size < 0:
            raise refuse(f"{name} cannot be less than zero")


def paginate(
    rows: Sequence[Any],
    *,
    identify: Callable[[Any], int],
    value: Callable[[Any], Any] | None = None,
    keep: Callable[[Any], bool] | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    reverse: bool | None = False,
) -> Page:
    """A page of `rows`, which are in order of (`value`, `identify`); `keep` filters them.

    Only as many rows are looked at as the page needs. Raises GraphQLError on arguments that a shop
    refuses.
    """
    _sizes(first, last)
    sort: Sort = identify if value is None else lambda row: (value(row), identify(row))
    if reverse:
        rows = rows[::-1]

    def bound(text: str) -> Any:
        number, name = _read_cursor(text)
        return number if value is None else (name, number)

    low, high = 0, len(rows)
    if after is not None:
        low = _place(rows, sort, bound(after), right=True, reverse=bool(reverse))
    if before is not None:
        high = _place(rows, sort, bound(before), right=False, reverse=bool(reverse))
    _check_reach(rows, low, keep)

    if first is not None:
        found, more = _take(rows, range(low, high), first, keep)
        has_next = more or (before is not None and _any(rows, range(high, len(rows)), keep))
        has_previous = after is not None and _any(rows, range(low - 1, -1, -1), keep)
    else:
        found, more = _take(rows, range(high - 1, low - 1, -1), last or 0, keep)
        found.reverse()
        has_previous = more or (after is not None and _any(rows, range(low - 1, -1, -1), keep))
        has_next = before is not None and _any(rows, range(high, len(rows)), keep)
    cursors = [cursor(identify(row), (value or identify)(row)) for row in found]
    return Page(found, cursors, has_next, has_previous)


def _place(rows: Sequence[Any], sort: Sort, at: Any, *, right: bool, reverse: bool) -> int:
    if not reverse:
        place = bisect.bisect_right if right else bisect.bisect_left
        return place(rows, at, key=sort)
    # Descending: count what stands before the cursor from the other end.
    ascending = rows[::-1]
    place = bisect.bisect_left if right else bisect.bisect_right
    return len(rows) - place(ascending, at, key=sort)


def _take(
    rows: Sequence[Any], places: range, size: int, keep: Callable[[Any], bool] | None
) -> tuple[list[Any], bool]:
    found: list[Any] = []
    for at in places:
        row = rows[at]
        if keep is not None and not keep(row):
            continue
        if len(found) == size:
            return found, True
        found.append(row)
    return found, False


def _any(rows: Sequence[Any], places: range, keep: Callable[[Any], bool] | None) -> bool:
    return any(keep is None or keep(rows[at]) for at in places)


def _check_reach(rows: Sequence[Any], low: int, keep: Callable[[Any], bool] | None) -> None:
    """At most 25,000 objects of one listing can be reached (facts.md §3.4)."""
    if low < MAX_REACHABLE:
        return
    passed = low if keep is None else sum(1 for row in rows[:low] if keep(row))
    if passed >= MAX_REACHABLE:
        raise refuse(f"You cannot page beyond the {MAX_REACHABLE}th object of a listing.")
