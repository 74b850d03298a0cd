"""The engine with everything real but the network: the store on disk, the Admin API client, and
the practice shop with its faults. The same promises as in test_machine, a few dozen worlds instead
of thousands.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import TryAgain
from core.model import (
    Cause,
    CauseKind,
    Credentials,
    Item,
    Label,
    LevelKey,
    LocationPair,
    PlanKind,
    Secret,
    SkuMapping,
)
from core.practice import PracticeShop
from core.shopify import ShopifyShop, open_shop
from core.store import BrandStore
from core.sync.cells import arrange
from core.sync.engine import Engine
from core.sync.events import Event
from core.sync.ports import Books, BooksTx, Shop
from core.sync.runs import Runs
from tests.twins.clock import ManualClock


class RealWorld:
    """Two SKUs at two places, linked by push; `expected` is what every unit should come to."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.practice = PracticeShop(variants=3, locations=2, seed=seed, clock=self.clock)
        self.rng = random.Random(seed)
        self.ids = 0
        self.events: list[Event] = []
        self.folder = folder
        self.store = BrandStore.open(folder / "inventory.db", self.clock, self.new_id)
        self.places = [place.name for place in self.practice.stock.locations]
        self.skus = [item.sku or "" for item in self.practice.stock.items]
        self.expected: Counter[tuple[str, str]] = Counter()
        self.shop = self.connect()
        self.start()

    def new_id(self) -> str:
        self.ids += 1
        return f"id-{self.ids:06}"

    def connect(self) -> ShopifyShop:
        token = Secret(self.practice.access_token)
        return open_shop(
            Credentials(self.practice.domain, access_token=token),
            clock=self.clock,
            random=self.rng,
            transport=self.practice.transport(),
        )

    def start(self) -> None:
        shop: Shop = self.shop
        books: Books = self.store.books
        self.engine = Engine(
            brand="Brand",
            shop=shop,
            books=books,
            clock=self.clock,
            new_key=self.new_id,
            emit=self.events.append,
            location_name=str,
        )
        self.runs = Runs(self.engine, "tester", self.new_id)

    async def link(self, *, negative: bool = True) -> None:
        self.store.add_label(Label("main", "Main", negative_allowed=negative))
        self.store.put_items([Item(sku) for sku in self.skus])
        self.place_ids = {name: self.store.add_location(name).id for name in self.places}
        pairs = [
            LocationPair(self.place_ids[place.name], place.id, place.name)
            for place in self.practice.stock.locations
        ]

        def work(tx: BooksTx) -> None:
            tx.put_link(replace(tx.link(), label_code="main"))
            tx.put_pairs(pairs)
            for item in self.practice.stock.items:
                tx.put_mapping(SkuMapping(item.id, item.sku or ""))
            arrange(tx)

        self.store.submit(work).result()
        await self.runs.enable(await self.runs.plan(PlanKind.PULL))
        for sku in self.skus:
            for place in self.places:
                self.expected[sku, place] = self.practice.quantity(sku, place)

    def change_here(self, sku: str, place: str, delta: int) -> None:
        key = LevelKey(sku, self.place_ids[place], "main")
        self.store.adjust_level(key, delta, Cause(CauseKind.ADJUST, "tester"))
        self.expected[sku, place] += delta

    def change_there(self, sku: str, place: str, sold: int) -> None:
        self.practice.sell(sku, place, sold)
        self.expected[sku, place] -= sold

    def here(self, sku: str, place: str) -> int:
        levels = {level.key.location_id: level.quantity for level in self.store.levels_of(sku)}
        return levels[self.place_ids[place]]

    def check_all_equal(self) -> None:
        for (sku, place), total in self.expected.items():
            assert (self.here(sku, place), self.practice.quantity(sku, place)) == (total, total)

    def check_no_double_write(self) -> None:
        written = Counter(
            (entry.key, entry.inventory_item_id, entry.location_id, entry.name)
            for entry in self.practice.ledger
            if entry.key
        )
        assert not [row for row, times in written.items() if times > 1]

    def close(self) -> None:
        self.store.close()


@contextmanager
def real_world(seed: int = 1) -> Iterator[RealWorld]:
    with TemporaryDirectory() as folder:
        world = RealWorld(Path(folder), seed)
        try:
            yield world
        finally:
            world.close()


async def test_both_sides_follow_each_other_over_the_api() -> None:
    with real_world() as world:
        await world.link()
        first, second = world.skus[:2]
        place, other = world.places
        world.change_here(first, place, 4)
        world.change_there(first, place, 2)
        world.change_there(second, other, 1)
        assert (await world.engine.rest()).rests
        world.check_all_equal()
        await world.shop.aclose()


async def test_at_rest_the_shop_is_not_written() -> None:
    with real_world() as world:
        await world.link()
        world.change_here(world.skus[0], world.places[0], 4)
        await world.engine.rest()
        writes = len(world.practice.ledger)
        await world.engine.rest()
        assert len(world.practice.ledger) == writes
        await world.shop.aclose()


async def test_a_push_plan_survives_the_loss_of_half_of_all_answers() -> None:
    with real_world(seed=5) as world:
        await world.link()
        for sku in world.skus:
            for place in world.places:
                world.change_there(sku, place, 1)
        plan = await world.runs.plan(PlanKind.PUSH)
        world.practice.faults.update({"loss": 0.5})
        run = await world.runs.apply(plan)
        world.practice.faults.clear()
        await world.engine.rest()
        with world.store.books.view() as view:
            kept = view.run(run.id)
        assert kept is not None
        assert kept.waiting == 0
        world.check_no_double_write()
        for sku in world.skus:
            for place in world.places:
                assert world.here(sku, place) == world.practice.quantity(sku, place)
        await world.shop.aclose()


changes = st.tuples(
    st.booleans(), st.integers(0, 2), st.integers(0, 1), st.integers(-4, 6), st.integers(0, 3)
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(changes, min_size=1, max_size=15),
    st.sampled_from(["", "loss=0.3", "lag=3", "loss=0.2,lag=2"]),
    st.integers(1, 50),
)
@pytest.mark.asyncio
async def test_whatever_happens_every_unit_is_accounted_for(
    story: list[tuple[bool, int, int, int, int]], faults: str, seed: int
) -> None:
    with real_world(seed) as world:
        await world.link()
        for part in faults.split(",") if faults else ():
            name, value = part.split("=")
            world.practice.faults.update({name: float(value)})
        for on_our_side, sku, place, amount, then in story:
            if on_our_side:
                world.change_here(world.skus[sku], world.places[place], amount)
            else:
                world.change_there(world.skus[sku], world.places[place], amount)
            if then == 1:
                await try_it(world, world.engine.push_pass())
            elif then == 2:
                await try_it(world, world.engine.read_pass())
            elif then == 3:
                world.start()
                world.clock.advance(2)
        world.practice.faults.clear()
        world.clock.advance(70)
        report = await world.engine.rest()
        assert report.rests, report
        world.check_all_equal()
        world.check_no_double_write()
        await world.shop.aclose()


async def try_it(world: RealWorld, work: Awaitable[object]) -> None:
    try:
        await work
    except TryAgain:
        world.clock.advance(2)
