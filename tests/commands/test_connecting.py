"""Connecting and pairing: what is wrong is named, with its remedy, and nothing is half-done."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.practice import PracticeShop
from core.practice.auth import DEFAULT_SCOPES
from tests.commands.conftest import Line, Served, client_words, connect_words, places_of


def changed(words: list[str], option: str, value: str) -> list[str]:
    place = words.index(option) + 1
    return [*words[:place], value, *words[place + 1 :]]


def test_a_token_connects(brand: Line, served: Served) -> None:
    said = brand(*connect_words(brand, served))
    assert served.shop.domain in said.out
    assert said.err.count("✓") == 11
    status = brand("status", "--json").json
    assert (status["connection"], status["link"]) == ("connected", "off")


def test_a_client_id_and_its_secret_connect(brand: Line, served: Served) -> None:
    assert brand(*client_words(brand, served), "--json").json["auth"] == "client_credentials"


@pytest.mark.parametrize("domain", ["", "https://", "me@example.com", "shop.example.com", "a b"])
def test_a_domain_that_is_none_is_named_even_with_an_api_url(
    brand: Line, served: Served, domain: str
) -> None:
    said = brand(*changed(connect_words(brand, served), "--domain", domain), code=2)
    assert "myshopify.com" in said.err
    assert brand("status", "--json").json["connection"] == "not_connected"


def test_the_domain_of_another_shop_is_refused(brand: Line, served: Served) -> None:
    words = changed(connect_words(brand, served), "--domain", "another-shop.myshopify.com")
    said = brand(*words, code=2)
    assert served.shop.domain in said.err
    assert brand("status", "--json").json["connection"] == "not_connected"


@pytest.mark.parametrize(
    ("token", "code", "says"),
    [
        ("shpat_wrong", 3, "does not accept the access token"),
        ("two words", 2, "characters that no token has"),
        ("", 2, "it is empty"),
        ("x" * 20_000, 2, "too long"),
    ],
)
def test_a_wrong_token_is_told_and_never_shown(
    brand: Line, served: Served, token: str, code: int, says: str
) -> None:
    words = changed(connect_words(brand, served), "--token-file", brand.file("bad", token))
    said = brand(*words, code=code)
    assert says in said.err
    assert not token or token not in said.err
    assert brand("status", "--json").json["connection"] == "not_connected"


@pytest.mark.parametrize("scope", sorted(DEFAULT_SCOPES))
def test_each_of_the_four_scopes_is_needed(brand: Line, served: Served, scope: str) -> None:
    left = [each for each in DEFAULT_SCOPES if each != scope]
    if scope == "read_inventory":
        left.remove("write_inventory")  # which would include it
    served.shop.door.scopes = tuple(left)
    said = brand(*connect_words(brand, served), code=3)
    assert f"✗ The app lacks the access scope {scope}" in said.err
    assert "install or approve it again" in said.err
    assert brand("status", "--json").json["connection"] == "not_connected"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "nothing to connect with"),
        (["--client-id", "x"], "--client-id was given without --client-secret-file"),
        (["--token-file", "/nowhere/token"], "--token-file"),
        (["--token-file", "-", "--api-secret-file", "-"], "one secret only"),
    ],
)
def test_what_is_missing_to_connect_is_named(brand: Line, words: list[str], says: str) -> None:
    assert says in brand("connect", "--domain", "a.myshopify.com", *words, code=2).err


def test_a_shop_that_does_not_answer_is_for_later(brand: Line, served: Served) -> None:
    words = connect_words(brand, served)
    served.close()
    assert "could be made" in brand(*words, code=1).err
    assert brand("status", "--json").json["connection"] == "not_connected"


def test_plain_http_is_for_this_machine_only(brand: Line, served: Served) -> None:
    words = changed(connect_words(brand, served), "--api-url", "http://192.0.2.1")
    assert "192.0.2.1" in brand(*words, code=2).err


def test_the_secret_is_in_one_private_file_and_nowhere_else(brand: Line, served: Served) -> None:
    brand(*connect_words(brand, served))
    brand("doctor")
    token = served.shop.access_token.encode()
    holding = [f for f in Path(brand.home).rglob("*") if f.is_file() and token in f.read_bytes()]
    assert [file.name for file in holding] == ["secrets.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600


# -- another shop --------------------------------------------------------------------------------


@pytest.fixture
def other() -> Iterator[Served]:
    found = Served(PracticeShop(variants=3, locations=2, seed=9)).open()
    yield found
    found.close()


def test_a_brand_with_mappings_is_not_moved_to_another_shop(mapped: Line, other: Served) -> None:
    before = mapped("status", "--json").json
    said = mapped(*connect_words(mapped, other), code=4)
    assert "Delete the SKU mappings first" in said.err
    assert mapped("status", "--json").json == before
    assert mapped("plan", "push", "--json").json["changes"] > 0


def test_without_mappings_it_moves_and_keeps_nothing_of_the_old_one(
    mapped: Line, other: Served
) -> None:
    mapped("unmap", "--all", "--yes")
    mapped(*connect_words(mapped, other))
    status = mapped("status", "--json").json
    assert status["domain"] == other.shop.domain
    assert (status["pairs"], status["mapped"], status["link"]) == (0, 0, "off")
    assert mapped("map", "list", "--state", "only_there", "--json").json == []


# -- pairing -------------------------------------------------------------------------------------


@pytest.fixture
def connected(brand: Line, served: Served) -> Line:
    brand(*connect_words(brand, served))
    return brand


def test_pairing_is_one_to_one(connected: Line, served: Served) -> None:
    one, two = places_of(served)
    assert "one to one" in connected("pair", f"Tokyo={one}", f"Osaka={one}", code=2).err
    assert "one to one" in connected("pair", f"Tokyo={one}", f"Tokyo={two}", code=2).err
    assert connected("status", "--json").json["pairs"] == 0


def test_unknown_places_and_labels_are_named(connected: Line, served: Served) -> None:
    one, two = places_of(served)
    said = connected("pair", f"Kyoto={one}", code=2)
    assert "Kyoto" in said.err
    assert "Osaka, Tokyo" in said.err
    said = connected("pair", "Tokyo=Nowhere", code=2)
    assert "Nowhere" in said.err
    assert two in said.err
    assert "mian" in connected("pair", f"Tokyo={one}", "--label", "mian", code=2).err
    assert "LOCAL=SHOPIFY" in connected("pair", "Tokyo", code=2).err
    assert connected("status", "--json").json["pairs"] == 0


def test_a_name_may_hold_an_equals_sign(connected: Line, served: Served) -> None:
    connected("location", "add", "a=b")
    said = connected("pair", f"a=b={places_of(served)[0]}", "--json")
    assert said.json["pairs"][0]["local"] == "a=b"


def test_a_name_there_may_have_spaces_around_it(connected: Line, served: Served) -> None:
    served.shop.stock.locations[0].name = " Ginza "
    for words in ("Tokyo= Ginza ", "Tokyo=Ginza", " Tokyo = Ginza"):
        assert connected("pair", words).out == 'Tokyo = " Ginza "\n'


def test_pairing_needs_a_connection(brand: Line) -> None:
    assert "dextre-sync connect" in brand("pair", "Tokyo=x", code=3).err


def test_doctor_says_what_broke_since(connected: Line, served: Served) -> None:
    connected("doctor")
    served.shop.door.revoke_all()
    said = connected("doctor", code=3)
    assert "✗ Shopify does not accept the access token" in said.out
    findings = {f["code"]: f["verdict"] for f in connected("doctor", "--json", code=3).json}
    assert findings["store"] == "ok"
    assert findings["token"] == "failed"
    assert json.dumps(findings).find("shpat") < 0
