"""What all parts of a desk stand on: the brand's store, the engine's session, and names."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.clock import Clock, iso
from core.errors import DextreError, NotConnected, note_of
from core.model import AuthKind, Brand, Connection, Credentials, Location
from core.on_demand import Room
from core.workspace import health
from core.workspace.errors import SecretsAreGone, UnknownLocationName
from core.workspace.log import EventLog
from core.workspace.naming import find_named, names_of, quoted
from core.workspace.notes import write_note
from core.workspace.owning import Owning
from core.workspace.thread import EngineThread

if TYPE_CHECKING:
    import asyncio

    import httpx

    from core.shopify import ShopifyShop
    from core.store import BrandStore, SecretsStore
    from core.sync import events
    from core.sync.breaker import Limits
    from core.sync.engine import Engine
    from core.sync.events import Event
    from core.sync.reading import Pacing
    from core.sync.runs import Runs
else:
    asyncio = Room("asyncio")
    events = Room("core.sync.events")

T = TypeVar("T")
ENGINE = "engine"
"""The part of the sync that stops when the engine does (core.workspace.health)."""

ACCESS_TOKEN = "access_token"  # noqa: S105 - the name under which it is kept
API_SECRET = "api_secret"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a desk is given: files, thread, time, chance, network. `owning` says
    who syncs.
    """

    folder: Path
    store: BrandStore
    secrets: SecretsStore
    thread: EngineThread
    clock: Clock
    random: random.Random
    transport: httpx.AsyncBaseTransport | None
    who: str
    new_id: Callable[[], str]
    owning: Owning


@dataclass(slots=True)
class Session:
    """One connection in use: lives on the engine's loop only."""

    connection: Connection
    shop: ShopifyShop
    engine: Engine
    runs: Runs


