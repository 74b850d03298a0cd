"""The mapping part of a desk: the rule, the report, edits by hand, and deleting all of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from core import matching
from core.errors import StoreInUse
from core.exchange import ImportPreview, ImportRefused, read_mappings, write_mappings
from core.matching import Catalogue, Edit, MappingView, Matching
from core.model import Brand, LocalField, MappingRow, MatchState, ShopifyField, SkuMapping, Variant
from core.sync import cells
from core.sync.events import LinkEnabled, MappingsDeleted, SkusMapped
from core.sync.ports import BooksTx
from core.sync.runs import Progress
from core.workspace.base import Session, Surroundings
from core.workspace.connecting import ConnectionDesk
from core.workspace.errors import NothingToMap, NotPaired


@dataclass(frozen=True, slots=True)
class _Table:
    """The mapping as it is shown. `key` says of which state of the store."""

    key: tuple[object, ...]
    catalogue: Catalogue
    matching: Matching
    view: MappingView


class MappingDesk(ConnectionDesk):
    def __init__(self, brand: Brand, around: Surroundings) -> None:
        super().__init__(brand, around)
        self._table: _Table | None = None

    def set_fields(self, shopify_field: ShopifyField, local_field: LocalField) -> None:
        """The rule for the next matching; mappings that stand are not touched."""

        def work(tx: BooksTx) -> None:
            tx.put_link(replace(tx.link(), shopify_field=shopify_field, local_field=local_field))

        self._store.submit(work).result()

    def map(self, progress: Progress | None = None) -> Future[Mapping[MatchState, int]]:
        """Read the shop's catalogue and match it anew; mappings by hand stay. Where the link was
        on when all mappings were deleted, this turns it on again. Raises NotPaired,
        NothingToMap.
        """
        return self._call(self._map(progress))

    async def _map(self, progress: Progress | None) -> Mapping[MatchState, int]:
        if not self._store.pairs():
            raise NotPaired
        if not self._store.count_items():
            raise NothingToMap
        session = await self._open()
        variants = await self._read_catalogue(session, progress)
        link = self._store.link()
        rule = (link.shopify_field, link.local_field)
        result = matching.match(self._store.items(), variants, rule, self._store.mappings())
        async with session.engine.gate.alone():
            resumed = await self._store.books.commit(lambda tx: _put_matching(tx, result))
            session.engine.forget_readings()
        unmapped = sum(n for state, n in result.counts.items() if state is not MatchState.MAPPED)
        mapped = len(result.mappings)
        self._tell(
            SkusMapped(at=self._now(), brand=self.brand.name, mapped=mapped, unmapped=unmapped)
        )
        if resumed:
            total = sum(self._store.count_cells().values())
            self._tell(LinkEnabled(at=self._now(), brand=self.brand.name, cells=total))
        self.sync_now()
        return result.counts

    async def _read_catalogue(self, session: Session, progress: Progress | None) -> list[Variant]:
        found: list[Variant] = []
        async for page in session.shop.variants():
            found.extend(page)
            if progress is not None:
                progress(len(found), None)
        self._store.replace_variants(found)
        return found

    def import_items(self, path: Path, progress: Progress | None = None) -> ImportPreview:
        found = super().import_items(path, progress)
        self._table = None
        return found

    # -- the table ----------------------------------------------------------------------------

    def mapping_counts(self) -> Mapping[MatchState, int]:
        return self._table_view().counts

    def mapping_rows(
        self,
        states: Collection[MatchState] | None = None,
        search: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> Sequence[MappingRow]:
        return self._table_view().rows(states, search, offset, limit)

    def count_mapping_rows(
        self, states: Collection[MatchState] | None = None, search: str = ""
    ) -> int:
        return self._table_view().count(states, search)

    def _table_view(self) -> MappingView:
        return self._mapping_table().view

    def _mapping_table(self) -> _Table:
        """Made anew when mappings, items or the catalogue have changed behind our back."""
        link = self._store.link()
        rule = (link.shopify_field, link.local_field)
        key = (link.revision, rule, self._store.count_items(), self._store.count_variants())
        if self._table is None or self._table.key != key:
            catalogue = Catalogue(self._store.items(), self._store.variants(), rule)
            result = catalogue.report(self._store.mappings())
            self._table = _Table(key, catalogue, result, MappingView(result.rows))
        return self._table

    # -- by hand ------------------------------------------------------------------------------

    def map_one(self, inventory_item_id: str, sku_number: str) -> None:
        """Map (or re-target) one variant by hand. Raises BadInput where either end is unknown."""
        self._edit(
            matching.map_one(
                inventory_item_id,
                sku_number,
                item=self.item(sku_number),
                variant=self._store.variant(inventory_item_id),
                current=self._mapping(inventory_item_id),
            )
        )

    def unmap_one(self, inventory_item_id: str) -> None:
        self._edit(
            matching.unmap_one(
                inventory_item_id,
                current=self._mapping(inventory_item_id),
                variant=self._store.variant(inventory_item_id),
            )
        )

    def export_mappings(self, out: TextIO) -> int:
        return write_mappings(out, self._table_view().rows())

    def import_mappings(self, path: Path) -> int:
        """Read an exported file back: rows whose SKU number was changed are edits by hand. All or
        nothing; returns how many mappings changed."""
        file = read_mappings(path)
        batch = matching.edit_many(
            ((line.inventory_item_id, line.sku_number) for line in file.lines),
            item=self.item,
            variant=self._store.variant,
            current=self._mapping,
        )
        bad = [f"line {problem.line}: {problem}" for problem in file.problems]
        bad += [f"line {file.lines[place].line}: {error}" for place, error in batch.problems]
        if bad:
            raise ImportRefused(
                file=file.file,
                bad=len(bad),
                rows=len(file.lines),
                first="\n".join(bad[:5]),
                problems=(),
            )
        self._edit(batch.edit)
        return len(batch.edit.put) + len(batch.edit.remove)

    def _mapping(self, inventory_item_id: str) -> SkuMapping | None:
        with self._store.books.view() as view:
            return view.mapping(inventory_item_id)

    def _edit(self, edit: Edit) -> None:
        def work(tx: BooksTx) -> None:
            for inventory_item_id in edit.remove:
                cells.unmap_one(tx, inventory_item_id)
            for mapping in edit.put:
                cells.map_one(tx, mapping)

        if not edit:
            return
        table = self._mapping_table()
        self._store.submit(work).result()
        result = table.catalogue.edited(table.matching, edit)
        key = (self._store.link().revision, *table.key[1:])
        self._table = _Table(key, table.catalogue, result, MappingView(result.rows, table.view))
        self._wake()

    # -- deleting all -------------------------------------------------------------------------

    def unmap_all(self) -> Future[int]:
        """Stop the link (settling what is in flight), then delete all mappings; returns how
        many.
        """
        return self._call(self._unmap_all())

    async def _unmap_all(self) -> int:
        was_on = self._store.link().enabled
        await self._turn_off(resume=was_on)

        def work(tx: BooksTx) -> int:
            mappings = list(tx.mappings())
            for mapping in mappings:
                tx.remove_mapping(mapping.inventory_item_id)
            cells.arrange(tx)
            return len(mappings)

        count = await self._store.books.commit(work)
        self._tell(MappingsDeleted(at=self._now(), brand=self.brand.name, count=count))
        return count

    async def _turn_off(self, *, resume: bool = False) -> None:
        """Off, with what is in flight asked about once more where we may and can; the outbox keeps
        the rest.
        """
        try:
            with self._around.own():
                session = await self._open_or_none()
                if session is not None:
                    await session.runs.disable(resume=resume)
                    return
        except StoreInUse:
            pass  # the owner's engine sees the link go off and settles what it has in flight

        def work(tx: BooksTx) -> None:
            tx.put_link(replace(tx.link(), enabled=False, resume=resume))

        await self._store.books.commit(work)

    async def _open_or_none(self) -> Session | None:
        return await self._open() if self._store.connection() is not None else None


def _put_matching(tx: BooksTx, result: Matching) -> bool:
    """Replace all mappings by those of a matching; True where that turned the link on again."""
    wanted = {mapping.inventory_item_id: mapping for mapping in result.mappings}
    for mapping in list(tx.mappings()):
        if mapping.inventory_item_id not in wanted:
            tx.remove_mapping(mapping.inventory_item_id)
        elif wanted[mapping.inventory_item_id] == mapping:
            del wanted[mapping.inventory_item_id]
    for mapping in wanted.values():
        tx.put_mapping(mapping)
    cells.arrange(tx)
    link = tx.link()
    if link.resume and result.mappings:
        tx.put_link(replace(link, enabled=True, resume=False))
        return True
    return False
