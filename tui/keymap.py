"""Keys of one's own: `keys.toml` in the data directory, lines like `"mapping.undo" = "z"`, with the
ids of docs/keys.en.md and keys as they are written there (several with commas).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.actions import ACTIONS, BY_ID
from tui.clean import clean
from tui.i18n import N_, _, headed, listed
from tui.key_names import SAFE_KEYS, key_name, key_names

if TYPE_CHECKING:
    from core.model import Finding

FILE = "keys.toml"

MAINS = frozenset({"home", "inventory", "mapping", "needs", "runs", "log", "settings"})
OTHERS = frozenset(
    {"brands", "import", "count", "item", "tuning", "doctor", "backups", "restore", "places"}
    | {"shopify", "webhooks", "connect", "enable", "pairing", "mapfile", "plan", "run"}
)
TABLES = (MAINS | OTHERS) - {"home", "log", "item", "shopify", "connect", "enable"}
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


_own: Mapping[str, str] = {}


def use(keymap: Mapping[str, str]) -> None:
    """These are the reader's own keys from now on."""
    global _own
    _own = keymap


def key_of(action_id: str) -> str:
    """The key of an action as it is now, for sentences that name it."""
    keys = _own.get(action_id, BY_ID[action_id].keys)
    return key_name(keys.split(",")[0])


def keyed(words: str, action_id: str) -> str:
    """A sentence that names the key of an action by `%(key)s`."""
    return words % {"key": key_of(action_id)}


class Fault(NamedTuple):
    """`message` is a catalogue id; each of the `lines` costs only itself."""

    message: str
    lines: Sequence[str]


_UNREADABLE = N_("%(file)s cannot be read: %(lines)s")
_UNKNOWN = N_("%(file)s: no such action, or no key that every terminal has: %(lines)s")
_TWICE = N_("%(file)s: one key for two, of which only one acts: %(lines)s")
REMEDY = N_("Correct the file, then start again. docs/keys.en.md lists all ids with their keys.")


def load(home: Path) -> tuple[dict[str, str], list[Fault]]:
    """The keymap, and what is wrong with the file."""
    try:
        lines = _flat(tomllib.loads((home / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, [Fault(_UNREADABLE, [clean(error)])]
    keymap: dict[str, str] = {}
    wrong = []
    for action, keys in lines:
        found = key_names(keys)
        if action in BY_ID and found and set(found) <= SAFE_KEYS:
            keymap[action] = ",".join(found)
        else:
            wrong.append(clean(f"{action} = {keys}"))
    faults = (Fault(_UNKNOWN, wrong), Fault(_TWICE, clashes(keymap)))
    return keymap, [fault for fault in faults if fault.lines]


def told(faults: Iterable[Fault]) -> str:
    """A line for each kind of fault."""
    return "\n".join(
        _(fault.message) % {"file": FILE, "lines": _("; ").join(fault.lines)} for fault in faults
    )


def told_whole(faults: Iterable[Fault], home: Path) -> str:
    """Where the file is, and a line for each of its lines that is wrong."""
    return "\n".join(
        _(fault.message)
        % {"file": clean(home / FILE), "lines": "".join(f"\n  {line}" for line in fault.lines)}
        for fault in faults
    )


def findings(home: Path) -> list[Finding]:
    """What a doctor says of the file: nothing, where nothing is wrong with it."""
    from core.model import Finding, Verdict  # here: the first paint needs no nouns

    return [
        Finding(
            "keys",
            Verdict.WARNING,
            fault.message,
            {"file": FILE, "lines": _("; ").join(fault.lines)},
            REMEDY,
        )
        for fault in load(home)[1]
    ]


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
