"""`log`: what happened, of one brand or of all, for people, programs and systemd's journal."""

from __future__ import annotations

import heapq
import os
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from core.clock import iso
from core.errors import N_, BadInput
from tui.clean import clean
from tui.commands.common import Session, say, say_json, tell_unreadable
from tui.commands.line import Tree, count, one_of, takes_json
from tui.i18n import _, event_text, sentences
from tui.when import to_the_second

if TYPE_CHECKING:
    from core.sync.events import Event
    from core.workspace import Desk
    from core.workspace.log import EventFeed

FORMATS = ("text", "json", "journald", "export")
LEVELS = ("debug", "info", "warning", "error")
LAST = 200
"""Lines shown where nobody says how many or since when."""

_AGO = re.compile(r"([0-9]{1,6})\s*(s|m|min|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class NoSuchMoment(BadInput):
    code = "no_such_moment"
    message = N_("--since: %(text)s is no moment.")
    remedy = N_("Give how long ago (90s, 30m, 2h, 3d), today, a date, or a date and time.")


def register(tree: Tree) -> None:
    parser = tree.command("log", log, _("What happened."))
    parser.add_argument("--follow", "-f", action="store_true", help=_("Go on as it happens."))
    parser.add_argument("--sku", metavar="SKU", help=_("Only this SKU number."))
    parser.add_argument(
        "--run",
        metavar="RUN",
        help=sentences(_("Only what belongs to this run."), _("The start of its id is enough.")),
    )
    parser.add_argument(
        "--level",
        metavar="|".join(LEVELS),
        type=one_of("--level", LEVELS),
        help=_("Only this level and what is worse."),
    )
    parser.add_argument(
        "--since",
        metavar="TIME",
        type=_since,
        help=_("Only from then on: 2h (ago), today, 2026-11-23, 2026-11-23T18:00."),
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=count("--limit"),
        help=_("At most so many lines (200, but all of --since)."),
    )
    parser.add_argument(
        "--format",
        metavar="|".join(FORMATS),
        type=one_of("--format", FORMATS),
        default="text",
        help=_(
            "How it is written; journald: with priorities, as a service writes it; "
            "export: systemd's journal export format."
        ),
    )
    takes_json(parser)


def log(
    session: Session,
    *,
    follow: bool,
    sku: str | None,
    run: str | None,
    level: str | None,
    since: str | None,
    limit: int | None,
    format: str,  # noqa: A002 - the name of the option
    as_json: bool,
) -> int:
    """Of the brand that is named, else of all brands, in the order of time."""
    desks, unreadable = session.of_each(lambda desk: desk)
    say_one = _WRITERS["json" if as_json else format]
    if limit is None and since is None:
        limit = LAST
    feeds = [desk.feed() for desk in desks]

    def found(desk: Desk, feed: EventFeed) -> list[Event]:
        return desk.log(sku, limit, run=run, level=level, since=since, until=feed)

    past = [*heapq.merge(*map(found, desks, feeds), key=attrgetter("at"))]
    if run is not None and not past:
        _require_run(desks, run)
    with_brand = len(desks) + len(unreadable) > 1
    for event in past if limit is None else past[len(past) - min(limit, len(past)) :]:
        say_one(event, with_brand)
    code = tell_unreadable(unreadable)
    if not follow:
        return code
    from core.workspace.log import Wanted

    wanted = Wanted(sku, run, level)
    pause = threading.Event()
    while True:
        for feed in feeds:
            for event in filter(wanted.fits, feed.drain()):
                say_one(event, with_brand)
        sys.stdout.flush()
        pause.wait(0.25)


def _require_run(desks: list[Desk], start: str) -> None:
    """Raises UnknownRun where neither the runs nor the log of any brand know one that begins so."""
    from core.workspace.errors import UnknownRun

    if start and any(desk.log(limit=1, run=start) for desk in desks):
        return  # the other options leave out all that is told of it
    for desk in desks:
        with suppress(UnknownRun):
            desk.run_named(start)
            return
    raise UnknownRun(run=start)


# -- one event -----------------------------------------------------------------------------------


def in_words(event: Event, *, with_brand: bool) -> str:
    words = event_text(event)
    return f"{clean(event.brand)}: {words}" if with_brand else words


def _say_text(event: Event, with_brand: bool) -> None:
    words = in_words(event, with_brand=with_brand)
    say(f"{to_the_second(event.at)} {event.level.value:<7} {words}")


def _say_json(event: Event, _with_brand: bool) -> None:
    say_json(event.record(), indent=False)


def _say_journald(event: Event, with_brand: bool) -> None:
    from tui.journal import prefixed

    say(prefixed(in_words(event, with_brand=with_brand), event.level.value))


def _say_export(event: Event, with_brand: bool) -> None:
    """Bytes: a length that it may hold is no text."""
    from tui.journal import exported

    sys.stdout.flush()
    data = exported(event, in_words(event, with_brand=with_brand))
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


_WRITERS: dict[str, Callable[[Event, bool], None]] = {
    "text": _say_text,
    "json": _say_json,
    "journald": _say_journald,
    "export": _say_export,
}


# -- moments -------------------------------------------------------------------------------------


def _since(text: str) -> str:
    """A moment in ISO, from what people type; a date or time without a zone is local. Raises
    NoSuchMoment.
    """
    word = text.strip()
    now = datetime.now(UTC)
    if ago := _AGO.fullmatch(word.casefold()):
        try:
            return iso(now - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]]))
        except OverflowError:
            raise NoSuchMoment(text=text[:40]) from None
    if word.casefold() == "today":
        return iso(now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0))
    try:
        return iso(datetime.fromisoformat(word).astimezone(UTC))
    except (ValueError, OverflowError):
        raise NoSuchMoment(text=text[:40]) from None
