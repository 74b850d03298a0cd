"""Secrets in a backup: only when asked, never readable, and never opened by what is not whole."""

from __future__ import annotations

import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model import AuthKind, Connection, Secret
from core.store import BackupFile, BrandStore, sealing
from core.store.backup import SEALED
from core.store.errors import (
    NoSecretsInBackup,
    PassphraseTooShort,
    SealDamaged,
    WrongPassphrase,
)
from tests.store.given import stocked

SHOP = Connection("x.myshopify.com", AuthKind.TOKEN, "gid://shopify/Shop/1", "Berg", "2026-11-23")
SECRETS = {
    "access_token": Secret("shpat_0123456789abcdef0123456789abcdef"),
    "api_secret": Secret("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"),
}
PHRASE = Secret("correct horse 電池 staple")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sealing.COST, "n", 1 << 10)


@pytest.fixture
def backup(store: BrandStore, tmp_path: Path) -> Path:
    stocked(store, "A")
    store.put_connection(SHOP)
    file = tmp_path / "backup.db"
    made = store.backup(file, secrets=SECRETS, passphrase=PHRASE)
    assert made.has_secrets
    return file


def blob(file: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(file)) as db:
        found = db.execute("SELECT doc FROM meta WHERE id = ?", (SEALED,)).fetchone()
    doc: dict[str, Any] = orjson.loads(found[0])
    return doc


def put_blob(file: Path, text: bytes | str) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        found = text.decode() if isinstance(text, bytes) else text
        db.execute("UPDATE meta SET doc = ? WHERE id = ?", (found, SEALED))


def shapes(secret: str) -> list[bytes]:
    """How a secret may stand in a file by mistake."""
    plain = secret.encode()
    encoded = [b64encode(b"x" * before + plain)[4:-4] for before in range(3)]
    return [plain, plain[::-1], plain.hex().encode(), secret.encode("utf-16-le"), *encoded]


def test_no_backup_holds_a_secret_in_any_readable_form(
    store: BrandStore, backup: Path, tmp_path: Path
) -> None:
    store.backup(tmp_path / "plain.db")
    saved = store.backup_before("unmap")
    for file in (backup, tmp_path / "plain.db", saved, store.path):
        content = file.read_bytes()
        for secret in (*SECRETS.values(), PHRASE):
            for shape in shapes(secret.reveal()):
                assert shape not in content, file
    assert not BackupFile.inspect(tmp_path / "plain.db").has_secrets
    assert not BackupFile.inspect(saved).has_secrets
    with pytest.raises(NoSecretsInBackup):
        store.secrets_in(saved, PHRASE)


def test_the_passphrase_brings_them_back(store: BrandStore, backup: Path) -> None:
    assert store.secrets_in(backup, PHRASE) == SECRETS
    twin = Secret("cafe\u0301 au lait")  # an accent of its own: another keyboard
    store.backup(backup, overwrite=True, secrets=SECRETS, passphrase=twin)
    assert store.secrets_in(backup, Secret("caf\u00e9 au lait")) == SECRETS


def test_two_backups_of_the_same_have_nothing_sealed_in_common(
    store: BrandStore, backup: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    store.backup(other, secrets=SECRETS, passphrase=PHRASE)
    one, two = blob(backup), blob(other)
    assert all(one[name] != two[name] for name in ("salt", "nonce", "sealed"))


@pytest.mark.parametrize("typed", ["", "correct horse 電池 stapl", "correct horse 電池 Staple"])
def test_another_passphrase_opens_nothing(store: BrandStore, backup: Path, typed: str) -> None:
    with pytest.raises(WrongPassphrase) as refused:
        store.secrets_in(backup, Secret(typed))
    assert PHRASE.reveal() not in str(refused.value)


def test_a_short_passphrase_is_refused_and_no_file_is_made(
    store: BrandStore, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    with pytest.raises(PassphraseTooShort, match="at least 8"):
        store.backup(file, secrets=SECRETS, passphrase=Secret("seven77"))
    assert not file.exists()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_blob_that_was_changed_anywhere_opens_nothing(
    store: BrandStore, backup: Path, data: st.DataObject
) -> None:
    whole = blob(backup)
    doc = dict(whole)
    name = data.draw(st.sampled_from(["salt", "nonce", "sealed"]))
    content = bytearray(b64decode(doc[name]))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    doc[name] = b64encode(bytes(content)).decode()
    put_blob(backup, orjson.dumps(doc))
    with pytest.raises(WrongPassphrase):
        store.secrets_in(backup, PHRASE)
    put_blob(backup, orjson.dumps(whole))
    assert store.secrets_in(backup, PHRASE) == SECRETS


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1 << 11},
        {"r": 4},
        {"n": 1 << 40},
        {"n": 1000},
        {"n": 0},
        {"n": True},
        {"p": "1"},
        {"version": 2},
        {"kdf": "none"},
        {"salt": ""},
        {"nonce": "AAAA"},
        {"sealed": ""},
        {"sealed": "not base64!"},
        {"sealed": None},
        {"salt": None},
    ],
)
def test_a_blob_that_says_something_else_opens_nothing(
    store: BrandStore, backup: Path, change: dict[str, Any]
) -> None:
    put_blob(backup, orjson.dumps(blob(backup) | change))
    with pytest.raises((WrongPassphrase, SealDamaged)):
        store.secrets_in(backup, PHRASE)
    gone = {name: value for name, value in blob(backup).items() if name not in change}
    put_blob(backup, orjson.dumps(gone))
    with pytest.raises(SealDamaged):
        store.secrets_in(backup, PHRASE)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_torn_blob_opens_nothing(store: BrandStore, backup: Path, keep: float) -> None:
    doc = blob(backup)
    doc["sealed"] = b64encode(b64decode(doc["sealed"])[: int(60 * keep)]).decode()
    put_blob(backup, orjson.dumps(doc))
    with pytest.raises((WrongPassphrase, SealDamaged)):
        store.secrets_in(backup, PHRASE)
    put_blob(backup, "{torn")
    with pytest.raises(SealDamaged):
        store.secrets_in(backup, PHRASE)


def test_secrets_do_not_open_in_the_backup_of_another_shop(
    store: BrandStore, backup: Path, tmp_path: Path
) -> None:
    stolen = blob(backup)
    store.put_connection(
        Connection("y.myshopify.com", AuthKind.TOKEN, "gid://shopify/Shop/2", "Tal", "2026-11-23")
    )
    other = tmp_path / "other.db"
    store.backup(other, secrets={"access_token": Secret("theirs" * 4)}, passphrase=PHRASE)
    put_blob(other, orjson.dumps(stolen))
    with pytest.raises(WrongPassphrase):
        store.secrets_in(other, PHRASE)


def test_a_backup_put_in_place_of_the_inventory_passes_no_blob_on(
    store: BrandStore, backup: Path, tmp_path: Path
) -> None:
    store.close()
    backup.replace(store.path)
    again = BrandStore.open(store.path, store._clock, lambda: "id")
    again.backup(tmp_path / "plain.db")
    again.close()
    assert not BackupFile.inspect(tmp_path / "plain.db").has_secrets
