"""One brand's store: what screens and commands read and change at once, and `books` for the sync.

Every call is its own transaction (or one consistent reading) and may come from any thread. Who
runs the sync does not matter here: SQLite puts changes of several processes one after another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.model import (
    Cause,
    Cell,
    CellState,
    Connection,
    Item,
    Link,
    LocalField,
    LocationPair,
    Problem,
    Run,
    RunRow,
    Secret,
    ShopifyField,
    ShopLocation,
    SkuMapping,
    Variant,
)
from core.on_demand import Room
from core.store import figures, records
from core.store.files import make_private_folder
from core.store.inventory import InventoryStore
from core.store.rows import Doc

if TYPE_CHECKING:
    from core.store import backup as backups
    from core.store import restore as restoring
    from core.store import sealing
    from core.store.backup import BackupFile
    from core.store.restore import RestorePreview
else:
    backups, restoring = Room("core.store.backup"), Room("core.store.restore")
    sealing = Room("core.store.sealing")


@dataclass(frozen=True, slots=True)
class CatalogueLooks:
    """When (ISO) the shop's catalogue was last asked for its changes, and last read as a whole."""

    last: str
    whole: str


class BrandStore(InventoryStore):
    """Open with `BrandStore.open`; close when done."""

    # -- the shop's side, as last read -----------------------------------------------------------

    def replace_variants(self, variants: Iterable[Variant]) -> int:
        """The shop's catalogue, in place of the old one, at once. Have them all before: while
        this runs nobody else can write.
        """
        with self._db.transaction():
            self._table("variants").truncate()
            self.put_catalogue_looks(None)
            return self._put_batches(
                "variants", ((v.inventory_item_id, records.variant_doc(v)) for v in variants)
            )

    def change_variants(self, changed: Iterable[Variant], gone: Iterable[str]) -> None:
        """Parts of the catalogue: what is new or changed, and the inventory items that went."""
        with self._db.transaction():
            self.put_catalogue_looks(None)
            self._put_batches(
                "variants", ((v.inventory_item_id, records.variant_doc(v)) for v in changed)
            )
            self._table("variants").change((item_id, None) for item_id in gone)

    def catalogue_looks(self) -> CatalogueLooks | None:
        """None: what was seen has not been dealt with yet, or nothing was ever looked at."""
        doc = self._table("meta").doc("catalogue_looks")
        return None if doc is None else CatalogueLooks(doc["last"], doc["whole"])

    def put_catalogue_looks(self, looks: CatalogueLooks | None) -> None:
        """To be said when all that a look has brought is done."""
        if looks is None:
            self._table("meta").discard("catalogue_looks")
        else:
            doc = {"last": looks.last, "whole": looks.whole}
            self._table("meta").put("catalogue_looks", doc)

    def variants(self) -> Iterator[Variant]:
        return (records.variant_from(*pair) for pair in self._table("variants").rows.pairs())

    def variant(self, inventory_item_id: str) -> Variant | None:
        doc = self._table("variants").doc(inventory_item_id)
        return None if doc is None else records.variant_from(inventory_item_id, doc)

    def count_variants(self) -> int:
        return figures.read(self._db.source)["variants"]

    def put_shop_locations(self, locations: Iterable[ShopLocation]) -> None:
        """In place of the old ones."""
        with self._db.transaction():
            self._table("shop_locations").truncate()
            self._put_batches(
                "shop_locations", ((s.id, records.shop_location_doc(s)) for s in locations)
            )

    def shop_locations(self) -> tuple[ShopLocation, ...]:
        pairs = self._table("shop_locations").rows.pairs()
        return tuple(records.shop_location_from(*pair) for pair in pairs)

    # -- the connection and settings -------------------------------------------------------------

    def connection(self) -> Connection | None:
        doc = self._table("meta").doc("connection")
        return None if doc is None else records.connection_from(doc)

    def put_connection(self, connection: Connection | None) -> None:
        """None forgets it. Secrets are not here (core.store.secrets)."""
        if connection is None:
            self._table("meta").discard("connection")
        else:
            self._table("meta").put("connection", records.connection_doc(connection))

    def settings(self) -> Doc:
        return self._table("meta").doc("settings") or {}

    def put_settings(self, settings: Mapping[str, Any]) -> None:
        """Any JSON, in place of the old."""
        self._table("meta").put("settings", settings)

    def tuning(self) -> Doc:
        """Settings that the engine reads several times a second; apart, because the others may be
        long.
        """
        return self._table("meta").doc("tuning") or {}

    def put_tuning(self, settings: Mapping[str, Any]) -> None:
        """In place of the old."""
        self._table("meta").put("tuning", settings)

    # -- the link, read at once ------------------------------------------------------------------

    def link(self) -> Link:
        return self._now.link()

    def pairs(self) -> tuple[LocationPair, ...]:
        return tuple(self._now.pairs())

    def mappings(self) -> Iterator[SkuMapping]:
        return self._now.mappings()

    def cells(self, states: Iterable[CellState] | None = None) -> Iterator[Cell]:
        return self._now.cells(None if states is None else list(states))

    def cells_of(self, sku_number: str) -> Sequence[Cell]:
        return self._now.cells_of(sku_number)

    def runs(self, limit: int = 50) -> Sequence[Run]:
        """Newest first."""
        found = self._table("runs").rows.newest(limit, field="at")
        return [records.run_from(*pair) for pair in found]

    def runs_starting(self, start: str) -> Sequence[Run]:
        """Those whose id begins so."""
        found = self._table("runs").rows.starting_with(start)
        return [records.run_from(*pair) for pair in found]

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return self._now.run_rows(run_id)

    # -- figures ---------------------------------------------------------------------------------

    def count_cells(self) -> Mapping[CellState, int]:
        with self.books.view() as view:
            return view.count_cells()

    def count_mappings(self) -> int:
        return figures.read(self._db.source)["mappings"]

    def has_shared_items(self) -> bool:
        """Whether several variants are mapped to any item."""
        found = figures.read(self._db.source)
        return bool(found["mappings"] != found["mapped_items"])

    def shared_items(self) -> frozenset[str]:
        """The SKU numbers of those; looks at every mapping."""
        return frozenset(self._table("mappings").rows.repeated("sku_number"))

    def count_doubts(self) -> int:
        """Mappings in doubt."""
        return figures.read(self._db.source)["doubts"]

    def mappings_in_doubt(self) -> Iterator[SkuMapping]:
        return self._now.mappings_in_doubt()

    def cells_with(self, problems: Collection[Problem]) -> Iterator[Cell]:
        return self._now.cells_with(problems)

    def variants_with(self, field: ShopifyField, value: str) -> Sequence[Variant]:
        """Variants of the last catalogue with that SKU or barcode."""
        found = self._table("variants").find(field.value, value)
        return [records.variant_from(*pair) for pair in found]

    def items_with(self, field: LocalField, value: str) -> Sequence[Item]:
        """Items here with that SKU number or barcode."""
        if field is LocalField.BARCODE:
            return self.items_by_barcode(value)
        item = self.item(value)
        return [] if item is None else [item]

    def count_unmapped_local(self) -> int:
        """Items that no variant is mapped to, those that a person put aside left out."""
        found = figures.read(self._db.source)
        return found["items"] - found["mapped_items"] - found["ignored_items"]

    def count_unmapped_shopify(self) -> int:
        """Variants of the last catalogue that are mapped to no item, likewise."""
        found = figures.read(self._db.source)
        return found["variants"] - found["mapped_variants"] - found["ignored_variants"]

    # -- what a person put aside in the mapping --------------------------------------------------

    def ignored_ends(self) -> set[tuple[str, str]]:
        """(side, key) of items and variants; side: here or there."""
        return {_end(row_id) for row_id in self._table("ignored").rows}

    def ignored_among(self, ends: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the ends that are put aside."""
        found = self._table("ignored").rows.known(["|".join(end) for end in ends])
        return {_end(row_id) for row_id in found}

    def change_ignored(
        self, ignore: Iterable[tuple[str, str]], notice: Iterable[tuple[str, str]]
    ) -> None:
        """Put ends aside, and take others up again."""
        with self._db.transaction():
            table = self._table("ignored")
            table.discard(*("|".join(end) for end in notice))
            table.put_many(("|".join(end), {}) for end in ignore)
            self._table("meta").put("ignored_edits", {"n": self.ignored_edits() + 1})

    def ignored_edits(self) -> int:
        """How often they have changed."""
        found: int = (self._table("meta").doc("ignored_edits") or {"n": 0})["n"]
        return found

    def oldest_change(self) -> str | None:
        """Since when (ISO) the longest waiting cell has a change that is not pushed yet."""
        sql = "SELECT min(changed_at) FROM cells WHERE changed_at IS NOT NULL"  # from the index
        found: str | None = self._db.file.rows(sql)[0][0]
        return found

    # -- backups ---------------------------------------------------------------------------------

    @property
    def backups_folder(self) -> Path:
        return self.path.parent / "backups"

    def new_backup_path(self) -> Path:
        """Where in that folder a backup by hand may go: a dated name that no file has yet."""
        return backups.path_by_hand(self.backups_folder, self._clock.now())

    def backup(
        self,
        target: Path,
        *,
        overwrite: bool = False,
        secrets: Mapping[str, Secret] | None = None,
        passphrase: Secret | None = None,
    ) -> BackupFile:
        """One consistent file, while all goes on; on disk when this returns. The brand's own
        folder is made where it is missing, no other. `secrets` are in it where they and a
        passphrase are given, encrypted. Raises FileIsThere, DiskFull,
        CannotWrite, Damaged, PassphraseTooShort: then there is no new file.
        """
        sealed = None
        if secrets and passphrase is not None:
            connection = self.connection()
            sealed = sealing.seal(secrets, passphrase, connection.shop_id if connection else "")
        moment = self._clock.now()
        if target.parent == self.backups_folder:
            make_private_folder(target.parent)
        backups.write_backup(
            self._db.file, target, self._brand, moment, overwrite=overwrite, sealed=sealed
        )
        return backups.BackupFile.inspect(target)

    def secrets_in(self, path: Path, passphrase: Secret) -> dict[str, Secret]:
        """The secrets of a backup. Raises NoSecretsInBackup, WrongPassphrase, SealDamaged."""
        return sealing.unseal(*backups.sealed_in(path), passphrase, path)

    def backup_before(self, what: str) -> Path:
        """A dated backup in the brand's own `backups` folder, before `what` (a short word: it
        becomes part of the name) is done; says where. The oldest of them beyond ten go.
        """
        automatic = backups.AutomaticBackups(self.backups_folder, self._clock)
        return automatic.write(self._db.file, what, self._brand)

    def restore_preview(self, path: Path) -> RestorePreview:
        """What `restore` would change; changes nothing. Raises CannotOpen, Damaged, NewerFile."""
        backup = backups.BackupFile.inspect(path)
        with restoring.opened(path, self.path.parent) as then, self._db.snapshot() as now:
            return restoring.preview(backup, now, then)

    def restore(self, path: Path, cause: Cause, *, connection: bool = False) -> Path:
        """Make the inventory equal to the backup, in one transaction (core.store.restore says what
        stays; `connection`: that of the backup comes back, too). The link is off afterwards. Gives
        where the state before was saved.

        The engine must not run meanwhile: hold the ownership. Raises OutboxNotEmpty,
        BackupOfAnotherShop, CannotOpen, Damaged, NewerFile: then nothing was changed.
        """
        backup = backups.BackupFile.inspect(path)
        with restoring.opened(path, self.path.parent) as then:
            refused = restoring.reason_against(backup, self._db)
            if refused is not None:
                raise refused
            saved = self.backup_before("restore")
            with self.books.transaction() as tx:
                restoring.carry_out(backup, tx, self._db, then, cause, connection=connection)
                self.put_catalogue_looks(None)  # what fits the backup's items is looked at anew
        return saved


def _end(row_id: str) -> tuple[str, str]:
    side, _, key = row_id.partition("|")
    return side, key
