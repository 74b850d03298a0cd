"""The webhooks page: what it lists, asks for and takes away."""

from __future__ import annotations

from pathlib import Path

from core.errors import Offline
from core.shopify.errors import BadWebhookAddress
from core.workspace import Heard
from tests.tui.fakes import AT, FakeDesk, process
from tests.tui.seeing import press, running, seen, type_text
from tui.widgets.fields import Field

THERE = ("7", "home", "enter", *["down"] * 4, "enter")


async def test_every_topic_is_listed_with_its_address_and_state(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=(120, 40)) as (app, pilot):
        await press(app, pilot, *THERE)
        text = seen(app)
        assert "inventory_levels/update" in text
        assert "Missing: heal it" in text
        assert "https://[x].example/hook" in text
        assert "Nobody hears webhooks now" in text


async def test_asking_types_an_address_and_tells_what_became_of_it(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.hooks = []
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE)
        assert "Press h to ask for them" in seen(app)
        await press(app, pilot, "h", "enter")
        assert "Type the public address." in seen(app)
        await type_text(pilot, "https://a.example/webhooks/shopify")
        await press(app, pilot, "enter")
        assert ("heal_webhooks", "https://a.example/webhooks/shopify") in desk.asked
        assert "made: 2, put right: 0, left as they were: 1" in seen(app)
        assert "locations_d" in seen(app)


async def test_the_address_of_before_is_offered(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE, "h", "enter")
        assert desk.asked[-2] == (
            "heal_webhooks",
            "https://stock.chanoko.example.jp/webhooks/shopify",
        )


async def test_removing_asks_first_and_says_that_the_sync_goes_on(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE, "x", "enter")
        assert ("remove_webhooks", "") not in desk.asked, "the focus is on Cancel"
        await press(app, pilot, "x", "left", "enter")
        assert ("remove_webhooks", "") in desk.asked
        assert "4 webhooks were removed; the sync goes on" in seen(app)
        assert "Webhooks are switched off" in seen(app)
        await press(app, pilot, "x")
        assert "The shop has no webhooks of this program." in seen(app)
        await press(app, pilot, "escape")
        assert "switched off" in seen(app)


async def test_who_hears_is_told_with_what_came(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.hears = Heard(7, "http://127.0.0.1:8443/webhooks/shopify", AT, "", 12, 3, AT)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "home", "enter")
        assert "the service hears them" in seen(app)
        await press(app, pilot, *["down"] * 4, "enter")
        text = " ".join(seen(app).split())
        assert "Heard at http://127.0.0.1:8443/webhooks/shopify" in text
        assert "12 came" in text
        assert "without a valid signature: 3" in text


async def test_an_error_of_the_shop_is_a_dialog_and_r_asks_again(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.fails["webhooks"] = Offline(detail="no route")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE)
        assert "no route" in seen(app)
        await press(app, pilot, "escape")
        assert "Press r to ask the shop." in seen(app)
        del desk.fails["webhooks"]
        await press(app, pilot, "r")
        assert "inventory_levels/update" in seen(app)


async def test_a_viewer_may_look_and_without_a_shop_it_says_why_not(tmp_path: Path) -> None:
    viewer = FakeDesk()
    viewer.holder = process()
    async with running(tmp_path, viewer) as (app, pilot):
        await press(app, pilot, *THERE)
        assert "inventory_levels/update" in seen(app)
    async with running(tmp_path, FakeDesk("New", filled=False)) as (app, pilot):
        await press(app, pilot, *THERE)
        assert "First connect the shop" in seen(app)


async def test_an_address_that_is_refused_is_kept_in_the_form_with_the_reason(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    desk.fails["heal_webhooks"] = BadWebhookAddress(uri="http://a.example")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE, "h")
        app.screen.query_one("#ask-url", Field).value = "http://a.example"
        await press(app, pilot, "enter")
        assert app.screen.query_one("#ask-url", Field).value == "http://a.example"
        assert "Give the public https address" in seen(app)
        del desk.fails["heal_webhooks"]
        app.screen.query_one("#ask-url", Field).value = "https://a.example"
        await press(app, pilot, "enter")
        assert ("heal_webhooks", "https://a.example") in desk.asked
        assert "made: 2" in seen(app)
