"""Data directories in trouble: read-only, full, another user's, cut off, from the future; and two
apps at the same moment. Each gives the right family of error, and nothing is lost.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from core.store import Ownership
from tests.system.merchant import ENGLISH, app_command
from tests.system.terminal import HAS_TMUX, ROOT, terminal

pytestmark = pytest.mark.system

NOBODY = 65_534
TUI = [sys.executable, "-m", "tui", "--lang", "en"]
HEAD = "sku_number,name,barcode,location,label,quantity\n"
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="cannot be somebody else"
)


class Odd:
    """A data directory with one item at 10, and the commands that are typed on it."""

    def __init__(self, home: Path, *, user: int | None = None) -> None:
        self.home = home
        ids = () if user is None else (f"--reuid={user}", f"--regid={user}", "--clear-groups")
        self.as_user = ("setpriv", *ids) if ids else ()

    def __call__(self, *words: str, code: int | tuple[int, ...] = 0) -> str:
        done = subprocess.run(
            [*self.as_user, *TUI, "--home", str(self.home), *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        said = done.stdout + done.stderr
        codes = code if isinstance(code, tuple) else (code,)
        assert done.returncode in codes, f"{words}: {done.returncode}\n{said}"
        assert "Traceback" not in said
        assert "fault in dextre-sync" not in said
        return said

    def fill(self, folder: Path) -> Odd:
        self("brand", "add", "Acme")
        self("label", "add", "main")
        self("location", "add", "Tokyo")
        file = folder / "items.csv"
        file.write_text(HEAD + "A,Tea,,Tokyo,main,10\n", "utf-8")
        self("item", "import", str(file))
        return self

    def held(self) -> int:
        found = re.search(r"Tokyo +main +(\d+)", self("stock", "show", "A"))
        assert found
        return int(found[1])

    @property
    def database(self) -> Path:
        (found,) = self.home.glob("brands/*/inventory.db")
        return found


@pytest.fixture
def odd(tmp_path: Path) -> Odd:
    return Odd(tmp_path / "ho me 在庫 'x' %s").fill(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("may not mount a disk here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S607


# -- where it lies ---------------------------------------------------------------------------------


def test_spaces_quotes_and_japanese_in_the_path_change_nothing(odd: Odd, tmp_path: Path) -> None:
    odd("stock", "adjust", "A", "Tokyo", "-3")
    backup = tmp_path / "控え 1.db"
    odd("backup", str(backup))
    odd("stock", "set", "A", "Tokyo", "0")
    odd("restore", str(backup), "--yes")
    assert odd.held() == 7
    assert "in order" in odd("doctor")
    assert "Acme" in odd("status")


@pytest.mark.parametrize("what", ["file", "dangling link"])
def test_a_home_that_is_no_folder_is_named(tmp_path: Path, what: str) -> None:
    home = tmp_path / "home"
    if what == "file":
        home.write_text("words")
    else:
        home.symlink_to(tmp_path / "nowhere")
    said = Odd(home)("status", code=3)
    assert str(home) in said


# -- who may --------------------------------------------------------------------------------------


@pytest.fixture
def seen_by_others(tmp_path: Path) -> Path:
    """Below a folder that everybody may enter."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


@needs_root
def test_a_home_of_somebody_else_is_refused_and_not_touched(seen_by_others: Path) -> None:
    odd = Odd(seen_by_others / "home").fill(seen_by_others)
    before = odd.database.read_bytes()
    other = Odd(odd.home, user=NOBODY)
    for words in (["status"], ["stock", "adjust", "A", "Tokyo", "1"], ["brand", "add", "B"]):
        said = other(*words, code=3)
        assert str(odd.home) in said
        assert "Permission denied" in said
    assert odd.database.read_bytes() == before
    assert odd.held() == 10


