"""Secrets inside a backup: encrypted with a passphrase, and nothing of them without it.

The key comes out of the passphrase by scrypt, the texts go under AES-256-GCM, both of the
`cryptography` package (imported here only when something is sealed or opened). What stands beside
the sealed bytes, and the shop that they belong to, is sealed with them: a blob that was changed,
cut, or put into the backup of another shop does not open.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import normalize

import orjson

from core.model import Secret
from core.store.errors import PassphraseTooShort, SealDamaged, WrongPassphrase
from core.store.rows import Doc

SHORTEST = 8
"""Characters of a passphrase; scrypt makes each guess cost, it does not make a short one good."""

COST = {"n": 1 << 17, "r": 8, "p": 1}
"""Of scrypt: 128 MB and a third of a second for each guess."""

MOST = {"n": 1 << 20, "r": 16, "p": 4}
"""What a file may ask for, so that none can ask for all memory."""

KEY, SALT, NONCE = 32, 16, 12
"""Lengths in bytes."""


def seal(secrets: Mapping[str, Secret], passphrase: Secret, shop_id: str) -> Doc:
    """Raises PassphraseTooShort."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase.reveal()) < SHORTEST:
        raise PassphraseTooShort(least=SHORTEST)
    head = {"version": 1, "kdf": "scrypt", **COST, "salt": _text(os.urandom(SALT))}
    nonce = os.urandom(NONCE)
    content = orjson.dumps({name: secret.reveal() for name, secret in secrets.items()})
    sealed = AESGCM(_key(passphrase, head)).encrypt(nonce, content, _beside(head, shop_id))
    return {**head, "nonce": _text(nonce), "sealed": _text(sealed)}


def unseal(doc: Doc, shop_id: str, passphrase: Secret, file: Path) -> dict[str, Secret]:
    """Raises WrongPassphrase (also where a byte was changed), SealDamaged."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head, nonce, sealed = _parts(doc, file)
    try:
        content = AESGCM(_key(passphrase, head)).decrypt(nonce, sealed, _beside(head, shop_id))
    except InvalidTag:
        raise WrongPassphrase(file=str(file)) from None
    return {name: Secret(text) for name, text in orjson.loads(content).items()}


def _parts(doc: Doc, file: Path) -> tuple[Doc, bytes, bytes]:
    """The head, the nonce and the sealed bytes; a version or a cost that is not ours is refused."""
    try:
        head = {name: doc[name] for name in ("version", "kdf", *COST, "salt")}
        salt, nonce, sealed = (_bytes(doc[name]) for name in ("salt", "nonce", "sealed"))
    except (KeyError, TypeError, ValueError) as error:
        raise SealDamaged(file=str(file)) from error
    known = (head["version"], head["kdf"]) == (1, "scrypt")
    whole = (len(salt), len(nonce)) == (SALT, NONCE)
    if not (known and whole and all(_fits(head[name], most) for name, most in MOST.items())):
        raise SealDamaged(file=str(file))
    if head["n"] & (head["n"] - 1) or head["n"] < 2:
        raise SealDamaged(file=str(file))  # scrypt wants a power of two
    return head, nonce, sealed


def _fits(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _key(passphrase: Secret, head: Doc) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scrypt = Scrypt(_bytes(head["salt"]), KEY, n=head["n"], r=head["r"], p=head["p"])
    # Two keyboards may write the same letter in two ways.
    return scrypt.derive(normalize("NFC", passphrase.reveal()).encode())


def _beside(head: Doc, shop_id: str) -> bytes:
    return orjson.dumps({**head, "shop_id": shop_id}, option=orjson.OPT_SORT_KEYS)


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)
