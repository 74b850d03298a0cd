"""The demo: the app on a practice shop, linked and selling, in a temporary folder of its own.

Each start makes a fresh shop and a fresh inventory, so there is nothing to break and nothing to
clean up; the merchant's own data directory is never touched, and several run side by side. The
shop lives on the engine's loop, where its customers buy while the engine reads.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.model import Credentials, Label, PlanKind, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Purpose, Workspace
from tui.cli import Globals
from tui.i18n import _, language
from tui.start import FAULTS, run_app

SALES_A_MINUTE = 20.0
VARIANTS = 120


def run_demo(found: Globals) -> int:
    shop = PracticeShop(variants=VARIANTS, locations=2, selling=SALES_A_MINUTE)
    with (
        _own_folder() as home,
        Workspace(home, transport=shop.transport(), purpose=Purpose.APP) as workspace,
    ):
        desk = set_up(workspace, shop)
        workspace.beside(shop.till.run())
        return run_app(
            home,
            lambda: workspace,
            brand=desk.brand.name,
            lang=language(),
            mouse=found.mouse,
            ascii_only=found.ascii_only,
            demo=True,
        )


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Gone afterwards, unless faults of ours are written down in it."""
    folder = Path(tempfile.mkdtemp(prefix="dextre-sync-demo-"))
    try:
        yield folder
    finally:
        if not (folder / FAULTS).exists():
            shutil.rmtree(folder, ignore_errors=True)


def set_up(workspace: Workspace, shop: PracticeShop) -> Desk:
    """What a merchant does in the wizard, done in one go: connect, pair, map, pull, enable."""
    desk = workspace.desk(workspace.add_brand(_("Demo brand")).name)
    desk.add_label(Label("main", _("Main stock"), is_default=True))
    credentials = Credentials(shop.domain, access_token=Secret(shop.access_token))
    desk.connect(credentials).result()
    theirs = [place for place in desk.shop_locations().result() if place.can_be_paired]
    for place in theirs:
        desk.add_location(place.name)
    desk.pair([(place.name, place.id) for place in theirs]).result()
    desk.import_items(_items_file(workspace.home, shop))
    desk.map().result()
    desk.enable(desk.plan(PlanKind.PULL).result()).result()
    return desk


def _items_file(home: Path, shop: PracticeShop) -> Path:
    """All of the shop's catalogue but the last few: those stay "only in Shopify", as in life."""
    file = home / "items.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("sku_number", "name", "barcode"))
        for item in shop.stock.items[:-3]:
            name = item.variant.display_name
            writer.writerow((item.sku, name, item.variant.barcode or ""))
    return file
