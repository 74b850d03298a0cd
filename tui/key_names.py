"""Keys: which every plain terminal can send, and how they are written on screen and in files."""

from __future__ import annotations

from tui.clean import signs
from tui.i18n import N_, _

SAFE_KEYS = frozenset(
    [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    + [f"f{n}" for n in range(1, 13)]
    + ["enter", "tab", "shift+tab", "escape", "backspace", "space", "insert", "delete"]
    + ["up", "down", "left", "right", "home", "end", "pageup", "pagedown"]
    + [f"shift+{arrow}" for arrow in ("up", "down", "left", "right")]
    + [f"ctrl+{key}" for key in ("up", "down", "left", "right", "home", "end", "pageup")]
    + ["ctrl+pagedown", "ctrl+backslash"]
    + [f"ctrl+{letter}" for letter in "cdefgklnopqrstuvwxyz"]  # not a b (screen, tmux) h i j m
    + ["slash", "question_mark", "plus", "minus", "colon", "comma", "full_stop", "equals_sign"]
    + ["less_than_sign", "greater_than_sign"]
)
"""What every terminal can send, through tmux and SSH as well."""

KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "space": N_("Space"),
    "escape": "Esc",
    "enter": "Enter",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "delete": "Del",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "ctrl+backslash": "^\\",
}


def key_name(key: str) -> str:
    """How a key is written on the screen: `^p`, `Esc`, `F1`, `?`."""
    if key in KEY_NAMES:
        name = KEY_NAMES[key]
        return signs(_(name) if len(name) > 1 else name)
    if key.startswith("ctrl+"):
        return "^" + key_name(key.removeprefix("ctrl+"))
    if key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return key.capitalize() if len(key) > 1 else key


def key_names(written: str) -> list[str]:
    """Keys as people write them (`?`, `^p`, `Space`, `F2`, `x`), as Textual names them."""
    plain = {shown: name for name, shown in KEY_NAMES.items()}
    plain |= {shown.casefold(): name for shown, name in plain.items() if len(shown) > 1}
    found = []
    for part in written.split(",") if written != "," else [","]:
        key = part.strip()
        if key.startswith("^") and len(key) > 1:
            key = "ctrl+" + key[1:].lower()
        elif len(key) > 1:
            key = plain.get(key.casefold(), key.casefold())
        else:
            key = plain.get(key, {",": "comma", ".": "full_stop", ":": "colon"}.get(key, key))
        found.append(key)
    return [key for key in found if key]
