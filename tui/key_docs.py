"""The page of all keys, in the reader's language, from the registry: docs/keys.en.md and keys.ja.md
are written from it (scripts/write_key_docs.py), and a test compares them.
"""

from __future__ import annotations

from tui.actions import ACTIONS, PLACES, Action
from tui.i18n import N_, _, set_language
from tui.key_names import key_name

SCREENS = {
    "home": N_("Home"),
    "brands": N_("Brands"),
    "inventory": N_("Inventory"),
    "import": N_("Import a CSV file"),
    "count": N_("Stock-take"),
    "item": N_("Item"),
    "settings": N_("Settings"),
    "tuning": N_("Settings of the sync"),
    "doctor": N_("Doctor"),
    "backups": N_("Backups"),
    "restore": N_("Restore a backup"),
    "places": N_("Locations and inventory labels"),
    "shopify": N_("Shopify custom app"),
    "webhooks": N_("Webhooks"),
    "connect": N_("Set API details and connect"),
    "enable": N_("Enable inventory link"),
    "pairing": N_("Inventory link"),
    "mapping": N_("SKU mapping"),
    "mapfile": N_("Import mappings"),
    "plan": N_("Plan"),
    "needs": N_("Needs you"),
    "runs": N_("Runs"),
    "run": N_("Run"),
    "log": N_("Log"),
    "error": N_("Dialog"),
}


def page(language: str) -> str:
    """All keys by place, in this language."""
    set_language(language)
    lines = ["# " + _("Keys"), ""]
    lines.append(_("Written from the program; `?` shows the ones that are live."))
    lines.append(_('To use others: a file keys.toml in the data directory, `"id" = "key"`.'))
    head = " | ".join(("", _("Key"), _("Command"), _("What it does"), "id", "")).strip()
    names = SCREENS | PLACES
    for place in dict.fromkeys(action.place for action in ACTIONS):
        title = _(names[place])
        lines += ["", f"## {title}  ({place})", "", head, "|---|---|---|---|"]
        lines += [_line(action) for action in ACTIONS if action.place == place]
    return "\n".join(lines) + "\n"


def _line(action: Action) -> str:
    keys = " ".join(f"`{key_name(key)}`" for key in action.keys.split(","))
    words = (keys, _(action.description), _(action.tooltip), f"`{action.id}`")
    return "| " + " | ".join(words) + " |"
