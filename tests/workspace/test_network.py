"""Back at once when the network is."""

from __future__ import annotations

import asyncio
import random
import socket

import httpx

from core.errors import Offline
from core.model import Credentials, Secret
from core.shopify import open_shop
from core.workspace.network import watch_network
from tests.twins.clock import ManualClock
from tests.twins.virtual_time import LoopClock, run
from tests.twins.world import World


def test_the_engine_reads_again_as_soon_as_the_network_is_there() -> None:
    """The shop fails for five minutes; the pauses have grown to a minute long before that."""

    async def story() -> float:
        world = World(clock=LoopClock())  # type: ignore[arg-type]
        key = world.linked(here=5, there=5, base=5)
        up = asyncio.Event()
        world.fault = lambda name: name == "read" and not up.is_set()
        engine = asyncio.create_task(world.engine.run())

        async def reachable() -> bool:
            return up.is_set()

        def is_offline() -> bool:
            failing = world.engine.health.failing.values()
            return any(isinstance(error, Offline) for error in failing)

        watch = asyncio.create_task(
            watch_network(world.clock, is_offline, reachable, world.engine.look)
        )
        await world.clock.sleep(300)
        world.shop.sell(key, 2)
        up.set()
        began = world.clock.monotonic()
        while world.here() != 3:
            await world.clock.sleep(0.05)
        assert world.codes().count("back_online") == 1
        took = world.clock.monotonic() - began
        engine.cancel()
        watch.cancel()
        await asyncio.gather(engine, watch, return_exceptions=True)
        return took

    assert run(story()) < 2.5


def test_without_a_watch_it_would_take_up_to_a_minute() -> None:
    """What the watch is for; and that the pauses do grow."""

    async def story() -> int:
        world = World(clock=LoopClock())  # type: ignore[arg-type]
        world.linked(here=5, there=5, base=5)
        world.fault = lambda name: name == "read"
        engine = asyncio.create_task(world.engine.run())
        await world.clock.sleep(600)
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        return world.shop.reads

    assert run(story()) <= 16


def test_a_person_who_asks_need_not_wait_for_the_pause() -> None:
    async def story() -> bool:
        world = World(clock=LoopClock())  # type: ignore[arg-type]
        key = world.linked(here=5, there=5, base=5)
        up = asyncio.Event()
        world.fault = lambda name: name == "read" and not up.is_set()
        engine = asyncio.create_task(world.engine.run())
        await world.clock.sleep(303)
        world.shop.sell(key, 2)
        up.set()
        world.engine.look()
        await world.clock.sleep(0.5)
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        return world.here() == 3

    assert run(story())


def test_a_network_that_was_there_all_the_time_calls_nobody_back() -> None:
    async def story() -> list[str]:
        clock, calls = LoopClock(), list[str]()
        answers = iter([True, True, False, True, True, False, False, True, True])

        async def reachable() -> bool:
            return next(answers, True)

        watch = asyncio.create_task(
            watch_network(clock, lambda: True, reachable, lambda: calls.append("back"))
        )
        await clock.sleep(60)
        watch.cancel()
        return calls

    assert run(story()) == ["back", "back"]


async def test_reachable_is_a_connection_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        token = Secret("shpat_x")
        shop = open_shop(
            Credentials("a.myshopify.com", token, api_url=url),
            clock=ManualClock(),
            random=random.Random(1),
        )
        assert await shop.reachable()
        asked, _ = server.accept()
        asked.settimeout(5)
        assert asked.recv(10) == b""
        asked.close()
    assert not await shop.reachable()
    await shop.aclose()
    mocked = open_shop(
        Credentials("a.myshopify.com", token),
        clock=ManualClock(),
        random=random.Random(1),
        transport=httpx.MockTransport(lambda _request: httpx.Response(200)),
    )
    assert not await mocked.reachable()
    await mocked.aclose()
