"""The guide to one thing that waits: what happened, what to do step by step, what follows."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button

from core.model import Problem
from tui.actions import bindings
from tui.clipboard import copy_text
from tui.guides import guide_text
from tui.i18n import _
from tui.widgets.dialogs import Dialog
from tui.widgets.fields import Press
from tui.widgets.prose import Prose
from tui.words import PROBLEMS


class GuideDialog(Dialog[None]):
    """The text has the focus, so that the arrow keys scroll it on a small terminal."""

    BINDINGS = bindings("error")
    AUTO_FOCUS = "#guide"

    def __init__(self, problem: Problem, name: str, detail: str) -> None:
        super().__init__()
        self._title = f"{_(PROBLEMS[problem])}: {name}"
        self._words = "\n\n".join(part for part in (detail, guide_text(problem)) if part)

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(self._title, classes="dialog--title")
            with VerticalScroll(classes="dialog--body", id="guide"):
                yield Prose(self._words, id="words")
            yield Prose("", classes="dialog--note", id="note")
            with Horizontal(classes="dialog--buttons"):
                yield Press(_("Copy"), id="copy")
                yield Press(_("Close"), id="close")

    @on(Button.Pressed, "#close")
    def closed(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        done = copy_text(self.app, f"{self._title}\n{self._words}")
        self.query_one("#note", Prose).update(done)
