"""How the sync is, in words: how much is verified, how long ago, and what failed."""

from __future__ import annotations

from collections.abc import Mapping

from core.model import Status
from tui import counted
from tui.i18n import N_, _, listed
from tui.when import age, percent

FAILURES: Mapping[str, str] = {
    "offline": N_("offline"),
    "throttled": N_("throttled"),
    "outcome_unknown": N_("outcome unknown"),
    "refused": N_("rows refused"),
    "stale": N_("rows moved meanwhile"),
    "access": N_("no access"),
    "safety_stop": N_("safety stop"),
    "trouble": N_("trouble at Shopify"),
    "bug": N_("fault of this program"),
}
"""The classes of core.errors.failure_class, and of rows."""

_STEPS = (10, 30, 60, 300, 600, 3_600, 21_600, 86_400)
"""Seconds to which the age of the oldest reading is rounded up: a line that changes every second
would be sent to the terminal every second."""

SLACK = 1.1


def health_words(status: Status) -> str:
    """One line, or nothing where nothing was read yet."""
    longest = status.read_age_max_s
    if longest is None or status.verified_share is None or not status.link:
        return ""
    words = _("%(share)s equal, all read within %(age)s") % {
        "share": percent(status.verified_share),
        "age": age(next((step for step in _STEPS if longest <= step * SLACK), longest)),
    }
    failed = failure_words(status)
    return _("%(words)s; %(more)s") % {"words": words, "more": failed} if failed else words


def failure_words(status: Status) -> str:
    """`offline 3 times, throttled 1 time`; nothing where nothing failed."""
    return listed(
        f"{_(FAILURES[name]) if name in FAILURES else name} {counted.times(count)}"
        for name, count in status.failures.items()
    )
