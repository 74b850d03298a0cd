"""What people type into, choose from and press: one line each, calm, without blinking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.clean import harmless, signs
from tui.i18n import _
from tui.widgets.prose import Prose

LONGEST = 1_000
"""Characters that a field takes: a paste by mistake is over soon."""

TYPED_SIGNS = frozenset(
    [
        "slash",
        "plus",
        "minus",
        "equals_sign",
        "question_mark",
        "less_than_sign",
        "greater_than_sign",
        "space",
    ]
)


class Field(Input):
    """An input of one line that keeps control codes out, also pasted ones. A real Input, so that an
    input method knows where its window goes.
    """

    DEFAULT_CSS = """
    Field { background: $field-ground; color: $foreground; height: 1; border: none; padding: 0 1; }
    Field:focus { background: $field-ground; text-style: none; border: none; }
    Field:nocolor:focus { background-tint: transparent; }
    Field > .input--placeholder { color: $dim; }
    Field > .input--cursor { background: $foreground; color: $background; text-style: none; }
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        secret: bool = False,
        id: str | None = None,  # noqa: A002 - the toolkit's name
    ) -> None:
        super().__init__(
            value, placeholder, password=secret, id=id, compact=True, max_length=LONGEST
        )
        self.cursor_blink = False

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _screen: self._stand())

    def _stand(self) -> None:
        """The toolkit tells the terminal where the cursor is when the focus comes, which is before
        the field has its place: tell it again wherever that has changed.
        """
        if self.has_focus and self.app.cursor_position != self.cursor_screen_offset:
            self.app.cursor_position = self.cursor_screen_offset
            self.refresh()  # the terminal's cursor moves with the next paint

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Signs are typed here too: the key line does not promise what they do elsewhere."""
        return key in TYPED_SIGNS or super().check_consume_key(key, character)

    def validate_value(self, value: str) -> str:
        """Whatever is put here, also a name that the form begins with: it is painted as it is."""
        return harmless(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """All that is typed or pasted comes through here: its signs are kept as they were typed."""
        super().replace(harmless(text), start, end)

    def on_paste(self, event: events.Paste) -> None:
        """The toolkit takes the first line, and says nothing of the others."""
        if any(line.strip() for line in event.text.splitlines()[1:]):
            self.post_message(self.Cut(_("Only the first line of what was pasted was taken.")))

    def restricted(self) -> None:
        """Nothing is cut off a text that is too long: half a token is none."""
        words = _("Too long: a field takes at most %(most)s characters. Nothing was entered.")
        self.post_message(self.Cut(words % {"most": f"{LONGEST:,}"}))

    class Cut(Message):
        """Not all that was typed or pasted was taken; `words` tell it."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words


class ScanField(Field):
    """Takes one code after another: each line that is pasted is a scan."""

    def on_paste(self, event: events.Paste) -> None:
        if event.text.splitlines() in ([], [event.text]):
            return  # no whole line: Enter comes with a key
        event.prevent_default().stop()
        for line in filter(None, map(str.strip, (self.value + event.text).splitlines())):
            self.post_message(self.Submitted(self, harmless(line)))


