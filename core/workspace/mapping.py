"""The mapping part of a desk: the rule, the catalogue, and deleting all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import NotConnected, StoreInUse
from core.model import LocalField, MatchState, ShopifyField, SkuMapping, Variant
from core.on_demand import Room
from core.progress import Progress
from core.store.brand import CatalogueLooks
from core.store.errors import SecretsUnreadable
from core.sync import cells
from core.workspace import health
from core.workspace.base import Session
from core.workspace.connecting import bundles_of
from core.workspace.editing import EditingDesk
from core.workspace.errors import (
    MappingsWouldLeave,
    NothingToMap,
    NotPaired,
    SecretsAreGone,
)

if TYPE_CHECKING:
    from core import matching
    from core.sync import aside, events
    from core.sync.ports import BooksTx
    from core.sync.trace import Trace
else:
    aside, events = Room("core.sync.aside"), Room("core.sync.events")
    matching = Room("core.matching")

MAP_NEW = "map_new"
TOLD_AT_MOST = 5
"""SKU numbers that a question names."""

AT_ONCE = "at_once"
PROPOSED = "proposed"


class MappingDesk(EditingDesk):
    def set_fields(self, shopify_field: ShopifyField, local_field: LocalField) -> None:
        """The rule for the next matching; mappings that stand are not touched."""

        def work(tx: BooksTx) -> None:
            tx.put_link(replace(tx.link(), shopify_field=shopify_field, local_field=local_field))

        self._store.submit(work).result()

    def maps_new_at_once(self) -> bool:
        """Whether new SKUs that fit the rule are mapped while linked, or only proposed."""
        return bool(self._store.settings().get(MAP_NEW, AT_ONCE) == AT_ONCE)

    def set_maps_new(self, *, at_once: bool) -> None:
        value = AT_ONCE if at_once else PROPOSED

        def work(_tx: BooksTx) -> None:
            self._store.put_settings({**self._store.settings(), MAP_NEW: value})

        self._store.submit(work).result()

    def map(
        self, progress: Progress | None = None, *, agreed: bool = False
    ) -> Future[Mapping[MatchState, int]]:
        """Read the shop's catalogue and match it anew; mappings by hand stay. Where the link was
        on when all mappings were deleted, this turns it on again.

        Raises NotPaired, NothingToMap, and MappingsWouldLeave where the link is on, mappings that
        stand do not fit any more, and nobody has `agreed` to that.
        """
        return self._call(self._map(progress, agreed=agreed))

    async def _map(self, progress: Progress | None, *, agreed: bool) -> Mapping[MatchState, int]:
        if not self._store.pairs():
            raise NotPaired
        if not self._store.count_items():
            raise NothingToMap
        session = await self._open()
        began = self._now()
        variants = await self._catalogue_now(session, progress)
        link = self._store.link()
        rule = (link.shopify_field, link.local_field)
        before = list(self._store.mappings())
        result = matching.match(self._store.items(), variants, rule, before, self.ignored_ends())
        left = _left(before, result.mappings)
        if left and link.enabled and not agreed:
            skus = [*dict.fromkeys(mapping.sku_number for mapping in left[:TOLD_AT_MOST])]
            skus += ["…"] * (len(left) > TOLD_AT_MOST)
            raise MappingsWouldLeave(count=len(left), skus=skus)
        gone = self._edit_events((), left)  # now, while the variants have their names
        self._store.replace_variants(variants)
        async with session.engine.gate.alone():
            resumed = await session.engine.commits.commit(
                lambda tx, trace: _put_matching(tx, result, bundles_of(variants), trace)
            )
            session.engine.reader.forget()
        self._store.put_catalogue_looks(CatalogueLooks(began, began))
        for event in gone:
            self._tell(event)
        unmapped = sum(n for state, n in result.counts.items() if state is not MatchState.MAPPED)
        mapped = len(result.mappings)
        self._tell(
            events.SkusMapped(
                at=self._now(), brand=self.brand.name, mapped=mapped, unmapped=unmapped
            )
        )
        if resumed:
            total = sum(self._store.count_cells().values())
            self._tell(events.LinkEnabled(at=self._now(), brand=self.brand.name, cells=total))
        self.sync_now()
        return result.counts

    async def _catalogue_now(
        self, session: Session, progress: Progress | None = None
    ) -> list[Variant]:
        """All of it, before any of it is kept."""
        found: list[Variant] = []
        async for page in session.shop.variants():
            found.extend(page)
            if progress is not None:
                progress(len(found), None)
        return found

    # -- deleting all -------------------------------------------------------------------------

    def unmap_all(self) -> Future[int]:
        """Stop the link (settling what is in flight), then delete all mappings; returns how
        many.
        """
        return self._call(self._unmap_all())

    async def _unmap_all(self) -> int:
        """A backup is made first; the log says where."""
        was_on = self._store.link().enabled
        await self._turn_off(resume=was_on)
        saved = self._store.backup_before("unmap")

        def work(tx: BooksTx) -> int:
            mappings = list(tx.mappings())
            for mapping in mappings:
                tx.remove_mapping(mapping.inventory_item_id)
            cells.arrange(tx)
            return len(mappings)

        count = await self._store.books.commit(work)
        self._tell(
            events.MappingsDeleted(
                at=self._now(), brand=self.brand.name, count=count, backup=str(saved)
            )
        )
        return count

    async def _turn_off(self, *, resume: bool = False) -> None:
        """Off, with what is in flight asked about once more where we may and can; the outbox keeps
        the rest.
        """
        session = None
        try:
            async with self._around.owning.held():
                session = await self._open_or_none()
                if session is not None:
                    with session.shop.impatient():
                        await session.runs.disable(resume=resume)
        except StoreInUse:
            pass  # the owner's engine sees the link go off and settles what it has in flight

        def work(tx: BooksTx) -> None:
            tx.put_link(replace(tx.link(), enabled=False, resume=resume))

        if session is None:
            await self._store.books.commit(work)
        health.write(self._health_path, health.read(self._health_path).link_is_off())

    async def _open_or_none(self) -> Session | None:
        """None where the brand is not connected, or its secrets are lost: what needs no shop must
        go on then.
        """
        try:
            return await self._open()
        except (NotConnected, SecretsAreGone, SecretsUnreadable):
            return None


def _left(before: Iterable[SkuMapping], now: Iterable[SkuMapping]) -> list[SkuMapping]:
    """Those that stood and do not stand any more."""
    kept = {(mapping.inventory_item_id, mapping.sku_number) for mapping in now}
    return [one for one in before if (one.inventory_item_id, one.sku_number) not in kept]


def _put_matching(
    tx: BooksTx, result: matching.Matching, bundles: Collection[str], trace: Trace
) -> bool:
    """Replace all mappings by those of a matching, of which none is in doubt; True where that
    turned the link on again.
    """
    wanted = {mapping.inventory_item_id: mapping for mapping in result.mappings}
    for mapping in list(tx.mappings()):
        if mapping.inventory_item_id not in wanted:
            tx.remove_mapping(mapping.inventory_item_id)
        elif wanted[mapping.inventory_item_id] == mapping and mapping.doubt is None:
            del wanted[mapping.inventory_item_id]
    for mapping in wanted.values():
        tx.put_mapping(mapping)
    cells.arrange(tx)
    aside.note_bundles(tx, bundles, trace)
    link = tx.link()
    if link.resume and result.mappings:
        tx.put_link(replace(link, enabled=True, resume=False))
        return True
    return False
