"""The subscriptions of a shop as the desk lists, heals and removes them, and who hears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import NotConnected
from core.model import Credentials, Secret
from core.practice import PracticeShop
from core.shopify.errors import BadWebhookAddress, WebhookRefused
from core.shopify.subscriptions import TOPICS
from core.shopify.webhooks import WebhookCounts
from core.sync.events import WebhooksAsked, WebhooksRemoved
from core.workspace import Desk, Hearing, WebhookState, Workspace
from core.workspace.hearing import HEAL_S, HeardNote, heal, read
from tests.twins.clock import ManualClock
from tests.workspace.test_hearing import free_port

URL = "https://stock.example.jp/webhooks/shopify"
ALL = len(TOPICS)


def connected(workspace: Workspace, shop: PracticeShop) -> Desk:
    workspace.add_brand("Tea")
    desk = workspace.desk("Tea")
    token, secret = Secret(shop.access_token), Secret(shop.client_secret)
    desk.connect(Credentials(shop.domain, access_token=token, api_secret=secret)).result(20)
    return desk


@pytest.fixture
def shop() -> PracticeShop:
    return PracticeShop(variants=2, locations=1, seed=3)


@pytest.fixture
def workspace(tmp_path: Path, shop: PracticeShop) -> Iterator[Workspace]:
    with Workspace(tmp_path, transport=shop.transport(), environ={}) as workspace:
        yield workspace


@pytest.fixture
def desk(workspace: Workspace, shop: PracticeShop) -> Desk:
    return connected(workspace, shop)


def there(shop: PracticeShop) -> list[Any]:
    return shop.webhooks.subscriptions.all


def add(shop: PracticeShop, topic: str, **given: Any) -> None:
    grant = shop.door.admit(shop.access_token)
    assert grant is not None
    payload = shop.webhooks.subscriptions.create(shop.new_context(grant), topic, given)
    assert payload["userErrors"] == []


def states(desk: Desk) -> list[WebhookState]:
    return [row.state for row in desk.webhooks().result(20).rows]


def test_a_shop_without_any_lists_none(desk: Desk) -> None:
    found = desk.webhooks().result(20)
    assert (found.rows, found.address, found.unwell) == ((), "", 0)


def test_healing_asks_for_every_topic_and_it_is_in_the_log(desk: Desk, shop: PracticeShop) -> None:
    report = desk.heal_webhooks(f" {URL} ").result(20)
    assert len(report.made) == ALL
    found = desk.webhooks().result(20)
    assert (found.address, found.ours, found.unwell) == (URL, ALL, 0)
    assert "inventory_levels/update" in [row.topic for row in found.rows]
    assert {each.uri for each in there(shop)} == {URL}
    (asked,) = [event for event in desk.log() if isinstance(event, WebhooksAsked)]
    assert (asked.made, asked.healed, asked.kept) == (ALL, 0, 0)


def test_what_is_missing_changed_or_foreign_is_told_apart(desk: Desk, shop: PracticeShop) -> None:
    desk.heal_webhooks(URL).result(20)
    lost, changed = there(shop)[0], there(shop)[1]
    shop.webhooks.subscriptions.drop(lost)
    changed.filter = "id:1"
    add(shop, "PRODUCTS_UPDATE", uri="https://elsewhere.example/hook", name="theirs")
    found = states(desk)
    assert found.count(WebhookState.MISSING) == 1
    assert found.count(WebhookState.DIFFERS) == 1
    assert found.count(WebhookState.FOREIGN) == 1
    assert found.count(WebhookState.RIGHT) == ALL - 2
    report = desk.heal_webhooks(URL).result(20)
    assert (len(report.made), len(report.healed)) == (1, 1)
    assert desk.webhooks().result(20).unwell == 0


def test_removing_leaves_those_of_others_and_switches_them_off(
    desk: Desk, shop: PracticeShop
) -> None:
    add(shop, "PRODUCTS_UPDATE", uri="https://elsewhere.example/hook", name="theirs")
    desk.heal_webhooks(URL).result(20)
    assert desk.wants_webhooks()
    assert len(desk.remove_webhooks().result(20).removed) == ALL
    assert [each.uri for each in there(shop)] == ["https://elsewhere.example/hook"]
    assert not desk.wants_webhooks()
    assert [event.removed for event in desk.log() if isinstance(event, WebhooksRemoved)] == [ALL]
    desk.heal_webhooks(URL).result(20)
    assert desk.wants_webhooks()


async def test_a_service_does_not_bring_back_what_a_person_took_away() -> None:
    clock, wishes, asked_at = ManualClock(), [True, False, True], []

    class Shop:
        async def ensure_webhooks(self, uri: str) -> None:
            asked_at.append(clock.ticks)

    def wanted() -> bool:
        if not wishes:
            raise asyncio.CancelledError
        return wishes.pop(0)

    with pytest.raises(asyncio.CancelledError):
        await heal(URL, Shop(), clock, wanted)  # type: ignore[arg-type]
    assert asked_at == [0, 2 * HEAL_S]


def test_a_wrong_address_is_refused_with_words_and_changes_nothing(
    desk: Desk, shop: PracticeShop
) -> None:
    with pytest.raises(BadWebhookAddress):
        desk.heal_webhooks("http://stock.example.jp/x").result(20)
    with pytest.raises(WebhookRefused):
        desk.heal_webhooks("https://demo.myshopify.com/hook").result(20)
    assert there(shop) == []


def test_without_a_connection_it_is_said(tmp_path: Path) -> None:
    with Workspace(tmp_path, environ={}) as workspace:
        workspace.add_brand("Tea")
        with pytest.raises(NotConnected):
            workspace.desk().webhooks().result(20)


def until(held: Any, seconds: float = 10.0) -> Any:
    """What `held()` gives as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := held()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_who_hears_is_known_as_long_as_it_hears(tmp_path: Path, shop: PracticeShop) -> None:
    with Workspace(tmp_path, transport=shop.transport(), environ={}) as workspace:
        desk = connected(workspace, shop)
        assert desk.heard() is None
        port = free_port()
        desk.start(Hearing(f"127.0.0.1:{port}", URL))
        try:
            note = until(desk.heard)
            assert f":{port}/" in note.listen
            assert note.public_url == URL
            with Workspace(tmp_path, environ={}) as other:
                assert other.desk().heard() == note, "another process looks"
        finally:
            desk.stop()
        assert desk.heard() is None
        until(lambda: not desk._hearing_path.exists())  # else the next with its number hears


def test_the_note_of_a_process_that_was_killed_counts_for_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    desk._hearing_path.write_text('{"pid": 1, "listen": "http://x", "since": "2026"}')
    assert desk.heard() is None
    desk._hearing_path.write_text("torn")
    assert desk.heard() is None


async def test_what_came_is_noted_with_its_last_moment(tmp_path: Path) -> None:
    clock, counts, path = ManualClock(), WebhookCounts(), tmp_path / "hearing.json"
    note = HeardNote(path, Hearing(":1", URL), clock)
    note.listens("http://127.0.0.1:1/hook")
    following = asyncio.create_task(note.follow(counts))
    first = read(path)
    assert first is not None
    assert (first.taken, first.last_at, first.public_url) == (0, "", URL)
    counts.taken, counts.refused = 3, 1
    await asyncio.sleep(0.01)
    seen = read(path)
    assert seen is not None
    assert (seen.taken, seen.refused, seen.since) == (3, 1, first.since)
    assert seen.last_at > first.since
    counts.refused = 2
    await asyncio.sleep(0.01)
    later = read(path)
    assert later is not None
    assert (later.refused, later.last_at) == (2, seen.last_at), "refused ones are not news"
    following.cancel()
