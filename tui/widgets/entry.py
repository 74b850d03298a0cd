"""The field for typing numbers row after row: it lies over the cell under the cursor."""

from __future__ import annotations

from textual.geometry import Offset
from textual.message import Message

from tui.actions import bindings
from tui.widgets.fields import Field


class EntryField(Field):
    """A field over the cell under the cursor, which shows what that holds until something is typed;
    Enter keeps the number and goes to the next row.
    """

    DEFAULT_CSS = """
    EntryField { display: none; overlay: screen; width: 13; }
    EntryField.-typed, EntryField.-typed:focus { background: $accent; color: $background; }
    EntryField:nocolor, EntryField:nocolor:focus { background: $field-ground; color: $foreground; }
    EntryField.-on { display: block; }
    """
    BINDINGS = bindings("entry")

    class Left(Message):
        """No more typing."""

    class Stepped(Message):
        """To another row; what stands in the field is thrown away."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def watch_value(self, value: str) -> None:
        self.set_class(bool(value), "-typed")

    def action_leave(self) -> None:
        self.remove_class("-on")
        self.post_message(self.Left())

    def action_step(self, by: int) -> None:
        self.post_message(self.Stepped(by))

    def empty(self) -> None:
        with self.prevent(self.Changed):
            self.value = ""

    def open_at(self, place: Offset, width: int) -> None:
        wide = self.styles.width is not None and self.styles.width.value == width
        if wide and self.absolute_offset == place and self.has_class("-on") and self.has_focus:
            return  # a layout would change nothing
        if not wide:
            self.styles.width = width
        self.absolute_offset = place
        self.add_class("-on")
        self.focus()
        self.refresh(layout=True)
