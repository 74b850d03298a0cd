"""Shopify's global ids and whole-second timestamps, read and written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([^/?\s]+)(?:\?(\S*))?")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def split_gid(text: str) -> tuple[str, int] | None:
    """`(kind, number)`, or None where the text is no global id of a numbered thing."""
    found = _GID.fullmatch(text)
    if found is None or not found[2].isascii() or not found[2].isdigit():
        return None
    return found[1], int(found[2])


def is_gid(text: str) -> bool:
    return _GID.fullmatch(text) is not None


def number_of(kind: str, text: str) -> int | None:
    found = split_gid(text)
    return found[1] if found and found[0] == kind else None


def level_gid(level_number: int, item_number: int) -> str:
    return f"gid://shopify/InventoryLevel/{level_number}?inventory_item_id={item_number}"


def split_level_gid(text: str) -> tuple[int, int] | None:
    """`(number of the location's levels, item number)`."""
    found = _GID.fullmatch(text)
    if found is None or found[1] != "InventoryLevel" or not found[2].isdigit():
        return None
    query = (found[3] or "").removeprefix("inventory_item_id=")
    return (int(found[2]), int(query)) if query.isascii() and query.isdigit() else None


@lru_cache(maxsize=4096)
def stamp(epoch: int) -> str:
    """`2026-11-23T10:00:00Z`, as Shopify writes times: whole seconds, UTC (facts.md §5.3)."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
