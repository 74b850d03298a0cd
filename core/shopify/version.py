"""The version of the Admin API that every document here was written for. Nothing else names one."""

from __future__ import annotations

from datetime import date, timedelta

API_VERSION = "2026-10"

SUPPORTED_UNTIL = date(2027, 10, 1)
"""Shopify answers a version for at least twelve months; after that an older or newer one answers
in its place without an error (facts.md §2)."""

WARN_BEFORE = timedelta(days=90)


def days_left(today: date) -> int:
    """Days until the version may be withdrawn; negative afterwards."""
    return (SUPPORTED_UNTIL - today).days


def ends_soon(today: date) -> bool:
    return days_left(today) <= WARN_BEFORE.days
