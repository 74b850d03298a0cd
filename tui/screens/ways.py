"""Where the palette leads beside the main screens: each by the path that a reader would take, so
that leaving leads back along it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui.i18n import N_

if TYPE_CHECKING:
    from tui.app import DextreApp


class Way(NamedTuple):
    """`title` and `says` are catalogue ids."""

    title: str
    says: str


BELOW_SETTINGS = {
    "shopify": Way(N_("Shopify custom app"), N_("Every step of the link on one page.")),
    "places": Way(N_("Locations and inventory labels"), N_("Add, edit and remove them.")),
    "brands": Way(N_("Brands"), N_("Choose or add a brand.")),
    "backups": Way(N_("Backups"), N_("Make a backup or bring one back.")),
    "tuning": Way(N_("Settings of the sync"), N_("safety stop, pace, log")),
    "doctor": Way(N_("Doctor"), N_("checks file, shop and terminal")),
}
BELOW_SHOPIFY = {
    "connect": Way(N_("Set API details and connect"), N_("The shop and its app.")),
    "edit": Way(N_("Inventory link"), N_("Pair locations one to one.")),
    "enable": Way(N_("Enable or disable the inventory link"), N_("A plan is shown first.")),
    "webhooks": Way(N_("Webhooks"), N_("What Shopify tells at once.")),
    "push": Way(N_("Push DEXTRE → Shopify"), N_("DEXTRE's numbers count (preview)")),
    "pull": Way(N_("Pull Shopify → DEXTRE"), N_("Shopify's numbers count (preview)")),
    "delete": Way(N_("Delete SKU mappings"), N_("stops the link")),
}
WAYS = {f"way.{name}": way for name, way in (BELOW_SHOPIFY | BELOW_SETTINGS).items()}


async def take(app: DextreApp, way: str) -> None:
    """Go there. What cannot be done now says why, on the page it belongs to."""
    from tui.screens.settings import below
    from tui.screens.shopify_app import ShopifyScreen

    name = way.removeprefix("way.")
    app.go("settings")
    if name in BELOW_SETTINGS:
        await app.push_screen(below(name))
        return
    page = ShopifyScreen()
    await app.push_screen(page)
    page.choose(name)
