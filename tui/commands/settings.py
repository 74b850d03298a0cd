"""`settings`: what a person may change while it syncs. The engine takes it up at once, in whichever
process it runs.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from tui.commands.common import Session, say, say_json, table
from tui.commands.line import Tree, runs, takes_json
from tui.i18n import _

if TYPE_CHECKING:
    from core.workspace.settings import SettingNow


def register(tree: Tree) -> None:
    about = _("The breaker's limits, pacing, which quantity is linked, and how long the log is.")
    group = tree.group("settings", about)
    runs(group, list_settings)
    takes_json(group)
    takes_json(tree.command("settings list", list_settings, _("All settings of the brand.")))
    parser = tree.command("settings set", set_setting, _("Change one; it counts at once."))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("value", metavar="VALUE")
    takes_json(parser)
    parser = tree.command("settings reset", reset_setting, _("Back to its default."))
    parser.add_argument("name", metavar="NAME")
    takes_json(parser)


def list_settings(session: Session, *, as_json: bool) -> None:
    found = session.desk.settings()
    if as_json:
        say_json([_record(one) for one in found])
        return
    table(
        (_("Setting"), _("Now"), _("Default value"), ""),
        ((one.name, one.value, one.default if one.changed else "", _(one.about)) for one in found),
    )


def set_setting(session: Session, name: str, value: str, *, as_json: bool) -> None:
    _say(session.desk.set_setting(name, value), as_json=as_json)


def reset_setting(session: Session, name: str, *, as_json: bool) -> None:
    _say(session.desk.reset_setting(name), as_json=as_json)


def _say(now: SettingNow, *, as_json: bool) -> None:
    if as_json:
        say_json(_record(now))
        return
    say(f"{now.name} = {now.value}")


def _record(one: SettingNow) -> dict[str, object]:
    return {**asdict(one), "changed": one.changed}
