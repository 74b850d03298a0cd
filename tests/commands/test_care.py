"""Backups go out whole and come back whole; secrets only when asked, and only with a passphrase."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

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


def test_what_is_kept_is_closed_to_other_users(linked: Line) -> None:
    linked("run", "--once")
    files = {file.name: file for file in linked.home.rglob("*") if file.is_file()}
    assert files.keys() >= {"inventory.db", "health.json", "verified.json", "log.jsonl"}
    modes = {name: stat.S_IMODE(file.stat().st_mode) for name, file in files.items()}
    assert {name for name, mode in modes.items() if mode & 0o077} == set()


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


def test_the_doctor_tells_what_is_wrong_with_the_keys(brand: Line) -> None:
    assert "keys" not in {each["code"] for each in brand("doctor", "--json").json}
    (brand.home / "keys.toml").write_text('"home.sync" = "ctrl+h"\n"no.such" = "x"\n', "utf-8")
    found = {each["code"]: each for each in brand("doctor", "--json").json}
    assert found["keys"]["verdict"] == "warning"
    assert "home.sync = ctrl+h; no.such = x" in found["keys"]["message"]
    assert "docs/keys.en.md" in found["keys"]["remedy"]


# -- with secrets --------------------------------------------------------------------------------

PHRASE = "correct horse battery staple"


def secrets_file(line: Line) -> Path:
    (found,) = line.home.glob("brands/*/secrets.json")
    return found


@pytest.fixture
def phrase(linked: Line) -> str:
    return linked.file("phrase", f"{PHRASE}\n")


@pytest.fixture
def sealed(linked: Line, phrase: str, tmp_path: Path) -> str:
    file = str(tmp_path / "sealed.db")
    said = linked("backup", file, "--with-secrets", "--passphrase-file", phrase)
    assert "encrypted" in said.out
    return file


def test_secrets_come_back_with_their_passphrase_on_another_machine(
    linked: Line, served: Served, sealed: str, phrase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for secret in (served.shop.access_token, PHRASE):
        assert secret.encode() not in Path(sealed).read_bytes()
    other = Line(linked.folder / "other", linked.folder, capsys)
    other("brand", "add", "Acme")
    said = other("restore", sealed, "--passphrase-file", phrase, "--yes")
    assert "The secrets and the connection they belong to come back" in said.out
    assert other("status", "--json").json["connection"] == "connected"
    assert other("run", "--once", code=None).code in (0, 3)  # the link is off: nothing flows
    assert "✓" in other("doctor").out
    sku = skus_of(served)[0]
    assert other.quantity(sku, "Tokyo") == 50
    other("enable", "--start", "push", "--yes")
    assert other("status", "--json").json["in_sync"] == 12
    assert stat.S_IMODE(secrets_file(other).stat().st_mode) == 0o600


def test_lost_secrets_come_back_in_place(linked: Line, sealed: str, phrase: str) -> None:
    secrets_file(linked).unlink()
    assert "not where it was kept" in linked("run", "--once", code=3).err
    told = linked("restore", sealed, "--passphrase-file", phrase, "--yes", "--json").json
    assert told["secrets"] is True
    linked("doctor")


def test_lost_secrets_do_not_keep_the_inventory_from_coming_back(
    linked: Line, served: Served, sealed: str
) -> None:
    sku = skus_of(served)[0]
    linked("stock", "set", sku, "Tokyo", "1")
    secrets_file(linked).unlink()
    linked("restore", sealed, "--without-secrets", "--yes")
    assert linked.quantity(sku, "Tokyo") == 50
    assert not list(linked.home.glob("brands/*/secrets.json"))


@pytest.mark.parametrize("wrong", ["a wrong passphrase", "", None])
def test_without_the_right_passphrase_nothing_changes(
    linked: Line, served: Served, sealed: str, wrong: str | None
) -> None:
    linked("stock", "set", skus_of(served)[0], "Tokyo", "1")
    before = linked("stock", "export").out, secrets_file(linked).read_bytes()
    words = [] if wrong is None else ["--passphrase-file", linked.file("wrong", wrong)]
    said = linked("restore", sealed, "--yes", *words, code=2)
    assert {None: "--without-secrets", "": "it is empty"}.get(wrong, "does not open") in (
        said.err.replace("do not open", "does not open")
    )
    assert (linked("stock", "export").out, secrets_file(linked).read_bytes()) == before
    assert linked("status", "--json").json["link"] == "on"


def test_secrets_that_were_tampered_with_change_nothing(
    linked: Line, served: Served, sealed: str, phrase: str
) -> None:
    linked("stock", "set", skus_of(served)[0], "Tokyo", "1")
    before = linked("stock", "export").out, secrets_file(linked).read_bytes()
    for doc in ('{"version": 1}', "{torn"):
        with closing(sqlite3.connect(sealed)) as db, db:
            db.execute("UPDATE meta SET doc = ? WHERE id = 'sealed_secrets'", (doc,))
        said = linked("restore", sealed, "--yes", "--passphrase-file", phrase, code=3)
        assert "are damaged" in said.err
        assert (linked("stock", "export").out, secrets_file(linked).read_bytes()) == before
    assert linked("status", "--json").json["link"] == "on"
    linked("restore", sealed, "--yes", "--without-secrets")
    assert linked.quantity(skus_of(served)[0], "Tokyo") == 50


def test_a_backup_with_secrets_wants_a_passphrase_and_secrets(
    linked: Line, brand: Line, phrase: str, tmp_path: Path
) -> None:
    file = tmp_path / "b.db"
    assert "none was given" in linked("backup", str(file), "--with-secrets", code=2).err
    words = ["--passphrase-file", linked.file("short", "short")]
    assert "at least 8" in linked("backup", str(file), "--with-secrets", *words, code=2).err
    assert "--with-secrets" in linked("backup", str(file), *words, code=2).err
    secrets_file(linked).unlink()
    words = ["--passphrase-file", phrase]
    assert "no secrets of Acme" in linked("backup", str(file), "--with-secrets", *words, code=3).err
    assert not file.exists()
    plain = str(tmp_path / "plain.db")
    assert linked("backup", plain, "--json").json["secrets"] is False
    assert "holds no secrets" in linked("restore", plain, "--yes", *words, code=2).err


def test_a_terminal_asks_for_the_passphrase(
    linked: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter([PHRASE, "something else", PHRASE, PHRASE, PHRASE])
    monkeypatch.setattr("tui.commands.care.getpass", lambda _question: next(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    file = tmp_path / "b.db"
    assert "differ" in linked("backup", str(file), "--with-secrets", code=2).err
    assert not file.exists()
    linked("backup", str(file), "--with-secrets")
    linked("restore", str(file), "--yes")


def test_a_restore_is_told_by_names_not_by_ids(mapped: Line, served: Served) -> None:
    sku, other, *_ = skus_of(served)
    file = str(mapped.folder / "mine.db")
    mapped("backup", file)
    mapped("location", "rename", "Tokyo", "Kyoto")
    mapped("map", "set", sku, other)
    shown = mapped("restore", file, "--preview").out
    assert "Locations: Kyoto  Kyoto → Tokyo" in shown
    assert f"SKU mappings: {sku}  {other} → {sku}" in shown
    assert "gid://" not in shown
    lines = mapped("restore", file, "--preview", "--csv", "-").out.splitlines()
    assert f"mappings,{sku},{other},{sku}" in lines


def test_a_restore_is_seen_quantity_by_quantity_before_it_is_done(brand: Line) -> None:
    text = "sku_number,name,barcode,location,label,quantity\nA,a,,Tokyo,main,5\nB,b,,Tokyo,main,7\n"
    brand("item", "import", brand.file("items.csv", text))
    file = str(brand.folder / "mine.db")
    brand("backup", file)
    brand("stock", "set", "A", "Tokyo", "9")
    shown = brand("restore", file, "--preview").out
    assert "Quantities: A · Tokyo · main  9 → 5" in shown
    assert "B · Tokyo" not in shown
    found = brand("restore", file, "--preview", "--json").json
    assert found["changes"]["levels"] == {"added": 0, "removed": 0, "changed": 1}
    [row] = [row for row in found["rows"] if row["what"] == "levels"]
    assert (row["which"], row["now"], row["then"]) == ("A · Tokyo · main", 9, 5)
    lines = brand("restore", file, "--preview", "--csv", "-").out.splitlines()
    assert "levels,A · Tokyo · main,9,5" in lines
    assert brand.quantity("A", "Tokyo") == 9
