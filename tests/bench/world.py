"""A linked brand against a practice shop in a process of its own, built straight into the store:
what the engine's benchmarks run on. Only the engine's own process is measured.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.clock import SystemClock
from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Credentials,
    Item,
    Label,
    Level,
    LevelKey,
    LocationPair,
    Secret,
    SkuMapping,
)
from core.practice import PracticeShop
from core.shopify import ShopifyShop, open_shop
from core.store import BrandStore
from core.sync.breaker import Limits
from core.sync.engine import Engine
from core.sync.events import Event
from core.sync.ports import BooksTx
from core.sync.reading import Pacing

LABEL = "main"
NO_LIMITS = Limits(zeroed_at_least=10**9, changed_from_cells=10**9, gone_at_least=10**9)

EVENTS_KEPT = 10_000
"""So that what a benchmark remembers is no load of its own in what it measures."""

Told = deque[tuple[float, Event]]
"""Events, each with the moment (s) at which it was told."""


@dataclass(slots=True)
class PracticeProcess:
    """`dextre-sync practice-shop` as a user starts it."""

    process: subprocess.Popen[str]
    address: str
    domain: str
    token: str

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def practice_process(variants: int, locations: int, *options: str) -> Iterator[PracticeProcess]:
    command = [sys.executable, "-m", "tui", "practice-shop", "--variants", str(variants)]
    command += ["--locations", str(locations), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told: dict[str, str] = {}
        while "client_secret" not in told:
            line = (process.stdout.readline() if process.stdout else "").strip()
            if not line:
                raise RuntimeError("the practice shop did not start")
            name, _, value = line.partition(": ")
            told[name] = value
        yield PracticeProcess(process, told["address"], told["domain"], told["token"])
    finally:
        process.terminate()
        process.wait()


@dataclass(slots=True)
class LinkedBrand:
    store: BrandStore
    shop: ShopifyShop
    engine: Engine
    events: Told
    """With the moment (monotonic) at which the engine told them."""
    places: list[str]
    skus: list[str]

    def import_all(self, quantity: int) -> None:
        """Every level here to one number, in one transaction."""
        cause = Cause(CauseKind.IMPORT, "bench")
        levels = (
            Level(LevelKey(sku, place, LABEL), quantity)
            for sku in self.skus
            for place in self.places
        )
        self.store.import_batch((), levels, cause)


@contextmanager
def linked_brand(
    practice: PracticeProcess, *, pacing: Pacing | None = None
) -> Iterator[LinkedBrand]:
    """All variants of a shop in another process, mapped at all its locations, aligned with it."""
    shop = open_shop(
        Credentials(practice.domain, Secret(practice.token), api_url=practice.address),
        clock=SystemClock(),
        random=random.Random(1),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder)
        builder = multiprocessing.get_context("spawn").Process(
            target=_build_from, args=(path, practice.address)
        )
        builder.start()
        builder.join()
        if builder.exitcode:
            raise RuntimeError("the store was not built")
        with _linked(path, shop, pacing) as brand:
            yield brand


def _build_from(folder: Path, address: str) -> None:
    """In a process of its own: what building needs is not the engine's memory."""
    with urllib.request.urlopen(address + "/practice/state") as answer:  # noqa: S310
        state = json.load(answer)
    places = {place["id"]: place["name"] for place in state["locations"]}
    _build(folder, places, state["levels"])


@contextmanager
def linked_in_process(
    practice: PracticeShop, shop: ShopifyShop, folder: Path
) -> Iterator[LinkedBrand]:
    """The same for a shop in this process."""
    places = {place.id: place.name for place in practice.stock.locations}
    levels = [
        {
            "sku": item.sku,
            "inventory_item_id": item.id,
            "location_id": location,
            "available": practice.quantity(item.id, name),
        }
        for item in practice.stock.items
        for location, name in places.items()
    ]
    _build(folder, places, levels)
    with _linked(folder, shop, None) as brand:
        yield brand


@contextmanager
def _linked(folder: Path, shop: ShopifyShop, pacing: Pacing | None) -> Iterator[LinkedBrand]:
    events: Told = deque(maxlen=EVENTS_KEPT)
    store = BrandStore.open(folder / "inventory.db", SystemClock(), _new_id)
    engine = Engine(
        brand="Bench",
        shop=shop,
        books=store.books,
        clock=SystemClock(),
        new_key=_new_id,
        emit=lambda event: events.append((time.monotonic(), event)),
        location_name=str,
        pacing=pacing,
        limits=NO_LIMITS,
    )
    skus = [item.sku_number for item in store.items()]
    places = [pair.location_id for pair in store.pairs()]
    try:
        yield LinkedBrand(store, shop, engine, events, places, skus)
    finally:
        store.close()


def _new_id() -> str:
    return f"{random.getrandbits(64):016x}"


def _build(folder: Path, places: dict[str, str], levels: list[dict[str, Any]]) -> None:
    store = BrandStore.open(folder / "inventory.db", SystemClock(), _new_id)
    store.add_label(Label(LABEL, "Main", negative_allowed=True))
    here = {gid: store.add_location(name).id for gid, name in places.items()}
    _fill(store, levels, here, places)
    store.close()


def _fill(
    store: BrandStore,
    levels: list[dict[str, Any]],
    here: dict[str, str],
    names: dict[str, str],
) -> None:
    cause = Cause(CauseKind.IMPORT, "bench")
    store.import_batch(
        [Item(sku) for sku in sorted({level["sku"] for level in levels})],
        (
            Level(LevelKey(row["sku"], here[row["location_id"]], LABEL), row["available"])
            for row in levels
        ),
        cause,
    )

    def work(tx: BooksTx) -> None:
        tx.put_link(replace(tx.link(), label_code=LABEL, enabled=True))
        tx.put_pairs([LocationPair(here[gid], gid, names[gid]) for gid in here])
        for item_id, sku in {row["inventory_item_id"]: row["sku"] for row in levels}.items():
            tx.put_mapping(SkuMapping(item_id, sku))
        tx.put_cells(
            Cell(
                CellKey(row["inventory_item_id"], row["location_id"]),
                row["sku"],
                here[row["location_id"]],
                base=row["available"],
                there=row["available"],
            )
            for row in levels
        )
        tx.put_link(replace(tx.link(), revision=1))

    store.submit(work).result()
