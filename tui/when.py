"""Moments as people read them: local time, without what goes without saying."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import parse_iso
from tui.i18n import N_, _


def clock_time(at: str) -> str:
    """`18:56:37`"""
    return _local(at, "%H:%M:%S")


def day_and_time(at: str) -> str:
    """`2026-11-23 18:56`"""
    return _local(at, "%Y-%m-%d %H:%M")


def short_day_and_time(at: str) -> str:
    """`11-23 18:56`, where there is little room."""
    return _local(at, "%m-%d %H:%M")


def to_the_second(at: str) -> str:
    """`2026-11-23 18:56:37`"""
    return _local(at, "%Y-%m-%d %H:%M:%S")


def _local(at: str, form: str) -> str:
    try:
        return parse_iso(at).astimezone().strftime(form)
    except ValueError:
        return at[:19]


def moment_ago(seconds: float) -> str:
    """`18:56:37`, with the day where that is another one."""
    now = datetime.now().astimezone()
    at = now - timedelta(seconds=seconds)
    return at.strftime("%H:%M:%S" if at.date() == now.date() else "%Y-%m-%d %H:%M")


def percent(share: float) -> str:
    """Rounded down: only what is whole is 100 %."""
    return f"{int(share * 1000) / 10:g} %"


AGES = (
    (90, 1, N_("%(n)d s")),
    (5_400, 60, N_("%(n)d min")),
    (172_800, 3_600, N_("%(n)d h")),
)


def age(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `2 d`: as coarse as the matter allows."""
    for limit, size, words in AGES:
        if seconds < limit:
            return _(words) % {"n": round(seconds / size)}
    return _("%(n)d d") % {"n": round(seconds / 86_400)}
