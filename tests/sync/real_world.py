"""A linked brand of which everything is real but time and the wire: engine, store on disk, Admin
API client, practice shop. It can be stopped between any two steps of its event loop, changed from
outside, let go on, or killed; then it is opened again from the files as the kill left them.

The store is the real one, called on the loop's own thread, so that a story can be told again step
by step; its writer thread has tests of its own (tests/store), and test_practice goes through it.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, TypeVar

import httpx

from core.model import (
    Cause,
    CauseKind,
    CellKey,
    Credentials,
    Item,
    Label,
    LevelKey,
    LocationPair,
    PlanKind,
    QuantityName,
    Secret,
    SkuMapping,
)
from core.practice import PracticeShop
from core.shopify import open_shop
from core.store import BrandStore
from core.store.books import Tx, View
from core.sync.cells import arrange
from core.sync.engine import Engine
from core.sync.events import Event
from core.sync.reading import Pacing
from core.sync.runs import Runs
from tests.twins.virtual_time import LoopClock, VirtualLoop

T = TypeVar("T")
LABEL, OTHER_LABEL = "main", "other"
SKUS = ("A", "B", "B")
"""Of the shop's three items: two of them are one item here."""
START_WITH = 5
FILE = "inventory.db"
MEMORY = Path("/dev/shm")
"""A file system in memory, where there is one: a commit there costs no disk."""


def new_folder() -> Path:
    return Path(mkdtemp(prefix="real-world-", dir=MEMORY if MEMORY.is_dir() else None))


def copy_of(folder: Path) -> Path:
    """The files as they are now: what a kill leaves, and what the next start finds."""
    copy = new_folder()
    for name in (FILE, f"{FILE}-wal"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, copy / name)
    return copy


class _Killed(BaseException):
    """Ends a transaction where the process ends in it; nobody may catch it."""


class Wire(httpx.AsyncBaseTransport):
    """What is between a process and the shop. Each `armed` fault strikes one read or write: `late`
    (lost, but the shop gets it some time later), `twice` (the shop gets it two times), `slow` (the
    answer is under way for long).
    """

    def __init__(self, world: RealWorld) -> None:
        self._world = world
        self._shop = world.practice.transport()
        self.is_cut = False
        self.under_way = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        try:
            return await self._answered(request)
        finally:
            self.under_way -= 1

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        await self._unless_cut()
        fault = self._world.trouble_for(request)
        if fault == "late":
            self._world.on_its_way.append(request)
            raise httpx.ReadTimeout("The read timed out.", request=request)
        response = await (self._twice if fault == "twice" else self._once)(request)
        if fault == "slow":
            await self._world.clock.sleep(4)
        await self._unless_cut()
        return response

    async def _once(self, request: httpx.Request) -> httpx.Response:
        return await self._shop.handle_async_request(request)

    async def _twice(self, request: httpx.Request) -> httpx.Response:
        """Both at once; one of them may find the other under way."""
        first, second = await asyncio.gather(
            self._once(again(request)), self._once(request), return_exceptions=True
        )
        del first
        if isinstance(second, BaseException):
            raise second
        return second

    async def _unless_cut(self) -> None:
        if self.is_cut:
            await asyncio.Future[None]()


def again(request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method, request.url, headers=request.headers, content=request.content
    )


class WatchedBooks:
    """The store's books. Between a commit and what its caller does next the loop takes a step.
    `killed` is called inside of the transaction in which the process dies.
    """

    def __init__(self, world: RealWorld, store: BrandStore, killed: Callable[[], None]) -> None:
        self._world = world
        self._store = store
        self._killed = killed
        self.is_dead = False

    @contextmanager
    def view(self) -> Iterator[View]:
        with self._store.books.view() as view:
            yield view

    def version(self) -> int:
        return self._store.books.version()

    async def commit(self, work: Callable[[Tx], T], /) -> T:
        await asyncio.sleep(0)
        if self.is_dead:
            await asyncio.Future[None]()
        self._world.before_commit()
        try:
            with self._store.books.transaction() as tx:
                result = work(tx)
                if self._world.dies_in_commit:
                    self._killed()
                    raise _Killed
        except _Killed:
            self.is_dead, self._world.dies_in_commit = True, False
            await asyncio.Future[None]()
        self._world.after_commit()
        await asyncio.sleep(0)
        return result


