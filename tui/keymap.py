"""Keys of one's own: `keys.toml` in the data directory, lines like `"mapping.undo" = "z"`, with the
ids of docs/keys.en.md and keys as they are written there (several with commas).
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from tui.actions import BY_ID
from tui.clean import clean
from tui.i18n import _
from tui.key_names import SAFE_KEYS, key_names

FILE = "keys.toml"


def load(home: Path) -> tuple[dict[str, str], str]:
    """The keymap, and what is wrong with the file ("": nothing). A wrong line costs only itself."""
    try:
        text = (home / FILE).read_text("utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        return {}, _("%(file)s cannot be read: %(why)s") % {"file": FILE, "why": clean(error)}
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, _("%(file)s cannot be read: %(why)s") % {"file": FILE, "why": clean(error)}
    keymap: dict[str, str] = {}
    wrong = []
    for action, keys in _flat(record):
        found = key_names(keys)
        if action in BY_ID and found and set(found) <= SAFE_KEYS:
            keymap[action] = ",".join(found)
        else:
            wrong.append(f"{action} = {keys}")
    if not wrong:
        return keymap, ""
    words = _("%(file)s: no such action, or no key that every terminal has: %(lines)s")
    return keymap, words % {"file": FILE, "lines": clean(_("; ").join(wrong))}


def _flat(record: dict[str, object], before: str = "") -> list[tuple[str, str]]:
    """`mapping.undo` may be written as a table `[mapping]` with `undo`, or quoted."""
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", str(value)))
    return found
