"""What the status line tells: brand, link on or off, direction of flow, in sync N/M, pending, needs
you, points, owner; in words as well as in colour. Where the room is short, words become signs
(those of tui.words) before anything is left out; whether the link is on and what needs a person
are never left out.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len

from core.model import ConnectionState, Owner, Purpose, Status
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.session import Session
from tui.widgets.columns import clip
from tui.widgets.fitting import Line, Piece
from tui.words import owner_text

LONGEST_BRAND = 40
ENOUGH_OF_A_BRAND = 24
LEAST_OF_A_BRAND = 8
LONGEST_OWNER = 60

SHORTEN = ("link", "points", "flow", "sync", "flow", "pending", "owner", "needs", "link")
"""Whose next form is taken, in this order: after who exactly syncs (the home screen tells it) and
what is very long of a brand, before the rest of the brand.
"""

SHORTEN_CUT_OFF = (*SHORTEN[1:], "link")
"""Where the shop cannot be reached or a safety stop holds, that is told in words as long as there
is room.
"""

DROP = ("owner", "points", "flow", "pending", "sync", "brand")

WHO = {
    Purpose.APP: N_("other app"),
    Purpose.SERVICE: N_("service"),
    Purpose.COMMAND: N_("command"),
}
"""Others who may run the sync, in a word."""


def status_line(session: Session) -> Line:
    status = session.status
    cut_off = status.link and status.connection is ConnectionState.ERROR
    pieces = (
        Piece("brand", _brand_forms(clean(status.brand, LONGEST_BRAND), signs("…")), "accent"),
        _cut_off() if cut_off else _held() if status.held else _link(status.link),
        _flow(status.link and not cut_off),
        _sync(status),
        _pending(status),
        _needs_you(status.needs_you),
        _points(session.points),
        _owner(session),
    )
    brands = pieces[0].forms
    beyond = sum(cell_len(form) > ENOUGH_OF_A_BRAND for form in brands)
    rest = len(brands) - 1 - beyond
    shorten = SHORTEN_CUT_OFF if cut_off or status.held else SHORTEN
    return Line(pieces, ("owner", *["brand"] * beyond, *shorten, *["brand"] * rest), DROP)


@lru_cache(maxsize=8)
def _brand_forms(name: str, _cut: str) -> tuple[str, ...]:
    """Cell by cell shorter. `_cut`: what is put where it was cut, another sign in ASCII."""
    longest = min(cell_len(name), LONGEST_BRAND)
    shorter = range(longest - 1, LEAST_OF_A_BRAND - 1, -1)
    return (clip(name, longest), *(clip(name, width).rstrip() for width in shorter))


def _link(on: bool) -> Piece:
    words, word = (_("Link on"), _("on")) if on else (_("Link off"), _("off"))
    sign = signs("✓" if on else "–")
    forms = (f"{sign} {words}", f"{sign} {word}", sign)
    return Piece("link", forms, "good" if on else "dim")


def _cut_off() -> Piece:
    """The link is on, and nothing goes over it."""
    sign, words, word = signs("✗"), _("no connection"), _("cut off")
    return Piece("link", (f"{sign} {words}", f"{sign} {word}", sign), "bad")


def _held() -> Piece:
    """The link is on, and a safety stop lets nothing more through."""
    sign, words, word = signs("!"), _("safety stop"), _("stop")
    return Piece("link", (f"{sign} {words}", f"{sign} {word}", sign), "bad")


def _flow(on: bool) -> Piece:
    if not on:
        return Piece("flow", ("DEXTRE | Shopify", _("no flow"), "|"), "dim")
    way = signs("⇄")
    return Piece("flow", (f"DEXTRE {way} Shopify", f"{way} Shopify", way))


def _sync(status: Status) -> Piece:
    share = f"{status.in_sync:,}/{status.cells:,}"
    equal = status.cells and status.in_sync == status.cells
    forms = (_("in sync %(share)s") % {"share": share}, f"={share}")
    return Piece("sync", forms, "good" if equal else "")


def _pending(status: Status) -> Piece:
    """The signs of tui.words: to be sent, to be taken over."""
    push, pull = status.pending_push, status.pending_pull
    ways = [signs("→") + f"{push:,}"] if push or not pull else []
    ways += [signs("←") + f"{pull:,}"] if pull else []
    forms = (_("pending %(n)s") % {"n": f"{push + pull:,}"}, "".join(ways))
    return Piece("pending", forms, "warn" if push + pull else "dim")


def _needs_you(count: int) -> Piece:
    forms = (_("needs you %(n)s") % {"n": f"{count:,}"}, f"!{count:,}")
    return Piece("needs", forms, "bad" if count else "dim")


def _points(points: int | None) -> Piece:
    """As far as they are known: without a shop there are none."""
    words, short = (signs("–"),) * 2 if points is None else (f"{points:,}", f"{points}")
    return Piece("points", (_("points %(n)s") % {"n": words}, f"{short}p"), "dim")


def _owner(session: Session) -> Piece:
    """Who runs the sync; where it is somebody else, that here one can only look."""
    if session.holder is None and session.started:
        return Piece("owner", (_("synced by this app"), _("this app"), _("app")), "dim")
    if session.holder is None:
        return Piece("owner", (_("nobody syncs"), _("no sync")), "dim")
    word = _("other")
    if isinstance(session.holder, Owner):
        word = _(WHO[session.holder.purpose])
    full = _("viewer, synced by %(who)s") % {
        "who": clip(owner_text(session.holder), LONGEST_OWNER).rstrip()
    }
    return Piece("owner", (full, _("viewer: %(who)s") % {"who": word}, word), "warn")