class Process:
    """What one process has of its own: a handle on the books, a way to the shop, and the memory of
    its engine.
    """

    def __init__(self, world: RealWorld, folder: Path, killed: Callable[[], None]) -> None:
        self.store = BrandStore.open(folder / FILE, world.clock, world.new_id)
        self.books = WatchedBooks(world, self.store, killed)
        self.wire = Wire(world)
        self.shop = open_shop(
            Credentials(world.practice.domain, Secret(world.practice.access_token)),
            clock=world.clock,
            random=random.Random(1),
            transport=self.wire,
        )
        self.engine = Engine(
            brand="Brand",
            shop=self.shop,
            books=self.books,
            clock=world.clock,
            new_key=world.new_id,
            emit=world.events.append,
            location_name=str,
            pacing=world.pacing,
        )
        self.runs = Runs(self.engine, "tester", world.new_id)

    def cut(self) -> None:
        """Nothing of it reaches the shop or the disk any more."""
        self.wire.is_cut = self.books.is_dead = True


class Visitor(Process):
    """A command, or an app, beside the service: the one that has the sync where it is lent."""

    def __init__(self, world: RealWorld) -> None:
        self.died = world.loop.create_future()
        self.work: asyncio.Task[None] | None = None
        super().__init__(world, world.store.path.parent, self.kill)

    def kill(self) -> None:
        if not self.died.done():
            self.died.set_result(None)
        self.cut()


@cache
def _template(name: QuantityName, negative: bool) -> tuple[TemporaryDirectory[str], Path]:
    """A store that is linked already, made once."""
    keeper = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
    world = RealWorld(name=name, negative=negative, folder=Path(keeper.name))
    try:
        world.set_up()
    finally:
        world.close(keep=True)
    return keeper, Path(keeper.name)


