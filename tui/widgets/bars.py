"""The fixed lines of every screen: where one is (top), what was said, how the link stands, what the
keys do (bottom). Each repaints only when its text changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import BY_ID
from tui.clean import ascii_only
from tui.i18n import _
from tui.key_names import key_name
from tui.widgets.fitting import EDGE, GAP, Line
from tui.widgets.prose import Prose

Part = tuple[str, str]
"""A text and a tone of the theme."""


BEFORE: Part = ("<", "dim")
"""There are more to the left."""

AFTER: Part = (">", "dim")
"""There are more to the right."""


def _width(parts: Sequence[Part]) -> int:
    return EDGE - GAP + sum(GAP + cell_len(words) for words, _tone in parts)


class Bar(Widget):
    """One line of toned parts; the ones that do not fit are left out from the right, and before
    that from the left until the one where the reader is fits.
    """

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; background: $bar-ground; color: $foreground; }
    """
    parts: reactive[tuple[Part, ...]] = reactive((), layout=False)
    COLOURS: ClassVar[dict[str, str]] = {
        "good": "success",
        "warn": "warning",
        "bad": "error",
        "dim": "dim",
        "accent": "accent",
        "key": "accent",
    }
    GAP = " " * GAP

    def render(self) -> RenderResult:
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        room = self.size.width
        for index, (words, tone) in enumerate(self._in_view(room)):
            piece = (" " if index == 0 else self.GAP) + words
            if cell_len(piece) > room and index:
                break
            text.append(piece, self._tone(tone))
            room -= cell_len(piece)
        return text

    def _in_view(self, room: int) -> Sequence[Part]:
        here = next((at for at, (_words, tone) in enumerate(self.parts) if tone == "here"), 0)
        start, end = 0, here + 1
        while start < here and _width(self._cut(start, end)) > room:
            start += 1
        while end < len(self.parts) and _width(self._cut(start, end + 1)) <= room:
            end += 1
        return self._cut(start, end)

    def _cut(self, start: int, end: int) -> Sequence[Part]:
        """These parts, and signs where there are more."""
        before = (BEFORE,) if start else ()
        after = (AFTER,) if end < len(self.parts) else ()
        return (*before, *self.parts[start:end], *after)

    def _tone(self, tone: str) -> str:
        if tone == "here":
            return f"bold reverse {self._colour('accent')}".strip()
        return f"{'bold ' if tone == 'key' else ''}{self._colour(self.COLOURS.get(tone, ''))}"

    def _colour(self, name: str) -> str:
        value = self.app.theme_variables.get(name, "") if name else ""
        if value.startswith("ansi_"):
            return value.removeprefix("ansi_").replace("default", "")
        return value if value.startswith("#") else ""


class NavBar(Bar):
    """The main screens and which of them this is."""

    def show(self, screens: Sequence[tuple[str, str]], here: str) -> None:
        """`screens` as (key, title); `here` is the title of this one, or of one on top of them."""
        titles = [title for _key, title in screens]
        parts: list[Part] = [
            (f"{key} {title}", "here" if title == here else "") for key, title in screens
        ]
        if here not in titles:
            parts = [(here, "here")]
        self.parts = tuple(parts)


class StatusLine(Bar):
    """How the brand that is open stands, in as many words as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._line = Line()

    def show(self, line: Line) -> None:
        self._line = line
        self._fit(self.size.width or self.screen.size.width)  # no place yet: it will be all of it

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        self.parts = self._line.fitted(width)


LAST = "app.help"
"""The key that leads to all others."""

RANKS = {action_id: rank for rank, action_id in enumerate(BY_ID)}


class KeyLine(Bar):
    """The keys that matter here, from the bindings that are live."""

    def on_mount(self) -> None:
        told = self.screen.bindings_updated_signal
        told.subscribe(self, lambda _screen: self.update_keys(), immediate=True)
        self.update_keys()

    def update_keys(self) -> None:
        """A key of one's own stands where the usual one would: toolkits put it at the end."""
        live = self.screen.active_bindings
        shown: dict[str, ActiveBinding] = {}
        nodes: dict[DOMNode, int] = {}
        for active in live.values():
            nodes.setdefault(active.node, len(nodes))
            if active.binding.show:
                shown.setdefault(active.binding.id or "", active)
        urgent: Collection[str] = getattr(self.screen, "first_keys", tuple)()

        def place(action_id: str) -> tuple[bool, bool, int, int]:
            """What is urgent, then what has the focus, as the registry has it."""
            last, urge, node = action_id == LAST, action_id in urgent, shown[action_id].node
            return (last, not urge, nodes[node], RANKS.get(action_id, 0))

        in_order = sorted(shown, key=place)
        self.parts = tuple(self._part(shown[action_id], live) for action_id in in_order)

    def _part(self, active: ActiveBinding, live: Mapping[str, ActiveBinding]) -> Part:
        """With the first of its keys that is not another's here."""
        binding = active.binding
        action = BY_ID.get(binding.id or "")
        usual = action.keys.split(",") if action else []
        ours = (key for key in usual if key in live and live[key].binding.id == binding.id)
        words = f"{key_name(next(ours, binding.key))} {binding.description}"
        return (words, "" if active.enabled else "dim")

    def render(self) -> RenderResult:
        """The keys in the accent colour, what they do beside them; `?` always has its place."""
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        if not self.parts:
            return text
        *others, last = [(self._told(*part), part[1]) for part in self.parts]
        room = self.size.width - cell_len(self.GAP + last[0]) - 1
        for words, tone in others:
            if cell_len(words) + len(self.GAP) > room:
                break
            self._key(text, words, tone)
            room -= cell_len(words) + len(self.GAP)
        self._key(text, *last)
        return text

    def _told(self, words: str, tone: str) -> str:
        """What cannot act now is dim; where that may not be seen, it stands in brackets."""
        unseen = self.app.no_color or ascii_only()
        return f"({words})" if tone == "dim" and unseen else words

    def _key(self, text: Text, words: str, tone: str) -> None:
        key, _space, rest = words.partition(" ")
        text.append(" " if not text.plain else self.GAP)
        text.append(key, self._tone(tone or "key"))
        text.append(f" {rest}", self._tone(tone))


