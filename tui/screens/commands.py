"""The `?` list of keys and the palette: the registry, searched by typing; Enter runs the line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.actions import ACTIONS, BY_ID, PLACES, Action
from tui.clean import signs
from tui.i18n import _
from tui.key_names import key_name
from tui.screens import MAIN
from tui.screens.base import BaseScreen
from tui.widgets.columns import Column
from tui.widgets.picker import PickerDialog
from tui.widgets.rows import ListSource, Row, Toned

if TYPE_CHECKING:
    from tui.app import DextreApp


def keys_dialog(app: DextreApp) -> PickerDialog:
    """All keys that are live here, the screen's own first."""
    return _dialog(app, _("Keys that work here"), _live(app))


def palette_dialog(app: DextreApp) -> PickerDialog:
    """Everything that can be done from here by name: what is live, and where one can go."""
    live = [action for action in _live(app) if action.place not in ("table", "marks", "dialog")]
    ids = {action.id for action in live}
    others = [
        action
        for action in ACTIONS
        if action.place == "main" and action.name in MAIN and action.id not in ids
    ]
    return _dialog(app, _("Commands"), live + (others if app.session is not None else []))


def _live(app: DextreApp) -> list[Action]:
    ids = {active.binding.id for active in app.screen.active_bindings.values()}
    found = [action for action in ACTIONS if action.id in ids]
    return sorted(found, key=lambda action: (action.place in PLACES, action.place == "table"))


def _dialog(app: DextreApp, title: str, actions: Iterable[Action]) -> PickerDialog:
    screen = app.screen
    bound: dict[str, list[str]] = {}
    for key, active in screen.active_bindings.items():
        bound.setdefault(active.binding.id or "", []).append(key)
    rows = []
    for action in actions:
        reason = screen.why_not(action.id) if isinstance(screen, BaseScreen) else None
        words = _(action.tooltip)
        if reason:
            words = signs("– ") + reason
        live = bound.get(action.id) or action.keys.split(",")
        keys = " ".join(key_name(key) for key in live)
        cells = (keys, _(action.description), words)
        rows.append(Row(action.id, tuple(Toned(c, "dim") for c in cells) if reason else cells))

    def find(typed: str) -> ListSource:
        wanted = typed.casefold().split()
        return ListSource([row for row in rows if all(word in _text(row) for word in wanted)])

    columns = [
        Column(_("Key"), 12),
        Column(_("Command"), 16, grow=1),
        Column(_("What it does"), 30, grow=2, drop=1),
    ]
    return PickerDialog(title, columns, find, hint=_("Enter runs the line. Esc closes."))


def _text(row: Row) -> str:
    action = BY_ID[row.key]
    cells = (cell.text if isinstance(cell, Toned) else cell for cell in row.cells)
    return " ".join([*cells, action.description]).casefold()