class RealWorld:
    def __init__(
        self,
        *,
        name: QuantityName = QuantityName.AVAILABLE,
        negative: bool = True,
        latency: float = 0.2,
        pacing: Pacing | None = None,
        folder: Path | None = None,
    ) -> None:
        self.loop = VirtualLoop()
        self.shop_clock, self.clock = LoopClock(self.loop), LoopClock(self.loop)
        self.practice = PracticeShop(variants=3, locations=2, clock=self.shop_clock)
        self.practice.faults.latency = latency
        self.name, self.negative = name, negative
        self.pacing = pacing or Pacing(push_poll_s=1.0)
        self.armed: list[tuple[str, bool]] = []
        self.on_its_way: list[httpx.Request] = []
        self.dies_in_commit = False
        self.disk: Path | None = None
        self.before_commit: Callable[[], object] = lambda: None
        self.after_commit: Callable[[], object] = lambda: None
        self.events: list[Event] = []
        self.visitor: Visitor | None = None
        self.visit: asyncio.Task[None] | None = None
        self.is_lent = self.is_deciding = False
        self._ids = count(1 if folder else 1000)
        for item in self.practice.stock.items:
            for place in self.practice.stock.locations:
                self.practice.set_available(item.id, place.id, START_WITH)
        self.places = [place.id for place in self.practice.stock.locations]
        self.items = [item.id for item in self.practice.stock.items]
        self.sku_of = dict(zip(self.items, SKUS, strict=True))
        template = None if folder is not None else _template(name, negative)[1]
        self._open(folder or copy_of(template or new_folder()))

    # -- lives -----------------------------------------------------------------------------------

    def _open(self, folder: Path) -> None:
        own = Process(self, folder, self._dies)
        self.store, self.books, self.wire, self.shop = own.store, own.books, own.wire, own.shop
        self.engine, self.runs = own.engine, own.runs
        self.here = {place.name: place.id for place in self.store.locations()}
        """The id of our location for the shop's."""
        self.running: asyncio.Task[None] | None = None
        self.work: asyncio.Task[Any] | None = None

    def _dies(self) -> None:
        self.disk = copy_of(self.store.path.parent)
        self.loop.stop()

    def new_id(self) -> str:
        return f"id-{next(self._ids):06}"

    def start(self) -> None:
        """The engine in the background, as a service runs it. It goes on when the world does."""
        if self.running is None and not self.is_lent:
            self.running = self.loop.create_task(self.engine.run())

    def go(self, seconds: float, steps: int = 0) -> None:
        """Let so much time pass, then so many steps of the loop, and stop the world there."""
        if seconds:
            end = self.loop.call_later(seconds, self.loop.stop)
            self.loop.run_forever()
            end.cancel()
        if steps and not self.is_dead:
            self._left = steps
            self._next = self.loop.call_soon(self._step)
            self.loop.run_forever()
            self._next.cancel()
        if self.is_dead:
            self.kill()
            self.start()
        elif self.running is not None and self.running.done():
            self.running.result()
            raise AssertionError("the engine ended by itself")
        elif self.work is not None and self.work.done():
            self.work.result()
        elif self.visit is not None and self.visit.done():
            self.visit.result()

    def _step(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._next = self.loop.call_soon(self._step)
        else:
            self.loop.stop()

    @property
    def is_dead(self) -> bool:
        """Killed inside of a commit; the next thing is a start from what is on disk."""
        return self.disk is not None

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """To the end, however long that takes; None where the process was killed in it."""
        task = self.loop.create_task(work)
        task.add_done_callback(self._stop)
        self.loop.run_forever()
        task.remove_done_callback(self._stop)
        if self.is_dead:
            self.kill()
            return None  # type: ignore[return-value]
        return task.result()

    def _stop(self, _task: asyncio.Task[Any]) -> None:
        self.loop.stop()

    def stop(self) -> None:
        """A service that is told to end, and whoever has the sync from it; they may be killed
        before they have.
        """
        self._told_to_end(self.visit, None if self.visitor is None else self.visitor.work)
        self._close_visitor()
        self.visit = None
        self.is_lent = self.is_deciding = False
        self._stop_service()

    def _stop_service(self) -> None:
        self._told_to_end(self.running, self.work)
        self.running = self.work = None

    def _told_to_end(self, *tasks: asyncio.Task[Any] | None) -> None:
        alive = [task for task in tasks if task is not None]
        for task in alive:
            task.cancel()
        if alive:
            self.do(asyncio.wait(alive))

    def _end(self, *tasks: asyncio.Task[Any] | None) -> None:
        alive = [task for task in tasks if task is not None]
        for task in alive:
            task.cancel()
        if alive:
            self.loop.run_until_complete(asyncio.wait(alive))

    def kill(self) -> None:
        """kill -9, and a new process on the same disk. What the shop was at ends there."""
        disk = self.disk or copy_of(self.store.path.parent)
        self.disk, self.dies_in_commit = None, False
        self.wire.is_cut = self.books.is_dead = True
        if self.visitor is not None:
            self.visitor.cut()
        self._end(*asyncio.all_tasks(self.loop))
        self._close_visitor()
        self.visit = None
        self.is_lent = self.is_deciding = False
        self._close_store()
        self._open(disk)

    def restart(self) -> None:
        """Of the service; whoever has the sync from it keeps that."""
        self._stop_service()
        self.store.close()
        self._open(self.store.path.parent)

    # -- one owner at a time -----------------------------------------------------------------------

    def lend(self, work: Callable[[Visitor], Coroutine[Any, Any, None]], *, anew: bool) -> None:
        """Another process does its work beside the service, which has its memory all the while; the
        same one as before, if it still lives, or one that is started `anew`.
        """
        if anew:
            self._close_visitor()
        visitor = self.visitor = self.visitor or Visitor(self)
        self.visit = self.loop.create_task(self._visited(visitor, work))

    async def _visited(
        self, visitor: Visitor, work: Callable[[Visitor], Coroutine[Any, Any, None]]
    ) -> None:
        visitor.work = self.loop.create_task(work(visitor))
        await asyncio.wait({visitor.work, visitor.died}, return_when=asyncio.FIRST_COMPLETED)
        if visitor.died.done():
            visitor.work.cancel()
            await asyncio.wait({visitor.work})
            self._close_visitor()
            self._take_back()
        else:
            self._take_back()
            visitor.work.result()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """By the visitor: the service ends its engine first, and starts it when it has it back."""
        self.is_lent = True
        running, self.running = self.running, None
        if running is not None:
            running.cancel()
            await asyncio.wait({running})
        yield
        self._take_back()

    def _take_back(self) -> None:
        self.is_lent = self.is_deciding = False
        self.start()

    def kill_visitor(self) -> None:
        if self.visitor is not None:
            self.visitor.kill()
            if self.visit is None or self.visit.done():
                self._close_visitor()

    def _close_visitor(self) -> None:
        visitor, self.visitor = self.visitor, None
        if visitor is not None:
            visitor.store.close()

    def trouble_for(self, request: httpx.Request) -> str:
        is_write = b'"mutation ' in request.content
        if self.armed and self.armed[0][1] is is_write:
            return self.armed.pop(0)[0]
        return ""

    def until_nothing_is_under_way(self) -> None:
        """Let the world go on until the shop has got and answered all that was asked."""
        while self.wire.under_way or self.on_its_way:
            self.go(0.5)
            self.deliver()

    def deliver(self) -> None:
        """What was late reaches the shop now; nobody waits for its answer any more."""
        late, self.on_its_way = self.on_its_way, []
        transport = self.practice.transport()
        for request in late:
            with suppress(httpx.TransportError):
                self.do(transport.handle_async_request(again(request)))

    def _close_store(self, *, keep: bool = False) -> None:
        self.store.close()
        if not keep:
            shutil.rmtree(self.store.path.parent, ignore_errors=True)

    def close(self, *, keep: bool = False) -> None:
        self.wire.is_cut = True
        if self.visitor is not None:
            self.visitor.cut()
        self._end(*asyncio.all_tasks(self.loop))
        self._close_visitor()
        self._close_store(keep=keep)
        self.loop.close()

    # -- setting up ------------------------------------------------------------------------------

    def set_up(self) -> None:
        for code in (LABEL, OTHER_LABEL):
            self.store.add_label(Label(code, code, negative_allowed=self.negative))
        self.store.put_items([Item(sku) for sku in dict.fromkeys(SKUS)])
        self.here = {place: self.store.add_location(place).id for place in self.places}
        with self.store.books.transaction() as tx:
            tx.put_link(replace(tx.link(), label_code=LABEL, quantity_name=self.name))
            tx.put_pairs(self.pairs(*self.places))
            for item, sku in self.sku_of.items():
                tx.put_mapping(SkuMapping(item, sku))
            arrange(tx)

        async def enable() -> None:
            await self.runs.enable(await self.runs.plan(PlanKind.PULL))

        self.do(enable())

    def pairs(self, *places: str) -> list[LocationPair]:
        return [LocationPair(self.here[place], place, place) for place in places]

    # -- both sides ------------------------------------------------------------------------------

    @property
    def at_hand(self) -> BrandStore:
        """The inventory as a person changes it: in a process beside the service, where one is."""
        visitor = self.visitor
        return self.store if visitor is None or visitor.died.done() else visitor.store

    def level_here(self, sku: str, place: str) -> int:
        """Of the label that a person changes, whichever one is linked."""
        with self.at_hand.books.view() as view:
            return view.level(sku, self.here[place], LABEL) or 0

    def change_here(self, sku: str, place: str, delta: int) -> None:
        key = LevelKey(sku, self.here[place], LABEL)
        self.at_hand.adjust_level(key, delta, Cause(CauseKind.ADJUST, "tester"))
        if self.at_hand is self.store:
            self.engine.wake()

    def shown(self, key: CellKey) -> int | None:
        """What a reading that is not behind gives; None for deleted and for not stocked there."""
        item = next((i for i in self.practice.stock.items if i.id == key.inventory_item_id), None)
        place = self.practice.location(key.shopify_location_id)
        level = item and self.practice.stock.level(item, place)
        return level.quantity(self.name.value) if level and level.is_active else None

    def there(self, key: CellKey) -> int:
        return self.practice.quantity(*key, name=self.name.value)

    def written(self) -> Counter[tuple[str | None, str, str, str]]:
        """How often each key wrote each quantity."""
        return Counter(
            (entry.key, entry.inventory_item_id, entry.location_id, entry.name)
            for entry in self.practice.ledger
            if entry.key
        )
