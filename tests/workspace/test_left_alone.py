"""Retry-After of the shop, in the app and from one process to the next."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from core.errors import TryAgain
from core.model import Credentials, Label, PlanKind, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Workspace
from tests.twins.clock import ManualClock


class Busy(httpx.AsyncBaseTransport):
    """A shop that, while `asks_for` is set, answers nothing else."""

    def __init__(self, shop: httpx.AsyncBaseTransport) -> None:
        self._shop = shop
        self.asks_for: str | None = None
        self.refused = 0
        self.has_refused = threading.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.asks_for is None:
            return await self._shop.handle_async_request(request)
        self.refused += 1
        self.has_refused.set()
        return httpx.Response(429, headers={"Retry-After": self.asks_for})


class Tea:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.shop = PracticeShop(variants=3, locations=1, seed=3)
        self.busy = Busy(self.shop.transport())
        self.clock: ManualClock | None = None

    def open(self) -> Workspace:
        clock = {} if self.clock is None else {"clock": self.clock}
        return Workspace(self.home, transport=self.busy, who="x", environ={}, **clock)  # type: ignore[arg-type]

    def link(self, desk: Desk) -> None:
        credentials = Credentials(self.shop.domain, access_token=Secret(self.shop.access_token))
        desk.add_location("Tokyo")
        desk.connect(credentials).result(20)
        desk.pair([("Tokyo", self.shop.stock.locations[0].name)], "default").result(20)
        rows = [f"{item.sku},x,,Tokyo,5" for item in self.shop.stock.items]
        file = self.home.parent / "items.csv"
        file.write_text("\n".join(["sku_number,name,barcode,location,quantity", *rows]))
        desk.import_items(file)
        desk.map().result(20)
        desk.enable(desk.plan(PlanKind.PUSH).result(20)).result(20)


@pytest.fixture
def tea(tmp_path: Path) -> Tea:
    tea = Tea(tmp_path / "home")
    with tea.open() as workspace:
        workspace.add_brand("Tea")
        workspace.desk("Tea").add_label(Label("default", "Default"))
        tea.link(workspace.desk("Tea"))
    return tea


@pytest.mark.parametrize("asks_for", ["50", "3000"])
def test_the_link_is_off_at_once_while_the_shop_is_waited_for(tea: Tea, asks_for: str) -> None:
    with tea.open() as workspace:
        desk = workspace.desk("Tea")
        desk.start()
        tea.busy.asks_for = asks_for
        desk.sync_now()
        assert tea.busy.has_refused.wait(20)
        began = time.monotonic()
        desk.disable().result(20)
        desk.stop()
        assert time.monotonic() - began < 5
        assert not desk.status().link
        assert tea.busy.refused == 1


def test_another_process_does_not_ask_within_the_time_either(tea: Tea) -> None:
    tea.clock = ManualClock()
    with tea.open() as workspace:
        tea.busy.asks_for = "600"
        with pytest.raises(TryAgain, match="another 10 minutes"):
            workspace.desk("Tea").plan(PlanKind.PUSH).result(20)
    tea.busy.asks_for = None
    tea.clock.advance(60)
    with tea.open() as workspace, pytest.raises(TryAgain, match="another 9 minutes"):
        workspace.desk("Tea").plan(PlanKind.PUSH).result(20)
    tea.clock.advance(540)
    with tea.open() as workspace:
        assert workspace.desk("Tea").plan(PlanKind.PUSH).result(20).changing == ()
    assert tea.busy.refused == 1
