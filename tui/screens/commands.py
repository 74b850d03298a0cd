"""The `?` list of keys and the palette: the registry, searched by typing; Enter runs the line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.workspace import folded
from tui.actions import ACTIONS, BY_ID, PLACES, Action
from tui.clean import signs
from tui.i18n import _
from tui.key_names import key_name
from tui.keymap import keyed
from tui.screens import MAIN
from tui.screens.base import BaseScreen
from tui.screens.ways import WAYS
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
    if app.session is None:
        return _dialog(app, _("Commands"), live)
    return _dialog(app, _("Commands"), live + others, _ways())


def _live(app: DextreApp) -> list[Action]:
    ids = {active.binding.id for active in app.screen.active_bindings.values()}
    found = [action for action in ACTIONS if action.id in ids]
    return sorted(found, key=lambda action: (action.place in PLACES, action.place == "table"))


def _ways() -> list[Row]:
    return [Row(key, ("", signs(_(way.title)), _(way.says))) for key, way in WAYS.items()]


def _dialog(
    app: DextreApp, title: str, actions: Iterable[Action], more: Sequence[Row] = ()
) -> PickerDialog:
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

    rows += more

    def find(typed: str) -> ListSource:
        wanted = folded(typed).split()
        fitting = [row for row in rows if all(word in _text(row) for word in wanted)]
        return ListSource(sorted(fitting, key=lambda row: not _is_named(row, wanted)))

    columns = [
        Column(_("Key"), 8 if more else 12),  # no table's keys, of which there are three a line
        Column(_("Command"), 21 if more else 16, grow=1),
        Column(_("What it does"), 30, grow=2, drop=1),
    ]
    hint = keyed(_("Enter runs the line. %(key)s closes."), "dialog.close")
    return PickerDialog(title, columns, find, hint=hint, tell=_what_it_does)


def _what_it_does(row: Row) -> str:
    """Whole: in its column it may be cut, or there is no room for the column."""
    return row.words.rpartition("\t")[2]


def _text(row: Row) -> str:
    cells = (cell.text if isinstance(cell, Toned) else cell for cell in row.cells)
    return folded(" ".join([*cells, _english(row)]))


def _is_named(row: Row, wanted: Iterable[str]) -> bool:
    """By its name alone, in either language: it comes first."""
    name = row.cells[1]
    names = folded(f"{name.text if isinstance(name, Toned) else name} {_english(row)}")
    return all(word in names for word in wanted)


def _english(row: Row) -> str:
    return WAYS[row.key].title if row.key in WAYS else BY_ID[row.key].description
