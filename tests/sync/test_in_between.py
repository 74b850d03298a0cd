"""What comes in between two steps of ours: a cell that is made anew while a write to its place at
the shop is still open, a mapping that changes in the middle of a run, changes that come in two
answers of one pass. Each once lost or made units, or could have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core.model import (
    CellKey,
    CellState,
    LevelKey,
    PlanKind,
    Problem,
    QuantityName,
    Reading,
    RowOutcome,
    SkuMapping,
    Why,
)
from core.sync.aside import ignore
from core.sync.breaker import TooManyZeros
from core.sync.cells import map_one, unmap_one
from core.sync.ports import BooksTx
from core.sync.pulling import absorb
from core.sync.trace import Trace
from tests.twins.world import LABEL, World


class Open:
    """10 on both sides, 2 more here, and the write of that open: nobody knows its outcome."""

    def __init__(self) -> None:
        self.lost = True
        self.world = World(fault=lambda name: self.lost and name == "lose_before")
        self.key = self.world.linked(here=12, there=10, base=10)

    async def begin(self) -> None:
        await self.world.engine.push_pass()
        assert self.world.cell(self.key).state is CellState.PUSHING

    def map_anew(self) -> None:
        mapping = SkuMapping("i1", "A")
        self.world.books.now(lambda tx: unmap_one(tx, "i1"))
        self.world.books.now(lambda tx: map_one(tx, mapping))

    async def comes_to_rest(self) -> None:
        self.lost = False
        self.world.clock.advance(70)
        assert (await self.world.engine.rest()).rests

    @property
    def both(self) -> tuple[int, int]:
        return self.world.here(), self.world.there(self.key)


@pytest.fixture
async def open_write() -> Open:
    made = Open()
    await made.begin()
    return made


async def test_a_cell_that_is_made_anew_does_not_begin_before_an_open_write_to_its_place(
    open_write: Open,
) -> None:
    """Both sides are equal by chance, by a count here; the open write still comes."""
    open_write.map_anew()
    open_write.world.set_here(10)
    await open_write.world.engine.read_pass()
    assert open_write.world.cell(open_write.key).base is None
    await open_write.comes_to_rest()
    assert open_write.both == (10, 12)
    assert open_write.world.cell(open_write.key).problem is Problem.DIFFERS_AT_START


async def test_no_plan_sets_a_cell_whose_place_has_an_open_write(open_write: Open) -> None:
    """The open write would be added to what a person has set."""
    world, key = open_write.world, open_write.key
    open_write.map_anew()
    plan = await world.runs.plan_cells(PlanKind.PUSH, [key])
    assert [(row.left_out, row.why) for row in plan.rows] == [(True, Why.MOVED_SINCE)]
    await world.runs.apply(plan)
    await open_write.comes_to_rest()
    assert open_write.both == (12, 12)


@pytest.mark.parametrize("kind", list(PlanKind)[:3])
async def test_whatever_a_person_chooses_for_all_an_open_write_counts_once(
    open_write: Open, kind: PlanKind
) -> None:
    open_write.map_anew()
    await open_write.world.do(kind)
    await open_write.comes_to_rest()
    assert open_write.both == (12, 12)


class Between:
    """Somebody else's work between our half of a run's chunk and Shopify's."""

    def __init__(self, world: World, work: Callable[[BooksTx], object]) -> None:
        self.world, self.work = world, work
        self.commits = 0
        world.fault = self.at

    def at(self, name: str) -> bool:
        if name == "after commit" and self.world.books.state.runs:
            self.commits += 1  # the run is opened, our half is done, Shopify's is decided
            if self.commits == 2:
                self.world.books.now(self.work)
        return False


async def test_a_cell_that_is_made_anew_in_the_middle_of_a_run_is_not_set_by_it() -> None:
    """The item there is another item here now."""
    world = World()
    key = world.linked(here=12, there=10, base=10, sku="A")
    world.set_here(3, "B")
    plan = await world.runs.plan(PlanKind.PUSH)
    Between(world, lambda tx: map_one(tx, SkuMapping("i1", "B")))
    run = await world.runs.apply(plan)
    assert (run.moved, world.there(key)) == (1, 10)
    assert world.cell(key).base is None
    assert (await world.engine.rest()).rests
    assert (world.here("B"), world.there(key)) == (3, 10)
    with world.books.view() as view:
        assert [row.outcome for row in view.run_rows(plan.id)] == [RowOutcome.MOVED]


