"""Secrets: kept apart, closed to others, and never shown."""

from __future__ import annotations

import os
import stat
import sys
import traceback
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from core.model import Secret
from core.store import SecretsStore
from core.store.errors import CannotWrite, SecretsExposed, SecretsUnreadable

TOKEN = "shpat_0123456789abcdef"


def opened(folder: Path, **environ: str) -> SecretsStore:
    return SecretsStore.open(folder, "brand-1", environ)


def test_secrets_are_kept_replaced_and_deleted(tmp_path: Path) -> None:
    secrets = opened(tmp_path)
    assert secrets.get("access_token") is None
    secrets.put("access_token", Secret("old"))
    secrets.put("access_token", Secret(TOKEN))
    secrets.put("api_secret", Secret("other"))
    again = opened(tmp_path)
    assert again.get("access_token") == Secret(TOKEN)
    assert again.get("api_secret") == Secret("other")
    again.delete_all()
    again.delete_all()
    assert opened(tmp_path).get("access_token") is None
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_closed_to_others_from_its_first_moment(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "brand"
        opened(folder).put("access_token", Secret(TOKEN))
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [file.name for file in folder.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secrets = opened(tmp_path)
    secrets.put("access_token", Secret(TOKEN))
    (tmp_path / "secrets.json").chmod(mode)
    with pytest.raises(SecretsExposed, match=r"secrets\.json.*chmod 600"):
        secrets.get("access_token")
    with pytest.raises(SecretsExposed):
        secrets.put("access_token", Secret("new"))


def test_a_broken_file_is_refused_without_showing_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(f'{{"access_token": "{TOKEN}"')
    file.chmod(0o600)
    with pytest.raises(SecretsUnreadable) as refused:
        opened(tmp_path).get("access_token")
    assert TOKEN not in "".join(traceback.format_exception(refused.value))
    assert refused.value.__context__ is None  # the decoder's error would hold the text


def test_secrets_may_be_given_from_outside_but_kept_ones_win(tmp_path: Path) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "dextre-sync.access_token").write_text(f"{TOKEN}\n")
    folder = tmp_path / "brand"
    environ = {"CREDENTIALS_DIRECTORY": str(given), "DEXTRE_SYNC_API_SECRET": "from-env"}
    secrets = opened(folder, **environ)
    assert secrets.get("access_token") == Secret(TOKEN)
    assert secrets.get("api_secret") == Secret("from-env")
    assert not folder.exists()
    secrets.put("api_secret", Secret("kept"))
    assert secrets.get("api_secret") == Secret("kept")


class FakeKeyring(ModuleType):
    def __init__(self, priority: float) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.priority = priority
        self.errors = SimpleNamespace(KeyringError=type("KeyringError", (Exception,), {}))
        self.locked = False

    def get_keyring(self) -> SimpleNamespace:
        return SimpleNamespace(priority=self.priority)

    def get_password(self, service: str, name: str) -> str | None:
        if self.locked:
            raise self.errors.KeyringError("locked")
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self.kept[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def with_keyring(monkeypatch: pytest.MonkeyPatch, priority: float) -> FakeKeyring:
    keyring = FakeKeyring(priority)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", ModuleType("keyring.errors"))
    return keyring


def test_a_real_keyring_is_used_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = with_keyring(monkeypatch, 5)
    secrets = opened(tmp_path, DEXTRE_SYNC_KEYRING="1")
    secrets.put("access_token", Secret(TOKEN))
    assert secrets.get("access_token") == Secret(TOKEN)
    assert list(keyring.kept) == [("dextre-sync", "brand-1")]
    assert list(tmp_path.iterdir()) == []
    keyring.locked = True
    with pytest.raises(SecretsUnreadable, match="keyring"):
        secrets.get("access_token")
    keyring.locked = False
    secrets.delete_all()
    secrets.delete_all()
    assert keyring.kept == {}


def test_a_keyring_that_keeps_nothing_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = with_keyring(monkeypatch, 0)
    opened(tmp_path, DEXTRE_SYNC_KEYRING="1").put("access_token", Secret(TOKEN))
    opened(tmp_path).put("api_secret", Secret(TOKEN))
    assert keyring.kept == {}
    assert (tmp_path / "secrets.json").exists()


class Raises(FakeKeyring):
    """A backend as they come: each call fails in its own way, and says what it was given."""

    def get_password(self, service: str, name: str) -> str | None:
        raise ConnectionRefusedError(f"no bus for {name}")

    def set_password(self, service: str, name: str, text: str) -> None:
        raise AttributeError(f"cannot keep {text}")


@pytest.mark.parametrize("starts", [True, False])
def test_a_keyring_that_raises_anything_is_told_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: bool
) -> None:
    keyring = Raises(5)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    if not starts:
        monkeypatch.setattr(keyring, "get_keyring", lambda: 1 / 0)
    secrets = opened(tmp_path, DEXTRE_SYNC_KEYRING="1")
    with pytest.raises(SecretsUnreadable, match="ConnectionRefusedError"):
        secrets.get("access_token")
    monkeypatch.setattr(keyring, "get_password", lambda *_: None)
    with pytest.raises(CannotWrite, match="AttributeError") as refused:
        secrets.put("access_token", Secret(TOKEN))
    assert TOKEN not in "".join(traceback.format_exception(refused.value))
    assert list(tmp_path.iterdir()) == [], "never into a file instead"
