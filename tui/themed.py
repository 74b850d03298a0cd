"""The colours of the app: chosen before the styles are read for the first time, because reading
them is a tenth of a start, and switched live.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from textual.app import App
from textual.color import Color
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor

from tui import preferences
from tui.colourless import Colourless
from tui.i18n import _
from tui.keys import KeysInOrder
from tui.themes import ANSI_THEMES, DARK, DEFAULTS, LIGHT, THEMES, first_theme

QUIET = ("background", "surface", "panel", "bar-ground", "button-ground")
"""The grounds that stand for nothing."""


class ThemedApp(KeysInOrder):
    def __init__(self, home: Path, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.home = home
        self.no_color = bool(os.environ.get("NO_COLOR"))
        self._without_colour: Sequence[LineFilter] = ()
        self._choose_theme()

    def _kept(self) -> preferences.Preferences:
        return preferences.load(self.home)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DEFAULTS)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour: ours in the place of the toolkit's, which sends greys."""
        if self._without_colour:
            return self._without_colour
        toolkits = super().get_line_filters()
        return [one for one in toolkits if not isinstance(one, Monochrome | NoColor)]

    def _choose_theme(self) -> None:
        """Before the styles are read for the first time: they are read once."""
        for theme in THEMES:
            self.register_theme(theme)
        wished = self._kept().theme
        name = wished if wished in self.available_themes else first_theme(os.environ)
        if self.no_color:
            name = DARK.name  # whose grounds are told from one another, though none is shown
        self.set_reactive(App.theme, name)
        tones = self.get_css_variables()
        if self.no_color:
            quiet = frozenset(Color.parse(tones[ground]).rich_color for ground in QUIET)
            field = Color.parse(tones["field-ground"]).rich_color
            self._without_colour = (Colourless(quiet, field),)
        self.stylesheet.set_variables(tones)
        self._styled = (name, self.theme_variables)

    def dress(self) -> None:
        """Once it runs: all that hangs on the theme beside the styles."""
        self.mutate_reactive(App.theme)

    def refresh_css(self, animate: bool = True) -> None:
        """Where the colours differ. The toolkit also asks at its start, when nothing is shown."""
        wanted = (self.theme, self.get_css_variables())
        if wanted != self._styled:
            self._styled = wanted
            super().refresh_css(animate)

    @abstractmethod
    def say(self, words: str, tone: str = "") -> None:
        """Tell the reader, on the screen that is shown."""

    def do_theme(self) -> None:
        """Dark, light, the terminal's own colours on dark and on light ground."""
        if self.no_color:
            self.say(_("NO_COLOR is set: no colours are shown."), "warn")
            return
        names = [DARK.name, LIGHT.name, *ANSI_THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        preferences.remember(self.home, theme=self.theme)
