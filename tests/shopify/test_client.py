"""Every way a request can fail: whose turn it is, whether it is tried again, and what a write may
claim about itself.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from core.errors import DextreError, Offline, OurBug, OutcomeUnknown, SafetyStop, TryAgain
from core.shopify.client import RETRIES
from core.shopify.documents import ADJUST_QUANTITIES, PROBE
from core.shopify.errors import (
    ApiVersionChanged,
    AskedToWait,
    ConnectionBroke,
    Forbidden,
    GarbledAnswer,
    InvalidToken,
    MissingScope,
    NameNotFound,
    NotReachable,
    ProxyFailed,
    QueryRefused,
    Redirected,
    SearchFilterRefused,
    SecurityRejection,
    ServerTrouble,
    ShopFrozen,
    ShopInactive,
    ShopLocked,
    ShopNotFound,
    Throttled,
    TlsFailed,
)
from tests.shopify.support import (
    GRAPHQL,
    SECRET,
    TOKEN,
    QuickClock,
    a_client,
    answer,
    failure,
    probe,
    sent,
    throttled,
)

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)

WRITTEN = answer({"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": None}})


async def read(clock: QuickClock | None = None) -> dict[str, Any]:
    client = a_client(clock=clock)
    try:
        return (await client.execute(PROBE, {})).data
    finally:
        await client.aclose()


async def write(clock: QuickClock | None = None) -> dict[str, Any]:
    client = a_client(clock=clock)
    try:
        return (await client.execute(ADJUST_QUANTITIES, {"key": "k", "input": {}})).data
    finally:
        await client.aclose()


async def test_a_request_names_its_operation_and_carries_the_token(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=GRAPHQL, json=probe(), headers={"X-Shopify-API-Version": "2026-10"})
    assert (await read())["shop"]["name"] == "Demo"
    (request,) = httpx_mock.get_requests()
    assert request.method == "POST"
    assert request.headers["X-Shopify-Access-Token"] == TOKEN
    assert sent(request) == {"query": PROBE.text, "variables": {}, "operationName": "Probe"}


# -- final answers: asked once, of the right family -----------------------------------------------

FINAL: list[tuple[str, dict[str, Any], type[DextreError]]] = [
    ("301", {"status_code": 301, "headers": {"Location": "https://x.com/y"}}, Redirected),
    ("400", {"status_code": 400, "json": {"errors": "Bad"}}, QueryRefused),
    ("401", {"status_code": 401, "json": {"errors": "[API] Invalid API key"}}, InvalidToken),
    ("402", {"status_code": 402, "json": {"errors": "Unavailable Shop"}}, ShopFrozen),
    ("403", {"status_code": 403, "text": "<html>"}, Forbidden),
    (
        "403 scope",
        {"status_code": 403, "json": {"errors": "merchant approval for read_products scope."}},
        MissingScope,
    ),
    ("404", {"status_code": 404, "json": {"errors": "Not Found"}}, ShopNotFound),
    ("415", {"status_code": 415, "json": {"errors": {"base": ["x"]}}}, QueryRefused),
    ("423", {"status_code": 423}, ShopLocked),
    ("430", {"status_code": 430}, SecurityRejection),
    (
        "denied",
        {"json": failure("ACCESS_DENIED", requiredAccess="`write_inventory` access scope.")},
        MissingScope,
    ),
    ("inactive", {"json": failure("SHOP_INACTIVE")}, ShopInactive),
    ("cost", {"json": failure("MAX_COST_EXCEEDED", cost=2003, maxCost=1000)}, QueryRefused),
    ("size", {"json": failure("MAX_INPUT_SIZE_EXCEEDED")}, QueryRefused),
    ("argument", {"json": failure("INVALID_FIELD_ARGUMENTS")}, QueryRefused),
    ("variable", {"json": failure("INVALID_VARIABLE")}, QueryRefused),
    ("bad request", {"json": failure("BAD_REQUEST")}, QueryRefused),
    ("field", {"json": failure("undefinedField")}, QueryRefused),
]


@pytest.mark.parametrize(("name", "reply", "kind"), FINAL, ids=[row[0] for row in FINAL])
@pytest.mark.parametrize("send", [read, write])
async def test_a_final_answer_is_not_asked_for_again(
    httpx_mock: HTTPXMock, send: Any, name: str, reply: dict[str, Any], kind: type[DextreError]
) -> None:
    httpx_mock.add_response(**reply)
    with pytest.raises(kind) as caught:
        await send()
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert len(httpx_mock.get_requests()) == 1


async def test_a_missing_scope_is_named(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=failure("ACCESS_DENIED", requiredAccess="`read_locations` or so"))
    with pytest.raises(MissingScope, match="read_locations"):
        await read()


async def test_a_redirect_is_not_followed_with_the_token(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=307, headers={"Location": "https://u:p@evil.com/steal?q"})
    with pytest.raises(Redirected, match=r"evil\.com") as caught:
        await read()
    assert "u:p" not in str(caught.value)
    assert len(httpx_mock.get_requests()) == 1


# -- what may pass: reads again, writes never -----------------------------------------------------

PASSING: list[tuple[str, dict[str, Any], type[DextreError]]] = [
    ("500", {"status_code": 500, "text": "<html>"}, ServerTrouble),
    ("502", {"status_code": 502, "html": "<h1>Bad gateway</h1>"}, ServerTrouble),
    ("503", {"status_code": 503}, ServerTrouble),
    ("504", {"status_code": 504}, ServerTrouble),
    ("530", {"status_code": 530}, ServerTrouble),
    ("internal", {"json": failure("INTERNAL_SERVER_ERROR")}, ServerTrouble),
    ("html", {"html": "<html>Sign in to the hotel's network</html>"}, GarbledAnswer),
    ("empty", {"content": b""}, GarbledAnswer),
    ("cut", {"content": b'{"data": {"shop"'}, GarbledAnswer),
    ("list", {"json": []}, GarbledAnswer),
    ("no data", {"json": {"data": None}}, GarbledAnswer),
]


@pytest.mark.parametrize(("name", "reply", "kind"), PASSING, ids=[row[0] for row in PASSING])
async def test_a_read_is_tried_again_a_few_times_with_growing_pauses(
    httpx_mock: HTTPXMock, name: str, reply: dict[str, Any], kind: type[DextreError]
) -> None:
    clock = QuickClock()
    httpx_mock.add_response(**reply)
    with pytest.raises(kind):
        await read(clock)
    assert len(httpx_mock.get_requests()) == 1 + RETRIES
    first, second, third = clock.slept
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


@pytest.mark.parametrize(("name", "reply", "kind"), PASSING, ids=[row[0] for row in PASSING])
async def test_a_write_without_a_usable_answer_is_of_unknown_outcome_and_sent_once(
    httpx_mock: HTTPXMock, name: str, reply: dict[str, Any], kind: type[DextreError]
) -> None:
    httpx_mock.add_response(**reply)
    with pytest.raises(OutcomeUnknown):
        await write()
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"errors": "something"},
        {"errors": [{"message": "no code here"}]},
        {"errors": {"base": "x"}},
        failure("NEVER_SEEN_BEFORE"),
    ],
)
async def test_an_error_that_nobody_knows_is_our_bug_for_a_read_and_unknown_for_a_write(
    httpx_mock: HTTPXMock, body: dict[str, Any]
) -> None:
    httpx_mock.add_response(json=body)
    with pytest.raises(OurBug):
        await read()
    with pytest.raises(OutcomeUnknown):
        await write()


async def test_one_open_outcome_among_several_errors_counts(httpx_mock: HTTPXMock) -> None:
    errors = failure("ACCESS_DENIED")["errors"] + failure("INTERNAL_SERVER_ERROR")["errors"]
    httpx_mock.add_response(json={"errors": errors, "data": None})
    with pytest.raises(OutcomeUnknown):
        await write()


async def test_a_write_that_was_answered_stays_answered_beside_an_error(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=failure("ACCESS_DENIED", data=WRITTEN["data"]))
    assert await write() == WRITTEN["data"]


async def test_a_read_recovers(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=503, headers={"Retry-After": "7"})
    httpx_mock.add_response(json=probe())
    clock = QuickClock()
    assert (await read(clock))["shop"]["name"] == "Demo"
    assert clock.slept == [7.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_shop_that_asks_for_two_minutes_is_not_asked_within_them(
    httpx_mock: HTTPXMock, status: int
) -> None:
    """Whoever wants something meanwhile is told at once how long it is."""
    httpx_mock.add_response(status_code=status, headers={"Retry-After": "120"})
    httpx_mock.add_response(json=probe())
    clock = QuickClock()
    client = a_client(clock=clock)
    for seconds, said in ((0, "2 minutes"), (59.5, "2 minutes")):
        clock.seconds = seconds
        with pytest.raises(AskedToWait, match=f"another {said}") as told:
            await client.execute(PROBE, {})
        assert told.value.wait_s == 120 - seconds
        assert len(httpx_mock.get_requests()) == 1
    clock.seconds = 70
    await client.execute(PROBE, {})
    assert clock.seconds == 120
    await client.aclose()


async def test_a_write_is_not_sent_within_what_a_read_was_told(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=503, headers={"Retry-After": "7200"})
    clock = QuickClock()
    client = a_client(clock=clock)
    for document in (PROBE, ADJUST_QUANTITIES, PROBE):
        with pytest.raises(AskedToWait, match="another 60 minutes"):
            await client.execute(document, {})
    assert len(httpx_mock.get_requests()) == 1
    await client.aclose()


async def test_a_read_is_not_sent_within_what_a_write_was_told(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=503, headers={"Retry-After": "90"})
    client = a_client()
    with pytest.raises(OutcomeUnknown):
        await client.execute(ADJUST_QUANTITIES, {})
    with pytest.raises(AskedToWait):
        await client.execute(PROBE, {})
    assert len(httpx_mock.get_requests()) == 1
    await client.aclose()


# -- the network ---------------------------------------------------------------------------------


def caused(failure: Exception, cause: Exception) -> Exception:
    failure.__cause__ = cause
    return failure


UNREACHED: list[tuple[Exception, type[Offline]]] = [
    (caused(httpx.ConnectError("x"), socket.gaierror(-2, "unknown")), NameNotFound),
    (caused(httpx.ConnectError("x"), ConnectionRefusedError()), NotReachable),
    (httpx.ConnectTimeout("x"), NotReachable),
    (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError()), TlsFailed),
    (httpx.ProxyError("407 http://user:hunter2@proxy"), ProxyFailed),
]


@pytest.mark.parametrize(("broken", "kind"), UNREACHED)
async def test_what_never_reached_the_shop_is_offline_even_for_a_write(
    httpx_mock: HTTPXMock, broken: Exception, kind: type[Offline]
) -> None:
    httpx_mock.add_exception(broken)
    for send in (read, write):
        with pytest.raises(Offline) as caught:
            await send()
        assert type(caught.value) is kind
        assert "hunter2" not in str(caught.value)
    assert len(httpx_mock.get_requests()) == 1 + RETRIES + 1


@pytest.mark.parametrize(
    "broken",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.RemoteProtocolError("x"),
    ],
)
async def test_a_connection_that_breaks_leaves_a_write_open(
    httpx_mock: HTTPXMock, broken: Exception
) -> None:
    httpx_mock.add_exception(broken)
    with pytest.raises(ConnectionBroke):
        await read()
    with pytest.raises(OutcomeUnknown, match="connection_broke"):
        await write()


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.shopify.wire.MAX_BODY", 1000)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b" " * 5000))
    client = a_client(transport=transport)
    with pytest.raises(GarbledAnswer, match="too long"):
        await client.execute(PROBE, {})


# -- throttling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("send", [read, write])
async def test_throttled_is_waited_out_and_sent_again(httpx_mock: HTTPXMock, send: Any) -> None:
    clock = QuickClock()
    httpx_mock.add_response(json=throttled(requested=10, left=-490))
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "3"})
    httpx_mock.add_response(json=WRITTEN)
    await send(clock)
    assert len(httpx_mock.get_requests()) == 3
    assert clock.seconds >= 5.0 + 3.0


async def test_throttling_without_an_end_is_told(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=429)
    client = a_client()
    with pytest.raises(Throttled) as caught:
        await client.execute(PROBE, {})
    assert isinstance(caught.value, TryAgain)
    assert client.throttle.throttled == len(httpx_mock.get_requests()) > 1


async def test_points_are_returned_when_nothing_was_sent(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectError("x"))
    client = a_client()
    before = client.throttle.points
    with pytest.raises(Offline):
        await client.execute(ADJUST_QUANTITIES, {})
    assert client.throttle.points == before


async def test_a_cancelled_request_frees_its_place_but_not_its_points() -> None:
    arrived = asyncio.Event()

    async def never(request: httpx.Request) -> httpx.Response:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    client = a_client(transport=httpx.MockTransport(never))
    before = client.throttle.points
    task = asyncio.create_task(client.execute(ADJUST_QUANTITIES, {}))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.throttle._bucket.in_flight == 0
    assert client.throttle.points == before - ADJUST_QUANTITIES.cost


# -- version, warnings, log ----------------------------------------------------------------------

OLDER = {"X-Shopify-API-Version": "2027-01"}


async def test_another_api_version_stops_everything(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe(), headers=OLDER)
    client = a_client()
    for _ in range(2):
        with pytest.raises(ApiVersionChanged) as caught:
            await client.execute(PROBE, {})
        assert isinstance(caught.value, SafetyStop)
    assert len(httpx_mock.get_requests()) == 1


async def test_a_write_answered_by_another_version_keeps_its_answer_and_is_the_last(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=WRITTEN, headers=OLDER)
    client = a_client()
    assert (await client.execute(ADJUST_QUANTITIES, {})).data == WRITTEN["data"]
    with pytest.raises(ApiVersionChanged):
        await client.execute(ADJUST_QUANTITIES, {})
    assert len(httpx_mock.get_requests()) == 1


async def test_an_ignored_search_filter_is_an_error(httpx_mock: HTTPXMock) -> None:
    warnings = [{"field": "x", "message": "Invalid search field", "code": "invalid_field"}]
    body = probe()
    body["extensions"]["search"] = [{"path": ["shop"], "query": "x:1", "warnings": warnings}]
    httpx_mock.add_response(json=body)
    with pytest.raises(SearchFilterRefused, match="Invalid search field"):
        await read()
    assert len(httpx_mock.get_requests()) == 1


async def test_the_log_has_name_cost_and_request_id_and_no_secret(
    httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    httpx_mock.add_response(json=WRITTEN, headers={"X-Request-Id": "abc-1"})
    client = a_client()
    await client.execute(ADJUST_QUANTITIES, {"key": "key-77", "input": {"name": "nobody"}})
    text = caplog.text
    assert "AdjustQuantities ok http=200" in text
    assert "request_id=abc-1" in text
    for hidden in (TOKEN, SECRET, "key-77", "nobody"):
        assert hidden not in text