class FilterField(Field):
    """The `/` field of a table: shown while it is used or holds a text; Esc empties and leaves it,
    Enter, Down and Tab go on to the rows.
    """

    DEFAULT_CSS = """
    FilterField { display: none; }
    FilterField.-on { display: block; }
    """
    BINDINGS = bindings("filter")

    class Left(Message):
        """The reader goes on to the rows."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - the toolkit's name
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id)
        self.set_class(bool(value), "-on")

    def open(self) -> None:
        self.add_class("-on")
        self.focus()

    def restore(self, text: str) -> None:
        """Show a text of before, without the focus."""
        with self.prevent(self.Changed):
            self.value = text
        self.set_class(bool(text), "-on")

    def action_leave(self) -> None:
        self.value = ""
        self.action_rows()

    def action_rows(self) -> None:
        self.set_class(bool(self.value), "-on")
        self.post_message(self.Left())


class Page(VerticalScroll, inherit_bindings=False, can_focus=False):
    """Scrolls with what has the focus; the arrow keys belong to the form in it."""

    def on_resize(self) -> None:
        """What had the focus while this was laid out may have been scrolled to in a smaller one:
        from the top again, as far down as the focus needs.
        """
        self.scroll_home(animate=False, force=True)
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self.call_after_refresh(self.scroll_to_widget, focused, animate=False)


class FormRow(Horizontal):
    """A label and its field."""

    DEFAULT_CSS = """
    FormRow { height: 1; }
    FormRow > .form--label { width: 32; max-width: 50%; height: 1; padding-right: 1; }
    FormRow > .form--hint { width: auto; color: $dim; padding: 0 1; }
    FormRow > Field { width: 1fr; }
    """

    def __init__(self, label: str, field: Widget, hint: str = "") -> None:
        super().__init__()
        self._label, self._field, self._hint = label, field, hint

    def compose(self) -> ComposeResult:
        yield Prose(self._label, classes="form--label")
        yield self._field
        if self._hint:
            yield Prose(self._hint, classes="form--hint")


class Press(Button):
    """A button of one line; its label is never markup. (The toolkit's own rules for buttons name a
    class: so must ours, to have a say.)
    """

    DEFAULT_CSS = """
    Press.-textual-compact { height: 1; min-width: 8; width: auto; border: none; padding: 0 1;
        background: $button-ground; color: $foreground; text-style: none; }
    Press.-textual-compact:nocolor { text-style: underline; }
    Press.-textual-compact:hover { background: $button-ground; color: $foreground; border: none; }
    Press.-textual-compact:focus { background: $accent; color: $background; text-style: bold;
        background-tint: transparent; border: none; }
    Press.-textual-compact.-danger { color: $error; }
    Press.-textual-compact.-danger:focus { background: $error; color: $background; }
    Press.-textual-compact.-quiet { background: $background; }
    Press.-textual-compact.-quiet:focus { background: $accent; color: $background; }
    """

    def __init__(
        self,
        label: str,
        *,
        id: str | None = None,  # noqa: A002 - the toolkit's name
        danger: bool = False,
    ) -> None:
        super().__init__(Content(label), id=id, compact=True)
        self.active_effect_duration = 0  # its pressed look needs three lines, and a repaint
        self.set_class(danger, "-danger")

    def relabel(self, label: str) -> None:
        self.label = Content(label)


class OpenLine(Prose, can_focus=True):
    """A line of words that opens what it tells of."""

    DEFAULT_CSS = """
    OpenLine { height: auto; padding: 0 1; }
    OpenLine:focus { background: $cursor-ground; color: $cursor-text; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", show=False)]

    class Opened(Message):
        """The reader wants to see it."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the toolkit's name
        hang: int = 0,
    ) -> None:
        super().__init__(id=id, hang=hang)

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def on_click(self) -> None:
        self.post_message(self.Opened())


class Pick(Widget, can_focus=True):
    """One of a few: left and right (or space) go through them."""

    DEFAULT_CSS = """
    Pick { height: 1; width: auto; min-width: 24; background: $field-ground; padding: 0 1; }
    Pick:focus { background: $accent; color: $background; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "step(1)", show=False),
        Binding("left,h", "step(-1)", show=False),
        Binding("enter", "app.focus_next", show=False),
    ]
    index: reactive[int] = reactive(0, layout=False)

    class Changed(Message):
        def __init__(self, pick: Pick) -> None:
            super().__init__()
            self.pick = pick

        @property
        def control(self) -> Pick:
            return self.pick

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        value: str = "",
        *,
        id: str | None = None,  # noqa: A002 - the toolkit's name
    ) -> None:
        """`options` as (key, words)."""
        super().__init__(id=id)
        self.options = list(options)
        keys = [key for key, _words in self.options]
        self.set_reactive(Pick.index, keys.index(value) if value in keys else 0)

    @property
    def value(self) -> str:
        return self.options[self.index][0] if self.options else ""

    def get_content_width(self, _container: Size, _viewport: Size) -> int:
        longest = max((Text(words).cell_len for _key, words in self.options), default=0)
        return longest + 4

    def render(self) -> RenderResult:
        words = self.options[self.index][1] if self.options else signs("–")
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        text.append("< " if len(self.options) > 1 else "")
        text.append(words)
        text.append(" >" if len(self.options) > 1 else "")
        return text

    def action_step(self, by: int) -> None:
        if len(self.options) > 1:
            self.index = (self.index + by) % len(self.options)
            self.post_message(self.Changed(self))

    def on_click(self) -> None:
        self.action_step(1)
