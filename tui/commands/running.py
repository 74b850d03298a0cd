"""`run`: the sync without the app, as a service or for one full pass."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.clock import iso
from core.errors import N_, NN_, BadInput, TryAgain, UserMustAct
from tui.clean import clean
from tui.commands.common import Session, Unreadable, say, say_json, tell_unreadable, wait
from tui.commands.line import Tree, takes_json
from tui.i18n import _, event_text, ngettext
from tui.journal import is_journal, prefixed
from tui.when import to_the_second

if TYPE_CHECKING:
    from core.sync.events import Event
    from core.workspace import Desk, Hearing


class NotAtRest(TryAgain):
    code = "not_at_rest"
    message = NN_(
        "Both sides do not rest yet after %(passes)s pass. %(detail)s",
        "Both sides do not rest yet after %(passes)s passes. %(detail)s",
        by="passes",
    )
    remedy = N_("Run it again; nothing is lost meanwhile.")


class RestNeedsYou(UserMustAct):
    code = "needs_you"
    message = NN_(
        "Both sides rest, but %(count)s row needs you.",
        "Both sides rest, but %(count)s rows need you.",
        by="count",
    )
    remedy = N_("`dextre-sync needs-you` lists them with what you can say to each.")


class JsonOnce(UserMustAct):
    code = "json_once"
    exit_code = 2
    message = N_("--json is for `run --once`.")
    remedy = N_("For events as they happen use `dextre-sync log --follow --json`.")


class UrlAlone(BadInput):
    code = "webhook_url_alone"
    message = N_("--webhook-url says where Shopify reaches --webhooks, which is missing.")
    remedy = N_(
        "Give both, such as --webhooks 127.0.0.1:8443 --webhook-url https://…/webhooks/shopify."
    )


class OneBrandHears(BadInput):
    code = "one_brand_hears"
    message = N_("Webhooks of several brands cannot come to one address.")
    remedy = N_("Run one service for each brand, with --brand NAME and an address of its own.")


def register(tree: Tree) -> None:
    parser = tree.command("run", run, _("Sync without the app; --once: until both sides rest."))
    parser.add_argument(
        "--once", action="store_true", help=_("One full pass until both sides rest.")
    )
    parser.add_argument(
        "--webhooks",
        metavar="HOST:PORT",
        help=_("Hear Shopify's webhooks there (see --webhook-url)."),
    )
    parser.add_argument(
        "--webhook-url", metavar="URL", help=_("The public https address of --webhooks.")
    )
    takes_json(parser)


def run(
    session: Session, *, once: bool, as_json: bool, webhooks: str | None, webhook_url: str | None
) -> int:
    if once:
        _run_once(session.desk, as_json=as_json)
        return 0
    if as_json:
        raise JsonOnce
    return _serve(session, webhooks, webhook_url)


def _run_once(desk: Desk, *, as_json: bool) -> None:
    report = wait(desk.run_once())
    waiting = desk.count_waiting()  # cells, and mappings in doubt
    told = {"pulled": report.pulled, "pushed": report.pushed, "passes": report.passes}
    if as_json:
        needs_you = {"needs_you": waiting, "detail": str(report.trouble or "")}
        say_json({"rests": report.rests, **told, **needs_you})
    else:
        words = ngettext(
            "Pulled %(pulled)s, pushed %(pushed)s in %(passes)s pass.",
            "Pulled %(pulled)s, pushed %(pushed)s in %(passes)s passes.",
            report.passes,
        )
        say(words % told)
    if not report.rests:
        raise NotAtRest(passes=report.passes, detail=report.trouble or "")
    if waiting:
        raise RestNeedsYou(count=waiting)


# -- as a service --------------------------------------------------------------------------------


def _serve(session: Session, webhooks: str | None, webhook_url: str | None) -> int:
    """The engine of the brand (without --brand: of all that can be read), until SIGTERM or SIGINT.
    Apps and commands that ask are given the sync for as long as they need it.
    """
    workspace = session.become_service()
    desks, unreadable = session.of_each(_readable)
    if not desks:
        return tell_unreadable(unreadable)
    hearing = _hearing(len(desks) + len(unreadable), webhooks, webhook_url)
    names = [desk.brand.name for desk in desks]
    voice = _Voice(desks)
    with _asked_to_end() as ended, voice.hears_warnings():
        voice.tell_unreadable(unreadable)

        def stop() -> bool:
            voice.speak(ended=ended.is_set())
            return ended.is_set()

        try:
            workspace.serve(names, stop, hearing)
            voice.speak(ended=True)
        except BrokenPipeError:
            return 1  # nobody reads what it says: whoever started it should know
    return 0


def _readable(desk: Desk) -> Desk:
    """Raises what keeps its files from being read."""
    desk.status()
    return desk


def _hearing(brands: int, webhooks: str | None, url: str | None) -> Hearing | None:
    from core.workspace import Hearing

    if webhooks is None:
        if url is not None:
            raise UrlAlone
        return None
    if brands > 1:
        raise OneBrandHears
    return Hearing(webhooks, url)


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


class _Warnings(logging.Handler):
    def __init__(self, say_line: Callable[[str, str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say_line = say_line

    def emit(self, record: logging.LogRecord) -> None:
        at = iso(datetime.fromtimestamp(record.created, UTC))
        level = "error" if record.levelno >= logging.ERROR else "warning"
        with suppress(OSError):  # nobody reads what it says; the service itself finds out
            for line in self.format(record).splitlines():
                self._say_line(clean(line), level, at)
            sys.stdout.flush()


class _Voice:
    """What a service says: each change of its own state, and what is logged."""

    def __init__(self, desks: list[Desk]) -> None:
        self._feeds = [(desk, desk.feed()) for desk in desks]
        self._said: dict[str, str] = {}
        self._to_journal = is_journal(sys.stdout, os.environ)

    def speak(self, *, ended: bool = False) -> None:
        """`ended`: the service itself lets go, so nobody else has the sync for that."""
        for desk, feed in self._feeds:
            if not ended:
                self._say_state(desk)
            for event in feed.drain():
                self._say(event_text(event), event)
        sys.stdout.flush()

    def tell_unreadable(self, unreadable: list[Unreadable]) -> None:
        for one in unreadable:
            self._say_line(str(one), "error", iso(datetime.now(UTC)))

    def _say(self, words: str, event: Event | None = None) -> None:
        """systemd adds the time itself, and takes the level from the front of the line."""
        if event is not None:
            self._say_line(words, event.level.value, event.at)
        elif self._to_journal:
            say(prefixed(words))
        else:
            say(words)

    def _say_line(self, words: str, level: str, at: str) -> None:
        if self._to_journal:
            say(prefixed(words, level))
        else:
            say(f"{to_the_second(at)} {level:<7} {words}")

    @contextmanager
    def hears_warnings(self) -> Iterator[None]:
        """What the program has to say of itself is a line like all others."""
        handler = _Warnings(self._say_line)
        logging.getLogger().addHandler(handler)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)

    def _say_state(self, desk: Desk) -> None:
        state = _state_of(desk)
        if self._said.get(desk.brand.id) == state:
            return
        waited = desk.brand.id in self._said
        self._said[desk.brand.id] = state
        if state or waited:
            self._say(_(state or _LENT) % {"brand": clean(desk.brand.name)})


_LENT = N_("%(brand)s: another process has asked for the sync and has it now.")
_NOT_CONNECTED = N_("%(brand)s: not connected yet; the sync starts as soon as it is.")
_LINK_OFF = N_("%(brand)s: the inventory link is off; nothing is synced.")
_SYNCING = N_("%(brand)s: syncing.")


def _state_of(desk: Desk) -> str:
    """Empty where the engine does not run in this process."""
    if not desk.is_syncing:
        return ""
    if desk.connection() is None:
        return _NOT_CONNECTED
    return _SYNCING if desk.link().enabled else _LINK_OFF
