"""The frame of every screen: the four fixed lines, actions that say why they cannot act, the
reader's language on every key, and the size it needs. Light on purpose: the first screen that is
painted is made of this alone, before the store is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from tui.actions import BY_ID
from tui.i18n import _
from tui.keymap import key_of
from tui.screens import MAIN
from tui.widgets.bars import (
    KeyLine,
    NavBar,
    ProgressLine,
    Saying,
    StatusLine,
    TooSmall,
    is_too_small,
)
from tui.widgets.fitting import Line

if TYPE_CHECKING:
    from core.sync.events import Event
    from tui.app import DextreApp

WIDE = 110


class FrameScreen(Screen[None]):
    """`NAME` is the catalogue id of the title."""

    NAME: ClassVar[str] = ""
    AUTO_FOCUS: ClassVar[str | None] = "*"

    def __init__(self) -> None:
        super().__init__()
        self.ready = False

    @property
    def is_whole(self) -> bool:
        """Composed, and not being taken down: its widgets can be asked for."""
        if not self.ready:
            return False
        children = self.children  # asked at every key: no search through the whole tree
        whole = any(isinstance(child, StatusLine) for child in children)
        return whole and any(child.id == "body" and child.children for child in children)

    @property
    def own_app(self) -> DextreApp:
        return cast("DextreApp", self.app)

    def title_text(self) -> str:
        return _(self.NAME)

    # -- composition -------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield TooSmall()
        yield NavBar()
        with Container(id="body"):
            yield from self.body()
        yield Saying()
        yield ProgressLine()
        yield StatusLine()
        yield KeyLine()

    def body(self) -> Iterable[Widget]:
        return ()

    def on_mount(self) -> None:
        self._fit(self.size.width, self.size.height)
        self.ready = True
        self.show_frame()
        self.refresh_data()

    def on_screen_resume(self) -> None:
        if self.ready:
            self.show_frame()
            self.come_back()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        small = is_too_small(width, height)
        self.set_class(small, "-too-small")
        self.set_class(width < 80, "-narrow")
        self.set_class(width >= WIDE, "-wide")
        self.set_class(height < 24, "-short")
        if small:
            for notice in self.query(TooSmall):
                notice.show(width, height)

    def on_idle(self, event: events.Idle) -> None:
        """The toolkit paints now; not yet where more comes at once."""
        if self.own_app.paints_later(self):
            event.prevent_default()

    async def retext(self) -> None:
        """The language was switched: everything is composed anew, the reader stays where they
        were, what was typed stays in fields that a screen keeps.
        """
        from tui.screens.standing import Standing  # here: it knows tables, the first paint none

        standing = Standing.of(self)
        self.ready = False
        await self.recompose()
        self.ready = True
        standing.give_back(self)
        self.show_frame()
        self.refresh_data()
        self.refresh_bindings()

    def show_frame(self) -> None:
        """The nav bar and the status line, from what is known."""
        nav, line = self.query_one(NavBar), self.query_one(StatusLine)
        screens = [(key_of(f"main.{n}"), _(BY_ID[f"main.{n}"].description)) for n in MAIN]
        nav.show(screens, self.title_text())
        line.show(self.status_line())

    def status_line(self) -> Line:
        """What the status line tells."""
        return Line()

    def refresh_data(self) -> None:
        """Read again what this screen shows."""

    def come_back(self) -> None:
        """It is seen again; meanwhile things may have happened."""
        self.refresh_data()

    def prepare(self, some: Sequence[Event], /) -> None:
        """What is long work for many events: some at a time, with keys in between; what comes of
        it is shown by `on_happenings`.
        """

    def on_happenings(self, new: Sequence[Event], /) -> None:
        """New events, all of which were prepared; the figures are read already."""

    # -- bindings and actions ----------------------------------------------------------------------

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """In the reader's language; what cannot act now is dim."""
        whole = self.is_whole
        return {
            key: active._replace(
                binding=replace(
                    active.binding,
                    description=self.key_words(active.binding.id or "")
                    or _(active.binding.description),
                    tooltip=_(active.binding.tooltip),
                ),
                enabled=not whole or self.why_not(active.binding.id or "") is None,
            )
            for key, active in super().active_bindings.items()
        }

    def why_not(self, action_id: str) -> str | None:  # noqa: ARG002 - for those who override it
        """Why this action cannot act now, in words; None where it can."""
        return None

    def key_words(self, action_id: str) -> str:  # noqa: ARG002 - likewise
        """What a key does now, where that is something else than usually."""
        return ""

    def first_keys(self) -> Collection[str]:
        """Actions that come first in the line of keys now, because nothing else helps."""
        return ()

    async def action_act(self, action_id: str) -> None:
        reason = self.why_not(action_id)
        if reason:
            self.say(reason, "warn")
            return
        method: Callable[[], Any] = getattr(self, f"do_{BY_ID[action_id].name}")
        result = method()
        if asyncio.iscoroutine(result):
            await result

    def on_key(self) -> None:
        for saying in self.query(Saying):
            saying.hush_soon()

    # -- saying things -----------------------------------------------------------------------------

    def say(self, words: str, tone: str = "") -> None:
        for saying in self.query(Saying):
            saying.say(words, tone)

    def hush(self) -> None:
        for saying in self.query(Saying):
            saying.hush()
