"""The versions of the API that the practice shop serves, and how it answers for the others."""

from __future__ import annotations

import re
from typing import Any

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "unstable")
"""Oldest first; an older one is answered by the oldest (facts.md §2)."""

STABLE = VERSIONS[:4]
"""The fifth is a release candidate."""


def served_version(asked: str) -> str | None:
    """The version that answers, or None for one that never was."""
    if asked in VERSIONS:
        return asked
    if re.fullmatch(r"20\d\d-(01|04|07|10)", asked) and "2019-04" <= asked < VERSIONS[0]:
        return VERSIONS[0]
    return None


def version_shown(handle: str) -> dict[str, Any]:
    latest = STABLE[-1]
    names = {latest: f"{latest} (Latest)", "2027-01": "2027-01 (Release candidate)"}
    return {
        "handle": handle,
        "displayName": names.get(handle, handle),
        "supported": handle in STABLE,
    }
