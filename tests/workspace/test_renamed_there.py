"""A SKU that is changed on Shopify is noticed by the readings of quantities, which carry it: within
a tick, and without asking the shop for more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.model import Choice, Credentials, Label, PlanKind, Problem, Secret, Variant
from core.practice import PracticeShop
from core.sync.events import CatalogueChanged
from core.sync.reader import Reader
from core.workspace import Desk, Workspace
from tests.twins.clock import ManualClock

SKUS = ("A", "B", "C")


class Linked:
    """A linked brand whose engine's passes are asked for one by one."""

    def __init__(self, folder: Path, desk: Desk, shop: PracticeShop) -> None:
        self.folder, self.desk, self.shop = folder, desk, shop
        desk.add_label(Label("main", "Main"))
        desk.add_location("Tokyo")
        for item, sku in zip(shop.stock.items, SKUS, strict=True):
            shop.rename_sku(item.id, sku)
        self.imported(
            "sku_number,name,barcode,location,quantity", *(f"{sku},,,Tokyo,50" for sku in SKUS)
        )
        desk.connect(Credentials(shop.domain, Secret(shop.access_token))).result(20)
        desk.pair([("Tokyo", shop.stock.locations[0].name)]).result(20)
        desk.map().result(20)
        desk.enable(desk.plan(PlanKind.PUSH).result(20)).result(20)
        self.passes()
        shop.counts.clear()

    def imported(self, *lines: str) -> None:
        file = self.folder / "items.csv"
        file.write_text("\n".join([*lines, ""]))
        self.desk.import_items(file)

    def passes(self) -> None:
        async def work() -> None:
            session = await self.desk._open()
            await session.engine.read_pass()
            await self.desk._take_renames()

        self.desk._call(work()).result(20)

    def waiting(self) -> list[tuple[Problem, str, str]]:
        return [(row.problem, row.sku_number, row.detail) for row in self.desk.waiting()]

    def renamed(self) -> list[int]:
        found = [e for e in self.desk.log(limit=500) if isinstance(e, CatalogueChanged)]
        return [event.renamed for event in found]


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Linked]:
    clock = ManualClock()
    shop = PracticeShop(variants=3, locations=1, clock=clock)
    with Workspace(
        tmp_path / "home", clock=clock, transport=shop.transport(), who="ann", environ={}
    ) as workspace:
        workspace.add_brand("Tea")
        yield Linked(tmp_path, workspace.desk("Tea"), shop)


def test_the_next_reading_proposes_it_and_takes_it_back(linked: Linked) -> None:
    linked.shop.rename_sku("A", "X")
    linked.passes()
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]
    linked.passes()
    assert linked.renamed() == [1], "told once"
    linked.shop.rename_sku("X", "A")
    linked.passes()
    assert linked.waiting() == []
    linked.shop.rename_sku("A", "")
    linked.passes()
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "")]


def test_the_quantity_goes_on_flowing_and_the_new_item_can_be_followed(linked: Linked) -> None:
    linked.imported("sku_number,name,barcode,location,quantity", "NEW,,,Tokyo,7")
    linked.shop.rename_sku("A", "NEW")
    linked.shop.sell("NEW", linked.shop.stock.locations[0].name, 3)
    linked.passes()
    assert linked.desk.levels_of("A")[0].quantity == 47
    (row,) = linked.desk.waiting()
    assert row.choices[0] is Choice.FOLLOW
    linked.desk.resolve(row, Choice.FOLLOW).result(20)
    assert [m.sku_number for m in linked.desk.mappings_of("NEW")] == ["NEW"]


def test_a_twin_that_comes_by_it_is_doubted_too(linked: Linked) -> None:
    linked.shop.rename_sku("B", "A")
    linked.passes()
    assert linked.waiting() == [(Problem.SKU_CHANGED, "B", "A"), (Problem.DUPLICATE, "A", "A")]


def test_what_was_changed_while_nobody_looked_is_noticed_by_the_first_reading(
    linked: Linked,
) -> None:
    linked.shop.rename_sku("A", "X")
    linked.desk._call(linked.desk._drop_session()).result(20)
    linked.passes()
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]


def test_nothing_is_asked_of_the_shop_for_it_and_nobody_is_told_at_rest(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    absorb = Reader._absorb

    async def counted(reader: Reader, answer: object, *, flow: bool) -> None:
        looked.append(1)
        await absorb(reader, answer, flow=flow)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "_absorb", counted)
    linked.passes()
    at_rest = dict(linked.shop.counts)
    assert looked == []
    linked.shop.counts.clear()
    linked.shop.rename_sku("A", "X")
    linked.passes()
    assert looked == [1]
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]
    assert dict(linked.shop.counts) == at_rest


def test_a_look_at_the_catalogue_has_nothing_more_to_tell(linked: Linked) -> None:
    async def look() -> None:
        await linked.desk._take_catalogue(await linked.desk._open())

    linked.shop.rename_sku("A", "X")
    linked.passes()
    linked.desk._call(look()).result(20)
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]
    assert linked.renamed() == [1]


def test_a_look_at_the_catalogue_that_began_before_does_not_hide_it(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, asked = linked.desk, linked.desk._catalogue_now

    async def look() -> None:
        session = await desk._open()
        taking: list[asyncio.Task[None]] = []

        async def answered_late(*given: Any) -> list[Variant]:
            found = await asked(*given)
            linked.shop.rename_sku("A", "X")
            await session.engine.read_pass()
            taking.append(asyncio.ensure_future(desk._take_renames()))
            await asyncio.wait(taking, timeout=0.2)
            return found

        monkeypatch.setattr(desk, "_catalogue_now", answered_late)
        await desk._take_catalogue(session)
        await taking[0]

    desk._call(look()).result(20)
    assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]


def until(so: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_running_engine_proposes_it_within_a_tick_or_two(tmp_path: Path) -> None:
    shop = PracticeShop(variants=3, locations=1)
    with Workspace(tmp_path / "home", transport=shop.transport(), environ={}) as workspace:
        workspace.add_brand("Tea")
        linked = Linked(tmp_path, workspace.desk("Tea"), shop)
        pacing = replace(linked.desk.pacing_settings(), tick_s=1.0)
        linked.desk.set_pacing(pacing)
        linked.desk.start()
        until(lambda: linked.desk.status().last_pass_at is not None, 20)
        shop.rename_sku("A", "X")
        until(lambda: bool(linked.waiting()), 2.5)
        assert linked.waiting() == [(Problem.SKU_CHANGED, "A", "X")]
