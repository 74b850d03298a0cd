"""A writer that is made to be killed: mixed transactions without end, each a function of its
number, so that from the number of the last one follows everything that must be in the file.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from core.clock import SystemClock
from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Intent,
    IntentKind,
    Item,
    Label,
    Link,
    PlanKind,
    PlanRow,
    QuantityName,
    RowOutcome,
    Run,
    RunRow,
    SkuMapping,
    Why,
)
from core.store import BrandStore, Tx

SKUS = tuple(f"SKU-{n:02}" for n in range(12))
PLACE = "place"
SHOP_PLACE = "gid://shopify/Location/1"
CAUSE = Cause(CauseKind.ADJUST, "crash test")


KINDS = ("move",) * 4 + ("many", "intent", "settle", "run", "fail", "nest")


class TakenBackError(Exception):
    """What a work raises that shall leave nothing."""


@dataclass
class Model:
    """What the file must hold after the transactions 1 … `last`."""

    last: int = 0
    levels: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SKUS, 0))
    movements: int = 0
    intents: deque[str] = field(default_factory=deque)
    runs: Counter[str] = field(default_factory=Counter)

    def advance(self, last: int) -> None:
        for number in range(self.last + 1, last + 1):
            with suppress(TakenBackError):
                _Step(number).on_model(self)
        self.last = last

    def differs_from(self, store: BrandStore) -> str:
        """Empty, or what is wrong."""
        with store.books.view() as view:
            levels = {sku: view.level(sku, PLACE, "good") or 0 for sku in SKUS}
            intents = [intent.key for intent in view.intents()]
            cells = {cell.sku_number: cell.here or 0 for cell in view.cells()}
        replayed, count = dict.fromkeys(SKUS, 0), 0
        rows: Counter[str] = Counter()
        for _, doc in store._db.table("movements").rows.pairs():
            count += 1
            if doc.get("before", 0) != replayed[doc["sku_number"]]:
                return f"a movement does not follow the one before it: {doc}"
            replayed[doc["sku_number"]] = doc["after"]
        for key in store._db.table("run_rows").rows:
            rows[key.split("|")[0]] += 1
        pairs = (
            ("levels", levels, self.levels),
            ("cells", cells, self.levels),
            ("replayed movements", replayed, self.levels),
            ("movements", count, self.movements),
            ("outbox", intents, list(self.intents)),
            ("run rows", rows, self.runs),
        )
        return "; ".join(f"{name}: {one} != {other}" for name, one, other in pairs if one != other)


class _Step:
    """One transaction. The same number always does the same, in the file and in the model."""

    def __init__(self, number: int) -> None:
        self.number = number
        chance = Random(number)
        self.kind = chance.choice(
            ["move"] * 4 + ["many", "intent", "settle", "run", "fail", "nest"]
        )
        self.skus = chance.sample(SKUS, len(SKUS) if self.kind == "many" else 2)
        self.delta = chance.randint(1, 9)

    def on_model(self, model: Model) -> None:
        match self.kind:
            case "move" | "nest" | "many":
                for place, sku in enumerate(self.skus):
                    model.levels[sku] += self._delta(place)
                model.movements += len(self.skus)
            case "intent":
                model.intents.append(self._name())
            case "settle":
                if model.intents:
                    model.intents.popleft()
            case "run":
                model.runs[self._name()] = len(SKUS)
            case "fail":
                raise TakenBackError

    def on_store(self, store: BrandStore, tx: Tx) -> int:
        match self.kind:
            case "move" | "many":
                self._move(tx)
            case "intent":
                kind, name = IntentKind.ADJUST, QuantityName.AVAILABLE
                tx.put_intent(Intent(self._name(), kind, self._name(), name, ()))
            case "settle":
                for intent in tx.intents()[:1]:
                    tx.remove_intent(intent.key)
            case "run":
                tx.put_run(Run(self._name(), PlanKind.PUSH, "t", "w", 0, 0, 0), self._rows())
            case "fail":
                self._move(tx)
                raise TakenBackError
            case "nest":
                self._move(tx)
                with suppress(TakenBackError), store._db.transaction():
                    self._move(store.books.begun())
                    raise TakenBackError
        store._db.table("meta").put("last", {"n": self.number})
        return self.number

    def _move(self, tx: Tx) -> None:
        for place, sku in enumerate(self.skus):
            before = tx.level(sku, PLACE, "good") or 0
            tx.set_level(sku, PLACE, "good", before + self._delta(place), CAUSE)

    def _delta(self, place: int) -> int:
        return self.delta if place % 2 else -self.delta

    def _name(self) -> str:
        return f"{self.number:09}"

    def _rows(self) -> list[RunRow]:
        return [
            RunRow(
                PlanRow(_cell(sku), sku, PLACE, 1, 1, 1, 2, 2, 2, Why.MERGED), RowOutcome.APPLIED
            )
            for sku in SKUS
        ]


def _cell(sku: str) -> CellKey:
    return CellKey(f"gid://shopify/InventoryItem/{sku}", SHOP_PLACE)


def open_in(folder: Path) -> BrandStore:
    return BrandStore.open(folder / "inventory.db", SystemClock(), lambda: PLACE)


def furnish(folder: Path) -> None:
    store = open_in(folder)
    store.add_label(Label("good", "Good", negative_allowed=True))
    store.add_location("Warehouse")
    store.put_items(Item(sku) for sku in SKUS)
    with store.books.transaction() as tx:
        tx.put_link(Link("good"))
        for sku in SKUS:
            tx.put_mapping(SkuMapping(_cell(sku).inventory_item_id, sku))
            tx.put_cell(Cell(_cell(sku), sku, PLACE, base=0))
    store.close()


def last_of(store: BrandStore) -> int:
    doc = store._db.table("meta").doc("last") or {"n": 0}
    return int(doc["n"])


def write_for_ever(folder: Path, acks: Path, *, synced: bool = True) -> None:
    """Go on after the last transaction in the file. A number is in `acks` once its commit has
    returned.
    """
    store = open_in(folder)
    file = store._db.file
    file._writer.execute("PRAGMA wal_autocheckpoint = 40")  # so that many kills hit a checkpoint
    if not synced:
        file._writer.execute("PRAGMA synchronous = OFF")
    told = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    number = last_of(store)
    chance = Random(os.getpid())
    while True:
        if chance.random() < 0.4:
            number += 1
            with suppress(TakenBackError), store.books.transaction() as tx:
                done = _Step(number).on_store(store, tx)
            if _Step(number).kind != "fail":
                os.write(told, f"{done}\n".encode())
            continue
        group: list[Future[int]] = []
        for _ in range(chance.randint(1, 6)):
            number += 1
            group.append(store.submit(partial(_Step(number).on_store, store)))
        for future in group:
            with suppress(TakenBackError):
                os.write(told, f"{future.result()}\n".encode())


def acknowledged(acks: Path) -> int:
    """The last number that was told whole."""
    words = acks.read_bytes().split(b"\n")[:-1] if acks.exists() else []
    return int(words[-1]) if words else 0
