"""The access scopes we ask for, and how a granted list is read (facts.md §1.3)."""

from __future__ import annotations

from collections.abc import Collection

NEEDED = ("write_inventory", "read_inventory", "read_products", "read_locations")
"""The four scopes that the set-up guide names. Without any one of them nothing is connected."""


def is_granted(scope: str, granted: Collection[str]) -> bool:
    """write_x includes read_x, so a granted list may show the write scope only."""
    if scope in granted:
        return True
    return scope.startswith("read_") and "write_" + scope.removeprefix("read_") in granted


def missing(granted: Collection[str]) -> tuple[str, ...]:
    return tuple(scope for scope in NEEDED if not is_granted(scope, granted))
