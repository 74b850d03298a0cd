"""The table of failures (facts.md §8), row by row: how often a read is sent, how often a mutation
that may be repeated, and what a write may claim about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from core.errors import DextreError, OurBug, OutcomeUnknown, TryAgain, UserMustAct
from core.shopify.client import MAX_THROTTLED, RETRIES
from core.shopify.documents import ADJUST_QUANTITIES, PROBE, RUN_BULK, Document
from core.shopify.errors import ServerTrouble, Throttled
from tests.shopify.support import QuickClock, a_client, failure, probe, throttled

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)

FINAL_STATUSES = (303, 400, 401, 402, 403, 404, 405, 406, 409, 414, 415, 422, 423, 430)
PASSING_STATUSES = (408, 500, 501, 502, 503, 504, 530, 540, 783)
REFUSED_CODES = (
    "BAD_REQUEST",
    "INVALID_FIELD_ARGUMENTS",
    "INVALID_VARIABLE",
    "MAX_COST_EXCEEDED",
    "MAX_INPUT_SIZE_EXCEEDED",
    "PARSE_ERROR",
    "argumentLiteralsIncompatible",
    "missingRequiredArguments",
    "selectionMismatch",
    "undefinedDirective",
    "undefinedField",
    "variableNotUsed",
)
PASSING_CODES = ("INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE")


@dataclass
class Sent:
    error: DextreError | None
    times: int
    slept: list[float]


async def send(httpx_mock: HTTPXMock, document: Document) -> Sent:
    clock = QuickClock()
    client = a_client(clock=clock)
    before = len(httpx_mock.get_requests())
    error = None
    try:
        await client.execute(document, {})
    except DextreError as failed:
        error = failed
    await client.aclose()
    return Sent(error, len(httpx_mock.get_requests()) - before, clock.slept)


@pytest.mark.parametrize("document", [PROBE, RUN_BULK, ADJUST_QUANTITIES], ids=lambda d: d.name)
@pytest.mark.parametrize("status", FINAL_STATUSES)
async def test_a_final_status_is_sent_once(
    httpx_mock: HTTPXMock, status: int, document: Document
) -> None:
    httpx_mock.add_response(status_code=status, headers={"Location": "https://b.example/"})
    sent = await send(httpx_mock, document)
    assert sent.times == 1
    assert isinstance(sent.error, UserMustAct | OurBug)


@pytest.mark.parametrize("document", [PROBE, RUN_BULK, ADJUST_QUANTITIES], ids=lambda d: d.name)
@pytest.mark.parametrize("code", [*REFUSED_CODES, "ACCESS_DENIED", "SHOP_INACTIVE"])
async def test_a_refusal_before_running_is_sent_once(
    httpx_mock: HTTPXMock, code: str, document: Document
) -> None:
    httpx_mock.add_response(json=failure(code))
    sent = await send(httpx_mock, document)
    assert sent.times == 1
    assert isinstance(sent.error, UserMustAct | OurBug)


def passing() -> list[dict[str, Any]]:
    statuses = [{"status_code": status, "text": "<html>"} for status in PASSING_STATUSES]
    return statuses + [{"json": failure(code)} for code in PASSING_CODES]


@pytest.mark.parametrize("reply", passing(), ids=(*map(str, PASSING_STATUSES), *PASSING_CODES))
async def test_what_may_pass_is_sent_again_unless_it_may_have_written(
    httpx_mock: HTTPXMock, reply: dict[str, Any]
) -> None:
    httpx_mock.add_response(**reply)
    read = await send(httpx_mock, PROBE)
    repeatable = await send(httpx_mock, RUN_BULK)
    write = await send(httpx_mock, ADJUST_QUANTITIES)
    assert (read.times, repeatable.times, write.times) == (1 + RETRIES, 1 + RETRIES, 1)
    assert isinstance(read.error, ServerTrouble)
    assert isinstance(repeatable.error, ServerTrouble)
    assert isinstance(write.error, OutcomeUnknown)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("2.5", 2.5),
        ("Mon, 23 Nov 2026 10:00:09 GMT", 9.0),
        ("Mon, 23 Nov 2020 10:00:09 GMT", None),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
async def test_retry_after_of_a_server_in_trouble(
    httpx_mock: HTTPXMock, retry_after: str, seconds: float | None
) -> None:
    httpx_mock.add_response(status_code=503, headers={"Retry-After": retry_after}, is_optional=True)
    httpx_mock.add_response(json=probe())
    (slept,) = (await send(httpx_mock, PROBE)).slept
    if seconds is None:
        assert 0.25 <= slept <= 0.5
    else:
        assert slept == seconds


@pytest.mark.parametrize("document", [PROBE, ADJUST_QUANTITIES], ids=lambda d: d.name)
async def test_429_is_waited_out_for_reads_and_writes_alike(
    httpx_mock: HTTPXMock, document: Document
) -> None:
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "4.0"})
    httpx_mock.add_response(json=probe())
    sent = await send(httpx_mock, document)
    assert (sent.error, sent.times) == (None, 2)
    assert sum(sent.slept) == pytest.approx(4.0)


@pytest.mark.parametrize("document", [PROBE, ADJUST_QUANTITIES], ids=lambda d: d.name)
async def test_throttled_without_end_is_told_in_the_end(
    httpx_mock: HTTPXMock, document: Document
) -> None:
    httpx_mock.add_response(json=throttled())
    sent = await send(httpx_mock, document)
    assert sent.times == MAX_THROTTLED + 1
    assert isinstance(sent.error, Throttled)
    assert isinstance(sent.error, TryAgain)
    assert not isinstance(sent.error, OutcomeUnknown)
