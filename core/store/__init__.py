"""The store: brands and their inventories on disk, who runs the sync, and secrets.

TinyDB's documents and tables are the visible form, SQLite keeps them: `sqlite` (one file, safely),
`schema` (its shape), `figures` (counts kept by triggers), `rows`, `storage` and `table` (TinyDB
over it), `group` (group commit), `records` (nouns as documents), `books` (what the sync sees),
`inventory` and `brand` (what screens and commands see), `backup` and `restore`, `home` (the data
directory), `ownership` and `handover` (who runs the sync). Not its business: the shop, the
arithmetic of the sync, CSV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.on_demand import given_by

if TYPE_CHECKING:
    from core.model import Owner, Purpose
    from core.store.backup import BackupFile
    from core.store.books import StoreBooks, Tx, View
    from core.store.brand import BrandStore
    from core.store.handover import Consent, Request, Requests, Turns, consent, take
    from core.store.home import Home
    from core.store.ownership import Ownership
    from core.store.restore import RestorePreview, RestoreRow
    from core.store.secrets import SecretsStore
else:
    __getattr__ = given_by(
        __name__,
        {
            "core.store.backup": ("BackupFile",),
            "core.store.books": ("StoreBooks", "Tx", "View"),
            "core.store.brand": ("BrandStore",),
            "core.store.handover": ("Consent", "Request", "Requests", "Turns", "consent", "take"),
            "core.store.home": ("Home",),
            "core.model": ("Owner", "Purpose"),
            "core.store.ownership": ("Ownership",),
            "core.store.restore": ("RestorePreview", "RestoreRow"),
            "core.store.secrets": ("SecretsStore",),
        },
    )

__all__ = [
    "BackupFile",
    "BrandStore",
    "Consent",
    "Home",
    "Owner",
    "Ownership",
    "Purpose",
    "Request",
    "Requests",
    "RestorePreview",
    "RestoreRow",
    "SecretsStore",
    "StoreBooks",
    "Turns",
    "Tx",
    "View",
    "consent",
    "take",
]