async def test_a_cell_that_a_person_leaves_out_in_the_middle_of_a_run_is_not_set_by_it() -> None:
    world = World()
    key = world.linked(here=12, there=10, base=10)
    plan = await world.runs.plan(PlanKind.PUSH)
    Between(world, lambda tx: ignore(tx, [key]))
    run = await world.runs.apply(plan)
    assert (run.moved, world.there(key)) == (1, 10)
    assert world.cell(key).problem is Problem.IGNORED


# -- one pass, two answers -------------------------------------------------------------------------


async def test_what_has_flowed_already_counts_for_the_breaker() -> None:
    """20 of the first answer are few, 20 of the second are few; of one pass they are 40."""
    world = World()
    world.pair("x", "y")
    keys = [CellKey(f"i{n}", f"there-{place}") for place in "xy" for n in range(30)]
    for key in keys:
        world.shop.put(key, 5)
    world.map(**{f"i{n}": f"S{n}" for n in range(30)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    for place in "xy":
        for n in range(20):
            world.shop.put(CellKey(f"i{n}", f"there-{place}"), 0)
    for _ in range(3):
        with pytest.raises(TooManyZeros, match="40 of 60"):
            await world.engine.read_pass()
        await world.engine.hint_pass()
    assert [world.here(f"S{n}", "here-y") for n in range(20)] == [5] * 20
    await world.do(PlanKind.PULL)
    await world.engine.read_pass()
    assert [world.here(f"S{n}", "here-y") for n in range(20)] == [0] * 20


# -- pending, not read -----------------------------------------------------------------------------


async def test_cells_that_were_not_read_yet_do_not_keep_others_from_being_pushed() -> None:
    world = World()
    world.pair("x")
    keys = [CellKey(f"i{n:03}", "there-x") for n in range(300)]
    for key in keys:
        world.shop.put(key, 5)
    world.map(**{f"i{n:03}": f"S{n}" for n in range(300)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    for n in range(299):
        world.add_here(1, f"S{n}")
    for key in keys[:299]:
        cell = world.cell(key)._replace(there=None)
        world.books.now(lambda tx, cell=cell: tx.put_cell(cell))  # type: ignore[misc]
    world.add_here(1, "S299")
    await world.engine.push_pass()
    assert world.there(keys[299]) == 6


@pytest.mark.parametrize("numbers", [(1, 2), (2, 2)], ids=["they differ", "they agree"])
@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "two batches"])
async def test_no_variant_gives_its_number_to_a_level_that_was_never_set_before_the_others_are_read(
    numbers: tuple[int, int], at_once: bool
) -> None:
    """Two variants of one item: none of them is the one that came first."""
    world = World()
    world.linked(here=5, there=5, base=5, item="i9", sku="Z")
    keys = [CellKey(f"i{n}", "there-x") for n in (1, 2)]
    for key, number in zip(keys, numbers, strict=True):
        world.shop.put(key, number)
    world.map(i1="A", i2="A")
    for some in [keys] if at_once else [keys[:1], keys[1:]]:
        ids = [key.inventory_item_id for key in some]
        readings = await world.shop.read_levels("there-x", ids, QuantityName.AVAILABLE)

        def work(tx: BooksTx, trace: Trace, readings: Sequence[Reading] = readings) -> None:
            absorb(tx, readings, lambda _: True, trace)

        await world.engine.commits.commit(work)
    level = world.books.state.levels.get(LevelKey("A", "here-x", LABEL))
    cells = [world.cell(key) for key in keys]
    if len(set(numbers)) == 1:
        assert level == 2
        assert {cell.state for cell in cells} == {CellState.IN_SYNC}
    else:
        assert level is None
        assert {cell.problem for cell in cells} == {Problem.DIFFERS_AT_START}
    assert (await world.engine.rest()).rests
    assert [world.cell(key).state for key in keys] == [cell.state for cell in cells]


async def test_a_variant_that_is_gone_does_not_keep_the_others_from_giving_their_number() -> None:
    world = World()
    world.linked(here=5, there=5, base=5, item="i9", sku="Z")
    world.shop.put(CellKey("i1", "there-x"), 2)
    world.map(i1="A", i2="A")
    for reading in (
        Reading(CellKey("i1", "there-x"), 2, sku="A"),
        Reading(CellKey("i2", "there-x"), None, problem=Problem.DELETED, sku="A"),
    ):

        def work(tx: BooksTx, trace: Trace, reading: Reading = reading) -> None:
            absorb(tx, [reading], lambda _: True, trace)

        await world.engine.commits.commit(work)
    assert world.cell(CellKey("i1", "there-x")).state is CellState.IN_SYNC
    assert world.here() == 2
