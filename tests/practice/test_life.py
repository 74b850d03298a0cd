"""The till, and the control path."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.practice.desk import Desk


async def run_for(desk: Desk, seconds: float) -> None:
    """Let the till run until its clock has gone so far."""
    inner = desk.clock.sleep

    async def sleep(wait: float) -> None:
        if desk.clock.passed >= seconds:
            raise asyncio.CancelledError
        await inner(wait)

    desk.clock.sleep = sleep  # type: ignore[method-assign, assignment]
    with contextlib.suppress(asyncio.CancelledError):
        await desk.shop.till.run()
    desk.clock.sleep = inner  # type: ignore[method-assign]


class TestTill:
    @pytest.mark.parametrize("pace", [30.0, 600.0, 60_000.0])
    async def test_it_keeps_its_pace(self, pace: float) -> None:
        desk = Desk(variants=200, selling=pace)
        minutes = max(1.0, 600 / pace)
        await run_for(desk, minutes * 60)
        events = sum(
            e.cause in ("sale", "restock") and e.name == "available" for e in desk.shop.ledger
        )
        assert events == pytest.approx(pace * minutes, rel=0.2)

    async def test_it_rests_without_a_pace(self) -> None:
        desk = Desk()
        await run_for(desk, 600)
        assert desk.shop.ledger == []

    async def test_it_never_oversells_and_refills(self) -> None:
        desk = Desk(variants=3, selling=600)
        await run_for(desk, 300)
        assert {"sale", "fulfilment", "restock"} == {entry.cause for entry in desk.shop.ledger}
        for item in desk.shop.stock.items:
            for level in item.levels:
                assert level.quantity("available") >= 0
                assert level.quantity("committed") >= 0

    async def test_the_same_seed_sells_the_same(self) -> None:
        stories = []
        for _ in range(2):
            desk = Desk(seed=9, selling=60)
            await run_for(desk, 120)
            stories.append([(e.at, e.sku, e.delta) for e in desk.shop.ledger])
        assert stories[0] == stories[1] != []

    async def test_it_leaves_alone_what_is_not_sold(self) -> None:
        desk = Desk(variants=1, oddities={"bundle", "untracked", "inactive_level"}, selling=600)
        await run_for(desk, 60)
        sold = {entry.sku for entry in desk.shop.ledger}
        assert not sold & {"ODD-BUNDLE", "ODD-UNTRACKED"}
        inactive = desk.shop.item("ODD-INACTIVE").levels[1]
        assert inactive.quantities == list(inactive.opening)


class TestControl:
    @pytest.fixture
    def desk(self) -> Desk:
        return Desk()

    async def test_selling_by_sku_and_place_name(self, desk: Desk) -> None:
        before = desk.quantity()
        committed = desk.quantity("committed")
        answer = await desk.control("sell", sku=desk.sku, location="東京倉庫", quantity=2)
        assert answer["available"] == before - 2
        assert answer["committed"] == committed + 2
        answer = await desk.control(
            "fulfil", inventory_item_id=desk.item, location=desk.location, quantity=2
        )
        assert answer["committed"] == committed
        answer = await desk.control("set", sku=desk.sku, location="東京倉庫", quantity=50)
        assert answer["available"] == 50
        answer = await desk.control("restock", sku=desk.sku, location="東京倉庫", quantity=5)
        assert answer["available"] == 55

    async def test_the_ledger_from_a_number_on(self, desk: Desk) -> None:
        desk.shop.sell(desk.sku, desk.location, 1)
        await desk.adjust(desk.row(delta=5), key="a")
        whole = (await desk.http.get("/practice/ledger")).json()
        assert [e["number"] for e in whole["entries"]] == list(range(1, whole["last"] + 1))
        later = (await desk.http.get("/practice/ledger?after=4&name=available")).json()
        (entry,) = later["entries"]
        assert (entry["cause"], entry["key"], entry["delta"]) == ("api", "a", 5)
        assert entry["app"] == desk.shop.door.app_id
        assert entry["sku"] == desk.sku

    async def test_the_state_is_the_truth(self, desk: Desk) -> None:
        desk.shop.faults.lag = 60
        desk.clock.passed += 100
        desk.shop.set_available(desk.sku, desk.location, 99)
        state = (await desk.http.get("/practice/state", params={"sku": desk.sku})).json()
        assert state["levels"][0]["available"] == 99
        assert state["variants"] == 6
        assert state["domain"] == desk.shop.domain

    async def test_what_staff_change_about_a_variant(self, desk: Desk) -> None:
        await desk.control("tracked", sku=desk.sku, tracked=False)
        assert not desk.shop.item(desk.sku).tracked
        await desk.control("bundle", sku=desk.sku, bundle=True)
        assert desk.shop.item(desk.sku).variant.is_bundle
        await desk.control("stocked", sku=desk.sku, location=desk.location, stocked=False)
        state = (await desk.http.get("/practice/state", params={"sku": desk.sku})).json()
        assert state["levels"][0]["is_active"] is False
        item = desk.shop.item(desk.sku)
        await desk.control("rename", sku=desk.sku, new="OTHER")
        assert desk.shop.item("OTHER") is item
        await desk.control("rename", sku="OTHER", new="")
        assert item.sku is None
        await desk.control("add", sku="NEW", available=3)
        assert desk.shop.quantity("NEW", desk.location) == 3
        await desk.control("location", location=desk.location, active=False)
        assert not desk.shop.location(desk.location).is_active

    async def test_the_pace(self, desk: Desk) -> None:
        await desk.control("selling", pace=120)
        assert desk.shop.till.pace == 120

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("sell", b"{"),
            ("sell", b"[]"),
            ("sell", b"{}"),
            ("sell", b'{"sku": "NOPE", "location": "x", "quantity": 1}'),
            ("sell", b'{"sku": "TEE-NV-S", "location": "x", "quantity": "1"}'),
            ("selling", b'{"pace": -1}'),
            ("scopes", b'{"scopes": "x"}'),
            ("oauth", b'{"error": "x"}'),
            ("drain", b'{"points": "x"}'),
            ("tracked", b'{"sku": "TEE-NV-S"}'),
            ("stocked", b'{"sku": "TEE-NV-S", "stocked": true}'),
            ("rename", b'{"sku": "TEE-NV-S", "new": 1}'),
            ("location", b'{"location": "x", "active": "no"}'),
        ],
    )
    async def test_mistakes(self, desk: Desk, name: str, body: bytes) -> None:
        response = await desk.http.post(f"/practice/{name}", content=body)
        assert response.status_code == 400
        assert response.json()["error"]
        assert desk.shop.ledger == []
