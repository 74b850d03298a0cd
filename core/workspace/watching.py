"""The watching part of a desk: what changes about the shop itself while linked. New, renamed and
deleted variants; bundles; locations that are deactivated or active again.

Quantities are the engine's. Here are the things that it would not see by reading levels, looked at
now and then, when a webhook says so, and when an answer of the shop makes one wonder.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

from core.clock import iso, parse_iso
from core.errors import DextreError, TryAgain
from core.model import CellKey, MappedBy, Problem, SkuMapping, Variant
from core.on_demand import Room
from core.store.brand import CatalogueLooks
from core.sync import cells
from core.workspace import health
from core.workspace.base import ENGINE, Session
from core.workspace.connecting import bundles_of
from core.workspace.doubting import FEW, DoubtingDesk

if TYPE_CHECKING:
    import asyncio

    from core import matching
    from core.sync import aside, breaker, events
    from core.sync.events import Event
    from core.sync.ports import BooksTx
    from core.sync.trace import Trace
else:
    asyncio = Room("asyncio")
    aside, breaker = Room("core.sync.aside"), Room("core.sync.breaker")
    events, matching = Room("core.sync.events"), Room("core.matching")

LOOK_S = 5.0
"""Seconds between two looks whether the time for a look has come, or was set anew."""

INACTIVE_S = 60.0
"""Most seconds between two looks at the locations while a paired one is not active: somebody may be
mending it.
"""

CALM_S = 10.0
"""Least seconds between two looks, however many answers make one wonder."""

OVERLAP_S = 300.0
"""Changes of the catalogue are asked for from so long before the last look: the search index lags,
and clocks disagree.
"""

WHOLE_S = 86_400.0
"""After so long the whole catalogue is read again, whatever the search index says."""

MOST_CHANGED = 2_500
"""Where so many variants have changed, reading the whole costs hardly more."""

CATALOGUE, LOCATIONS = "catalogue", "locations"
"""The parts of the sync that may stand still here (core.workspace.health)."""

_MAKES_WONDER = frozenset({Problem.NOT_STOCKED.value, Problem.REJECTED.value})


class WatchingDesk(DoubtingDesk):
    _followed = False
    """Whether all cells are known to stand as their locations do; not where the sync is taken up,
    because whoever had it before may have been cut off from them.
    """

    @cached_property
    def _places_hinted(self) -> asyncio.Event:
        """Of the engine's loop: made where somebody waits for it."""
        return asyncio.Event()

    @cached_property
    def _renames_hinted(self) -> asyncio.Event:
        return asyncio.Event()

    @cached_property
    def _kept_catalogue(self) -> asyncio.Lock:
        """Held by a look from the first question to the last change of what is kept: a SKU that was
        read meanwhile would else be overwritten by an older one.
        """
        return asyncio.Lock()

    @cached_property
    def _renamed(self) -> dict[str, str]:
        """SKUs, by inventory item, that have been read and are not those of the kept catalogue."""
        return {}

    def _tell(self, event: Event) -> None:
        """What the engine tells may have its cause in a location."""
        super()._tell(event)
        if event.code == "needs_you" and getattr(event, "problem", "") in _MAKES_WONDER:
            self._places_hinted.set()  # told on the engine's own loop, like all news of cells

    # -- now and then -------------------------------------------------------------------------

    async def _watch_catalogue(self, session: Session) -> None:
        """For as long as the engine runs."""
        while True:
            await self._due(self._catalogue_hinted, self._catalogue_s)
            await self._look(CATALOGUE, lambda: self._take_catalogue(session))

    async def _watch_renames(self) -> None:
        """For as long as the engine runs."""
        while True:
            await self._renames_hinted.wait()
            await self._take_renames()
            await self._around.clock.sleep(CALM_S)

    async def _watch_locations(self, session: Session) -> None:
        """For as long as the engine runs; at once when it starts."""
        self._followed = False
        while True:
            await self._look(LOCATIONS, lambda: self._take_locations(session))
            await self._around.clock.sleep(CALM_S)
            await self._due(self._places_hinted, self._locations_s)

    def _engine_goes_on(self, stops: Mapping[str, health.Stop]) -> None:
        """What stood still for the same reason need not wait for its time."""
        hinted = {CATALOGUE: self._catalogue_hinted, LOCATIONS: self._places_hinted}
        for part, stop in stops.items():
            if part in hinted and stop.error.code == stops[ENGINE].error.code:
                hinted[part].set()

    def _catalogue_s(self) -> float:
        return self._tuning()[0].catalogue_s

    def _locations_s(self) -> float:
        all_active = all(pair.is_active for pair in self._store.pairs())
        return self._catalogue_s() if all_active else min(INACTIVE_S, self._catalogue_s())

    async def _look(self, part: str, look: Callable[[], Awaitable[None]]) -> DextreError | None:
        """Returns what keeps that part from going on; what may pass by itself is nothing."""
        if not self._store.link().enabled:
            return None
        try:
            await look()
        except TryAgain:
            return None  # the engine tells that the shop cannot be reached
        except DextreError as error:
            if not self._stopped_parts(error.code):
                self._tell_stopped(error)
            self._note_stop(part, error)
            return error
        self._note_stop(part, None)
        return None

    async def _due(self, hinted: asyncio.Event, seconds: Callable[[], float]) -> None:
        """When its time has come, or something says that there is news."""
        clock = self._around.clock
        began = clock.monotonic()
        while not hinted.is_set() and (left := began + seconds() - clock.monotonic()) > 0:
            hint = asyncio.ensure_future(hinted.wait())
            timer = asyncio.ensure_future(clock.sleep(min(left, LOOK_S)))
            try:
                await asyncio.wait({hint, timer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                hint.cancel()
                timer.cancel()
        hinted.clear()

    # -- locations ----------------------------------------------------------------------------

    async def _take_locations(self, session: Session) -> None:
        """Cells of a paired location that is not active any more wait; they go on when it is."""
        found = tuple(await session.shop.locations())
        is_news = found != self._store.shop_locations()
        if is_news:
            self._store.put_shop_locations(found)
        active = {location.id for location in found if location.is_active}
        moved = [p for p in self._store.pairs() if p.is_active != (p.shopify_location_id in active)]
        if not moved and not self._followed:
            self._followed = not await asyncio.to_thread(self._to_follow, active)
        if moved or not self._followed:
            await self._follow_locations(session, active)
        if is_news or moved:
            session.engine.try_refused()

    async def _follow_locations(self, session: Session, active: Collection[str]) -> None:
        """Step by step, so that a person who writes need not wait, and with the engine standing
        by, so that it sees all or nothing. Where it was cut off, the next start goes on with it.
        """
        self._followed = False
        async with session.engine.gate.alone():
            left = await asyncio.to_thread(self._to_follow, active)
            opened = {k.inventory_item_id for k in left if k.shopify_location_id in active}
            bundles = await asyncio.to_thread(self._bundles_among, opened)
            while True:

                def step(
                    tx: BooksTx, trace: Trace, left: Sequence[CellKey] = left
                ) -> Sequence[CellKey]:
                    return aside.note_locations(tx, active, trace, left, bundles)

                left = await session.engine.commits.commit(step)
                if not left:
                    break
        self._followed = True

    def _to_follow(self, active: Collection[str]) -> Sequence[CellKey]:
        with self._store.books.view() as view:
            return aside.to_follow(view, active)

    def _bundles_among(self, inventory_item_ids: Iterable[str]) -> Collection[str]:
        """Of items whose cells are taken up again."""
        found = (self._store.variant(item_id) for item_id in inventory_item_ids)
        return bundles_of(variant for variant in found if variant is not None)

    # -- the catalogue ------------------------------------------------------------------------

    async def _take_catalogue(self, session: Session) -> None:
        """Compare the whole catalogue of the shop with the one kept. Raises TooManyGone."""
        async with self._kept_catalogue:
            began = self._now()
            fresh = await self._catalogue_now(session)
            await self._take_variants(session, fresh, CatalogueLooks(began, began))

    async def _take_catalogue_changes(self, session: Session) -> None:
        """The same, by what the shop says has changed since the last look, and by how many there
        are: cheap where nothing has. From time to time, and where that does not account for the
        number, the whole. Raises TooManyGone.
        """
        looks = self._store.catalogue_looks()
        if looks is not None and self._is_recent(looks.whole):
            async with self._kept_catalogue:
                if await self._changes_suffice(session, looks):
                    return
        await self._take_catalogue(session)

    async def _changes_suffice(self, session: Session, looks: CatalogueLooks) -> bool:
        began = self._now()
        since = iso(parse_iso(looks.last) - timedelta(seconds=OVERLAP_S))
        found = await session.shop.changed_variants(since, MOST_CHANGED)
        kept = {v.inventory_item_id: self._store.variant(v.inventory_item_id) for v in found}
        news = [v for v in found if kept[v.inventory_item_id] != v]
        known = self._store.count_variants() + sum(v is None for v in kept.values())
        counted = await session.shop.count_variants(known + 1)
        if len(found) >= MOST_CHANGED or counted != known:
            return False
        noted = CatalogueLooks(began, looks.whole)
        if news:
            await self._take_variants(session, chain(self._store.variants(), news), noted)
        else:
            self._store.put_catalogue_looks(noted)
        return True

    def _is_recent(self, moment: str) -> bool:
        age = (self._around.clock.now() - parse_iso(moment)).total_seconds()
        return 0 <= age < WHOLE_S

    async def _take_variants(
        self, session: Session, fresh: Iterable[Variant], looks: CatalogueLooks
    ) -> None:
        """Keep a catalogue, map what is new by the rule, and doubt what the rule would not map any
        more. One that was cut off before its end is taken again. Raises TooManyGone, and then keeps
        the old one.
        """
        before = {variant.inventory_item_id: variant for variant in self._store.variants()}
        after = {variant.inventory_item_id: variant for variant in fresh}
        if before == after and self._store.catalogue_looks() is not None:
            self._store.put_catalogue_looks(looks)
            return
        mapped = {mapping.inventory_item_id for mapping in self._store.mappings()}
        gone = mapped.intersection(before).difference(after)
        effect = breaker.Effect(0, gone=frozenset(gone), items=len(mapped))
        breaker.check(effect, session.engine.limits, breaker.THERE)
        stayed = mapped.intersection(before).intersection(after)
        values: set[str] | None = None  # any: what was cut off has not been dealt with
        if self._store.catalogue_looks() is not None:
            differ = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
            found = chain.from_iterable((before.get(key), after.get(key)) for key in differ)
            values = {self._value_there(variant) for variant in found if variant is not None}
        self._store.change_variants(
            (variant for key, variant in after.items() if before.get(key) != variant),
            before.keys() - after.keys(),
        )
        catalogue = self._catalogue()
        newly = await self._map_new(session, catalogue, values)
        bundles = bundles_of(after.values())
        await session.engine.commits.commit(
            lambda tx, trace: aside.note_bundles(tx, bundles, trace)
        )
        await asyncio.to_thread(self._doubt_all, catalogue)
        self._store.put_catalogue_looks(looks)
        if before == after and not newly:
            return
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

    # -- SKUs that readings of quantities show --------------------------------------------------

    def _skus_read(self, skus: Mapping[str, str]) -> None:
        for item_id, sku in skus.items():
            kept = self._store.variant(item_id)
            if kept is not None and kept.sku != sku:
                self._renamed[item_id] = sku
                self._renames_hinted.set()

    async def _take_renames(self) -> None:
        """Doubt the mappings of what has another SKU now, without asking the shop: the readings
        have it. What else there is to do about it, the next look at the catalogue does.
        """
        self._renames_hinted.clear()
        if not self._renamed or not self._store.link().enabled:
            return
        async with self._kept_catalogue:
            read = dict(self._renamed)
            self._renamed.clear()
            kept = [v for item_id in read if (v := self._store.variant(item_id)) is not None]
            pairs = [(v, replace(v, sku=read[v.inventory_item_id])) for v in kept]
            changed = [(before, after) for before, after in pairs if before != after]
            if changed:
                await asyncio.to_thread(self._keep_renamed, changed)

    def _keep_renamed(self, changed: Sequence[tuple[Variant, Variant]]) -> None:
        looks = self._store.catalogue_looks()
        self._store.change_variants((after for _, after in changed), ())
        values = {self._value_there(one) for pair in changed for one in pair}
        self._doubt_values(values)
        self._values_came(values)
        self._store.put_catalogue_looks(looks)
        self._tell(
            events.CatalogueChanged(
                at=self._now(),
                brand=self.brand.name,
                added=0,
                renamed=len(changed),
                gone=0,
                mapped=0,
            )
        )

    def _catalogue(self) -> matching.Catalogue:
        return matching.Catalogue(
            self._store.items(), self._store.variants(), self._rule, self.ignored_ends()
        )

    async def _map_new(
        self, session: Session, catalogue: matching.Catalogue, values: Collection[str] | None
    ) -> int:
        """Map by the rule what is not mapped yet, leaving every mapping that stands, among those
        who share one of the values (None: any); at once, unless the brand's settings say that new
        SKUs are only proposed (they are in the mapping table either way). What a person has taken
        apart is not new.
        """
        if not self.maps_new_at_once():
            return 0
        new = self._not_mapped_yet(catalogue, self._store.mappings(), values)
        if not new:
            return 0
        async with session.engine.gate.alone():
            await self._store.books.commit(partial(self._put_new, catalogue, new))
        self._wake()
        return len(new)

    def _not_mapped_yet(
        self,
        catalogue: matching.Catalogue,
        mappings: Iterable[SkuMapping],
        values: Collection[str] | None,
    ) -> list[SkuMapping]:
        standing = [replace(mapping, by=MappedBy.HAND) for mapping in mappings]
        return [
            mapping
            for mapping in catalogue.match(standing).mappings
            if mapping.by is MappedBy.RULE
            and (values is None or self._value_here(catalogue.items[mapping.sku_number]) in values)
        ]

    def _put_new(
        self, catalogue: matching.Catalogue, new: Sequence[SkuMapping], tx: BooksTx
    ) -> None:
        for mapping in new:
            if tx.mapping(mapping.inventory_item_id) is None:
                variant = catalogue.variants[mapping.inventory_item_id]
                cells.map_one(tx, mapping, is_bundle=variant.requires_components)

    # -- items and SKUs that are new here -------------------------------------------------------

    def _values_came(self, values: Collection[str]) -> None:
        if not values or not self._store.link().enabled or not self.maps_new_at_once():
            return
        if len(values) > FEW:
            catalogue, mappings = self._catalogue(), list(self._store.mappings())
        else:
            catalogue, mappings = self._part_with(values)
        new = self._not_mapped_yet(catalogue, mappings, values)
        if not new:
            return
        self._store.submit(partial(self._put_new, catalogue, new)).result()
        self._mapping_is_old()
        self._wake()
        self._tell(
            events.CatalogueChanged(
                at=self._now(), brand=self.brand.name, added=0, renamed=0, gone=0, mapped=len(new)
            )
        )
