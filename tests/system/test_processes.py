"""Several processes on one data directory, shops that go away, and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.system.conftest import COMMAND, Home, Shop, Shops, set_up

pytestmark = pytest.mark.system


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The next line that holds the words; fails where the output ends without it."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"ended without {words!r}")


@contextmanager
def running(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A service, which ends cleanly when asked to."""
    service = home.start("run")
    try:
        yield service
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=20)
    assert service.returncode == 0


def until(home: Home, **wanted: object) -> None:
    """Wait until the status says so."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        status = home.json("status")
        if all(status[name] == value for name, value in wanted.items()):
            return
    raise AssertionError(f"{wanted} never came: {status}")


@pytest.fixture
def shop(shops: Shops) -> Shop:
    return shops.open("--variants", "10", "--locations", "2")


def test_a_service_lends_the_sync_to_commands_and_refuses_a_second_service(
    home: Home, shop: Shop
) -> None:
    skus = set_up(home, shop)
    with running(home) as service:
        line_with(service, "syncing")
        assert f"pid {service.pid}" in home.json("status")["owner"]
        assert f"pid {service.pid}" in home.run("run", code=5).stderr
        assert home.json("run", "--once")["rests"] is True
        home.run("push", "--yes")
        line_with(service, "syncing")
        home.run("stock", "adjust", skus[0], "Tokyo", "4")
        until(home, pending_push=0, in_sync=20)
        assert shop.stock()[skus[0], "Tokyo"] == 54
    assert home.json("status")["owner"] is None
    home.run("run", "--once")


def test_what_does_not_hand_over_is_named(home: Home, shop: Shop) -> None:
    """The lock of an owner that never answers, as of a process that hangs."""
    set_up(home, shop)
    with running(home) as service:
        line_with(service, "syncing")
        service.send_signal(signal.SIGSTOP)
        try:
            said = home.run("run", "--once", code=5).stderr
        finally:
            service.send_signal(signal.SIGCONT)
        assert f"pid {service.pid}" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_quickly_and_cleanly(home: Home, shop: Shop, number: signal.Signals) -> None:
    set_up(home, shop)
    service = home.start("run")
    line_with(service, "syncing")
    start = time.monotonic()
    service.send_signal(number)
    out, _ = service.communicate(timeout=20)
    assert service.returncode == 0
    assert time.monotonic() - start < 3
    assert "Traceback" not in out
    assert "let go" in out
    assert "another process" not in out


def test_a_service_takes_up_a_new_connection(home: Home, shop: Shop) -> None:
    skus = set_up(home, shop)
    with running(home) as service:
        line_with(service, "syncing")
        shop.ask("revoke", {})
        until(home, connection="error")
        home.run(*shop.connect_words(by_client=True))
        home.run("stock", "adjust", skus[0], "Tokyo", "1")
        until(home, connection="connected", in_sync=20)
        assert shop.stock()[skus[0], "Tokyo"] == 51


def test_a_shop_that_falls_silent_in_the_middle_costs_no_unit(home: Home, shop: Shop) -> None:
    skus = set_up(home, shop)
    home.run("stock", "adjust", skus[0], "Tokyo", "-5")
    shop.ask("faults", {"only": "writes", "next": ["loss_after", "500_after", "loss_before"]})
    assert home.json("run", "--once")["rests"] is True
    assert home.stock()[skus[0], "Tokyo"] == shop.stock()[skus[0], "Tokyo"] == 45


def test_a_killed_shop_is_exit_1_and_nothing_is_lost(home: Home, shop: Shop) -> None:
    skus = set_up(home, shop)
    home.run("stock", "adjust", skus[0], "Tokyo", "-5")
    shop.process.kill()
    shop.process.wait(timeout=20)
    for words in (["run", "--once"], ["push", "--yes"]):
        assert "could be made" in home.run(*words, code=1).stderr
    assert home.stock()[skus[0], "Tokyo"] == 45
    status = home.json("status")
    assert (status["connection"], status["pending_push"]) == ("error", 1)


def test_the_log_is_followed_across_processes(home: Home, shop: Shop) -> None:
    skus = set_up(home, shop)
    follow = home.start("log", "--follow", "--json", "--limit", "0")
    try:
        # It says nothing until something happens: keep changing until it has seen one.
        assert follow.stdout is not None
        os.set_blocking(follow.stdout.fileno(), False)
        seen = ""
        end = time.monotonic() + 20
        while not seen and time.monotonic() < end:
            home.run("stock", "adjust", skus[0], "Tokyo", "1")
            seen = follow.stdout.readline()
        assert json.loads(seen)["code"] == "changed_here"
    finally:
        follow.send_signal(signal.SIGINT)
        assert follow.wait(timeout=10) == 130
        if follow.stdout is not None:
            follow.stdout.close()


@pytest.mark.parametrize("end", ["| head -n 1", "| true", ">&-"])
def test_an_output_that_nobody_reads_is_no_failure(home: Home, end: str) -> None:
    home.run("brand", "add", "Acme")
    home.run("location", "add", "Tokyo")
    home.run("label", "add", "main")
    rows = "".join(f"A-{n},a,,Tokyo,main,1\n" for n in range(5000))
    text = "sku_number,name,barcode,location,label,quantity\n" + rows
    home.run("item", "import", home.write("many.csv", text))
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {COMMAND} stock export {end}"],
        env=home.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        "stock prune --older-than 1",
        "backup - --with-secrets",
        "connect --domain x.myshopify.com --token-file -",
    ],
)
def test_an_input_that_was_closed_answers_nothing(home: Home, words: str) -> None:
    home.run("brand", "add", "Acme")
    done = subprocess.run(
        ["/bin/bash", "-c", f"{COMMAND} {words} <&-"],
        env=home.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
