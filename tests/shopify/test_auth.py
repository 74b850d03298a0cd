"""Tokens that were pasted and tokens that are fetched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest
from pytest_httpx import HTTPXMock

from core.errors import BadInput, DextreError, OutcomeUnknown
from core.model import Credentials, Secret
from core.shopify.auth import ClientCredentials
from core.shopify.documents import ADJUST_QUANTITIES, PROBE
from core.shopify.errors import (
    AppNotFound,
    AppNotInstalled,
    BadToken,
    GarbledAnswer,
    InvalidToken,
    NoCredentials,
    ServerTrouble,
    ShopNotFound,
    ShopNotPermitted,
    TokenRefused,
    TokenRequestInvalid,
    WrongClientSecret,
)
from core.shopify.wire import Wire
from tests.shopify.support import (
    GRAPHQL,
    HOST,
    SECRET,
    TOKENS,
    WITH_CLIENT,
    WITH_TOKEN,
    QuickClock,
    a_client,
    probe,
)

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


def token(text: str, lasts: int = 86399) -> dict[str, object]:
    return {"access_token": text, "scope": "write_inventory", "expires_in": lasts}


def used(httpx_mock: HTTPXMock) -> list[str]:
    return [
        request.headers["X-Shopify-Access-Token"]
        for request in httpx_mock.get_requests(url=GRAPHQL)
    ]


async def test_a_token_is_fetched_once_and_used_until_shortly_before_its_end(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(url=GRAPHQL, json=probe())
    httpx_mock.add_response(url=TOKENS, json=token("first"), is_reusable=False)
    httpx_mock.add_response(url=TOKENS, json=token("second"), is_reusable=False)
    clock = QuickClock()
    client = a_client(WITH_CLIENT, clock)
    await client.execute(PROBE, {})
    await client.execute(PROBE, {})
    clock.seconds += 86399 - 61
    await client.execute(PROBE, {})
    assert used(httpx_mock) == ["first", "first", "second"]
    form = parse_qs(httpx_mock.get_requests(url=TOKENS)[0].content.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": [SECRET],
    }


async def test_after_a_401_the_token_is_renewed_once_also_for_a_write(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(url=TOKENS, json=token("old"), is_reusable=False)
    httpx_mock.add_response(url=TOKENS, json=token("new"), is_reusable=False)
    httpx_mock.add_response(url=GRAPHQL, status_code=401, is_reusable=False)
    httpx_mock.add_response(url=GRAPHQL, json=probe())
    await a_client(WITH_CLIENT).execute(ADJUST_QUANTITIES, {})
    assert used(httpx_mock) == ["old", "new"]


async def test_a_second_401_is_the_persons_to_mend(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=TOKENS, json=token("any"))
    httpx_mock.add_response(url=GRAPHQL, status_code=401)
    with pytest.raises(InvalidToken):
        await a_client(WITH_CLIENT).execute(PROBE, {})
    assert len(used(httpx_mock)) == 2


async def test_a_renewal_that_fails_does_not_make_a_write_uncertain(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=TOKENS, status_code=502, html="<h1>502</h1>")
    with pytest.raises(DextreError) as caught:
        await a_client(WITH_CLIENT).execute(ADJUST_QUANTITIES, {})
    assert type(caught.value) is ServerTrouble
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_token_that_is_to_be_asked_for_later_is_not_asked_for_earlier(
    httpx_mock: HTTPXMock, status: int
) -> None:
    httpx_mock.add_response(url=TOKENS, status_code=status, headers={"Retry-After": "9"})
    httpx_mock.add_response(url=TOKENS, json=token("t1"))
    httpx_mock.add_response(url=GRAPHQL, json=probe())
    clock = QuickClock()
    client = a_client(WITH_CLIENT, clock)
    many = [asyncio.ensure_future(client.execute(PROBE, {})) for _ in range(5)]
    await many[0]
    assert clock.seconds >= 9
    await asyncio.gather(*many)
    assert len(httpx_mock.get_requests(url=TOKENS)) == 2
    await client.aclose()


async def test_many_at_once_make_one_renewal() -> None:
    fetched = 0
    go = asyncio.Event()

    async def endpoint(request: httpx.Request) -> httpx.Response:
        nonlocal fetched
        fetched += 1
        await go.wait()
        return httpx.Response(200, json=token(f"token-{fetched}"))

    clock = QuickClock()
    wire = Wire(HOST, clock, httpx.MockTransport(endpoint))
    auth = ClientCredentials(wire, "client-1", Secret(SECRET), clock)
    first = [asyncio.create_task(auth.token()) for _ in range(5)]
    go.set()
    tokens = await asyncio.gather(*first)
    assert {one.reveal() for one in tokens} == {"token-1"}
    renewed = await asyncio.gather(*(auth.renewed(tokens[0]) for _ in range(5)))
    assert {one.reveal() for one in renewed if one} == {"token-2"}
    assert fetched == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("shop_not_permitted", ShopNotPermitted),
        ("app_not_installed", AppNotInstalled),
        ("application_cannot_be_found", AppNotFound),
        ("invalid_client", WrongClientSecret),
        ("invalid_request", TokenRequestInvalid),
        ("something_new", TokenRefused),
    ],
)
async def test_the_html_errors_of_the_token_endpoint_are_explained(
    httpx_mock: HTTPXMock, code: str, kind: type[DextreError]
) -> None:
    page = f"<html><title>Oauth error {code}</title><body>Oauth error {code}: no.</body></html>"
    httpx_mock.add_response(url=TOKENS, status_code=400, html=page)
    with pytest.raises(kind) as caught:
        await a_client(WITH_CLIENT).execute(PROBE, {})
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(404, ShopNotFound), (400, TokenRefused), (401, InvalidToken)]
)
async def test_other_refusals_of_the_token_endpoint(
    httpx_mock: HTTPXMock, status: int, kind: type[DextreError]
) -> None:
    httpx_mock.add_response(url=TOKENS, status_code=status, html="<html>no</html>")
    with pytest.raises(kind):
        await a_client(WITH_CLIENT).execute(PROBE, {})


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"access_token": 1}', b'{"access_token": "a b"}']
)
async def test_a_token_that_cannot_be_read_is_garbled(httpx_mock: HTTPXMock, body: bytes) -> None:
    httpx_mock.add_response(url=TOKENS, content=body)
    with pytest.raises(GarbledAnswer):
        await a_client(WITH_CLIENT).execute(PROBE, {})


async def test_the_token_endpoint_moves_with_the_api_url(httpx_mock: HTTPXMock) -> None:
    base = "http://127.0.0.1:8080"
    httpx_mock.add_response(url=f"{base}/admin/oauth/access_token", json=token("t"))
    httpx_mock.add_response(url=f"{base}/admin/api/2026-10/graphql.json", json=probe())
    client = a_client(replace(WITH_CLIENT, api_url=base + "/"))
    assert (await client.execute(PROBE, {})).data["shop"]["name"] == "Demo"


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        (Credentials("demo"), NoCredentials),
        (Credentials("demo", api_key="client-1"), NoCredentials),
        (Credentials("demo", api_secret=Secret(SECRET)), NoCredentials),
        (Credentials("demo", access_token=Secret("two words")), BadToken),
        (Credentials("demo", access_token=Secret("shpat_é")), BadToken),
        (Credentials("demo", access_token=Secret("a\r\nX-Evil: 1")), BadToken),
    ],
)
def test_credentials_that_cannot_be_right_are_refused_before_anything_is_sent(
    credentials: Credentials, kind: type[BadInput]
) -> None:
    with pytest.raises(kind) as caught:
        a_client(credentials)
    assert caught.value.remedy
    assert "Evil" not in str(caught.value)


async def test_spaces_around_a_pasted_token_do_not_matter(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=GRAPHQL, json=probe())
    await a_client(replace(WITH_TOKEN, access_token=Secret(" shpat_x\n"))).execute(PROBE, {})
    assert used(httpx_mock) == ["shpat_x"]
