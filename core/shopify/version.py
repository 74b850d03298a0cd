"""The version of the Admin API that every document here was written for, and how long it lasts.
Nothing else names one.
"""

from __future__ import annotations

from datetime import date, timedelta

from core.errors import N_, NN_
from core.model import Finding, Verdict

API_VERSION = "2026-10"

SUPPORTED_SINCE = date(2026, 10, 1)

SUPPORTED_UNTIL = date(2027, 10, 1)
"""Shopify answers a version for at least twelve months; after that an older or newer one answers
in its place without an error (facts.md §2)."""

WARN_BEFORE = timedelta(days=90)

_UPDATE = N_("Update dextre-sync before that day.")
_UPDATE_NOW = N_("Update dextre-sync; nothing is written once another version answers.")


def days_left(today: date) -> int:
    """Days until the version may be withdrawn; negative afterwards."""
    return (SUPPORTED_UNTIL - today).days


def ends_soon(today: date) -> bool:
    return days_left(today) <= WARN_BEFORE.days


def version_finding(today: date) -> Finding:
    """The line of a check: served, ending soon, or past its end."""
    left = days_left(today)
    params: dict[str, str | int] = {
        "version": API_VERSION,
        "until": SUPPORTED_UNTIL.isoformat(),
        "days": abs(left),
    }
    if left < 0:
        message: str = NN_(
            "API version %(version)s ended on %(until)s, %(days)s day ago",
            "API version %(version)s ended on %(until)s, %(days)s days ago",
            by="days",
        )
        return Finding("version", Verdict.WARNING, message, params, _UPDATE_NOW)
    if ends_soon(today):
        message = NN_(
            "API version %(version)s is served until %(until)s, in %(days)s day",
            "API version %(version)s is served until %(until)s, in %(days)s days",
            by="days",
        )
        return Finding("version", Verdict.WARNING, message, params, _UPDATE)
    message = N_("API version %(version)s is served until %(until)s at least")
    return Finding("version", Verdict.OK, message, params)


def version_findings(today: date) -> tuple[Finding, ...]:
    """What `doctor` tells of the version, without asking the shop: its age and its end."""
    age = (today - SUPPORTED_SINCE).days
    told = Finding(
        "version_age",
        Verdict.OK,
        NN_(
            "This program speaks API version %(version)s, which is %(days)s day old",
            "This program speaks API version %(version)s, which is %(days)s days old",
            by="days",
        ),
        {"version": API_VERSION, "days": max(0, age)},
    )
    return (told, version_finding(today))
