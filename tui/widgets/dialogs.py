"""Dialogs: ask yes or no, tell an error, ask for a few words. Esc closes and changes nothing; what
cannot be undone has the focus on Cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.clipboard import copy_text
from tui.i18n import _
from tui.widgets.bars import KeyLine, TooSmall, is_too_small
from tui.widgets.fields import Field, FormRow, Pick, Press
from tui.widgets.prose import Prose

T = TypeVar("T")

SHORT = 18
"""Rows below which a dialog leaves out its empty lines."""

NARROW = 60
"""Columns below which a question takes the whole width."""


class Dialog(ModalScreen[T]):
    """A box in the middle."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; layers: default notice; }
    Dialog > #box { width: 72; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: solid $border; }
    Dialog.-ascii > #box { border: ascii $border; }
    Dialog .dialog--title { text-style: bold; color: $accent; height: auto; margin-bottom: 1; }
    Dialog.-danger .dialog--title { color: $error; }
    Dialog .dialog--body { height: auto; max-height: 14; }
    Dialog .dialog--note { color: $dim; height: auto; margin-top: 1; }
    Dialog .dialog--wrong { color: $error; height: auto; margin-top: 1; display: none; }
    Dialog .dialog--wrong.-on { display: block; }
    Dialog .dialog--buttons { height: 1; margin-top: 1; align-horizontal: right; }
    Dialog .dialog--buttons Press { margin-left: 2; }
    Dialog VerticalScroll { scrollbar-size-vertical: 1; }
    Dialog > KeyLine { layer: notice; dock: bottom; }
    Dialog.-too-small > KeyLine { display: none; }
    Dialog.-too-small > TooSmall { display: block; }
    Dialog.-short > #box { padding: 0 1; max-height: 92%; }
    Dialog.-short .dialog--title, Dialog.-short .dialog--buttons { margin: 0; }
    Dialog.-short .dialog--note { margin-top: 0; max-height: 4; }
    Dialog.-short .dialog--wrong { margin-top: 0; max-height: 2; }
    Dialog.-short .dialog--body { max-height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dialog"),
        Binding("pagedown", "scroll_body(1)", show=False),
        Binding("pageup", "scroll_body(-1)", show=False),
    ]

    def on_mount(self) -> None:
        from tui.clean import ascii_only

        self.set_class(ascii_only(), "-ascii")
        self.mount(KeyLine())

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """In the reader's language."""
        return {
            key: active._replace(
                binding=replace(active.binding, description=_(active.binding.description))
            )
            for key, active in super().active_bindings.items()
        }

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < SHORT, "-short")
        self.set_class(event.size.width < NARROW, "-narrow")
        self._tell_too_small(*event.size)

    def _tell_too_small(self, width: int, height: int) -> None:
        """Over the box, which keeps its focus and what was typed."""
        small = is_too_small(width, height)
        self.set_class(small, "-too-small")
        if not small:
            return
        if not self.query(TooSmall):
            self.mount(TooSmall())
        for notice in self.query(TooSmall):
            notice.show(width, height)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll_body(self, by: int) -> None:
        """On a small terminal a text may be longer than its place; the buttons have the focus."""
        for body in self.query(".dialog--body"):
            body.scroll_relative(y=by * max(1, body.size.height - 1), animate=False)


def if_yes(act: Callable[[], object]) -> Callable[[bool | None], None]:
    """What to do with the answer of a `ConfirmDialog`."""

    def answered(yes: bool | None) -> None:
        if yes:
            act()

    return answered