class DeskBase:
    def __init__(self, brand: Brand, around: Surroundings) -> None:
        self.brand = brand
        self._around = around
        self._store = around.store
        self._log = EventLog(around.folder / "log.jsonl")
        self._health_path = around.folder / "health.json"
        self._blocks_path = around.folder / "verified.json"
        self._hearing_path = around.folder / "hearing.json"
        self._session: Session | None = None
        self._places: dict[str, str] = {}

    @cached_property
    def _catalogue_hinted(self) -> asyncio.Event:
        """Of the engine's loop: made where somebody waits for it."""
        return asyncio.Event()

    @property
    def log_path(self) -> Path:
        return self._log.path

    @property
    def store_path(self) -> Path:
        return self._store.path

    def check_store(self) -> None:
        """Read the whole inventory file; raises what it finds wrong, naming the file."""
        self._store.check()

    def close(self) -> None:
        self._store.close()

    # -- names --------------------------------------------------------------------------------

    def locations(self) -> tuple[Location, ...]:
        return self._store.locations()

    def location_name(self, location_id: str) -> str:
        if location_id not in self._places:
            now = {location.id: location.name for location in self.locations()}
            self._places = self._store.former_locations() | now
        return self._places.get(location_id, location_id)

    def location_named(self, name_or_id: str) -> Location:
        """Raises UnknownLocationName."""
        return self._location(name_or_id)

    def _location(self, name_or_id: str) -> Location:
        places = self.locations()
        place = find_named(places, name_or_id)
        if place is None:
            raise UnknownLocationName(location=quoted(name_or_id), locations=names_of(places))
        return place

    def _tuning(self) -> tuple[Pacing, Limits]:
        """Pacing and the breaker's limits as they are now; core.workspace.tuning has the words."""
        raise NotImplementedError

    def _skus_read(self, skus: Mapping[str, str]) -> None:
        """SKUs, by inventory item, that readings of quantities have shown; for the part that
        watches the catalogue. On the engine's loop.
        """

    # -- the engine's loop --------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return self._around.thread.call(work)

    def _now(self) -> str:
        return iso(self._around.clock.now())

    def _tell(self, event: Event) -> None:
        self._log.append(event)

    def _tell_of_engine(self, event: Event) -> None:
        """A stop that a part beside the engine has met before it is told already."""
        if isinstance(event, events.SyncStopped) and self._stopped_parts(event.error) - {ENGINE}:
            return
        self._tell(event)

    def _tell_stopped(self, error: DextreError) -> None:
        self._tell(
            events.SyncStopped(
                at=self._now(),
                brand=self.brand.name,
                detail=str(error),
                error=error.code,
                told=note_of(error).record(),
            )
        )

    async def _open(self) -> Session:
        """The session of the kept connection, made when first needed. Raises NotConnected,
        SecretsAreGone.
        """
        if self._session is None:
            from core.shopify import open_shop  # here, so that who needs no network pays for none

            connection = self._store.connection()
            if connection is None:
                raise NotConnected(brand=self.brand.name)
            self._session = self._session_with(
                connection,
                open_shop(
                    self._kept_credentials(),
                    clock=self._around.clock,
                    random=self._around.random,
                    transport=self._around.transport,
                    expected_shop_id=connection.shop_id,
                    bulk_note=_FileNote(self._around.folder / "bulk-operation"),
                    pause_note=_FileNote(self._around.folder / "shop-pause"),
                ),
            )
        return self._session

    def _session_with(self, connection: Connection, shop: ShopifyShop) -> Session:
        from core.sync.engine import Engine  # here, as in `_open`
        from core.sync.runs import Runs

        engine = Engine(
            brand=self.brand.name,
            shop=shop,
            books=self._store.books,
            clock=self._around.clock,
            new_key=self._around.new_id,
            emit=self._tell_of_engine,
            location_name=self.location_name,
            tuning=self._tuning,
        )
        engine.reader.skus_read = self._skus_read
        return Session(
            connection, shop, engine, Runs(engine, self._around.who, self._around.new_id)
        )

    async def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.shop.aclose()

    def _kept_credentials(self) -> Credentials:
        connection = self._store.connection()
        if connection is None:
            raise NotConnected(brand=self.brand.name)
        secrets = self._around.secrets
        token = secrets.get(ACCESS_TOKEN) if connection.auth is AuthKind.TOKEN else None
        secret = secrets.get(API_SECRET)
        if (token if connection.auth is AuthKind.TOKEN else secret) is None:
            raise SecretsAreGone(brand=self.brand.name, place=secrets.where)
        return Credentials(
            domain=connection.domain,
            access_token=token,
            api_key=connection.api_key,
            api_secret=secret,
            api_url=connection.api_url,
        )

    def _note_health(self, session: Session) -> None:
        state = session.engine.health
        failure = state.failure
        before = health.read(self._health_path)
        note = health.HealthNote(
            last_pass_at=state.last_pass_at,
            verified_share=state.verified_share,
            throttled=session.shop.throttled,
            points=session.shop.points,
            error=None if failure is None else note_of(failure),
            held=session.engine.reader.held,
            stops=before.stops,
            at=self._now(),
            since=state.since,
            points_used=session.shop.points_used,
            verified_pass=state.verified_pass,
            verified_hour=state.verified_hour,
            age_p50_s=state.ages.p50,
            age_p95_s=state.ages.p95,
            age_max_s=state.ages.longest,
            failures=_added(session.shop.failures, state.failures),
        )
        health.write_blocks(self._blocks_path, self._now(), session.engine.reader.blocks())
        at = self._now()
        note = note.going(ENGINE) if failure is None else note.stopped(ENGINE, failure, at)
        health.write(self._health_path, note)
        if ENGINE in before.stops and ENGINE not in note.stops:
            self._engine_goes_on(before.stops)

    def _engine_goes_on(self, stops: Mapping[str, health.Stop]) -> None:
        """It stood still, as the stops say; for the parts beside it. On the engine's loop."""

    def _stopped_parts(self, code: str) -> set[str]:
        """The parts of the sync that stand still for that reason already: it has been told."""
        stops = health.read(self._health_path).stops
        return {part for part, stop in stops.items() if stop.error.code == code}

    def _note_stop(self, part: str, error: DextreError | None) -> None:
        """A part of the sync stands still, or (None) goes on."""
        note = health.read(self._health_path)
        after = note.going(part) if error is None else note.stopped(part, error, self._now())
        if after != note:
            health.write(self._health_path, after)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Only what there is at least one of."""
    both = {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
    return {name: count for name, count in both.items() if count}


class _FileNote:
    """A few words for the next process (core.shopify.notes); the file is not synced."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def kept(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").strip() or None
        except FileNotFoundError:
            return None

    def keep(self, text: str | None) -> None:
        if text is None:
            self._path.unlink(missing_ok=True)
        else:
            write_note(self._path, text.encode())
