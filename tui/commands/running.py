"""`run`: the sync without the app, as a service or for one full pass."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import N_, TryAgain, UserMustAct
from tui.clean import clean
from tui.commands.common import Session, say, say_json, wait
from tui.commands.line import Tree, takes_json
from tui.i18n import _, event_text

if TYPE_CHECKING:
    from core.workspace import Desk, EventFeed

LOOK_S = 0.5
"""Seconds between two looks at the log; the end is not waited for with it."""


class NotAtRest(TryAgain):
    code = "not_at_rest"
    message = N_("Both sides do not rest yet after %(passes)s passes. %(detail)s")
    remedy = N_("Run it again; nothing is lost meanwhile.")


class RestNeedsYou(UserMustAct):
    code = "needs_you"
    message = N_("Both sides rest, but %(count)s cells need you.")
    remedy = N_("`dextre-sync status` and `dextre-sync why SKU` say what happened and what to do.")


class JsonOnce(UserMustAct):
    code = "json_once"
    exit_code = 2
    message = N_("--json is for `run --once`.")
    remedy = N_("For events as they happen use `dextre-sync log --follow --json`.")


def register(tree: Tree) -> None:
    parser = tree.command("run", run, _("Sync without the app; --once: until both sides rest."))
    parser.add_argument(
        "--once", action="store_true", help=_("One full pass until both sides rest.")
    )
    takes_json(parser)


def run(session: Session, *, once: bool, as_json: bool) -> int:
    if once:
        _run_once(session.desk, as_json=as_json)
        return 0
    if as_json:
        raise JsonOnce
    return _serve(session)


def _run_once(desk: Desk, *, as_json: bool) -> None:
    report = wait(desk.run_once())
    told = {"pulled": report.pulled, "pushed": report.pushed, "passes": report.passes}
    if as_json:
        needs_you = {"needs_you": report.needs_you, "detail": report.detail}
        say_json({"rests": report.rests, **told, **needs_you})
    else:
        say(_("Pulled %(pulled)s, pushed %(pushed)s in %(passes)s passes.") % told)
    if not report.rests:
        raise NotAtRest(passes=report.passes, detail=report.detail)
    if report.needs_you:
        raise RestNeedsYou(count=report.needs_you)


# -- as a service --------------------------------------------------------------------------------


def _serve(session: Session) -> int:
    """The engine of the brand (without --brand: of all), until SIGTERM or SIGINT."""
    desks = _desks(session)
    feeds = [desk.feed() for desk in desks]
    with _asked_to_end() as ended:
        for desk in desks:
            desk.start()
        try:
            for desk in desks:
                _say_start(desk)
            while not ended.wait(LOOK_S):
                _say_news(feeds)
        except BrokenPipeError:
            return 1  # nobody reads what it says: whoever started it should know
        finally:
            for desk in desks:
                desk.stop()
        _say_news(feeds)
    return 0


def _desks(session: Session) -> list[Desk]:
    if session.globals.brand is not None:
        return [session.desk]
    workspace = session.workspace
    # Without any brand, `session.desk` says so.
    return [workspace.desk(brand.name) for brand in workspace.brands()] or [session.desk]


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """Set when SIGTERM or SIGINT comes; what they did before is put back afterwards."""
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_start(desk: Desk) -> None:
    name = clean(desk.brand.name)
    if desk.connection() is None:
        say(_("%(brand)s: not connected yet; the sync starts as soon as it is.") % {"brand": name})
    elif not desk.link().enabled:
        say(_("%(brand)s: the inventory link is off; nothing is synced.") % {"brand": name})
    else:
        say(_("%(brand)s: syncing.") % {"brand": name})
    sys.stdout.flush()


def _say_news(feeds: list[EventFeed]) -> None:
    for feed in feeds:
        for event in feed.drain():
            say(f"{event.at} {event.level.value:<7} {event_text(event)}")
    sys.stdout.flush()