class Saying(Prose):
    """A short answer above the status line; it goes at the next key, or by itself."""

    DEFAULT_CSS = """
    Saying { display: none; height: auto; max-height: 4; padding: 0 1; background: $field-ground; }
    Saying.-on { display: block; }
    Saying.-warn { color: $warning; }
    Saying.-bad { color: $error; }
    """
    SECONDS = 8.0
    ROOMY = 18
    """Rows of the terminal from which on nothing else need give way to it."""
    SOON = 0.05
    """Seconds in which what is said next takes the place of what was said: one layout, not two."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: Callable[[], None] | None = None
        self._said = 0
        self.leaving = False

    def say(self, words: str, tone: str = "") -> None:
        self._said += 1
        self.leaving = False
        if self._ends is not None:
            self._ends()
        self.update(words)
        self.set_class(tone == "warn", "-warn")
        self.set_class(tone == "bad", "-bad")
        self.add_class("-on")
        self.screen.set_class(self.screen.size.height < self.ROOMY, "-told")
        self._ends = self.set_timer(self.SECONDS, self.hush).stop

    @property
    def words(self) -> str:
        return str(self.content) if self.has_class("-on") else ""

    def hush_soon(self) -> None:
        """At a key: unless that key says something itself."""
        if self.has_class("-on"):
            said = self._said
            self.leaving = True
            self.set_timer(self.SOON, lambda: self.hush() if said == self._said else None)

    def hush(self) -> None:
        self.leaving = False
        if self._ends is not None:
            self._ends()
            self._ends = None
        self.remove_class("-on")
        self.screen.remove_class("-told")

    def on_click(self) -> None:
        self.hush()


class ProgressLine(Static):
    """What is being done, how far, and which key cancels it. It never animates by itself."""

    DEFAULT_CSS = """
    ProgressLine { display: none; height: 1; padding: 0 1; background: $field-ground; }
    ProgressLine.-on { display: block; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._shown = ""

    def show(self, title: str, done: int, total: int | None, key: str) -> None:
        counted = ""
        if total:
            counted = f"{done:,} / {total:,} ({min(100, done * 100 // total)} %)"
        elif done:
            counted = f"{done:,}"
        cancels = _("%(key)s cancels") % {"key": key}
        words = "  ".join(part for part in (title, counted, cancels) if part)
        if words != self._shown:
            self._shown = words
            self.update(words)
        self.add_class("-on")

    def done(self) -> None:
        self._shown = ""
        self.remove_class("-on")


LEAST = (40, 12)
"""Columns and rows of the smallest terminal that shows everything."""


def is_too_small(columns: int, rows: int) -> bool:
    return columns < LEAST[0] or rows < LEAST[1]


class TooSmall(Prose):
    """Lies over everything where the terminal is too small: what is below keeps its focus and what
    was typed. What is not displayed at all would lose them.
    """

    DEFAULT_CSS = """
    TooSmall { display: none; layer: notice; width: 100%; height: 100%; padding: 1;
        background: $background; }
    """

    def show(self, columns: int, rows: int) -> None:
        self.update(
            _("The terminal is too small: %(columns)d×%(rows)d. At least %(need)s is needed.")
            % {"columns": columns, "rows": rows, "need": f"{LEAST[0]}×{LEAST[1]}"}
        )
