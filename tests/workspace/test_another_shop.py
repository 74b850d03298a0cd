"""The address leads to another shop: a copy of the right one, with the same token, items and
locations, and only itself another. Nothing is written to it, "needs you" says why all stands still,
and it goes on by itself when the right one is back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.clock import Clock, SystemClock
from core.errors import SafetyStop, TryAgain
from core.model import CellState, ConnectionState, Credentials, Label, PlanKind, Problem, Secret
from core.practice import PracticeShop
from core.shopify.errors import AnotherShop
from core.workspace import Desk, Workspace, watching
from tests.twins.clock import ManualClock

START = 20


class Address(httpx.AsyncBaseTransport):
    """Where requests go: to one shop or the other."""

    def __init__(self, clock: Clock) -> None:
        self.right, self.wrong = (PracticeShop(variants=2, locations=1, clock=clock) for _ in "ab")
        self.wrong.identity = replace(self.wrong.identity, number=7, name="Wrong Shop")
        self.leads_to = self.right

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.leads_to.transport().handle_async_request(request)


class Linked:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self.clock, self.address = folder, clock, Address(clock)
        shop = self.address.right
        self.place = shop.stock.locations[0].name
        self.sku = shop.stock.items[0].sku or ""
        self._open()
        self.workspace.add_brand("Tea")
        self.desk = self.workspace.desk("Tea")
        self.desk.add_label(Label("main", "Main", negative_allowed=True))
        self.desk.add_location("Tokyo")
        file = folder / "items.csv"
        rows = [f"{item.sku},,,Tokyo,main,{START}" for item in shop.stock.items]
        file.write_text("\n".join(["sku_number,name,barcode,location,label,quantity", *rows, ""]))
        self.desk.import_items(file)
        self.desk.connect(Credentials(shop.domain, Secret(shop.access_token))).result(20)
        self.desk.pair([("Tokyo", self.place)]).result(20)
        self.desk.map().result(20)
        self.desk.enable(self.desk.plan(PlanKind.PUSH).result(20)).result(20)
        for both in (self.address.right, self.address.wrong):
            both.set_available(self.sku, self.place, START)
        assert self.desk.run_once().result(20).rests

    def _open(self) -> None:
        self.workspace = Workspace(
            self.folder / "home", clock=self.clock, transport=self.address, environ={}
        )

    def restart(self) -> Desk:
        self.workspace.close()
        self._open()
        self.desk = self.workspace.desk("Tea")
        return self.desk

    def passes(self) -> None:
        async def work() -> None:
            engine = (await self.desk._open()).engine
            await engine.push_pass()
            await engine.read_pass()

        self.desk._call(work()).result(20)

    def written_to(self, shop: PracticeShop) -> int:
        return sum(1 for entry in shop.ledger if entry.key)

    def waiting(self) -> list[Problem]:
        return [row.problem for row in self.desk.waiting()]

    def both(self) -> tuple[int, int]:
        level = self.desk.levels_of(self.sku)[0]
        return level.quantity, self.address.right.quantity(self.sku, self.place)


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Linked]:
    made = Linked(tmp_path, ManualClock())
    yield made
    made.workspace.close()


def test_a_pass_at_the_wrong_shop_writes_and_believes_nothing_and_says_so(linked: Linked) -> None:
    address, desk = linked.address, linked.desk
    desk.adjust_stock(linked.sku, "Tokyo", -4)
    address.leads_to = address.wrong
    address.wrong.sell(linked.sku, linked.place, 9)
    written = linked.written_to(address.right)
    desk = linked.restart()
    for _ in range(3):
        with pytest.raises(AnotherShop):
            desk.run_once().result(20)
    assert linked.written_to(address.wrong) == 0
    assert linked.waiting() == [Problem.SAFETY_STOP]
    (row,) = desk.waiting()
    assert "Wrong Shop" in row.detail
    assert desk.status().connection is ConnectionState.ERROR
    assert desk.levels_of(linked.sku)[0].quantity == START - 4
    address.leads_to = address.right
    assert desk.run_once().result(20).rests
    assert linked.waiting() == []
    assert linked.both() == (START - 4, START - 4)
    assert linked.written_to(address.right) > written


def test_a_write_whose_outcome_is_open_is_never_sent_to_the_wrong_shop(linked: Linked) -> None:
    """The answer is lost, the shop is away for a while, and another one comes back."""
    address, desk = linked.address, linked.desk
    desk.adjust_stock(linked.sku, "Tokyo", -4)
    address.right.faults.update({"only": "writes", "loss_after": 1.0})
    linked.passes()
    address.right.faults.clear()
    assert desk.status().pending_push == 1
    address.leads_to = address.wrong
    linked.clock.advance(60)  # type: ignore[attr-defined]
    for _ in range(3):
        with pytest.raises(SafetyStop):
            linked.passes()
        linked.clock.advance(60)  # type: ignore[attr-defined]
    assert linked.written_to(address.wrong) == 0
    assert [cell.state for cell in desk.cells_of(linked.sku)] == [CellState.PUSHING]
    address.leads_to = address.right
    linked.passes()
    assert linked.both() == (START - 4, START - 4)


@pytest.mark.parametrize("what", ["plan", "map", "locations", "webhooks"])
def test_nothing_else_is_asked_of_the_wrong_shop_or_taken_from_it(
    linked: Linked, what: str
) -> None:
    address = linked.address
    address.leads_to = address.wrong
    address.wrong.stock.locations[0].name = "Elsewhere"
    desk = linked.restart()
    before = [*desk.cells()]
    asks: dict[str, Callable[[], Future[Any]]] = {
        "plan": lambda: desk.plan(PlanKind.PULL),
        "map": desk.map,
        "locations": desk.shop_locations,
        "webhooks": lambda: desk.heal_webhooks("https://stock.example.jp/webhooks/shopify"),
    }
    with pytest.raises(AnotherShop):
        asks[what]().result(20)
    assert [*desk.cells()] == before
    assert [place.name for place in desk._store.shop_locations()] == [linked.place]
    assert address.wrong.webhooks.subscriptions.all == []
    assert address.wrong.counts["writes"] == 0


def test_a_plan_of_the_right_shop_is_not_applied_to_the_wrong_one(linked: Linked) -> None:
    address, desk = linked.address, linked.desk
    desk.set_stock(linked.sku, "Tokyo", 3)
    plan = desk.plan(PlanKind.PUSH).result(20)
    address.leads_to = address.wrong
    linked.clock.advance(60)  # type: ignore[attr-defined]
    with pytest.raises((SafetyStop, TryAgain)):
        desk.apply(plan).result(20)
    assert linked.written_to(address.wrong) == 0
    address.leads_to = address.right
    assert desk.run_once().result(20).rests
    assert linked.both() == (3, 3)


def until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_service_stands_still_at_the_wrong_shop_and_goes_on_at_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CALM_S", 0.1)
    linked = Linked(tmp_path, SystemClock())
    address = linked.address
    try:
        address.leads_to = address.wrong
        desk = linked.restart()
        desk.adjust_stock(linked.sku, "Tokyo", -4)
        desk.start()
        until(lambda: linked.waiting() == [Problem.SAFETY_STOP])
        desk.sync_now()
        time.sleep(0.5)
        stops = [event for event in desk.log(limit=500) if event.code == "sync_stopped"]
        assert [getattr(event, "error", "") for event in stops] == ["another_shop"], "told once"
        assert linked.written_to(address.wrong) == 0
        address.leads_to = address.right
        desk.sync_now()
        until(lambda: linked.both() == (START - 4, START - 4))
        until(lambda: linked.waiting() == [])
    finally:
        linked.workspace.close()


def test_the_link_can_be_turned_off_at_the_wrong_shop_with_a_write_still_open(
    linked: Linked,
) -> None:
    """The remedy that the stop names."""
    address, desk = linked.address, linked.desk
    desk.adjust_stock(linked.sku, "Tokyo", -4)
    address.right.faults.update({"only": "writes", "loss_after": 1.0})
    linked.passes()
    address.right.faults.clear()
    address.leads_to = address.wrong
    linked.clock.advance(60)  # type: ignore[attr-defined]
    desk.disable().result(20)
    assert not desk.link().enabled
    desk.unmap_all().result(20)
    assert desk.status().mapped == 0
    assert linked.written_to(address.wrong) == 0


def test_an_undo_by_a_command_is_followed_by_the_service_that_lent_the_sync(
    tmp_path: Path,
) -> None:
    linked = Linked(tmp_path, SystemClock())
    desk, shop = linked.desk, linked.address.right
    try:
        desk.disable().result(20)
        shop.set_available(linked.sku, linked.place, START + 5)
        desk.enable(desk.plan(PlanKind.PULL).result(20)).result(20)
        desk.start()
        until(lambda: linked.both() == (START + 5, START + 5) and desk.status().verified_share == 1)
        desk.stop(lent=True)
        command = Workspace(tmp_path / "home", transport=linked.address, environ={})
        other = command.desk("Tea")
        other.apply(other.undo_plan().result(20)).result(20)
        command.close()
        desk.start(returned=True)
        until(lambda: linked.both() == (START + 5, START + 5))
    finally:
        linked.workspace.close()
