"""The story of a number adds up to the number: whatever has been done, each level's movements begin
at nothing, join on to one another, and end at the level.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import DextreError
from core.model import Credentials, Item, Label, PlanKind, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Workspace
from tests.twins.clock import ManualClock

PLACES = ("Osaka", "Tokyo")
LABELS = ("main", "spare")
SUM = re.compile(r"(-?\d+) \+ \((-?\d+) − (-?\d+)\) = (-?\d+)(?:, of which ([+-]\d+) wait)?")
ACTS = ("sell", "set", "adjust", "move", "rename", "import", "undo", "pull", "push", "link")
RARE = ("backup", "restore", "remove", "add")


class Merchant:
    """Does something at random, and is told "no" where that may not be."""

    def __init__(self, folder: Path, desk: Desk, shop: PracticeShop, seed: int) -> None:
        self.folder, self.desk, self.shop = folder, desk, shop
        self.rng = random.Random(seed)
        self.saved = folder / "saved.db"
        desk.add_label(Label("main", "Main"))
        desk.add_label(Label("spare", "Spare", negative_allowed=True))
        for place in PLACES:
            desk.add_location(place)
        for item in shop.stock.items:
            desk.add_item(Item(item.sku or "", "", ""))
            desk.set_stock(item.sku or "", "Tokyo", 50, "main")
        desk.connect(Credentials(shop.domain, Secret(shop.access_token))).result(20)
        self.link()
        self.backup()

    def act(self) -> None:
        kind = self.rng.choice(ACTS * 3 + RARE)
        with suppress(DextreError):
            getattr(self, {"import": "from_file"}.get(kind, kind))()
        with suppress(DextreError):
            self.desk.run_once().result(20)

    def sku(self) -> str:
        return self.rng.choice(self.desk.items()).sku_number

    def where(self) -> tuple[str, str]:
        return self.rng.choice(PLACES), self.rng.choice(LABELS)

    def sell(self) -> None:
        item = self.rng.choice(self.shop.stock.items)
        self.shop.stock.sell(
            item, self.rng.choice(self.shop.stock.locations), self.rng.randint(1, 9)
        )

    def set(self) -> None:
        place, label = self.where()
        self.desk.set_stock(self.sku(), place, self.rng.randint(0, 40), label)

    def adjust(self) -> None:
        place, label = self.where()
        self.desk.adjust_stock(self.sku(), place, self.rng.randint(-5, 9), label)

    def move(self) -> None:
        self.desk.move_stock(self.sku(), self.where(), self.where(), self.rng.randint(1, 3))

    def rename(self) -> None:
        sku = self.sku()
        self.desk.rename_item(sku, f"{sku}'")

    def from_file(self) -> None:
        place, label = self.where()
        file = self.folder / "items.csv"
        file.write_text(
            "sku_number,name,barcode,location,label,quantity\n"
            f"{self.sku()},,,{place},{label},{self.rng.randint(0, 99)}\n"
        )
        self.desk.import_items(file)

    def undo(self) -> None:
        self.desk.apply(self.desk.undo_plan().result(20)).result(20)

    def pull(self) -> None:
        self.desk.apply(self.desk.plan(PlanKind.PULL).result(20)).result(20)

    def push(self) -> None:
        self.desk.apply(self.desk.plan(PlanKind.PUSH).result(20)).result(20)

    def link(self) -> None:
        """Another label, perhaps; from then on the shop's numbers are those of that one."""
        there = [location.name for location in self.shop.stock.locations]
        self.desk.disable().result(20)
        self.desk.pair([*zip(PLACES, there, strict=True)], self.rng.choice(LABELS)).result(20)
        self.desk.map().result(20)
        self.desk.enable(self.desk.plan(PlanKind.PULL).result(20)).result(20)

    def backup(self) -> None:
        self.desk.backup(self.saved, overwrite=True)

    def restore(self) -> None:
        self.desk.restore(self.saved).result(20)

    def remove(self) -> None:
        self.desk.remove_item(self.sku(), force=True)

    def add(self) -> None:
        self.desk.add_item(Item(f"new-{self.rng.randint(0, 9)}", "", ""))


def not_adding_up(desk: Desk) -> Iterator[str]:
    for item in desk.items():
        told: dict[tuple[str, str], int] = {}
        for movement in reversed(desk.movements(item.sku_number, None)):
            where = movement.key.location_id, movement.key.label_code
            if (movement.before or 0) != told.get(where, 0):
                yield f"{movement} begins at another number than {told.get(where, 0)}"
            told[where] = movement.after
            if sums := SUM.fullmatch(movement.cause.arithmetic):
                here, there, base, result, left = (int(part or 0) for part in sums.groups())
                ends_at = here + there - base, result - left
                if (here, ends_at) != (movement.before or 0, (result, movement.after)):
                    yield f"{movement} is told as {movement.cause.arithmetic}"
        levels = {
            (one.key.location_id, one.key.label_code): one
            for one in desk.levels_of(item.sku_number)
        }
        for where in {*told, *levels}:
            number = levels[where].quantity if where in levels else 0
            if number != told.get(where, 0):
                yield f"{item.sku_number} at {where}: told {told.get(where, 0)}, there are {number}"


@pytest.mark.parametrize("seed", range(4))
def test_the_movements_of_every_level_add_up_to_it(tmp_path: Path, seed: int) -> None:
    clock = ManualClock()
    shop = PracticeShop(variants=5, locations=2, seed=seed, clock=clock)
    with Workspace(
        tmp_path / "home", clock=clock, transport=shop.transport(), who="ann", environ={}
    ) as workspace:
        workspace.add_brand("Tea")
        merchant = Merchant(tmp_path, workspace.desk("Tea"), shop, seed)
        for _ in range(30):
            merchant.act()
            assert [*not_adding_up(merchant.desk)] == []
