"""The connection part of a desk: check, connect, pair locations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from core.model import (
    AuthKind,
    Connection,
    Credentials,
    Finding,
    Location,
    LocationPair,
    ShopIdentity,
    ShopLocation,
    Variant,
)
from core.on_demand import Room
from core.sync import cells
from core.workspace.base import ACCESS_TOKEN, API_SECRET
from core.workspace.errors import (
    CannotConnect,
    NoPairs,
    OtherShop,
    PairedTwice,
    UnknownShopifyLocation,
)
from core.workspace.inventory import InventoryDesk
from core.workspace.naming import find_named, names_of, quoted

if TYPE_CHECKING:
    from core.shopify import Check
    from core.sync import aside, events
    from core.sync.ports import BooksTx
    from core.sync.trace import Trace
else:
    aside, events = Room("core.sync.aside"), Room("core.sync.events")

OnFinding = Callable[[Finding], None]


class ConnectionDesk(InventoryDesk):
    def connection(self) -> Connection | None:
        return self._store.connection()

    def check(
        self, credentials: Credentials | None = None, on_finding: OnFinding | None = None
    ) -> Future[tuple[Finding, ...]]:
        """Check credentials (without any: the kept ones); each finding is told as it comes."""

        async def work() -> tuple[Finding, ...]:
            given = credentials or self._kept_credentials()
            return (await self._check(given, on_finding)).findings

        return self._call(work())

    def version_findings(self) -> tuple[Finding, ...]:
        """Age and end of the API version that is spoken; nothing is asked of the shop."""
        from core.shopify import version_findings

        return version_findings(self._around.clock.now().date())

    def connect(
        self, credentials: Credentials, on_finding: OnFinding | None = None
    ) -> Future[Connection]:
        """Check, then keep. Raises what the check failed on, OtherShop; then nothing was
        changed.
        """
        return self._call(self._connect(credentials, on_finding))

    async def _check(self, credentials: Credentials, on_finding: OnFinding | None) -> Check:
        from core.shopify import check_connection  # here, as in `_open`

        return await check_connection(
            credentials,
            clock=self._around.clock,
            random=self._around.random,
            transport=self._around.transport,
            on_finding=on_finding,
        )

    async def _connect(self, credentials: Credentials, on_finding: OnFinding | None) -> Connection:
        from core.shopify import shop_domain

        check = await self._check(credentials, on_finding)
        if not check.passed or check.identity is None:
            if check.failure is not None:
                raise check.failure
            raise CannotConnect(detail=_failed(check))
        self._refuse_other_shop(check.identity)
        connection = Connection(
            domain=shop_domain(credentials.domain),
            auth=credentials.auth,
            shop_id=check.identity.shop_id,
            shop_name=check.identity.name,
            connected_at=self._now(),
            api_key=credentials.api_key,
            api_url=credentials.api_url,
        )
        old = self._store.connection()
        if old is not None and old.shop_id != connection.shop_id:
            await self._leave_shop()
        self._keep_secrets(credentials)
        self._store.put_connection(connection)
        await self._drop_session()
        await self._after_connecting()
        self._tell(
            events.Connected(
                at=self._now(),
                brand=self.brand.name,
                shop=connection.shop_name,
                domain=connection.domain,
            )
        )
        return connection

    async def _after_connecting(self) -> None:
        """For the part that runs the engine."""

    def _keep_secrets(self, credentials: Credentials) -> None:
        if credentials.auth is AuthKind.TOKEN and credentials.access_token is not None:
            self._around.secrets.put(ACCESS_TOKEN, credentials.access_token)
        if credentials.api_secret is not None:
            self._around.secrets.put(API_SECRET, credentials.api_secret)

    def _refuse_other_shop(self, identity: ShopIdentity) -> None:
        """The mappings of one shop mean nothing in another, and writes to it could be anything."""
        old = self._store.connection()
        if old is None or old.shop_id == identity.shop_id:
            return
        if self._store.count_mappings():
            raise OtherShop(brand=self.brand.name, old=old.domain, new=identity.domain)

    async def _leave_shop(self) -> None:
        """Forget what was the old shop's alone: its locations, its catalogue, and writes to it
        whose outcome nobody will learn. They must never go to another shop.
        """

        def work(tx: BooksTx) -> None:
            for intent in list(tx.intents()):
                tx.remove_intent(intent.key)
            tx.put_pairs(())
            cells.arrange(tx)
            tx.put_link(replace(tx.link(), enabled=False, resume=False))

        await self._store.books.commit(work)
        self._store.replace_variants(())
        self._store.put_shop_locations(())

    # -- locations ----------------------------------------------------------------------------

    def shop_locations(self) -> Future[tuple[ShopLocation, ...]]:
        """All of the shop's locations, those that cannot be paired too."""
        return self._call(self._shop_locations())

    async def _shop_locations(self) -> tuple[ShopLocation, ...]:
        session = await self._open()
        found = tuple(await session.shop.locations())
        self._store.put_shop_locations(found)
        return found

    def pairs(self) -> tuple[LocationPair, ...]:
        return self._store.pairs()

    def pair(
        self, pairs: Sequence[tuple[str, str]], label_code: str | None = None
    ) -> Future[tuple[LocationPair, ...]]:
        """Replace all pairs: (DEXTRE location, Shopify location), by name or id, one to one. Pairs
        that stay keep what is known of their cells; so does one whose location is not active now.
        A pair that goes forgets it, and begins anew if it comes back.
        """
        return self._call(self._pair(pairs, label_code))

    async def _pair(
        self, pairs: Sequence[tuple[str, str]], label_code: str | None
    ) -> tuple[LocationPair, ...]:
        if not pairs:
            raise NoPairs
        label = self.label_or_default(label_code)
        theirs = await self._shop_locations()
        standing = {pair.shopify_location_id for pair in self._store.pairs()}
        chosen = tuple(
            _pair_of(self._location(here), _shop_location(there, theirs, standing))
            for here, there in pairs
        )
        self._refuse_twice(chosen)
        session = await self._open()
        async with session.engine.gate.alone():
            bundles = bundles_of(self._store.variants())

            def work(tx: BooksTx, trace: Trace) -> None:
                cells.pair_locations(tx, chosen, label.code)
                aside.note_bundles(tx, bundles, trace)

            await session.engine.commits.commit(work)
            session.engine.reader.forget()
        self._tell(
            events.LocationsPaired(
                at=self._now(), brand=self.brand.name, pairs=len(chosen), label=label.title
            )
        )
        return chosen

    def _refuse_twice(self, pairs: Sequence[LocationPair]) -> None:
        seen: set[str] = set()
        for pair in pairs:
            for place, name in (
                (pair.location_id, self.location_name(pair.location_id)),
                (pair.shopify_location_id, pair.shopify_name),
            ):
                if place in seen:
                    raise PairedTwice(location=quoted(name))
                seen.add(place)


def bundles_of(variants: Iterable[Variant]) -> frozenset[str]:
    return frozenset(one.inventory_item_id for one in variants if one.requires_components)


def _failed(check: Check) -> list[str]:
    return [finding.code for finding in check.findings if finding.verdict.value == "failed"]


def _pair_of(here: Location, there: ShopLocation) -> LocationPair:
    return LocationPair(here.id, there.id, there.name, is_active=there.is_active)


def _shop_location(
    name_or_id: str, theirs: Sequence[ShopLocation], standing: Collection[str]
) -> ShopLocation:
    """One that can be paired, or, being paired already (`standing`), is only not active now."""
    usable = [one for one in theirs if one.can_be_paired or one.id in standing]
    found = find_named(usable, name_or_id)
    if found is None:
        raise UnknownShopifyLocation(location=quoted(name_or_id), locations=names_of(usable))
    return found
