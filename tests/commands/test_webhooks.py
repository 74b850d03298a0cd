"""Webhooks from the command line, against a practice shop."""

from __future__ import annotations

import pytest

from core.shopify.subscriptions import TOPICS
from tests.commands.conftest import Line, Served, connect_words

URL = "https://stock.example.jp/webhooks/shopify"


@pytest.fixture
def connected(brand: Line, served: Served) -> Line:
    brand(*connect_words(brand, served))
    return brand


def test_webhooks_are_asked_for_listed_and_removed(connected: Line, served: Served) -> None:
    assert "no webhooks for this app" in connected("webhooks", "list").out
    said = connected("webhooks", "heal", URL)
    assert f"made: {len(TOPICS)}, put right: 0" in said.out
    said = connected("webhooks", "list")
    assert "inventory_levels/update" in said.out
    assert URL in said.out
    assert "Nobody hears" in said.out
    assert "--yes" in connected("webhooks", "remove", code=3).err
    assert len(served.shop.webhooks.subscriptions.all) == len(TOPICS)
    assert f"{len(TOPICS)} webhooks were removed" in connected("webhooks", "remove", "--yes").out
    assert served.shop.webhooks.subscriptions.all == []
    assert "switched off" in connected("webhooks", "list").out


def test_where_there_are_none_to_remove_it_says_so(connected: Line) -> None:
    assert "There were no webhooks to remove" in connected("webhooks", "remove", "--yes").out
    assert "switched off" in connected("webhooks", "list").out
    [last] = connected("log", "--limit", "1").out.splitlines()
    assert " info " in last
    assert "had no subscription" in last


def test_the_same_as_json(connected: Line) -> None:
    assert len(connected("webhooks", "heal", URL, "--json").json["made"]) == len(TOPICS)
    found = connected("webhooks", "list", "--json").json
    assert (found["address"], found["on"], found["heard"]) == (URL, True, None)
    assert {row["state"] for row in found["webhooks"]} == {"right"}
    gone = connected("webhooks", "remove", URL, "--yes", "--json").json
    assert len(gone["removed"]) == len(TOPICS)
    assert connected("webhooks", "list", "--json").json["on"] is False


def test_what_is_no_public_address_is_refused_in_words(connected: Line) -> None:
    said = connected("webhooks", "heal", "stock.example.jp", code=2)
    assert "public https address" in said.err


def test_without_a_connection_it_says_how_to_connect(brand: Line) -> None:
    assert "dextre-sync connect" in brand("webhooks", "list", code=3).err