class ConfirmDialog(Dialog[bool]):
    """Yes or no; the focus is on Cancel. Where there is little width, it takes all of it."""

    DEFAULT_CSS = """
    ConfirmDialog.-narrow > #box { max-width: 100%; padding-left: 1; padding-right: 1; }
    ConfirmDialog.-narrow .dialog--buttons Press { margin-left: 1; padding: 0; }
    """
    AUTO_FOCUS = "#cancel"

    def __init__(self, title: str, body: str, yes: str, *, danger: bool = False) -> None:
        super().__init__()
        self._words = (title, body, yes)
        self.set_class(danger, "-danger")
        self._danger = danger

    def compose(self) -> ComposeResult:
        title, body, yes = self._words
        with Vertical(id="box"):
            yield Prose(title, classes="dialog--title")
            with VerticalScroll(classes="dialog--body", can_focus=False):
                yield Prose(body)
            with Horizontal(classes="dialog--buttons"):
                yield Press(yes, id="yes", danger=self._danger)
                yield Press(_("Cancel"), id="cancel")

    @on(Button.Pressed, "#yes")
    def agreed(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def declined(self) -> None:
        self.dismiss(False)


class ErrorDialog(Dialog[None]):
    """What happened, what to do about it, and the code for those who help."""

    BINDINGS = bindings("error")
    AUTO_FOCUS = "#close"

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__()
        self._words = (code, message, remedy)
        self.add_class("-danger")

    def compose(self) -> ComposeResult:
        code, message, remedy = self._words
        with Vertical(id="box"):
            yield Prose(_("That did not work"), classes="dialog--title")
            with VerticalScroll(classes="dialog--body", can_focus=False):
                yield Prose(message, id="message")
                if remedy:
                    yield Prose(_("What to do"), classes="dialog--note")
                    yield Prose(remedy, id="remedy")
            yield Prose(
                _("Code: %(code)s") % {"code": code},
                classes="dialog--note",
                id="code",
            )
            with Horizontal(classes="dialog--buttons"):
                yield Press(_("Copy"), id="copy")
                yield Press(_("Close"), id="close")

    @on(Button.Pressed, "#close")
    def closed(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        code, message, remedy = self._words
        done = copy_text(self.app, f"{message}\n{remedy}\n[{code}]".strip())
        self.query_one("#code", Prose).update(done)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a form; `options` (key, words) make it a choice, `secret` masks it."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    secret: bool = False


class FormDialog(Dialog[Mapping[str, str]]):
    """A few fields. `submit` does the work and answers with what is wrong, or nothing; the form
    stays open with what was typed until it succeeds. `wrong`: what is wrong from the beginning.
    Where there is little room, the fields scroll; what is wrong and the buttons stay.
    """

    DEFAULT_CSS = """
    FormDialog #foot { dock: bottom; height: auto; background: $panel; }
    FormDialog.-short #foot .dialog--wrong { max-height: 6; }
    """

    def __init__(
        self,
        title: str,
        asks: Sequence[Ask],
        ok: str,
        submit: Callable[[Mapping[str, str]], str | None],
        note: str = "",
        wrong: str = "",
    ) -> None:
        super().__init__()
        self._title, self._asks, self._ok, self._submit, self._note = title, asks, ok, submit, note
        self._wrong = wrong

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box", can_focus=False):
            yield Prose(self._title, classes="dialog--title")
            for ask in self._asks:
                field: Field | Pick
                if ask.options:
                    field = Pick(ask.options, ask.value, id=f"ask-{ask.name}")
                else:
                    field = Field(
                        ask.value, placeholder=ask.hint, secret=ask.secret, id=f"ask-{ask.name}"
                    )
                yield FormRow(ask.label, field)
            if self._note:
                yield Prose(self._note, classes="dialog--note")
            with Vertical(id="foot"):
                wrong = "dialog--wrong" + (" -on" if self._wrong else "")
                yield Prose(self._wrong, classes=wrong, id="wrong")
                with Horizontal(classes="dialog--buttons"):
                    yield Press(self._ok, id="yes")
                    yield Press(_("Cancel"), id="cancel")

    def answers(self) -> dict[str, str]:
        return {ask.name: self._answer(ask) for ask in self._asks}

    def _answer(self, ask: Ask) -> str:
        if ask.options:
            return self.query_one(f"#ask-{ask.name}", Pick).value
        return self.query_one(f"#ask-{ask.name}", Field).value

    @on(Input.Submitted)
    def next_field(self) -> None:
        """Enter goes to the next field, and from the last one it submits."""
        fields = [field for field in self.query(Field) if field.display]
        if self.focused in fields[:-1]:
            self.focus_next()
            return
        self.submit()

    @on(Button.Pressed, "#yes")
    def submit(self) -> None:
        answers = self.answers()
        wrong = self._submit(answers)
        if not wrong:
            self.dismiss(answers)
            return
        self._say_wrong(wrong)

    @on(Field.Cut)
    def tell_cut(self, event: Field.Cut) -> None:
        event.stop()
        self._say_wrong(event.words)

    def _say_wrong(self, wrong: str) -> None:
        note = self.query_one("#wrong", Prose)
        note.update(wrong)
        note.add_class("-on")

    @on(Button.Pressed, "#cancel")
    def declined(self) -> None:
        self.dismiss(None)
