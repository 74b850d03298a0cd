"""Screens, one a file. `make` imports a main screen when it is first shown, so that the app's first
paint waits for none but the one it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.screens.base import BaseScreen

MAIN = ("home", "inventory", "mapping", "needs", "runs", "log", "settings")
"""The main screens in the order of their keys 1…7; nav titles are those of their actions."""


def make(name: str) -> BaseScreen:
    match name:
        case "inventory":
            from tui.screens.inventory import InventoryScreen

            return InventoryScreen()
        case "mapping":
            from tui.screens.mapping import MappingScreen

            return MappingScreen()
        case "needs":
            from tui.screens.needs_you import NeedsYouScreen

            return NeedsYouScreen()
        case "runs":
            from tui.screens.runs import RunsScreen

            return RunsScreen()
        case "log":
            from tui.screens.log import LogScreen

            return LogScreen()
        case "settings":
            from tui.screens.settings import SettingsScreen

            return SettingsScreen()
        case _:
            from tui.screens.home import HomeScreen

            return HomeScreen()
