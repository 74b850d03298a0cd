"""The colours of the app: chosen before the styles are read for the first time, because reading
them is a tenth of a start, and switched live.
"""

from __future__ import annotations

import os
from pathlib import Path

from textual.app import App
from textual.driver import Driver

from tui import preferences
from tui.keys import KeysInOrder
from tui.themes import ANSI_THEMES, DARK, DEFAULTS, LIGHT, THEMES, first_theme


class ThemedApp(KeysInOrder):
    def __init__(self, home: Path, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.home = home
        self._choose_theme()

    def _kept(self) -> preferences.Preferences:
        return preferences.load(self.home)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DEFAULTS)

    def _choose_theme(self) -> None:
        """Before the styles are read for the first time: they are read once."""
        for theme in THEMES:
            self.register_theme(theme)
        wished = self._kept().theme
        name = wished if wished in self.available_themes else first_theme(os.environ)
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())
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

    def do_theme(self) -> None:
        """Dark, light, the terminal's own colours on dark and on light ground."""
        names = [DARK.name, LIGHT.name, *ANSI_THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        preferences.remember(self.home, theme=self.theme)
