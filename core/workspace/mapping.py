"""The mapping part of a desk: the rule, the catalogue, and deleting all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import DextreError, NotConnected, StoreInUse, TryAgain
from core.model import LocalField, MappedBy, MatchState, ShopifyField, Variant
from core.on_demand import Room
from core.store.errors import SecretsUnreadable
from core.sync import cells
from core.workspace.base import Session
from core.workspace.editing import EditingDesk
from core.workspace.errors import NothingToMap, NotPaired, SecretsAreGone

if TYPE_CHECKING:
    from core import exchange, matching
    from core.sync import breaker, events
    from core.sync.ports import BooksTx
    from core.sync.runs import Progress
else:
    breaker, matching = Room("core.sync.breaker"), Room("core.matching")
    events = Room("core.sync.events")

LOOK_S = 5.0
"""Seconds between two looks whether the time for the catalogue has come, or was set anew."""

MAP_NEW = "map_new"
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
        result = matching.match(
            self._store.items(), variants, rule, self._store.mappings(), self.ignored_ends()
        )
        async with session.engine.gate.alone():
            resumed = await self._store.books.commit(lambda tx: _put_matching(tx, result))
            session.engine.reader.forget()
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

    async def _read_catalogue(self, session: Session, progress: Progress | None) -> list[Variant]:
        """The shop's catalogue, kept here as well. Have it all before keeping any of it."""
        found = await self._catalogue_now(session, progress)
        self._store.replace_variants(found)
        return found

    async def _catalogue_now(
        self, session: Session, progress: Progress | None = None
    ) -> list[Variant]:
        found: list[Variant] = []
        async for page in session.shop.variants():
            found.extend(page)
            if progress is not None:
                progress(len(found), None)
        return found

    # -- while linked -------------------------------------------------------------------------

    async def _watch_catalogue(self, session: Session) -> None:
        """Look for new, renamed and deleted variants now and then, for as long as the engine
        runs.
        """
        told = ""
        while True:
            await self._catalogue_due()
            if not self._store.link().enabled:
                continue
            try:
                await self._take_catalogue(session)
                told = ""
            except TryAgain:
                continue  # the engine tells that the shop cannot be reached
            except DextreError as error:
                if error.code != told:
                    self._tell_stopped(error)
                told = error.code

    async def _catalogue_due(self) -> None:
        """When its time has come, or a webhook says that a product has changed."""
        clock = self._around.clock
        began = clock.monotonic()
        while not self._catalogue_hinted.is_set():
            left = began + self._tuning()[0].catalogue_s - clock.monotonic()
            if left <= 0:
                break
            hinted = asyncio.ensure_future(self._catalogue_hinted.wait())
            timer = asyncio.ensure_future(clock.sleep(min(left, LOOK_S)))
            try:
                await asyncio.wait({hinted, timer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                hinted.cancel()
                timer.cancel()
        self._catalogue_hinted.clear()

    async def _take_catalogue(self, session: Session) -> None:
        """Compare the shop's catalogue with the one kept, keep it, and map what is new by the rule.

        Raises TooManyGone, and then keeps the old one.
        """
        fresh = await self._catalogue_now(session)
        before = {variant.inventory_item_id: variant for variant in self._store.variants()}
        after = {variant.inventory_item_id: variant for variant in fresh}
        if before == after:
            return
        mapped = {mapping.inventory_item_id for mapping in self._store.mappings()}
        gone = mapped.intersection(before).difference(after)
        effect = breaker.Effect(len(mapped), gone=len(gone))
        breaker.check(effect, session.engine.limits, breaker.THERE)
        stayed = mapped.intersection(before).intersection(after)
        self._store.replace_variants(fresh)
        newly = await self._map_new(session)
        self._tell(
            events.CatalogueChanged(
                at=self._now(),
                brand=self.brand.name,
                added=len(after.keys() - before.keys()),
                renamed=sum(before[key].sku != after[key].sku for key in stayed),
                gone=len(gone),
                mapped=newly,
            )
        )

    async def _map_new(self, session: Session) -> int:
        """Map by the rule what is not mapped yet, leaving every mapping that stands; at once,
        unless the brand's settings say that new SKUs are only proposed (they are in the mapping
        table either way).
        """
        if not self.maps_new_at_once():
            return 0
        link = self._store.link()
        rule = (link.shopify_field, link.local_field)
        standing = [replace(mapping, by=MappedBy.HAND) for mapping in self._store.mappings()]
        catalogue = matching.Catalogue(
            self._store.items(), self._store.variants(), rule, self.ignored_ends()
        )
        new = [m for m in catalogue.match(standing).mappings if m.by is MappedBy.RULE]
        if not new:
            return 0

        def work(tx: BooksTx) -> None:
            for mapping in new:
                cells.map_one(tx, mapping)

        async with session.engine.gate.alone():
            await self._store.books.commit(work)
        self._wake()
        return len(new)

    async def _map_imported(self) -> None:
        session = await self._open_or_none()
        newly = await self._map_new(session) if session is not None else 0
        if newly:
            self._tell(
                events.CatalogueChanged(
                    at=self._now(), brand=self.brand.name, added=0, renamed=0, gone=0, mapped=newly
                )
            )

    def import_items(self, path: Path, progress: Progress | None = None) -> exchange.ImportPreview:
        found = super().import_items(path, progress)
        self._mapping_is_old()
        if self._store.link().enabled:
            self._call(self._map_imported()).result()
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
        try:
            async with self._around.owning.held():
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
        """None where the brand is not connected, or its secrets are lost: what needs no shop must
        go on then.
        """
        try:
            return await self._open()
        except (NotConnected, SecretsAreGone, SecretsUnreadable):
            return None


def _put_matching(tx: BooksTx, result: matching.Matching) -> bool:
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
