"""A practice shop over loopback HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import N_, BadInput
from core.practice.faults import ConnectionDropped
from core.practice.shop import PracticeShop

HOST = "127.0.0.1"
KEEP_ALIVE_S = 60
"""Roughly what large services give an idle connection."""


class PortTaken(BadInput):
    code = "practice_port_taken"
    message = N_("Port %(port)s cannot be used: %(detail)s")
    remedy = N_("Choose another one, or 0 for any free port.")


class DropOverTheWire:
    """Does to a real connection what ConnectionDropped says: ends it within an answer, or lets it
    hang until the client goes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ConnectionDropped as dropped:
            while dropped.waits and (await receive())["type"] != "http.disconnect":
                pass
            if not begun:
                await _end_within_an_answer(send)


async def _end_within_an_answer(send: Send) -> None:
    """The server closes the connection when an answer is shorter than it said."""
    start: Message = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b'{"da', "more_body": True})


class _Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT as a program that was asked to, and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = []
        for number in (signal.SIGTERM, signal.SIGINT):
            # Not in the main thread, or not on this system: whoever runs the loop ends it.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._stop)
                caught.append(number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    shop: PracticeShop, *, port: int = 0, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, the till with it. `on_ready` is given the address
    (http://127.0.0.1:PORT) as soon as it answers. Raises PortTaken.
    """
    asyncio.run(serve_async(shop, port=port, on_ready=on_ready))


async def serve_async(
    shop: PracticeShop, *, port: int = 0, on_ready: Callable[[str], None] | None = None
) -> None:
    """The same inside a running loop; ends also when cancelled."""
    listener = _listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        DropOverTheWire(shop.app),
        access_log=False,
        log_level="critical",
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    server = _Server(config, lambda: on_ready(address) if on_ready else None)
    beside = (
        asyncio.create_task(shop.till.run(), name="practice till"),
        asyncio.create_task(shop.webhooks.run(), name="practice webhooks"),
    )
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        listener.close()


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the socket says that it is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(port=port, detail=str(error)) from error
    return listener
