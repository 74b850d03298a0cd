"""Every test starts in English, with all signs and the usual keys, at UTC, and leaves no trace of
its own choice.

The toolkit reads all styles anew for every app; they do not change, so here each is read once.

The toolkit waits until the processor looks idle, at least 20 ms for every key; our tests wait until
no widget has a message left, which is both sooner and surer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

from tui import keymap
from tui.clean import use_ascii
from tui.i18n import set_language
from tui.widgets.scrollbars import use_plain_scrollbars


@pytest.fixture(autouse=True)
def _one_reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)
    time.tzset()
    set_language("en")
    use_ascii(False)
    yield
    keymap.use({})
    set_language("en")
    use_ascii(False)
    use_plain_scrollbars(False)


_read_rules = Stylesheet._parse_rules
_rules: dict[object, list[RuleSet]] = {}


def _rules_once(
    self: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    given = (css, read_from, is_default_rules, tie_breaker, scope)
    key = (given, tuple(self._variables.items()))
    if key not in _rules:
        _rules[key] = _read_rules(self, *given)
    return _rules[key]


@pytest.fixture(autouse=True)
def _read_styles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stylesheet, "_parse_rules", _rules_once)


QUIET_ROUNDS = 5
"""Turns of the loop without a message before all is taken to be done."""


async def _no_messages_left(_least: float = 0, most: float = 10) -> None:
    end = time.monotonic() + most
    quiet = 0
    while quiet < QUIET_ROUNDS and time.monotonic() < end:
        await asyncio.sleep(0)
        waiting = any(not node._message_queue.empty() for node in [*active_app.get()._registry])
        quiet = 0 if waiting else quiet + 1


@pytest.fixture(autouse=True)
def _wait_for_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textual.app, "wait_for_idle", _no_messages_left)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", _no_messages_left)
