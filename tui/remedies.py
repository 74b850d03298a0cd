"""What to do about an error, in the words of the app: keys and screens. The core's own remedies
name commands, for those who work by commands (and for the log).
"""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import DextreError, ErrorNote
from tui import i18n
from tui.i18n import N_
from tui.keymap import key_of

IN_APP: Mapping[str, str] = {
    "To map anew all the same: `dextre-sync map --yes`. Nothing was changed.": N_(
        "To map anew all the same: SKU mapping > Map. Nothing was changed."
    ),
    "Close it there, or use `status` and `log`, which work beside it.": N_(
        "Close it there, or take the sync over (Home, key %(key_take)s). Looking works beside it."
    ),
    "Turn it on with `dextre-sync enable --start push|pull|merge`, or in Settings.": N_(
        "Turn it on in Settings > Shopify custom app."
    ),
    "Connect it with `dextre-sync connect`, or in Settings > Shopify custom app.": N_(
        "Connect it in Settings > Shopify custom app."
    ),
    "Add it first (`dextre-sync location add`), or write one of: %(existing)s.": N_(
        "Add it first (Inventory, key %(key_places)s), or write one of: %(existing)s."
    ),
    "Add it first (`dextre-sync label add`), or write one of: %(existing)s.": N_(
        "Add it first (Inventory, key %(key_places)s), or write one of: %(existing)s."
    ),
    "Check the spelling (case and spaces count), or add the item with "
    "`dextre-sync item import`.": N_(
        "Check the spelling (case and spaces count), or import the item "
        "(Inventory, key %(key_import)s)."
    ),
    "Run Map (`dextre-sync map`) to read the shop's catalogue again.": N_(
        "Press %(key_map)s (Map) in the SKU mapping to read the shop's catalogue again."
    ),
    "Look it up with `dextre-sync map list`.": N_(
        "Search for it in the SKU mapping (key %(key_mapping)s)."
    ),
    "Turn the link off (`dextre-sync disable` asks for the answer again), then try again.": N_(
        "Let the sync finish (pending 0), turn the link off, then try again."
    ),
    "Link that label again (`dextre-sync pair --label`), then undo the run.": N_(
        "Link that label again (Settings > Locations and inventory labels), then undo the run."
    ),
    "Upper and lower case count. `dextre-sync item export` lists all items.": N_(
        "Upper and lower case count. Search for it in the inventory (key %(key_inventory)s)."
    ),
    "`dextre-sync location list` shows them all.": N_(
        "Inventory, key %(key_places)s shows them all."
    ),
    "`dextre-sync label list` shows them all.": N_("Inventory, key %(key_places)s shows them all."),
    "`dextre-sync brand list` shows them all.": N_("Home, key %(key_brands)s shows them all."),
    "Look at it with `dextre-sync plan pull` or `plan push`. To go on, apply "
    "`dextre-sync enable --start merge`; to let one side win, `push` or `pull`. "
    "The limits are settings: `dextre-sync settings`.": N_(
        "Look at the plan (Needs you, key %(key_plan)s); what you apply is done, and the sync goes "
        "on. To let one side win, push or pull in Settings > Shopify custom app. The limits are in "
        "Settings (key %(key_settings)s)."
    ),
    "Check the shop first. If that is right, run the SKU mapping again; items that are gone then "
    "leave the link. The limits are settings: `dextre-sync settings`.": N_(
        "Check the shop first. If that is right, run the SKU mapping again; items that are gone "
        "then leave the link. The limits are in Settings (key %(key_settings)s)."
    ),
    "Move it elsewhere (`dextre-sync stock move`) or set it to 0, then remove it.": N_(
        "Move it elsewhere (Inventory, key %(key_move)s) or set it to 0, then remove it."
    ),
    "Link another one with `dextre-sync pair … --label CODE`, then remove it.": N_(
        "Link another one (Settings > Shopify custom app > Edit), then remove it."
    ),
    "Make another one the default (`dextre-sync label edit CODE --default`), then remove it.": N_(
        "Make another one the default (%(key_edit)s on its row), then remove it."
    ),
    "Add another one first (`dextre-sync label add`).": N_(
        "Add another one first (%(key_label)s)."
    ),
    "Move it to another label (`dextre-sync stock move … --to-label CODE`) or set it to 0, then "
    "remove this one.": N_(
        "Move it to another label (Inventory, key %(key_move)s) or set it to 0, then remove this "
        "one."
    ),
    "Look at it with `dextre-sync stock show`; --yes removes it all the same.": N_(
        "Look at it in the inventory (key %(key_inventory)s) first."
    ),
    "`dextre-sync settings` lists them all.": N_("Settings (key %(key_settings)s) lists them all."),
    "Did you mean %(near)s? `dextre-sync settings` lists them all.": N_(
        "Did you mean %(near)s? Settings (key %(key_settings)s) lists them all."
    ),
    "Turn it off with `dextre-sync disable`, change the setting, and turn the link on again with "
    "a first alignment: `dextre-sync enable --start push|pull|merge`.": N_(
        "Turn it off in Settings > Shopify custom app, change the setting, and turn it on again "
        "there, with a first alignment."
    ),
    "Let the sync finish them (`dextre-sync run`), then change the setting.": N_(
        "Let the sync finish them (pending 0), then change the setting."
    ),
    "`dextre-sync undo` without a name undoes the last run.": N_(
        "In the list of runs (key %(key_runs)s), %(key_undo)s undoes the last one."
    ),
    "Nothing was written to it. `dextre-sync restore BACKUP` keeps it aside and brings the backup "
    "back.": N_(
        "Nothing was written to it. Restore a backup (Settings, Backups): the file is kept aside."
    ),
    "`dextre-sync runs` lists them; without an id, undo takes the last one.": N_(
        "In the list of runs (key %(key_runs)s), %(key_undo)s undoes the last one."
    ),
    "Make one with `dextre-sync brand add NAME`, or start the app.": N_(
        "Make one: Home, key %(key_brands)s, then %(key_add_brand)s."
    ),
    "Check the spelling, or make it with `dextre-sync brand add NAME`.": N_(
        "Check the spelling, or make it: Home, key %(key_brands)s, then %(key_add_brand)s."
    ),
    "Check the spelling, or add it with `dextre-sync location add NAME`.": N_(
        "Check the spelling, or add it: Inventory, key %(key_places)s, then %(key_location)s."
    ),
    "Name one with --label CODE.": N_(
        "Choose one with %(key_link_label)s, or make one the default."
    ),
    "Make one with `dextre-sync label add CODE`.": N_(
        "Make one: Inventory, key %(key_places)s, then %(key_label)s."
    ),
    "Check the code, or make it with `dextre-sync label add CODE`.": N_(
        "Check the code, or make it: Inventory, key %(key_places)s, then %(key_label)s."
    ),
    "Connect again with --api-secret-file (or --client-secret-file).": N_(
        "Connect again in Settings > Shopify custom app, with the API secret key."
    ),
    "Pair them with `dextre-sync pair LOCAL=SHOPIFY`, or in Settings > Inventory link.": N_(
        "Pair them in Settings > Shopify custom app > Edit."
    ),
    "Import the items first: `dextre-sync item import FILE.csv`.": N_(
        "Import the items first: Inventory, key %(key_import)s."
    ),
    "It was not touched. Choose another name, or move that file away first.": N_(
        "It was not touched. Choose another name."
    ),
    "`dextre-sync why SKU` says where a number came from.": N_(
        "Open the item (%(key_open)s in the inventory) to see where its number came from."
    ),
}
"""By the core's remedy. Every remedy that names a command has its line (tests/tui)."""


