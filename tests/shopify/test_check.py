"""A connection is checked: one line a finding, in order; what is not known is not claimed."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from core.errors import fill
from core.model import Credentials, Finding, Verdict
from core.shopify.check import STEPS, Check, check_connection
from core.shopify.scopes import NEEDED
from tests.shopify.support import (
    SECRET,
    SHOP_ID,
    TOKEN,
    TOKENS,
    WITH_CLIENT,
    WITH_TOKEN,
    QuickClock,
    answer,
    failure,
    probe,
)

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)

DATE = {"Date": "Mon, 23 Nov 2026 10:00:01 GMT", "X-Shopify-API-Version": "2026-10"}


async def check(
    credentials: Credentials = WITH_TOKEN,
    told: list[Finding] | None = None,
    clock: QuickClock | None = None,
    expected_shop_id: str | None = None,
) -> Check:
    return await check_connection(
        credentials,
        clock=clock or QuickClock(),
        random=random.Random(1),
        expected_shop_id=expected_shop_id,
        on_finding=None if told is None else told.append,
    )


def verdicts(found: Check) -> dict[str, str]:
    assert [finding.code for finding in found.findings] == list(STEPS)
    for finding in found.findings:
        text = fill(finding.message, finding.params) + fill(finding.remedy, finding.params)
        assert "?" not in text
        assert TOKEN not in text
        assert SECRET not in text
        bad = finding.verdict in (Verdict.FAILED, Verdict.WARNING)
        assert bool(finding.remedy) == bad
    return {finding.code: finding.verdict.value for finding in found.findings}


async def test_a_connection_in_order_is_all_ok_and_told_line_by_line(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=probe(), headers=DATE)
    told: list[Finding] = []
    found = await check(told=told)
    assert set(verdicts(found).values()) == {"ok"}
    assert tuple(told) == found.findings
    assert found.passed
    assert found.identity is not None
    assert found.identity.shop_id == SHOP_ID
    assert found.failure is None


STOPPED: list[tuple[str, dict[str, Any], str]] = [
    ("redirect", {"status_code": 301, "headers": {"Location": "https://x.com/"}}, "shop"),
    ("frozen", {"status_code": 402}, "shop"),
    ("gone", {"status_code": 404}, "shop"),
    ("locked", {"status_code": 423}, "shop"),
    ("suspicious", {"status_code": 430}, "shop"),
    ("down", {"status_code": 503}, "shop"),
    ("inactive", {"json": failure("SHOP_INACTIVE")}, "shop"),
    ("token", {"status_code": 401}, "token"),
    ("forbidden", {"status_code": 403}, "token"),
    ("version", {"json": probe(), "headers": {"X-Shopify-API-Version": "2027-01"}}, "version"),
    ("portal", {"html": "<h1>Sign in</h1>"}, "reachable"),
    ("shape", {"json": answer({"shop": None})}, "reachable"),
]


@pytest.mark.parametrize(("name", "reply", "step"), STOPPED, ids=[row[0] for row in STOPPED])
async def test_what_stops_everything_is_one_failed_line_and_the_rest_is_skipped(
    httpx_mock: HTTPXMock, name: str, reply: dict[str, Any], step: str
) -> None:
    httpx_mock.add_response(**reply)
    found = await check()
    place = STEPS.index(step)
    expected = ["ok"] * place + ["failed"] + ["skipped"] * (len(STEPS) - place - 1)
    assert list(verdicts(found).values()) == expected
    assert not found.passed
    assert found.failure is not None
    assert found.identity is None


async def test_a_network_failure_says_which(httpx_mock: HTTPXMock) -> None:
    broken = httpx.ConnectError("x")
    broken.__cause__ = socket.gaierror(-2, "unknown")
    httpx_mock.add_exception(broken)
    found = await check()
    assert verdicts(found)["reachable"] == "failed"
    assert found.failure is not None
    assert found.failure.code == "name_not_found"


@pytest.mark.parametrize(
    ("credentials", "step"),
    [
        (replace(WITH_TOKEN, domain="shop.example.com"), "domain"),
        (replace(WITH_TOKEN, api_url="http://example.com"), "domain"),
    ],
)
async def test_a_wrong_address_is_found_without_asking_anyone(
    credentials: Credentials, step: str
) -> None:
    found = await check(credentials)
    assert verdicts(found)[step] == "failed"


async def test_missing_credentials_are_found_without_asking_anyone() -> None:
    found = await check(Credentials("demo"))
    lines = verdicts(found)
    assert (lines["reachable"], lines["shop"], lines["token"]) == ("skipped", "skipped", "failed")


@pytest.mark.parametrize(
    "code", ["shop_not_permitted", "app_not_installed", "application_cannot_be_found"]
)
async def test_a_refusal_of_the_token_endpoint_is_about_the_token(
    httpx_mock: HTTPXMock, code: str
) -> None:
    httpx_mock.add_response(url=TOKENS, status_code=400, html=f"Oauth error {code}: no")
    found = await check(WITH_CLIENT)
    assert verdicts(found)["token"] == "failed"
    assert found.failure is not None
    assert found.failure.code == code


async def test_each_scope_is_a_line_of_its_own(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe("read_inventory"), headers=DATE)
    found = await check()
    lines = verdicts(found)
    assert lines["scope.write_inventory"] == "failed"
    assert lines["scope.read_inventory"] == "ok"
    assert lines["scope.read_products"] == "failed"
    assert lines["scope.read_locations"] == "failed"
    assert lines["identity"] == "ok"
    assert found.failure is not None
    assert "write_inventory" in str(found.failure)


@pytest.mark.parametrize("lacking", NEEDED)
async def test_without_any_one_of_the_four_scopes_the_check_fails(
    httpx_mock: HTTPXMock, lacking: str
) -> None:
    granted = [scope for scope in NEEDED if scope != lacking]
    if lacking.startswith("read_inventory"):
        granted.remove("write_inventory")  # which would include it
    httpx_mock.add_response(json=probe(*granted), headers=DATE)
    found = await check()
    assert not found.passed
    assert verdicts(found)[f"scope.{lacking}"] == "failed"


async def test_a_write_scope_includes_reading(httpx_mock: HTTPXMock) -> None:
    scopes = ("write_inventory", "write_products", "write_locations")
    httpx_mock.add_response(json=probe(*scopes), headers=DATE)
    assert set(verdicts(await check()).values()) == {"ok"}


async def test_another_shop_than_before_fails(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe(), headers=DATE)
    found = await check(expected_shop_id="gid://shopify/Shop/99")
    assert verdicts(found)["identity"] == "failed"
    assert found.failure is not None
    assert found.failure.code == "another_shop"


async def test_a_renamed_shop_a_wrong_clock_and_an_old_version_are_warnings(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=probe(domain="new-name.myshopify.com"), headers=DATE)
    clock = QuickClock()
    clock.seconds = 300 * 86400.0
    found = await check(clock=clock)
    lines = verdicts(found)
    assert (lines["identity"], lines["clock"], lines["version"]) == ("warning",) * 3
    assert found.passed


async def test_a_shop_that_does_not_tell_the_time_is_not_judged_by_it(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json=probe())
    found = await check()
    assert verdicts(found)["clock"] == "skipped"
    assert found.findings[-1].message.endswith("because the answer does not tell the time")


async def test_another_domain_at_a_given_address_is_another_shop(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json=probe(), headers=DATE)
    given = replace(WITH_TOKEN, domain="another.myshopify.com", api_url="https://proxy.example")
    found = await check(given)
    assert verdicts(found)["identity"] == "failed"
    assert found.failure is not None
    assert found.failure.code == "wrong_domain"
    assert found.failure.exit_code == 2
