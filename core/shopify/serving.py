"""Serving the webhook receiver on an address, inside a loop that runs already.

TLS is the business of the proxy in front of it: Shopify delivers to public https addresses only.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Iterator

import uvicorn

from core.shopify.errors import BadListenAddress, ListenFailed
from core.shopify.webhooks import WebhookReceiver

MAX_CONNECTIONS = 200
GRACE_SECONDS = 1

_ADDRESS = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)?:)?(?P<port>[0-9]{1,5})")


def listen_address(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[IPV6]:PORT`, `:PORT` or `PORT`; without a host this machine only. Raises
    BadListenAddress.
    """
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or int(found["port"]) > 65535:
        raise BadListenAddress(typed=text[:80])
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


async def serve_webhooks(
    receiver: WebhookReceiver,
    host: str,
    port: int,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until cancelled; what is being answered then is still answered. `on_ready` is given
    the address (http://HOST:PORT/PATH) as soon as it answers. Raises ListenFailed.
    """
    listener = await asyncio.to_thread(_listen, host, port)
    config = uvicorn.Config(
        receiver,
        access_log=False,
        log_config=None,
        log_level="critical",
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}{receiver.path}"
    server = _Server(config, lambda: on_ready(address) if on_ready else None)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="webhooks")
    try:
        await asyncio.shield(running)
    finally:
        server.should_exit = True
        await asyncio.wait({running}, timeout=GRACE_SECONDS + 2)
        running.cancel()
        listener.close()


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the program, and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as failure:
        raise ListenFailed(address=f"{host}:{port}", detail=failure.strerror or "") from None
