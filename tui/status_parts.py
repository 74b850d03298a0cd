"""What the status line tells: brand, link on or off, direction of flow, in sync N/M, pending, needs
you, points, owner; in words as well as in colour, as far as the width goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.clean import clean, signs
from tui.i18n import _
from tui.session import Session
from tui.widgets.bars import Part, StatusLine
from tui.widgets.columns import clip
from tui.words import owner_text

ROOM_FOR_OWNER = 110
"""Columns from which on the line also says who syncs."""

FEW_POINTS = 500
"""Shopify's points are told from here down; above, they would only flicker at every look."""


def status_parts(session: Session, width: int) -> tuple[Part, ...]:
    status = session.status
    waiting = status.pending_push + status.pending_pull
    flow = "DEXTRE ⇄ Shopify" if status.link else "DEXTRE | Shopify"
    link = _link(status.link, _("Link on"), _("Link off"))
    parts: list[Part] = [
        link,
        (signs(flow), "" if status.link else "dim"),
        (
            _("in sync %(n)d/%(all)d") % {"n": status.in_sync, "all": status.cells},
            "good" if status.cells and status.in_sync == status.cells else "",
        ),
        (_("pending %(n)d") % {"n": waiting}, "warn" if waiting else "dim"),
        (_("needs you %(n)d") % {"n": status.needs_you}, "bad" if status.needs_you else "dim"),
    ]
    if session.holder is not None:
        parts.insert(0, (_("viewer"), "warn"))
    if status.points is not None and status.points < FEW_POINTS:
        parts.append((_("points %(n)d") % {"n": status.points}, "dim"))
    if width >= ROOM_FOR_OWNER and status.owner and session.holder is None:
        parts.append((_("synced by %(who)s") % {"who": clip(owner_text(status.owner), 40)}, "dim"))
    if _brand_room(parts, width) < cell_len(clean(status.brand, 24)):
        short = _link(status.link, _("on"), _("off"))
        parts = [short if part == link else part for part in parts]
    return (_brand_part(status.brand, _brand_room(parts, width)), *parts)


def _link(on: bool, yes: str, no: str) -> Part:
    return (signs("✓ ") + yes, "good") if on else (signs("– ") + no, "dim")


def _brand_room(others: Sequence[Part], width: int) -> int:
    needed = sum(cell_len(words) + len(StatusLine.GAP) for words, _tone in others[:6])
    return max(8, width - needed - 1)


def _brand_part(brand: str, room: int) -> Part:
    """The brand gives way to the figures: it may be long, and it is on the home screen."""
    name = clean(brand, 40)
    return (clip(name, min(cell_len(name), room)), "accent")
