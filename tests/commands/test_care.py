"""Backups go out whole and come back whole, without secrets."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Line, Served, skus_of


def test_a_backup_brings_back_what_was_there(linked: Line, served: Served, tmp_path: Path) -> None:
    sku, file = skus_of(served)[0], str(tmp_path / "backup.db")
    assert linked("backup", file, "--json").json["items"] == 6
    assert served.shop.access_token.encode() not in Path(file).read_bytes()
    linked("stock", "set", sku, "Tokyo", "1")
    assert "--yes" in linked("restore", file, code=3).err
    assert linked.quantity(sku, "Tokyo") == 1
    said = linked("restore", file, "--yes")
    assert "link is off" in said.out
    assert linked.quantity(sku, "Tokyo") == 50
    assert linked("status", "--json").json["link"] == "off"


def test_a_backup_that_changes_nothing_is_not_brought_back(linked: Line, tmp_path: Path) -> None:
    file = str(tmp_path / "backup.db")
    linked("backup", file)
    assert "holds what is there now" in linked("restore", file, "--yes", code=3).err
    assert linked("status", "--json").json["link"] == "on"


def test_a_file_that_is_there_is_not_replaced_by_surprise(brand: Line) -> None:
    file = brand.file("precious", "words")
    assert "there already" in brand("backup", file, code=2).err
    assert Path(file).read_text() == "words"
    brand("backup", file, "--overwrite")
    assert brand("restore", file, "--yes", code=3).err


def test_what_is_no_backup_is_named_and_changes_nothing(linked: Line, tmp_path: Path) -> None:
    before = linked("stock", "export").out
    for file in (linked.file("words", "not a backup"), str(tmp_path / "nowhere")):
        said = linked("restore", file, "--yes", code=None)
        assert said.code in (2, 3)
        assert file in said.err
    assert linked("stock", "export").out == before
    assert linked("status", "--json").json["link"] == "on"


def test_the_doctor_tells_age_and_end_of_the_api_version(linked: Line) -> None:
    codes = [finding["code"] for finding in linked("doctor", "--json").json]
    assert codes.count("version_age") == codes.count("version") == 1
    assert "API version" in linked("doctor").out


def test_the_doctor_tells_the_api_version_without_a_shop_too(brand: Line) -> None:
    found = {each["code"]: each for each in brand("doctor", "--json").json}
    assert "days old" in found["version_age"]["message"]
    assert found["version"]["verdict"] in ("ok", "warning")
    assert found["connection"]["verdict"] == "skipped"
