"""Commands in this very process, against a practice shop on the loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.practice import PracticeShop
from core.practice.server import serve_async
from tui.cli import main
from tui.i18n import set_language


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Line:
    """A person at a command line, with a data directory of their own."""

    def __init__(self, home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str, code: int | None = 0) -> Said:
        """Type a command; `code` is what it must end with (None: whatever)."""
        self._capsys.readouterr()
        found = main([*words, "--home", str(self.home)])
        out, err = self._capsys.readouterr()
        if code is not None:
            assert found == code, f"{words} ended with {found}\n{out}\n{err}"
        assert "Traceback" not in err
        return Said(found, out, err)

    def file(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def quantity(self, sku: str, location: str) -> int | None:
        levels = self("stock", "show", sku, "--json").json["levels"]
        return next((each["quantity"] for each in levels if each["location"] == location), None)


class Served:
    """A practice shop with an address, on a loop of its own."""

    def __init__(self, shop: PracticeShop) -> None:
        self.shop = shop
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def open(self, port: int = 0) -> Served:
        ready: Future[str] = Future()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(port, ready), daemon=True)
        self._thread.start()
        self.address = ready.result(timeout=20)
        return self

    def _run(self, port: int, ready: Future[str]) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(
            serve_async(self.shop, port=port, on_ready=ready.set_result)
        )
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(timeout=20)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("DEXTRE_SYNC_HOME", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEXTRE_SYNC_LANG", "en")
    monkeypatch.setenv("LANGUAGE", "en")  # put back afterwards; `main` changes it
    yield
    set_language("en")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path / "home", tmp_path, capsys)


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served(PracticeShop(variants=6, locations=2, seed=3)).open()
    yield found
    found.close()


def connect_words(line: Line, served: Served) -> list[str]:
    shop = served.shop
    token = line.file("token", shop.access_token)
    return ["connect", "--domain", shop.domain, "--token-file", token, "--api-url", served.address]


def client_words(line: Line, served: Served) -> list[str]:
    shop = served.shop
    secret = line.file("secret", shop.client_secret)
    words = ["connect", "--domain", shop.domain, "--api-url", served.address]
    return [*words, "--client-id", shop.client_id, "--client-secret-file", secret]


def items_csv(skus: list[str], quantity: int) -> str:
    rows = [f"{sku},{sku},,{place},main,{quantity}" for sku in skus for place in ("Tokyo", "Osaka")]
    return "\n".join(["sku_number,name,barcode,location,label,quantity", *rows, ""])


def skus_of(served: Served) -> list[str]:
    return [item.sku or "" for item in served.shop.stock.items]


def places_of(served: Served) -> list[str]:
    return [location.name for location in served.shop.stock.locations]


@pytest.fixture
def brand(line: Line) -> Line:
    """A brand with a label, two locations and nothing else."""
    line("brand", "add", "Acme")
    line("label", "add", "main")
    line("location", "add", "Tokyo")
    line("location", "add", "Osaka")
    return line


@pytest.fixture
def mapped(brand: Line, served: Served) -> Line:
    """Connected, paired, and every SKU mapped; 50 of each everywhere; the link is off."""
    brand("item", "import", brand.file("items.csv", items_csv(skus_of(served), 50)))
    brand(*connect_words(brand, served))
    here = ("Tokyo", "Osaka")
    brand("pair", *(f"{a}={b}" for a, b in zip(here, places_of(served), strict=True)))
    brand("map")
    return brand


@pytest.fixture
def linked(mapped: Line) -> Line:
    """The same with the link on: 50 of each on both sides."""
    mapped("enable", "--start", "push", "--yes")
    return mapped
