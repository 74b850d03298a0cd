"""The shop over a real connection."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.practice import PracticeShop
from core.practice.server import PortTaken, serve_async

ROOT = Path(__file__).resolve().parents[2]
SHOP = {"query": "{ shop { name } }"}
GRAPHQL = "/admin/api/2026-10/graphql.json"


@pytest.fixture
def shop() -> PracticeShop:
    return PracticeShop(seed=2)


@pytest.fixture
async def client(shop: PracticeShop) -> AsyncIterator[httpx.AsyncClient]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve_async(shop, port=0, on_ready=ready.set_result))
    address = await asyncio.wait_for(ready, 10)
    headers = {"X-Shopify-Access-Token": shop.access_token}
    async with httpx.AsyncClient(base_url=address, headers=headers) as http:
        yield http
    server.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server


async def test_it_answers_as_soon_as_it_says_so(client: httpx.AsyncClient) -> None:
    response = await client.post(GRAPHQL, json=SHOP)
    assert response.json()["data"] == {"shop": {"name": "Practice Shop"}}


async def test_a_dropped_connection_is_dropped(
    client: httpx.AsyncClient, shop: PracticeShop
) -> None:
    shop.faults.next = ["loss_before"]
    with pytest.raises(httpx.TransportError):
        await client.post(GRAPHQL, json=SHOP)
    assert (await client.post(GRAPHQL, json=SHOP)).status_code == 200


async def test_an_answer_that_never_comes(client: httpx.AsyncClient, shop: PracticeShop) -> None:
    shop.faults.next = ["timeout_after"]
    with pytest.raises(httpx.ReadTimeout):
        await client.post(GRAPHQL, json=SHOP, timeout=0.2)
    assert (await client.post(GRAPHQL, json=SHOP)).status_code == 200


async def test_a_port_that_is_taken_is_said(client: httpx.AsyncClient) -> None:
    port = client.base_url.port
    assert port is not None
    with pytest.raises(PortTaken, match=str(port)):
        await serve_async(PracticeShop(), port=port)


@pytest.mark.system
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_asked(number: signal.Signals) -> None:
    program = (
        "from core.practice import PracticeShop, serve\n"
        "serve(PracticeShop(selling=600), on_ready=lambda a: print(a, flush=True))\n"
        "print('ended', flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended\n", "")
