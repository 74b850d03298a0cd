"""Real processes: the installed command, and a practice shop of its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

COMMAND = str(Path(sys.executable).parent / "dextre-sync")
PLACES = ("Tokyo", "Osaka")


class Home:
    """A data directory and the commands that are typed on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "DEXTRE_SYNC_HOME": str(folder / "home"),
            "DEXTRE_SYNC_LANG": "en",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, (
                f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def stock(self) -> dict[tuple[str, str], int]:
        lines = self.run("stock", "export").stdout.splitlines()[1:]
        rows = [line.split(",") for line in lines]
        return {(sku, place): int(quantity) for sku, place, _label, quantity in rows}


class Shop:
    """A practice shop in a process of its own."""

    def __init__(self, home: Home, *options: str) -> None:
        self.home = home
        self.process = home.start("practice-shop", *options)
        assert self.process.stdout is not None
        found = dict(self.process.stdout.readline().strip().split(": ", 1) for _ in range(5))
        self.address = found["address"]
        self.domain = found["domain"]
        self.token = found["token"]
        self.client_id = found["client_id"]
        self.client_secret = found["client_secret"]

    def ask(self, path: str, given: object = None) -> Any:
        data = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(f"{self.address}/practice/{path}", data)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    @property
    def places(self) -> list[str]:
        return [location["name"] for location in self.ask("state")["locations"]]

    def stock(self) -> dict[tuple[str, str], int]:
        """Available quantities under the names of our own places."""
        ours = dict(zip(self.places, PLACES, strict=False))
        return {
            (level["sku"], ours[level["location"]]): level["available"]
            for level in self.ask("state")["levels"]
            if level["location"] in ours
        }

    def ledger(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.ask("ledger")["entries"]
        return entries

    def connect_words(self, *, by_client: bool = False) -> list[str]:
        words = ["connect", "--domain", self.domain, "--api-url", self.address]
        if by_client:
            secret = self.home.write("secret", self.client_secret)
            return [*words, "--client-id", self.client_id, "--client-secret-file", secret]
        return [*words, "--token-file", self.home.write("token", self.token)]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Shops:
    """Opens practice shops and closes them at the end of the test."""

    def __init__(self, home: Home, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack

    def open(self, *options: str) -> Shop:
        shop = Shop(self._home, *options)
        self._stack.callback(shop.stop)
        return shop


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def shops(home: Home) -> Iterator[Shops]:
    with ExitStack() as stack:
        yield Shops(home, stack)


def items_csv(stock: dict[tuple[str, str], int]) -> str:
    rows = [f"{sku},{sku},,{place},main,{n}" for (sku, place), n in stock.items()]
    return "\n".join(["sku_number,name,barcode,location,label,quantity", *rows, ""])


def set_up(home: Home, shop: Shop, *, quantity: int = 50, by_client: bool = False) -> list[str]:
    """From nothing to a link that is on, by commands only; gives the SKUs."""
    skus = sorted({sku for sku, _place in shop.stock()})
    stock = {(sku, place): quantity for sku in skus for place in PLACES}
    home.run("brand", "add", "Acme")
    home.run("label", "add", "main")
    for place in PLACES:
        home.run("location", "add", place)
    home.run("item", "import", home.write("items.csv", items_csv(stock)))
    home.run(*shop.connect_words(by_client=by_client))
    home.run("pair", *(f"{a}={b}" for a, b in zip(PLACES, shop.places, strict=False)))
    home.run("map")
    home.run("enable", "--start", "push", "--yes")
    return skus