@needs_root
def test_a_home_that_may_only_be_read_is_not_changed(seen_by_others: Path) -> None:
    odd = Odd(seen_by_others / "home").fill(seen_by_others)
    for path in (odd.home, *odd.home.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    other = Odd(odd.home, user=NOBODY)
    assert other("brand", "list") == "Acme\n"
    for words in (["stock", "adjust", "A", "Tokyo", "1"], ["run", "--once"], ["brand", "add", "B"]):
        assert str(odd.home) in other(*words, code=3)
    assert odd.held() == 10


# -- the disk -------------------------------------------------------------------------------------


def test_a_disk_that_is_read_only_is_read_and_nothing_is_lost(
    small_disk: Path, tmp_path: Path
) -> None:
    odd = Odd(small_disk / "home").fill(tmp_path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S607
    assert odd.held() == 10
    odd("status")
    odd("backup", str(tmp_path / "b.db"))
    for words in (["stock", "adjust", "A", "Tokyo", "1"], ["brand", "add", "B"], ["run"]):
        assert "cannot be written" in odd(*words, code=3)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)  # noqa: S607
    assert odd("stock", "adjust", "A", "Tokyo", "1") == "A: 10 → 11\n"


def fill_up(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as opened:
        while opened.write(bytes(1024)):
            pass


def test_a_full_disk_refuses_changes_whole_and_loses_nothing(
    small_disk: Path, tmp_path: Path
) -> None:
    odd = Odd(small_disk / "home").fill(tmp_path)
    large = tmp_path / "large.csv"
    large.write_text(
        HEAD + "".join(f"S-{n},name name,,Tokyo,main,{n}\n" for n in range(20_000)), "utf-8"
    )
    assert "no space left" in odd("item", "import", str(large), code=3)
    assert odd("stock", "export").count("\n") == 2
    filler = small_disk / "filler"
    fill_up(filler)
    adjust = ["stock", "adjust", "A", "Tokyo", "1"]
    for words in (adjust, ["label", "add", "x"], ["brand", "add", "B"]):
        said = odd(*words, code=3)
        assert "no space left" in said
        assert "Free some space" in said
    filler.unlink()
    assert odd.held() == 10
    assert "in order" in odd("doctor")
    assert odd("brand", "list") == "Acme\n"


def test_a_log_without_room_does_not_make_a_change_look_undone(
    small_disk: Path, tmp_path: Path
) -> None:
    """Whoever is told that a change failed makes it again."""
    odd = Odd(small_disk / "home").fill(tmp_path)
    log = odd.database.with_name("log.jsonl")
    before = log.read_bytes()
    log.write_bytes(before + b'{"code": "changed_h')  # as a full disk leaves it
    odd("stock", "adjust", "A", "Tokyo", "1")
    assert "10 → 11" in odd("log")
    log.unlink()
    log.mkdir()
    assert "A: 11 → 12" in odd("stock", "adjust", "A", "Tokyo", "1")
    assert odd.held() == 12


# -- the file -------------------------------------------------------------------------------------


def without_companions(database: Path) -> bytes:
    """The whole inventory in its one file."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.read_bytes()


def gone(file: Path, whole: bytes) -> None:
    file.unlink()


def empty(file: Path, whole: bytes) -> None:
    file.write_bytes(b"")


def cut_in_its_head(file: Path, whole: bytes) -> None:
    file.write_bytes(whole[:70])


def cut_in_the_middle(file: Path, whole: bytes) -> None:
    file.write_bytes(whole[: len(whole) // 2])


def overwritten(file: Path, whole: bytes) -> None:
    file.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))


DAMAGES = [gone, empty, cut_in_its_head, cut_in_the_middle, overwritten]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_inventory_is_named_kept_and_a_backup_comes_back_over_it(
    odd: Odd, tmp_path: Path, damage: Callable[[Path, bytes], None]
) -> None:
    backup = tmp_path / "backup.db"
    odd("backup", str(backup))
    odd("stock", "set", "A", "Tokyo", "4")
    file = odd.database
    damage(file, without_companions(file))
    broken = file.read_bytes() if file.exists() else None
    for words in (["stock", "export"], ["stock", "adjust", "A", "Tokyo", "1"], ["doctor"]):
        said = odd(*words, code=3)
        assert "damaged" in said
        assert "dextre-sync restore" in said
    if broken is not None:
        assert file.read_bytes() == broken, "nothing is written to it"
    assert "--yes" in odd("restore", str(backup), code=3)
    said = odd("restore", str(backup), "--yes")
    assert "damaged file is kept as" in said
    assert odd.held() == 10
    kept = [path for path in file.parent.iterdir() if ".damaged-" in path.name]
    if broken is not None:
        assert broken in [path.read_bytes() for path in kept]
    assert "in order" in odd("doctor")


def test_a_damaged_inventory_stays_where_the_backup_is_no_good(odd: Odd, tmp_path: Path) -> None:
    file = odd.database
    cut_in_the_middle(file, without_companions(file))
    broken = file.read_bytes()
    bad = tmp_path / "bad.db"
    bad.write_bytes(broken)
    for backup in (bad, tmp_path / "nowhere.db"):
        assert str(backup) in odd("restore", str(backup), "--yes", code=3)
    assert file.read_bytes() == broken


def test_a_file_of_a_newer_program_is_refused_unharmed(odd: Odd, tmp_path: Path) -> None:
    file = odd.database
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")
    whole = without_companions(file)
    for words in (["status"], ["stock", "adjust", "A", "Tokyo", "1"], ["run"], ["backup", "b.db"]):
        said = odd(*words, code=3)
        assert "newer dextre-sync" in said
        assert "99" in said
    assert file.read_bytes() == whole


# -- two at once -----------------------------------------------------------------------------------


@pytest.mark.skipif(not HAS_TMUX, reason="needs tmux")
def test_of_two_apps_at_the_same_moment_one_syncs_and_the_other_looks(odd: Odd) -> None:
    with ExitStack() as stack:
        panes = [stack.enter_context(terminal()) for _ in range(2)]
        for pane in panes:
            pane.run(app_command(odd.home, ENGLISH))
        for pane in panes:
            pane.wait_for("Acme", ENGLISH.link)
        end = time.monotonic() + 15
        while sum("viewer" in pane.screen() for pane in panes) != 1:
            assert time.monotonic() < end, [pane.screen() for pane in panes]
            time.sleep(0.05)
        owner = Ownership.holder(odd.home)
        assert owner is not None
        acts = next(pane for pane in panes if "viewer" not in pane.screen())
        assert acts.children() == [owner.pid]
        odd("stock", "adjust", "A", "Tokyo", "1")
        for pane in panes:
            pane.wait_for("10 → 11")
            pane.keys("C-q")
            pane.wait_for_shell(0)
    assert not (odd.home / "faults.log").exists()


def test_brands_that_are_added_at_the_same_moment_are_all_there_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    names = ["Acme", "Acme", "Beta", "Gamma"]
    words = [sys.executable, "-m", "tui", "--home", str(home), "brand", "add"]
    started = [
        subprocess.Popen(
            [*words, name], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for name in names
    ]
    ended = sorted(process.wait(timeout=60) for process in started)
    assert ended == [0, 0, 0, 2]
    assert sorted(Odd(home)("brand", "list").split()) == ["Acme", "Beta", "Gamma"]
    shutil.rmtree(home)
