"""Files that people name in commands: what is wrong with them is told with their path, a remedy and
an exit code, and never leaves half a file.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.conftest import Line
from tui.commands import common

NOBODY = "~nosuchuser/x"

NAMING = {
    "plan": lambda file: ("plan", "push", "--csv", file),
    "restore": lambda file: ("restore", "backup.db", "--preview", "--csv", file),
    "items read": lambda file: ("item", "import", file),
    "mappings read": lambda file: ("map", "import", file),
    "a backup": lambda file: ("backup", file),
    "a restore": lambda file: ("restore", file),
    "a token": lambda file: ("connect", "--domain", "x", "--token-file", file),
    "a passphrase": lambda file: ("backup", "b.db", "--with-secrets", "--passphrase-file", file),
    "a catalogue": lambda file: ("practice-shop", "--catalog", file),
}


@pytest.mark.parametrize("words", NAMING.values(), ids=NAMING)
def test_a_home_folder_that_nobody_has_is_told(
    brand: Line, words: Callable[[str], tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(brand.folder)
    brand("backup", "backup.db")
    said = brand(*words(NOBODY), code=2)
    assert f"{NOBODY}: nobody here has a home folder of that name." in said.err
    assert "begin it with ~/" in said.err


def test_a_data_directory_of_nobody_is_told(line: Line) -> None:
    said = Line(Path(NOBODY), line.folder, line._capsys)("status", code=2)
    assert f"{NOBODY}: nobody here has" in said.err


def test_a_home_folder_of_ones_own_is_found(brand: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(brand.folder))
    brand.file("items.csv", "sku_number,name,barcode\nA,a,\n")
    brand("item", "import", "~/items.csv")
    brand("backup", "~/b.db")
    brand("restore", "~/b.db", "--preview", "--csv", "~/changes.csv")
    assert (brand.folder / "changes.csv").exists()


def written(brand: Line, target: Path) -> tuple[int, str]:
    """What the writing of a CSV comes to."""
    backup = brand.folder / "backup.db"
    if not backup.exists():
        brand("backup", str(backup))
        brand("location", "add", "Nagoya")
    said = brand("restore", str(backup), "--preview", "--csv", str(target), code=None)
    return said.code, said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(brand: Line, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    code, err = written(brand, closed / "x.csv")
    assert code == 3
    assert f"{closed}/x.csv cannot be written: Permission denied" in err


def test_a_folder_in_place_of_a_file_is_told(brand: Line, tmp_path: Path) -> None:
    code, err = written(brand, tmp_path)
    assert code == 3
    assert f"{tmp_path} cannot be written: Is a directory" in err
    assert "Check the permissions" in err


def test_a_folder_that_is_not_there_is_told(brand: Line, tmp_path: Path) -> None:
    code, err = written(brand, tmp_path / "none" / "x.csv")
    assert code == 3
    assert "none/x.csv cannot be written: No such file or directory" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told(brand: Line) -> None:
    code, err = written(brand, Path("/dev/full"))
    assert code == 3
    assert "There is no space left to write /dev/full" in err
    assert "Free some space" in err


def test_a_write_that_fails_half_way_leaves_what_was_there(
    brand: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.csv"
    assert written(brand, target)[0] == 0
    whole = target.read_text()
    assert "Nagoya" in whole

    def fails(_value: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(common, "_guarded", fails)
    code, err = written(brand, target)
    assert (code, "There is no space left" in err) == (3, True)
    assert target.read_text() == whole
    assert not [path for path in tmp_path.iterdir() if ".new" in path.name]


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(brand: Line, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert written(brand, link)[0] == 0
    assert link.is_symlink()
    assert "Nagoya" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("stock", "export")])
def test_standard_output_without_room_is_told(brand: Line, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tui", *words, "--home", str(brand.home)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3
    assert "There is no space left to write standard output" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("what", ["a text", "another program's file", "half a backup"])
def test_what_is_no_backup_is_told_with_another_remedy_than_a_damaged_inventory(
    brand: Line, what: str
) -> None:
    file = brand.folder / "backup.db"
    if what == "a text":
        file.write_text("sku_number,name\n" * 500)
    elif what == "another program's file":
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE t (a)")
    else:
        brand("backup", str(file))
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    said = brand("restore", str(file), "--yes", code=3)
    assert f"{file} cannot be used as a backup" in said.err
    assert "Give another backup" in said.err
    assert "restore BACKUP" not in said.err
