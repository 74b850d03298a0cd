"""The data directory, its brands, and who runs the sync."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from pathlib import Path

import orjson
import pytest

from core.errors import StoreInUse
from core.model import Item
from core.store import Home, Ownership, Purpose, ownership
from core.store.errors import CannotLock, CannotWrite, Damaged, EmptyName, NameTaken, UnknownBrand
from tests.store.given import StandingClock, counting_ids


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", StandingClock(), counting_ids())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_brands_are_added_listed_and_opened(home: Home) -> None:
    assert home.brands() == ()
    b, a = home.add("  Berg & Co "), home.add("青空商店")
    assert home.brands() == (b, a)
    assert b.name == "Berg & Co"
    store = home.open(b)
    store.put_items([Item("A")])
    store.close()
    again = Home(home.path, StandingClock(), counting_ids())
    store = again.open(again.brands()[0])
    assert store.count_items() == 1
    store.close()


def test_names_of_brands_are_unique_whatever_their_case(home: Home) -> None:
    home.add("Berg")
    with pytest.raises(NameTaken, match="BERG"):
        home.add("ＢＥＲＧ".translate({0xFF22: "B", 0xFF25: "E", 0xFF32: "R", 0xFF27: "G"}))
    with pytest.raises(NameTaken):
        home.add("ｂｅｒｇ")
    with pytest.raises(EmptyName):
        home.add(" ")
    assert len(home.brands()) == 1


def test_everything_is_closed_to_other_users(home: Home) -> None:
    brand = home.add("Berg")
    store = home.open(brand)
    store.put_items([Item("A")])
    for folder in (home.path, home.path / "brands", home.folder(brand)):
        assert mode(folder) == 0o700
    files = [file for file in home.path.rglob("*") if file.is_file()]
    assert {mode(file) for file in files} == {0o600}
    assert any(file.name == "inventory.db-wal" for file in files)
    store.close()


def test_a_brand_that_could_not_be_made_leaves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise CannotWrite(file="brand.json", detail="no")

    monkeypatch.setattr("core.store.home.write_private", fail)
    with pytest.raises(CannotWrite):
        home.add("Berg")
    monkeypatch.undo()
    assert [file.name for file in (home.path / "brands").iterdir()] == [".lock"]
    home.add("Berg")


def test_two_at_once_do_not_add_the_same_brand(home: Home) -> None:
    outcomes: list[str] = []

    def add() -> None:
        try:
            home.add("Berg")
            outcomes.append("added")
        except NameTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", "taken", "taken", "taken"]


def test_an_unknown_brand_and_a_damaged_record_are_named(home: Home) -> None:
    brand = home.add("Berg")
    with pytest.raises(UnknownBrand, match="Tal"):
        home.open(type(brand)("nowhere", "Tal"))
    record = home.folder(brand) / "brand.json"
    record.write_text("{")
    with pytest.raises(Damaged, match=r"brand\.json"):
        home.open(brand)


# -- ownership, in one process (two processes: test_processes.py) -------------------------------


def no_pause(_: float) -> None:
    pass


def test_there_is_one_owner_and_everyone_can_see_who(tmp_path: Path) -> None:
    clock = StandingClock()
    assert Ownership.holder(tmp_path) is None
    held = Ownership.acquire(tmp_path, Purpose.SERVICE, clock)
    assert Ownership.holder(tmp_path) == held.owner
    with pytest.raises(StoreInUse, match=rf"pid {held.owner.pid}.*service.*2026-11-23"):
        Ownership.acquire(tmp_path, Purpose.APP, clock, no_pause)
    assert Ownership.holder(tmp_path) == held.owner  # a refused one takes nothing away
    held.release()
    held.release()
    assert Ownership.holder(tmp_path) is None
    Ownership.acquire(tmp_path, Purpose.APP, clock, no_pause).release()


def test_a_record_without_a_lock_means_nobody(tmp_path: Path) -> None:
    (tmp_path / "owner.lock").touch()
    (tmp_path / "owner.json").write_bytes(orjson.dumps({"user": "ghost", "pid": 1}))
    assert Ownership.holder(tmp_path) is None
    Ownership.acquire(tmp_path, Purpose.APP, StandingClock(), no_pause).release()


def test_a_lock_without_a_record_is_somebody(tmp_path: Path) -> None:
    held = Ownership.acquire(tmp_path, Purpose.APP, StandingClock())
    (tmp_path / "owner.json").unlink()
    assert Ownership.holder(tmp_path) is not None
    held.release()


def test_someone_who_only_looks_does_not_keep_an_owner_out(tmp_path: Path) -> None:
    looking = ownership._open_lock(tmp_path)
    assert ownership._try(tmp_path, looking, fcntl.LOCK_SH)
    pauses = 0

    def looked_long_enough(_: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            os.close(looking)

    Ownership.acquire(tmp_path, Purpose.APP, StandingClock(), looked_long_enough).release()
    assert pauses == 3


def test_a_folder_that_cannot_lock_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(CannotLock, match="No locks available"):
        Ownership.acquire(tmp_path, Purpose.APP, StandingClock())


@pytest.mark.parametrize("content", ['{"name": 5}', '{"id": "x", "name": ""}', "{", "[]"])
def test_a_brand_whose_name_cannot_be_read_does_not_stop_the_others(
    home: Home, content: str
) -> None:
    whole, damaged = home.add("Tea"), home.add("Cups")
    (home.folder(damaged) / "brand.json").write_text(content)
    assert {brand.name for brand in home.brands()} == {"Tea", damaged.id}
    home.open(whole).close()
    (other,) = (brand for brand in home.brands() if brand.name != "Tea")
    with pytest.raises(Damaged, match="folder's name and the brand's"):
        home.open(other)
