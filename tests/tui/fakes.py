"""A desk and a workspace in memory with the signatures of `core.workspace`: enough to paint every
screen and to see what the app asks for. Tests that need the real arithmetic use the real workspace.
Long, because it has every method of a desk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO, TypeVar

from core.errors import BadInput, DextreError, StoreInUse
from core.exchange import RowProblemLine
from core.matching import Edit, IgnoredRow, Likeness, MappingView, Suggestion
from core.matching.fold import folded
from core.model import (
    AuthKind,
    Brand,
    Cause,
    CauseKind,
    Cell,
    CellKey,
    CellState,
    Choice,
    Connection,
    ConnectionState,
    Credentials,
    Finding,
    Item,
    Label,
    Level,
    LevelKey,
    Link,
    LocalField,
    Location,
    LocationPair,
    MappedBy,
    MappingRow,
    MatchState,
    Movement,
    Owner,
    Plan,
    PlanKind,
    PlanRow,
    Problem,
    Purpose,
    RowOutcome,
    Run,
    RunRow,
    Secret,
    ShopifyField,
    ShopLocation,
    SkuMapping,
    Status,
    Variant,
    Verdict,
    Waiting,
    Why,
)
from core.shopify import SubscriptionReport
from core.store import BackupFile, RestorePreview
from core.store.errors import LabelIsDefault
from core.store.restore import Changes, RestoreRow
from core.sync.events import ChangedHere, Event, NeedsYou, Pushed, SaleSeen, WentOffline
from core.workspace import Heard, Resolved, Siblings, Webhook, Webhooks, WebhookState
from core.workspace.editing import MappingChange, MappingPreview
from core.workspace.index import ItemIndex
from core.workspace.settings import SETTINGS, SettingNow, named, shown
from core.workspace.waiting import _CHOICES as CHOICES
from core.workspace.waiting import WaitingList

T = TypeVar("T")
AT = "2026-11-23T09:00:00.000Z"


def later(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future


def failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


@dataclass
class FakePreview:
    layout: str = "items"
    rows: int = 3
    problems: tuple[Any, ...] = ()
    items: tuple[Any, ...] = (1, 2, 3)
    levels: tuple[Any, ...] = (1, 2, 3, 4, 5, 6)
    locations_missing: tuple[str, ...] = ()
    labels_missing: tuple[str, ...] = ()
    skipped: tuple[Any, ...] = ()
    notes: tuple[Any, ...] = ()


@dataclass
class FakeProblem:
    line: int
    message: str
    remedy: str
    params: dict[str, Any] = field(default_factory=dict)
    field: str = "quantity"


@dataclass
class FakeFeed:
    waiting: list[Event] = field(default_factory=list)
    closed: bool = False

    def drain(self, most: int | None = None) -> list[Event]:
        new, self.waiting[:] = self.waiting[:most], self.waiting[len(self.waiting[:most]) :]
        return new

    def close(self) -> None:
        self.closed = True


NAMES = (
    "抹茶ラテ 250g",
    "Green tea tin",
    "ほうじ茶ティーバッグ 20包",
    "Cup, white",
    "急須 黒 360ml",
)


def process(user: str = "hana", purpose: Purpose = Purpose.APP, pid: int = 7) -> Owner:
    """Another process that runs the sync."""
    return Owner(user, pid, "", "2026-11-23T00:00:00.000Z", purpose)


class FakeDesk:
    """`asked` tells what was called, in order."""

    def __init__(self, name: str = "茶の子 Chanoko", *, filled: bool = True) -> None:
        self.brand = Brand("b1", name)
        self.asked: list[tuple[Any, ...]] = []
        self.feeds: list[FakeFeed] = []
        self.history: list[Event] = []
        self.holder: Owner | None = None
        self.passphrase: Secret | None = None
        """Of the secrets in its backups."""
        self.gives = False
        """Whether the holder hands it over when asked."""
        self.health: dict[str, Any] = {}
        self.read_ages: dict[CellKey, float] = {}
        self.hold: Future[Any] | None = None
        self.fails: dict[str, Exception] = {}
        self.log_path = Path("/var/lib/dextre-sync/log.jsonl")
        self._labels: list[Label] = []
        self._locations: list[Location] = []
        self._items: dict[str, Item] = {}
        self._levels: dict[LevelKey, int] = {}
        self._pairs: tuple[LocationPair, ...] = ()
        self._link = Link()
        self._connection: Connection | None = None
        self.rows_mapped: list[MappingRow] = []
        self.edits_to_undo = self.edits_to_redo = 0
        self.new_at_once = True
        self.cells_kept: list[Cell] = []
        self.runs_kept: list[Run] = []
        self.undoing: str | None = None
        self.tuned: dict[str, str] = {}
        self.doubts: list[Waiting] = []
        self.refuses: dict[str, DextreError] = {}
        self.hooks = sample_hooks() if filled else []
        self.hooks_wanted = True
        self.hears: Heard | None = None
        self.shop = (
            ShopLocation("gid://shopify/Location/1", "渋谷店 Shibuya"),
            ShopLocation("gid://shopify/Location/2", "Warehouse"),
            ShopLocation("gid://shopify/Location/3", "Amazon FBA", is_fulfillment_service=True),
        )
        if filled:
            self.fill()

    # -- what a shop in full swing looks like ------------------------------------------------------

    def fill(self) -> None:
        self._labels = [
            Label("NEW", "新品 New", is_default=True),
            Label("B", "B級品", negative_allowed=True),
        ]
        self._locations = [
            Location("l1", "渋谷店"),
            Location("l2", "倉庫 Warehouse"),
            Location("l3", "展示会"),
        ]
        for n in range(40):
            sku = f"TEA-{n:03d}"
            self._items[sku] = Item(sku, NAMES[n % len(NAMES)], f"49{n:011d}")
            for k, place in enumerate(self._locations[:2]):
                self._levels[LevelKey(sku, place.id, "NEW")] = (
                    5 + n * (k + 1) - (30 if n == 1 else 0)
                )
        self.link_up()

    def link_up(self) -> None:
        self._connection = Connection(
            "chanoko.myshopify.com", AuthKind.TOKEN, "gid://shopify/Shop/1", "茶の子オンライン", AT
        )
        self._pairs = (
            LocationPair("l1", self.shop[0].id, self.shop[0].name),
            LocationPair("l2", self.shop[1].id, self.shop[1].name),
        )
        self._link = Link("NEW", enabled=True, revision=3)
        self.match()
        self.cells_kept = [self._cell(n, place) for n in range(30) for place in (0, 1)]
        self.runs_kept = [
            Run("r2", PlanKind.PUSH, AT, "hana", 58, 1, 1),
            Run("r1", PlanKind.MERGE, "2026-11-22T08:30:00.000Z", "hana", 12, 0, 0, undone_by="r3"),
        ]
        self.history = sample_events(self.brand.name)

    def match(self) -> None:
        items = list(self._items.values())
        states = [MatchState.MAPPED] * 30 + [
            MatchState.ONLY_HERE,
            MatchState.CASE_DIFFERS,
            MatchState.DUPLICATE_THERE,
            MatchState.SPACES_DIFFER,
        ]
        self.rows_mapped = [
            self._mapping(n, item, state)
            for n, (item, state) in enumerate(zip(items, states, strict=False))
        ]
        self.rows_mapped.append(MappingRow(MatchState.ONLY_THERE, None, self._variant(90, "CUP-9")))
        self.rows_mapped.append(MappingRow(MatchState.BLANK_THERE, None, self._variant(91, "")))

    def _variant(self, n: int, sku: str) -> Variant:
        return Variant(
            f"gid://shopify/InventoryItem/{n}",
            f"gid://shopify/ProductVariant/{n}",
            sku,
            "",
            NAMES[n % len(NAMES)],
        )

    def _mapping(self, n: int, item: Item, state: MatchState) -> MappingRow:
        if state is MatchState.ONLY_HERE:
            return MappingRow(state, item)
        sku = item.sku_number.lower() if state is MatchState.CASE_DIFFERS else item.sku_number
        by = MappedBy.HAND if n == 2 else MappedBy.RULE if state is MatchState.MAPPED else None
        near = sku if state is MatchState.CASE_DIFFERS else ""
        return MappingRow(state, item, self._variant(n, sku), by, near)

    def _cell(self, n: int, place: int) -> Cell:
        sku = f"TEA-{n:03d}"
        here = self._levels[LevelKey(sku, f"l{place + 1}", "NEW")]
        cell = Cell(
            CellKey(f"gid://shopify/InventoryItem/{n}", self.shop[place].id),
            sku,
            f"l{place + 1}",
            here,
            here,
            here,
        )
        if n == 1:
            return cell._replace(problem=Problem.NEGATIVE_NOT_ALLOWED, there=-3, base=here)
        if n == 3 and place == 1:
            return cell._replace(problem=Problem.NOT_STOCKED, there=None)
        return cell._replace(base=here - 2) if n == 2 else cell

    # -- inventory ---------------------------------------------------------------------------------

    def labels(self) -> tuple[Label, ...]:
        return tuple(self._labels)

    def add_label(self, label: Label) -> None:
        if not label.code:
            raise BadInput(detail="The code of the inventory label is empty.")
        self._labels.append(label)

    def locations(self) -> tuple[Location, ...]:
        return tuple(self._locations)

    def add_location(self, name: str) -> Location:
        if not name:
            raise BadInput(detail="The name of the location is empty.")
        place = Location(f"l{len(self._locations) + 1}", name)
        self._locations.append(place)
        return place

    def location_name(self, location_id: str) -> str:
        return next((p.name for p in self._locations if p.id == location_id), location_id)

    def item(self, sku_number: str) -> Item | None:
        return self._items.get(sku_number)

    def count_items(self, search: str = "") -> int:
        return len(self.items(search, 0, 10**9))

    def items(self, search: str = "", offset: int = 0, limit: int = 200) -> Sequence[Item]:
        found = [
            i
            for i in self._items.values()
            if search.casefold() in f"{i.sku_number} {i.name} {i.barcode}".casefold()
        ]
        return found[offset : offset + limit]

    def item_index(self, progress: Any = None) -> ItemIndex:
        words = (
            (folded(f"{one.sku_number}\n{one.name}\n{one.barcode}"), one.sku_number)
            for one in self._items.values()
        )
        return ItemIndex(sorted(words))

    def items_with_barcode(self, barcode: str) -> Sequence[Item]:
        return [item for item in self._items.values() if item.barcode == barcode]

    def levels_of(self, sku_number: str) -> Sequence[Level]:
        return [Level(key, n) for key, n in self._levels.items() if key.sku_number == sku_number]

    def set_stock(
        self,
        sku_number: str,
        location: str,
        quantity: int,
        label: str | None = None,
        reason: str = "",
    ) -> Movement:
        place = next(p for p in self._locations if p.name == location)
        key = LevelKey(sku_number, place.id, label or "NEW")
        if quantity < 0:
            raise BadInput(detail="The inventory label NEW does not allow negative quantities.")
        before = self._levels.get(key)
        self._levels[key] = quantity
        self.asked.append(("set_stock", sku_number, location, quantity, label, reason))
        return Movement("m", AT, key, before, quantity, Cause(CauseKind.SET, "hana", reason))

    def adjust_stock(
        self, sku_number: str, location: str, delta: int, label: str | None = None, reason: str = ""
    ) -> Movement:
        place = next(p for p in self._locations if p.name == location)
        before = self._levels.get(LevelKey(sku_number, place.id, label or "NEW"), 0)
        return self.set_stock(sku_number, location, before + delta, label, reason)

    def move_stock(
        self,
        sku_number: str,
        source: tuple[str, str | None],
        target: tuple[str, str | None],
        quantity: int,
        reason: str = "",
    ) -> tuple[Movement, Movement]:
        self.asked.append(("move_stock", sku_number, source, target, quantity, reason))
        out = self.adjust_stock(sku_number, source[0], -quantity, source[1], reason)
        return out, self.adjust_stock(sku_number, target[0], quantity, target[1], reason)

    def set_stock_many(
        self,
        sku_numbers: Iterable[str],
        location: str,
        quantity: int,
        label: str | None = None,
        reason: str = "",
        progress: Any = None,
    ) -> list[Movement]:
        skus = list(sku_numbers)
        self.asked.append(("set_stock_many", len(skus)))
        self._wait_in_the_middle(progress, len(skus))
        return [self.set_stock(sku, location, quantity, label, reason) for sku in skus]

    def _wait_in_the_middle(self, progress: Any, total: int) -> None:
        """A test that holds it sees it half way, and lets it go on."""
        if self.hold is not None:
            progress(total // 2, total)
            self.hold.result(10)
            progress(total, total)

    def adjust_stock_many(
        self,
        deltas: Iterable[tuple[str, str, str | None, int]],
        reason: str = "",
        progress: Any = None,
    ) -> list[Movement]:
        found = list(deltas)
        self.asked.append(("adjust_stock_many", len(found)))
        return [
            self.adjust_stock(sku, place, delta, label, reason)
            for sku, place, label, delta in found
        ]

    def move_stock_many(
        self,
        sku_numbers: Iterable[str],
        source: tuple[str, str | None],
        target: tuple[str, str | None],
        quantity: int,
        reason: str = "",
        progress: Any = None,
    ) -> list[Movement]:
        skus = list(sku_numbers)
        self.asked.append(("move_stock_many", len(skus)))
        moved = (self.move_stock(sku, source, target, quantity, reason) for sku in skus)
        return [movement for both in moved for movement in both]

    def edit_label(self, label: Label) -> None:
        self.asked.append(("edit_label", label.code))
        self._labels = [label if one.code == label.code else one for one in self._labels]

    def remove_label(self, code: str) -> Label:
        self.asked.append(("remove_label", code))
        found = next(one for one in self._labels if one.code == code)
        if found.is_default:
            raise LabelIsDefault(label=code)
        self._labels.remove(found)
        return found

    def rename_location(self, location_id: str, name: str) -> Location:
        self.asked.append(("rename_location", location_id, name))
        place = Location(location_id, name)
        self._locations = [place if one.id == location_id else one for one in self._locations]
        return place

    def remove_location(self, name_or_id: str) -> Location:
        self.asked.append(("remove_location", name_or_id))
        if any(pair.location_id == name_or_id for pair in self._pairs):
            raise BadInput(detail="The location is paired.")
        found = next(one for one in self._locations if one.id == name_or_id)
        self._locations.remove(found)
        return found

    def add_item(self, item: Item) -> None:
        self.asked.append(("add_item", item.sku_number, item.name, item.barcode))
        self._items[item.sku_number] = item

    def edit_item(self, item: Item) -> None:
        self.asked.append(("edit_item", item.sku_number, item.name, item.barcode))
        self._items[item.sku_number] = item

    def rename_item(self, sku_number: str, new: str) -> int:
        if new in self._items:
            raise BadInput(detail=f"There is a SKU number {new} already.")
        self.asked.append(("rename_item", sku_number, new))
        self._items[new] = replace(self._items.pop(sku_number), sku_number=new)
        return 1

    def mappings_of(self, sku_number: str) -> Sequence[SkuMapping]:
        return [
            SkuMapping(row.variant.inventory_item_id, sku_number)
            for row in self.rows_mapped
            if row.variant and row.item and row.item.sku_number == sku_number and row.by
        ]

    def remove_item(self, sku_number: str, *, force: bool = False) -> None:
        self.asked.append(("remove_item", sku_number, force))
        del self._items[sku_number]

    def settings(self) -> tuple[SettingNow, ...]:
        return tuple(
            SettingNow(
                one.name,
                self.tuned.get(one.name, shown(one.default)),
                shown(one.default),
                one.about,
            )
            for one in SETTINGS
        )

    def set_setting(self, name: str, text: str) -> SettingNow:
        self.tuned[name] = shown(named(name).parse(text))
        return next(one for one in self.settings() if one.name == name)

    def reset_setting(self, name: str) -> SettingNow:
        self.tuned.pop(name, None)
        return next(one for one in self.settings() if one.name == name)

    # -- what waits --------------------------------------------------------------------------------

    def waiting(self, search: str = "", offset: int = 0, limit: int = 5000) -> Sequence[Waiting]:
        cells = [cell for cell in self.cells_kept if cell.state is CellState.NEEDS_YOU]
        return [*self.doubts, *map(self._waits, cells)][offset : offset + limit]

    def ignored(self, search: str = "", offset: int = 0, limit: int = 5000) -> Sequence[Waiting]:
        return [self._waits(one) for one in self.cells_kept if one.state is CellState.IGNORED]

    def waiting_list(
        self, fits: Callable[[Waiting], bool] = lambda _row: True, *, ignored: bool = False
    ) -> WaitingList:
        read = self.ignored if ignored else self.waiting
        rows = {row.key: row for row in read(limit=10**9)}
        return WaitingList(
            iter(rows.values()), lambda keys: {key: rows[key] for key in keys if key in rows}, fits
        )

    def count_waiting(self) -> int:
        return len(self.waiting(limit=10**9))

    def _waits(self, cell: Cell) -> Waiting:
        problem = cell.problem or Problem.DIFFERS_AT_START
        return Waiting(
            problem,
            cell.sku_number,
            cell.location_id,
            cell.here,
            cell.there,
            cell.detail,
            AT,
            CHOICES[problem],
            cell,
            cell.key.inventory_item_id,
        )

    def resolve(self, waiting: Waiting, choice: Choice, count: int | None = None) -> Future[None]:
        self.asked.append(("resolve", waiting.sku_number, choice, count))
        if error := self.refuses.get(waiting.key) or self.fails.get("resolve"):
            return failed(error)
        self._leave(waiting, choice)
        return later(None)

    def resolve_many(
        self, rows: Sequence[Waiting], choice: Choice, progress: Any = None
    ) -> Future[Resolved]:
        self.asked.append(("resolve_many", [row.sku_number for row in rows], choice))
        refused = [(row, self.refuses[row.key]) for row in rows if row.key in self.refuses]
        done = [row for row in rows if row.key not in self.refuses]
        for row in done:
            self._leave(row, choice)
        return later(Resolved(len(done), tuple(refused)))

    def _leave(self, row: Waiting, choice: Choice) -> None:
        self.doubts = [one for one in self.doubts if one.key != row.key]
        problem = Problem.IGNORED if choice is Choice.IGNORE else None
        if choice is Choice.NOTICE:
            problem = Problem.DIFFERS_AT_START
        self.cells_kept = [
            cell._replace(problem=problem) if row.cell and cell.key == row.cell.key else cell
            for cell in self.cells_kept
        ]
        if choice in (Choice.TAKE_HERE, Choice.TAKE_THERE, Choice.COUNT_AGAIN):
            number = len(self.runs_kept) + 1
            run = Run(f"r{number}", PlanKind.PUSH, AT, "hana", 1, 0, 0)
            self.runs_kept = [run, *self.runs_kept]
        if choice in (Choice.KEEP, Choice.FOLLOW, Choice.UNMAP):
            self.edits_to_undo += 1

    def count_prunable(self, days: int) -> int:
        return 1234 if days < 1000 else 0

    def prune_movements(self, days: int) -> int:
        self.asked.append(("prune_movements", days))
        return 1234

    def check_store(self) -> None:
        if error := self.fails.get("check_store"):
            raise error

    def check(self, *_a: Any) -> Future[tuple[Finding, ...]]:
        return later(tuple(sample_findings()))

    def backups(self) -> Sequence[Path]:
        return [Path("/var/lib/dextre-sync/backups/20261122T083000Z-unmap.db")]

    def new_backup_path(self) -> Path:
        return Path("/var/lib/dextre-sync/backups/20261123T101500Z-by-hand.db")

    def backup(
        self, target: Path, *, overwrite: bool = False, passphrase: Secret | None = None
    ) -> Any:
        self.asked.append(("backup", target.name, passphrase))
        return replace(sample_backup(target), has_secrets=passphrase is not None)

    def restore_preview(self, path: Path) -> Any:
        backup = replace(sample_backup(path), has_secrets=self.passphrase is not None)
        rows = [
            RestoreRow("levels", "TEA-001 / 渋谷店 / NEW", 4, 9),
            RestoreRow("items", "NEW-1", {"name": "Tin"}, None),
        ]
        changes = {"levels": Changes(changed=1), "items": Changes(removed=1)}
        return RestorePreview(backup, changes, rows)

    def check_passphrase(self, path: Path, passphrase: Secret) -> None:
        if passphrase != self.passphrase:
            raise BadInput(detail="That does not open it.")

    def restore(self, path: Path, passphrase: Secret | None = None) -> Future[Path]:
        self.asked.append(("restore", path.name, passphrase))
        return later(Path("/var/lib/dextre-sync/backups/before.db"))

    def cells(
        self, states: Collection[CellState] | None = None, offset: int = 0, limit: int = 200
    ) -> Sequence[Cell]:
        found = [cell for cell in self.cells_kept if states is None or cell.state in states]
        return found[offset : offset + limit]

    def movements(self, sku_number: str, limit: int = 200) -> Sequence[Movement]:
        key = LevelKey(sku_number, "l1", "NEW")
        return [
            Movement(
                "m2", AT, key, 9, 7, Cause(CauseKind.PULL, "sync", arithmetic="9 + (7 − 9) = 7")
            ),
            Movement("m1", AT, key, None, 9, Cause(CauseKind.SET, "hana", "棚卸し count")),
        ]

    def preview_import(self, path: Path) -> FakePreview:
        if path.name == "missing.csv":
            raise BadInput(detail=f"{path}: no such file.")
        if path.name == "bad.csv":
            return FakePreview(
                problems=(FakeProblem(3, "The quantity “x” is no whole number.", "Type a number."),)
            )
        return FakePreview()

    def import_items(self, path: Path, progress: Any = None, made: Any = None) -> FakePreview:
        self.asked.append(("import_items", path.name))
        for n in range(3):
            self._items[f"NEW-{n}"] = Item(f"NEW-{n}", "imported")
        return FakePreview()

    def export_stock(self, out: TextIO) -> int:
        return out.write("sku_number,location,label,quantity\n") and 0

    # -- connection, locations, mapping ------------------------------------------------------------

    def connection(self) -> Connection | None:
        return self._connection

    def connect(
        self, credentials: Credentials, on_finding: Callable[[Finding], None] | None = None
    ) -> Future[Connection]:
        self.asked.append(("connect", credentials.domain, credentials.auth))
        if error := self.fails.get("connect"):
            return failed(error)
        for finding in sample_findings():
            if on_finding:
                on_finding(finding)
        self._connection = Connection(
            credentials.domain, credentials.auth, "gid://shopify/Shop/1", "Shop", AT
        )
        return later(self._connection)

    def version_findings(self) -> tuple[Finding, ...]:
        return (
            Finding("version_age", Verdict.OK, "API version 2026-10 is 53 days old"),
            Finding("version", Verdict.OK, "API version 2026-10 is served until 2027-10-01"),
        )

    # -- webhooks ----------------------------------------------------------------------------------

    def webhooks(self) -> Future[Webhooks]:
        self.asked.append(("webhooks",))
        if error := self.fails.get("webhooks"):
            return failed(error)
        address = next((row.address for row in self.hooks if row.address), "")
        return later(Webhooks(tuple(self.hooks), address))

    def heal_webhooks(self, url: str) -> Future[SubscriptionReport]:
        self.asked.append(("heal_webhooks", url))
        if error := self.fails.get("heal_webhooks"):
            return failed(error)
        self.hooks = [replace(one, address=url, state=WebhookState.RIGHT) for one in sample_hooks()]
        self.hooks_wanted = True
        return later(SubscriptionReport(made=["A", "B"], kept=["C"], not_permitted=["LOCATIONS_D"]))

    def remove_webhooks(self, url: str = "") -> Future[SubscriptionReport]:
        self.asked.append(("remove_webhooks", url))
        gone = [one.topic for one in self.hooks]
        self.hooks, self.hooks_wanted = [], False
        return later(SubscriptionReport(removed=gone))

    def wants_webhooks(self) -> bool:
        return self.hooks_wanted

    def heard(self) -> Heard | None:
        return self.hears

    def shop_locations(self) -> Future[tuple[ShopLocation, ...]]:
        return later(self.shop)

    def pairs(self) -> tuple[LocationPair, ...]:
        return self._pairs

    def pair(
        self, pairs: Sequence[tuple[str, str]], label_code: str | None = None
    ) -> Future[tuple[LocationPair, ...]]:
        self.asked.append(("pair", tuple(pairs), label_code))
        names = {place.id: place.name for place in self.shop}
        self._pairs = tuple(LocationPair(here, there, names[there]) for here, there in pairs)
        self._link = replace(self._link, label_code=label_code)
        return later(self._pairs)

    def link(self) -> Link:
        return self._link

    def set_fields(self, shopify_field: ShopifyField, local_field: LocalField) -> None:
        self.asked.append(("set_fields", shopify_field, local_field))
        self._link = replace(self._link, shopify_field=shopify_field, local_field=local_field)

    def map(
        self, progress: Any = None, *, agreed: bool = False
    ) -> Future[Mapping[MatchState, int]]:
        self.asked.append(("map", "agreed") if agreed else ("map",))
        if not agreed and (error := self.fails.get("map")):
            return failed(error)
        if self.hold is not None:
            if progress:
                progress(250, 1000)
            return self.hold
        self.match()
        return later(self.mapping_counts())

    def mapping_counts(self) -> Mapping[MatchState, int]:
        return self.mapping_view().counts

    def mapping_view(self) -> MappingView:
        return MappingView(self.rows_mapped)

    def mapping_view_now(self) -> MappingView | None:
        return self.mapping_view()

    def mapping_is_fresh(self) -> bool:
        return True

    def load_mapping(self, progress: Any = None) -> None:
        self.asked.append(("load_mapping",))

    def suggestions(self, row: MappingRow) -> Sequence[Suggestion[Item]]:
        if row.item is not None:
            return []
        return [Suggestion(self._items["TEA-004"], Likeness.NAME)]

    def variant(self, inventory_item_id: str) -> Variant | None:
        return None

    def siblings(self) -> Siblings:
        """By the cells and the mapping that are kept."""
        ends = {(cell.sku_number, cell.key.inventory_item_id) for cell in self.cells_kept}
        for row in self.rows_mapped:
            if row.item and row.variant and row.by:
                ends.add((row.item.sku_number, row.variant.inventory_item_id))
        ids = {sku: [one for other, one in sorted(ends) if other == sku] for sku, _id in ends}
        shared = [sku for sku, found in ids.items() if len(found) > 1]
        return Siblings(
            lambda: shared, lambda sku: {one: self.variant(one) for one in ids[sku]}, known=shared
        )

    def map_one(self, inventory_item_id: str, sku_number: str) -> None:
        self.asked.append(("map_one", inventory_item_id, sku_number))

    def map_suggested(self, rows: Iterable[MappingRow]) -> int:
        alike = [row.near for row in rows if row.near or (row.variant and row.variant.sku)]
        return self._edited("map_suggested", alike)

    def unmap_many(self, inventory_item_ids: Iterable[str]) -> int:
        mapped = {
            row.variant.inventory_item_id for row in self.rows_mapped if row.variant and row.by
        }
        return self._edited("unmap_many", [one for one in inventory_item_ids if one in mapped])

    def ignore(self, rows: Iterable[MappingRow]) -> int:
        return self._edited("ignore", [row.state.value for row in rows])

    def notice(self, rows: Iterable[MappingRow]) -> int:
        return self._edited("notice", [row.state.value for row in rows])

    def _edited(self, what: str, which: list[str]) -> int:
        self.asked.append((what, which))
        self.edits_to_undo += 1
        return len(which)

    def ignore_all(self, sku: str) -> None:
        """As if the rows with this Shopify SKU were ignored before."""
        self.rows_mapped = [
            IgnoredRow(row.state, row.item, row.variant, row.by, row.near)
            if row.variant is not None and row.variant.sku == sku
            else row
            for row in self.rows_mapped
        ]

    def undo_edit(self) -> int:
        self.asked.append(("undo_edit",))
        self.edits_to_undo, self.edits_to_redo = self.edits_to_undo - 1, self.edits_to_redo + 1
        return 1

    def redo_edit(self) -> int:
        self.asked.append(("redo_edit",))
        self.edits_to_undo, self.edits_to_redo = self.edits_to_undo + 1, self.edits_to_redo - 1
        return 1

    def export_mappings(self, out: TextIO) -> int:
        return out.write("inventory_item_id,sku_number\n") and 0

    def preview_mappings(self, path: Path) -> MappingPreview:
        if path.name == "missing.csv":
            raise BadInput(detail=f"{path}: no such file.")
        changes = (MappingChange(2, "gid://shopify/InventoryItem/7", "TEA-007", "TEA-008"),)
        problem = RowProblemLine(
            3, "sku_number", "There is no item %(sku)s.", {"sku": "X"}, "Look."
        )
        wrong = (problem,) if path.name == "bad.csv" else ()
        return MappingPreview(str(path), Edit(), changes, wrong, 40, 39)

    def import_mappings(self, source: MappingPreview) -> int:
        return self._edited("import_mappings", [one.after for one in source.changes])

    def maps_new_at_once(self) -> bool:
        return self.new_at_once

    def set_maps_new(self, *, at_once: bool) -> None:
        self.new_at_once = at_once

    def unmap_all(self) -> Future[int]:
        self.asked.append(("unmap_all",))
        count = self.mapping_counts()[MatchState.MAPPED]
        self.rows_mapped, self.cells_kept = [], []
        self._link = replace(self._link, enabled=False)
        return later(count)

    # -- the link ----------------------------------------------------------------------------------

    def plan(
        self,
        kind: PlanKind,
        only: Collection[str] = (),
        progress: Any = None,
        *,
        to_enable: bool = False,
    ) -> Future[Plan]:
        self.asked.append(("plan", kind))
        return later(sample_plan(kind))

    def apply(self, plan: Plan, progress: Any = None) -> Future[Run]:
        self.asked.append(("apply", plan.kind))
        if plan.kind is PlanKind.UNDO:
            self.runs_kept = [
                replace(one, undone_by="r9") if one.id == self.undoing else one
                for one in self.runs_kept
            ]
        return later(Run("r9", plan.kind, AT, "hana", len(plan.changing), 0, 0))

    def enable(self, plan: Plan, progress: Any = None) -> Future[Run]:
        self.asked.append(("enable", plan.kind))
        self._link = replace(self._link, enabled=True)
        return later(Run("r9", plan.kind, AT, "hana", len(plan.changing), 0, 0))

    def disable(self) -> Future[None]:
        self.asked.append(("disable",))
        self._link = replace(self._link, enabled=False)
        return later(None)

    def undo_plan(self, run_id: str | None = None) -> Future[Plan]:
        self.asked.append(("undo_plan", run_id))
        self.undoing = run_id
        return later(sample_plan(PlanKind.UNDO))

    def runs(self, limit: int = 50) -> Sequence[Run]:
        return self.runs_kept[:limit]

    def run_named(self, start: str) -> Run:
        return next(run for run in self.runs_kept if run.id.startswith(start))

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        for n, row in enumerate(sample_plan(PlanKind.PUSH).rows[:3]):
            yield RunRow(row, (RowOutcome.APPLIED, RowOutcome.MOVED, RowOutcome.REJECTED)[n])

    def start(self, *, ask: bool = False, given_up: Callable[[], bool] | None = None) -> None:
        if ask:
            self.asked.append(("ask",))
        if self.holder and not (ask and self.gives):
            raise StoreInUse(who=self.holder)
        self.holder = None
        self.asked.append(("start",))

    def stop(self) -> None:
        self.asked.append(("stop",))

    def sync_now(self) -> None:
        self.asked.append(("sync_now",))

    def status(self) -> Status:
        counts = self.mapping_counts()
        states = Counter(cell.state for cell in self.cells_kept)
        connected = self._connection is not None
        found = Status(
            brand=self.brand.name,
            connection=ConnectionState.CONNECTED if connected else ConnectionState.NOT_CONNECTED,
            link=self._link.enabled,
            label=self._link.label_code,
            pairs=len(self._pairs),
            mapped=counts.get(MatchState.MAPPED, 0),
            unmapped_local=counts.get(MatchState.ONLY_HERE, 0),
            unmapped_shopify=counts.get(MatchState.ONLY_THERE, 0),
            cells=len(self.cells_kept),
            in_sync=states[CellState.IN_SYNC],
            pending_push=states[CellState.PENDING_PUSH],
            pending_pull=states[CellState.PENDING_PULL],
            ignored=states[CellState.IGNORED],
            needs_you=self.count_waiting(),
            last_pass_at=None,
            oldest_unsent_s=None,
            verified_share=None,
            throttled=0,
            owner=self.holder,
            domain=self._connection.domain if self._connection else None,
            shop_name=self._connection.shop_name if self._connection else None,
            points=1_960 if connected else None,
        )
        return replace(found, **self.health)

    def needs_you(self) -> Sequence[Cell]:
        return [cell for cell in self.cells_kept if cell.state is CellState.NEEDS_YOU]

    def read_age(self, cell: Cell) -> float | None:
        return self.read_ages.get(cell.key)

    def cells_of(self, sku_number: str) -> Sequence[Cell]:
        return [cell for cell in self.cells_kept if cell.sku_number == sku_number]

    def feed(self) -> FakeFeed:
        self.feeds.append(FakeFeed())
        return self.feeds[-1]

    def log(self, sku: str | None = None, limit: int = 200, *, until: object = None) -> list[Event]:
        return [e for e in self.history if sku is None or getattr(e, "sku", None) == sku][-limit:]

    def story(self, sku: str, limit: int = 200) -> list[Event]:
        return self.log(sku, limit)


class FakeWorkspace:
    def __init__(self, home: Path, *desks: FakeDesk) -> None:
        self.home = home
        self.desks = {desk.brand.name: desk for desk in desks}
        self.asker: Owner | None = None
        self.refused: list[Owner | None] = []

    def asked_by(self) -> Owner | None:
        return self.asker

    def refuse(self) -> None:
        self.refused.append(self.asker)
        self.asker = None

    def brands(self) -> tuple[Brand, ...]:
        return tuple(desk.brand for desk in self.desks.values())

    def add_brand(self, name: str) -> Brand:
        if not name:
            raise BadInput(detail="The name of the brand is empty.")
        self.desks[name] = FakeDesk(name, filled=False)
        return self.desks[name].brand

    def desk(self, brand: str | None = None) -> FakeDesk:
        if brand not in self.desks:
            raise BadInput(detail=f"There is no brand “{brand}”.")
        return self.desks[brand]


def sample_hooks() -> list[Webhook]:
    address = "https://stock.chanoko.example.jp/webhooks/shopify"
    return [
        Webhook("inventory_levels/update", address, WebhookState.RIGHT),
        Webhook("products/delete", "", WebhookState.MISSING),
        Webhook("products/update", address, WebhookState.DIFFERS),
        Webhook("products/update", "https://[x].example/\x1bhook", WebhookState.FOREIGN),
    ]


def sample_backup(path: Path) -> BackupFile:
    return BackupFile(path, "茶の子 Chanoko", AT, 2, "1", "茶の子", 2, 3, 40, 80, 30, 120)


def sample_events(brand: str) -> list[Event]:
    at = "2026-11-23T09:00:0%d.000Z"
    return [
        SaleSeen(
            at=at % 1, brand=brand, sku="TEA-004", location="渋谷店", pulled=-2, before=9, after=7
        ),
        Pushed(
            at=at % 2,
            brand=brand,
            sku="TEA-002",
            location="倉庫 Warehouse",
            pushed=3,
            before=7,
            after=10,
        ),
        ChangedHere(
            at=at % 3, brand=brand, sku="TEA-002", location="渋谷店", before=7, after=9, who="hana"
        ),
        NeedsYou(
            at=at % 4,
            brand=brand,
            sku="TEA-003",
            location="倉庫 Warehouse",
            problem="not_stocked",
            here=11,
        ),
        WentOffline(at=at % 5, brand=brand, detail="no answer from chanoko.myshopify.com"),
    ]


def sample_findings() -> list[Finding]:
    return [
        Finding("reachable", Verdict.OK, "The shop answers."),
        Finding("scope", Verdict.FAILED, "A scope is missing.", {}, "Add it to the app."),
    ]


def sample_plan(kind: PlanKind) -> Plan:
    def row(
        n: int,
        here: int | None,
        there: int | None,
        result: int | None,
        why: Why,
        *,
        out: bool = False,
    ) -> PlanRow:
        key = CellKey(f"gid://shopify/InventoryItem/{n}", "gid://shopify/Location/1")
        return PlanRow(
            key, f"TEA-{n:03d}", "l1", here, there, None, result, result, result, why, out
        )

    rows = (
        row(0, 5, 3, 5, Why.HERE_WINS),
        row(1, 6, 8, 8, Why.THERE_WINS),
        row(2, 7, 7, 7, Why.AGREE),
        row(3, None, 0, 0, Why.NEVER_SET_HERE),
        row(4, 9, 4, None, Why.CANNOT_WRITE, out=True),
        row(5, 4, 9, 0, Why.MERGED),
    )
    return Plan("p1", kind, AT, 3, rows)
