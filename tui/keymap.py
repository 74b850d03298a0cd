"""Keys of one's own: `keys.toml` in the data directory, lines like `"mapping.undo" = "z"`, with the
ids of docs/keys.en.md and keys as they are written there (several with commas).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tui.actions import ACTIONS, BY_ID
from tui.clean import clean
from tui.i18n import _, headed, listed
from tui.key_names import SAFE_KEYS, key_name, key_names

FILE = "keys.toml"

MAINS = frozenset({"home", "inventory", "mapping", "needs", "runs", "log", "settings"})
OTHERS = frozenset(
    {"brands", "import", "count", "item", "tuning", "doctor", "backups", "restore", "places"}
    | {"shopify", "webhooks", "connect", "pairing", "mapfile", "plan", "run"}
)
TABLES = (MAINS | OTHERS) - {"home", "log", "item", "shopify", "connect"}
SEARCHED = frozenset({"inventory", "mapping", "needs", "plan", "log"})
LISTS = frozenset({"table", "marks", "find", "scroll"})
WITH = {
    "app": MAINS | OTHERS | LISTS | {"main", "sub", "form"},
    "main": MAINS | OTHERS | LISTS | {"sub", "form"},
    "sub": OTHERS | {"table", "find", "form"},
    "find": SEARCHED | {"table", "marks", "scroll"},
    "table": TABLES | {"marks"},
    "marks": frozenset({"inventory", "mapping", "needs"}),
    "scroll": frozenset({"home", "log"}),
    "form": frozenset({"connect", "shopify"}),
}
"""Places whose actions are live beside those of a place."""


def load(home: Path) -> tuple[dict[str, str], str]:
    """The keymap, and what is wrong with the file ("": nothing). A wrong line costs only itself."""
    try:
        text = (home / FILE).read_text("utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        return {}, _("%(file)s cannot be read: %(why)s") % {"file": FILE, "why": clean(error)}
    try:
        lines = _flat(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, _("%(file)s cannot be read: %(why)s") % {"file": FILE, "why": clean(error)}
    keymap: dict[str, str] = {}
    wrong = []
    for action, keys in lines:
        found = key_names(keys)
        if action in BY_ID and found and set(found) <= SAFE_KEYS:
            keymap[action] = ",".join(found)
        else:
            wrong.append(f"{action} = {keys}")
    told = []
    if wrong:
        told.append(_("%(file)s: no such action, or no key that every terminal has: %(lines)s"))
        told[0] %= {"file": FILE, "lines": clean(_("; ").join(wrong))}
    if twice := clashes(keymap):
        words = _("%(file)s: one key for two, of which only one acts: %(lines)s")
        told.append(words % {"file": FILE, "lines": _("; ").join(twice)})
    return keymap, "\n".join(told)


def clashes(keymap: Mapping[str, str]) -> list[str]:
    """`m: inventory.set, inventory.move` for each key that means two things at the same time since
    it was given away.
    """
    keys = {one.id: set(keymap.get(one.id, one.keys).split(",")) for one in ACTIONS}
    return [
        headed(" ".join(map(key_name, sorted(both))), listed((mine, other.id)))
        for mine in keymap
        for other in ACTIONS
        if other.id != mine and not (other.id in keymap and other.id < mine)
        if together(BY_ID[mine].place, other.place)
        if (both := keys[mine] & keys[other.id])
    ]


def together(one: str, other: str) -> bool:
    """Whether the actions of two places are live at the same time."""
    return one == other or other in WITH.get(one, ()) or one in WITH.get(other, ())


def _flat(record: dict[str, object], before: str = "") -> list[tuple[str, str]]:
    """`mapping.undo` may be written as a table `[mapping]` with `undo`, or quoted."""
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", str(value)))
    return found