KEYS: Mapping[str, str] = {
    "key_take": "home.take",
    "key_places": "inventory.places",
    "key_import": "inventory.import",
    "key_map": "mapping.run",
    "key_mapping": "main.mapping",
    "key_inventory": "main.inventory",
    "key_brands": "home.brands",
    "key_plan": "needs.review",
    "key_settings": "main.settings",
    "key_move": "inventory.move",
    "key_edit": "places.edit",
    "key_label": "places.label",
    "key_runs": "main.runs",
    "key_undo": "runs.undo-last",
    "key_link_label": "pairing.label",
    "key_open": "inventory.open",
    "key_add_brand": "brands.add",
    "key_location": "places.location",
}
"""The actions whose keys are named above."""


def _keys(remedy: str) -> dict[str, str]:
    """The keys that the app's words for a remedy name."""
    words = IN_APP.get(remedy, "")
    return {name: key_of(action_id) for name, action_id in KEYS.items() if name in words}


def tell(error: DextreError) -> tuple[str, str]:
    """What went wrong and what to do about it, by keys and screens."""
    return i18n.tell(error, IN_APP, _keys(error.remedy))


def finding_text(finding: i18n.Told) -> tuple[str, str]:
    """One line of a check or an import, and its remedy (empty where there is none)."""
    return i18n.finding_text(finding, IN_APP, _keys(finding.remedy))


def told(error: DextreError | ErrorNote) -> str:
    """Both on a line."""
    if isinstance(error, ErrorNote):
        return i18n.note_text(error, IN_APP, _keys(error.remedy))
    return i18n.joined(*tell(error))
