"""The core of the main job by keys through a real `ssh -tt`, in English and in Japanese: the
OpenSSH client in a real terminal, a server of the test's own that runs the app in a pty.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import struct
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench.world import practice_process
from tests.system.merchant import BOTH, Merchant, Sides, Words, app_command
from tests.system.terminal import HAS_TMUX, ROOT, terminal

asyncssh = pytest.importorskip("asyncssh", reason="needs asyncssh")
if TYPE_CHECKING:
    from asyncssh import SSHServerProcess

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not HAS_TMUX, reason="needs tmux"),
    pytest.mark.skipif(shutil.which("ssh") is None, reason="needs the OpenSSH client"),
]

VARIANTS, START = 30, 50
ON_ITS_TERMINAL = 'exec "$@" <"$TTY_NAME" >"$TTY_NAME" 2>&1'
"""The first terminal that a leader of a session opens becomes the one that controls it."""


class Server:
    """Whoever connects gets `command` in a pty of the size of their terminal."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0
        self.codes: list[int] = []

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        class Anybody(asyncssh.SSHServer):  # type: ignore[name-defined,misc]
            def begin_auth(self, username: str) -> bool:
                return False  # it listens on the loopback, for the time of a test

        self._listener = await asyncssh.create_server(
            Anybody,
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            process_factory=self._serve,
            encoding=None,
            line_editor=False,
        )
        self.port = self._listener.get_port()

    async def _close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()

    async def _serve(self, client: SSHServerProcess[bytes]) -> None:
        columns, lines = client.term_size[:2]
        parent, child = os.openpty()
        _resize(parent, columns, lines)
        environ = {**os.environ, "TERM": client.term_type or "xterm", "TTY_NAME": os.ttyname(child)}
        app = await asyncio.create_subprocess_exec(
            *("sh", "-c", ON_ITS_TERMINAL, "sh", *self._command),
            cwd=ROOT,
            env=environ,
            start_new_session=True,
        )
        painted = asyncio.Event()
        self._loop.add_reader(parent, self._paint, parent, client, painted)
        hung_up = asyncio.create_task(_type(client, parent))
        ended = asyncio.create_task(app.wait())
        await asyncio.wait({hung_up, ended}, return_when=asyncio.FIRST_COMPLETED)
        os.close(child)  # not before: a pty that nobody holds would read as ended
        if ended.done():
            await asyncio.wait_for(painted.wait(), 10)
        hung_up.cancel()
        self._loop.remove_reader(parent)
        os.close(parent)  # as sshd does: where the app still runs, the system hangs it up
        self.codes.append(await ended)
        client.exit(self.codes[-1])

    def _paint(self, parent: int, client: SSHServerProcess[bytes], painted: asyncio.Event) -> None:
        try:
            data = os.read(parent, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            data = b""
        if not data:
            self._loop.remove_reader(parent)
            painted.set()
            return
        with suppress(OSError):  # the client has gone: its keys say so as well
            client.stdout.write(data)


async def _type(client: SSHServerProcess[bytes], parent: int) -> None:
    """What is typed, and what size the terminal becomes, until the client has gone."""
    while True:
        try:
            data = await client.stdin.read(4096)
        except asyncssh.TerminalSizeChanged as change:
            _resize(parent, change.width, change.height)
            continue
        except asyncssh.Error:
            return
        if not data:
            return
        os.write(parent, data)


def _resize(pty: int, columns: int, lines: int) -> None:
    fcntl.ioctl(pty, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


@contextmanager
def serving(command: Sequence[str]) -> Iterator[Server]:
    server = Server(command)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ssh(server: Server, folder: Path) -> list[str]:
    options = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": str(folder / "known_hosts"),
        "GlobalKnownHostsFile": os.devnull,
        "IdentityAgent": "none",
        "LogLevel": "ERROR",
    }
    words = ["ssh", "-tt", "-F", os.devnull, "-p", str(server.port)]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return [*words, "merchant@127.0.0.1"]


@pytest.mark.parametrize("words", BOTH, ids=lambda words: words.lang)
def test_a_shop_is_linked_by_keys_over_ssh(words: Words, tmp_path: Path) -> None:
    home, csv = tmp_path / "home", tmp_path / "items.csv"
    with (
        practice_process(VARIANTS, 3) as shop,
        serving(app_command(home, words)) as server,
        terminal() as pane,
    ):
        sides = Sides(home, shop, words)
        merchant = Merchant(pane, words, shop)
        lines = sides.write_csv(csv, START)
        differ = sum(quantity != START for quantity in sides.there().values())
        pane.run(["echo", "typed before"])
        pane.run(ssh(server, tmp_path))

        merchant.names_brand()
        merchant.adds_label_and_places()
        merchant.imports(csv, items=VARIANTS, levels=lines)
        merchant.opens_connecting()
        merchant.connects(shop.domain, shop.token)
        merchant.is_connected()
        merchant.pairs()
        merchant.maps(VARIANTS)
        merchant.enables(cells=lines, changing=differ)
        merchant.in_sync(lines)

        sku = sides.skus()[0]
        sides.sell_there(sku, sides.place_there(0), 4)
        merchant.home()
        merchant.sees(sku, "46", bound=30)
        merchant.in_sync(lines)
        pane.resize(120, 40)
        pane.wait(lambda screen: screen.rstrip().count("\n") >= 38, "the larger terminal filled")
        pane.resize(80, 24)
        merchant.press("2")
        merchant.at_main(sku)
        merchant.quits()

        assert server.codes == [0]
        assert "typed before" in pane.screen()
        assert [pane.fact("alternate_on"), pane.fact("cursor_flag")] == ["0", "1"]
        assert sides.here() == sides.there()
        assert sides.here()[sku, 0] == START - 4
        assert "Traceback" not in pane.log.read_text("utf-8", "replace")


def test_a_lost_connection_ends_the_far_app(tmp_path: Path) -> None:
    """The client is killed, as when a line breaks: the app leaves, so that it does not stay the
    owner of the sync where nobody sees it.
    """
    words = BOTH[0]
    with serving(app_command(tmp_path / "home", words)) as server, terminal() as pane:
        pane.run(ssh(server, tmp_path))
        pane.wait_for(words.welcome)
        (client,) = pane.children()
        os.kill(client, signal.SIGKILL)
        pane.wait(lambda _screen: server.codes, "the end of the far app")
        assert server.codes == [0]
