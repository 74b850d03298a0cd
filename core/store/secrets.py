"""A brand's secrets (access token, client secret), apart from the inventory file and its backups.

Kept in the system's keyring where that is asked for (DEXTRE_SYNC_KEYRING=1) and a real one is
there, else in one file that only its owner can read. A secret that is not kept may be given from
outside, read-only: as `$CREDENTIALS_DIRECTORY/dextre-sync.<name>` (systemd) or in the environment
as `DEXTRE_SYNC_<NAME>`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson

from core.errors import N_
from core.model import Secret
from core.store.errors import CannotWrite, SecretsExposed, SecretsUnreadable
from core.store.files import OTHERS, file_faults, make_private_folder, sync_folder, write_private

SERVICE = "dextre-sync"
FILE = "secrets.json"


class _Place(Protocol):
    """Keeps all secrets of one brand as one text."""

    def read(self) -> bytes | None: ...
    def write(self, content: bytes) -> None: ...
    def delete(self) -> None: ...


class SecretsStore:
    def __init__(self, place: _Place, where: str, environ: Mapping[str, str]) -> None:
        self._place = place
        self._environ = environ
        self.where = where

    @classmethod
    def open(cls, folder: Path, brand_id: str, environ: Mapping[str, str]) -> SecretsStore:
        """`folder` is the brand's own."""
        if environ.get("DEXTRE_SYNC_KEYRING") == "1":
            keyring = _real_keyring()
            if keyring is not None:
                return cls(_KeyringPlace(keyring, brand_id), "keyring", environ)
        file = folder / FILE
        return cls(_FilePlace(file), str(file), environ)

    def get(self, name: str) -> Secret | None:
        """Raises SecretsExposed where others can read the file, SecretsUnreadable."""
        text = self._read().get(name) or self._given(name)
        return Secret(text) if text else None

    def put(self, name: str, secret: Secret) -> None:
        secrets = self._read()
        secrets[name] = secret.reveal()
        self._place.write(orjson.dumps(secrets))

    def kept(self) -> dict[str, Secret]:
        """All that are kept here, not those given from outside. Raises as `get`."""
        return {name: Secret(text) for name, text in self._read().items()}

    def replace_all(self, secrets: Mapping[str, Secret]) -> None:
        """These and no others are kept, all at once. Raises CannotWrite, DiskFull."""
        if not secrets:
            self._place.delete()
            return
        self._place.write(orjson.dumps({name: one.reveal() for name, one in secrets.items()}))

    def delete_all(self) -> None:
        self._place.delete()

    def _read(self) -> dict[str, str]:
        content = self._place.read()
        if content is None:
            return {}
        try:
            found = orjson.loads(content)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            # No cause attached: the decoder's error holds the text.
            raise SecretsUnreadable(place=self.where, detail=N_("it is not what was written there"))
        return found

    def _given(self, name: str) -> str | None:
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        if folder:
            file = Path(folder) / f"{SERVICE}.{name}"
            if file.is_file():
                with file_faults(file):
                    return file.read_text(encoding="utf-8").strip()
        return self._environ.get(f"DEXTRE_SYNC_{name.upper()}")


class _FilePlace:
    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> bytes | None:
        with file_faults(self._file):
            try:
                handle = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                return None
            with os.fdopen(handle, "rb") as file:
                if os.fstat(handle).st_mode & OTHERS:
                    raise SecretsExposed(file=str(self._file))
                return file.read()

    def write(self, content: bytes) -> None:
        make_private_folder(self._file.parent)
        write_private(self._file, content)

    def delete(self) -> None:
        with file_faults(self._file):
            if self._file.exists():
                self._file.unlink()
                sync_folder(self._file.parent)


class _KeyringPlace:
    """Backends come from anywhere and raise what they like; what they say may hold the secret."""

    def __init__(self, keyring: Any, brand_id: str) -> None:
        self._keyring = keyring
        self._brand_id = brand_id

    def read(self) -> bytes | None:
        try:
            text: str | None = self._keyring.get_password(SERVICE, self._brand_id)
        except Exception as error:  # noqa: BLE001
            raise SecretsUnreadable(place="keyring", detail=type(error).__name__) from None
        return None if text is None else text.encode()

    def write(self, content: bytes) -> None:
        try:
            self._keyring.set_password(SERVICE, self._brand_id, content.decode())
        except Exception as error:  # noqa: BLE001
            raise CannotWrite(file="keyring", detail=type(error).__name__) from None

    def delete(self) -> None:
        if self.read() is None:
            return
        try:
            self._keyring.delete_password(SERVICE, self._brand_id)
        except Exception as error:  # noqa: BLE001
            raise CannotWrite(file="keyring", detail=type(error).__name__) from None


def _real_keyring() -> Any:
    """The keyring package where it is installed and has somewhere to keep things, else None."""
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        # Backends that cannot keep anything (`fail`, `null`) have a priority below 1.
        return keyring if keyring.get_keyring().priority >= 1 else None
    except Exception:  # noqa: BLE001 - one that does not even start: told when it is used
        return keyring
