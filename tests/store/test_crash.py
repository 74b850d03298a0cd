"""kill -9 at random instants, and power cuts: every acknowledged commit is there, none is half
there, and the file always opens.

CI kills a few dozen times; `DEXTRE_SYNC_KILLS=500` and `DEXTRE_SYNC_POWER_CUTS=30` do it in
earnest. A power cut needs root and a loop device: the store lives on a disk image of its own, and
what the image holds at the instant of the cut is all that is left.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from core.errors import DextreError
from tests.store import mixed

pytestmark = pytest.mark.system

KILLS = int(os.environ.get("DEXTRE_SYNC_KILLS", "30"))
POWER_CUTS = int(os.environ.get("DEXTRE_SYNC_POWER_CUTS", "3"))
SECONDS_EACH = 0.08
"""So long a writer may write, on top of what opening takes on this machine now."""


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    """Writers are forked from a process that has loaded everything but opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.mixed"])
    return context


@contextmanager
def writer(
    context: ForkServerContext, folder: Path, acks: Path, *, synced: bool = True
) -> Iterator[ForkServerProcess]:
    process = context.Process(
        target=mixed.write_for_ever, args=(folder, acks), kwargs={"synced": synced}, daemon=True
    )
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def seconds_to_open(context: ForkServerContext, folder: Path, acks: Path) -> float:
    """Until a writer has told of its first transaction."""
    begun = time.monotonic()
    with writer(context, folder, acks) as process:
        while not mixed.acknowledged(acks):
            process.join(0.005)
            assert process.exitcode is None
    return time.monotonic() - begun


@pytest.mark.timeout(60 + KILLS)
def test_a_kill_at_any_instant_loses_nothing_acknowledged_and_halves_nothing(
    tmp_path: Path, context: ForkServerContext
) -> None:
    mixed.furnish(tmp_path)
    acks = tmp_path / "acks"
    model, moments = mixed.Model(), random.Random(20)
    unacknowledged = 0
    bound = seconds_to_open(context, tmp_path, acks) + SECONDS_EACH
    for round_ in range(KILLS):
        with writer(context, tmp_path, acks) as process:
            process.join(moments.uniform(0, bound))
            assert process.exitcode is None  # it opened the file and went on until it was killed
        told = mixed.acknowledged(acks)
        store = mixed.open_in(tmp_path)
        last = mixed.last_of(store)
        assert last >= told
        unacknowledged += last > told
        model.advance(last)
        assert model.differs_from(store) == ""
        if round_ % 10 == 0:
            store.check()
        store.close()
    assert model.last > KILLS
    print(f"\n{KILLS} kills, {model.last} transactions, {unacknowledged} found done but untold")


# -- power cuts ----------------------------------------------------------------------------------


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[None]:
    place.mkdir(exist_ok=True)
    run("mount", "-o", "loop", image, place)
    try:
        yield
    finally:
        run("umount", place)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An empty file system in a file, where the machine lets us have one."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk image")
    if not all(shutil.which(tool) for tool in ("mkfs.ext4", "mount", "umount", "cp")):
        pytest.skip("no tools to make a disk image")
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(48 << 20)
    try:
        run("mkfs.ext4", "-q", "-F", image)
        with mounted(image, tmp_path / "disk"):
            pass
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine mounts no disk image: {error.stderr.decode().strip()}")
    return image


def cut(context: ForkServerContext, image: Path, seconds: float, *, synced: bool) -> str:
    """Write, cut the power, look at what the disk holds. Empty, or what is wrong."""
    folder = image.parent
    disk, copy, acks = folder / "disk", folder / "copy.img", folder / "acks"
    acks.unlink(missing_ok=True)
    with mounted(image, disk):
        for file in disk.glob("inventory.db*"):
            file.unlink()
        mixed.furnish(disk)
        os.sync()
        with writer(context, disk, acks, synced=synced) as process:
            process.join(seconds)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGSTOP)
            told = mixed.acknowledged(acks)
            run("cp", "--sparse=always", image, copy)
    with mounted(copy, folder / "after"):
        try:
            store = mixed.open_in(folder / "after")
        except DextreError as error:
            return str(error)
        try:
            last = mixed.last_of(store)
            if last < told:
                return f"{told} was acknowledged, the disk has {last}"
            model = mixed.Model()
            model.advance(last)
            store.check()
            return model.differs_from(store)
        except DextreError as error:
            return str(error)
        finally:
            store.close()


@pytest.mark.timeout(60 + POWER_CUTS * 10)
def test_a_power_cut_loses_nothing_acknowledged(context: ForkServerContext, image: Path) -> None:
    moments = random.Random(5)
    for _ in range(POWER_CUTS):
        assert cut(context, image, moments.uniform(0.1, 0.5), synced=True) == ""


@pytest.mark.timeout(60 + POWER_CUTS * 10)
def test_the_power_cut_bites_where_nothing_is_synced(
    context: ForkServerContext, image: Path
) -> None:
    """The control: the same cut, with fsync switched off, must lose something."""
    moments = random.Random(5)
    found = [
        cut(context, image, moments.uniform(0.2, 0.5), synced=False) for _ in range(POWER_CUTS)
    ]
    assert any(found)
    lost = sum(map(bool, found))
    print(f"\nwithout fsync {lost} of {len(found)} cuts lost something, e.g. {found[0]}")
