"""The nouns. Frozen values only: no I/O, no rules that need more than the value itself.

Words are the domain's (brand, inventory label, location, SKU number) and Shopify's own (inventory
item, variant). Shopify ids are kept whole (`gid://shopify/InventoryItem/1`). Quantities are whole
units. Moments are ISO text in UTC, as `core.clock.iso` writes them, because they are stored,
compared and shown, never calculated with.

Long because it is a list: every noun once, in one place, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from core.clock import parse_iso
from core.errors import ErrorNote

# -- the inventory here --------------------------------------------------------------------------


class LabelType(StrEnum):
    FUTURE = "future"
    ACTUAL = "actual"
    SOLD = "sold"
    OBSOLETE = "obsolete"
    DISCONTINUED = "discontinued"


@dataclass(frozen=True, slots=True)
class Brand:
    """The merchant's environment; links to exactly one Shopify shop."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Label:
    """A bucket that says what kind of stock it is. `code` is its key."""

    code: str
    name: str
    colour: str = "blue"
    type: LabelType = LabelType.ACTUAL
    is_default: bool = False
    orderable: bool = True
    negative_allowed: bool = False

    @property
    def title(self) -> str:
        """How people are told of it; a label may be without a name."""
        return self.name or self.code


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`sku_number` is its key: case and spaces count."""

    sku_number: str
    name: str = ""
    barcode: str = ""


class LevelKey(NamedTuple):
    sku_number: str
    location_id: str
    label_code: str


@dataclass(frozen=True, slots=True)
class Level:
    """Quantity of one item, at one location, under one label."""

    key: LevelKey
    quantity: int


class CauseKind(StrEnum):
    """Why a level changed."""

    SET = "set"
    ADJUST = "adjust"
    MOVE = "move"
    REMOVE = "remove"
    IMPORT = "import"
    PULL = "pull"
    MANUAL_PULL = "manual_pull"
    MERGE = "merge"
    COUNT = "count"
    UNDO = "undo"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changed a level and why; `run` names the mass change it belongs to, `reason` is a
    person's own words.
    """

    kind: CauseKind
    who: str
    reason: str = ""
    run: str | None = None
    arithmetic: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of one level. `before` is None where the level had never been set. Ids sort by
    time.
    """

    id: str
    at: str
    key: LevelKey
    before: int | None
    after: int
    cause: Cause


# -- the connection ------------------------------------------------------------------------------


class Secret:
    """A text that must not be shown: every way of printing it gives a mask. `reveal()` is the only
    way to it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('•••')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is never pickled or copied into a file")


class AuthKind(StrEnum):
    TOKEN = "token"  # noqa: S105 - the name of a kind, not a secret
    CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person types to connect: the seed's four fields, or client ID + client secret.

    `api_key` = client ID, `api_secret` = client secret. `api_url` replaces https://{domain} (a
    proxy, the practice shop).
    """

    domain: str
    access_token: Secret | None = None
    api_key: str = ""
    api_secret: Secret | None = None
    api_url: str | None = None

    @property
    def auth(self) -> AuthKind:
        return AuthKind.TOKEN if self.access_token else AuthKind.CLIENT_CREDENTIALS


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that was checked and kept. Its secrets are elsewhere (`core.store.secrets`)."""

    domain: str
    auth: AuthKind
    shop_id: str
    shop_name: str
    connected_at: str
    api_key: str = ""
    api_url: str | None = None


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check. `message` and `remedy` are catalogue ids filled with `params`."""

    code: str
    verdict: Verdict
    message: str
    params: dict[str, str | int] = field(default_factory=dict)
    remedy: str = ""


# -- the shop ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    shop_id: str
    name: str
    domain: str
    scopes: frozenset[str]
    api_version: str


@dataclass(frozen=True, slots=True)
class ShopLocation:
    id: str
    name: str
    is_active: bool = True
    is_fulfillment_service: bool = False

    @property
    def can_be_paired(self) -> bool:
        """Stock at a fulfilment service's location is that service's own (facts.md §5.4)."""
        return self.is_active and not self.is_fulfillment_service


@dataclass(frozen=True, slots=True)
class Variant:
    """A product variant with its inventory item; the mapping's key is `inventory_item_id` (SKUs
    are not unique there).
    """

    inventory_item_id: str
    variant_id: str
    sku: str
    barcode: str = ""
    name: str = ""
    tracked: bool = True
    requires_components: bool = False


class QuantityName(StrEnum):
    AVAILABLE = "available"
    ON_HAND = "on_hand"


class ShopifyField(StrEnum):
    SKU = "sku"
    BARCODE = "barcode"


class LocalField(StrEnum):
    SKU_NUMBER = "sku_number"
    BARCODE = "barcode"


# -- the link ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocationPair:
    """1:1; the name of the Shopify location is kept for showing it while the shop cannot be
    reached. `is_active`: as the shop said last; nothing flows at a location that is deactivated.
    """

    location_id: str
    shopify_location_id: str
    shopify_name: str
    is_active: bool = True


class MappedBy(StrEnum):
    RULE = "rule"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class SkuMapping:
    """Which item a Shopify inventory item is. Several inventory items may map to one item.

    `doubt`: the rule that made it would not make it now (SKU_CHANGED, DUPLICATE). It stands and
    syncs all the same, and a person is asked; `since` is when. Both are remarks: two mappings that
    map the same are equal.
    """

    inventory_item_id: str
    sku_number: str
    by: MappedBy = MappedBy.RULE
    doubt: Problem | None = field(default=None, compare=False)
    since: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """The settings of one brand's inventory link.

    `resume`: it was on when all mappings were deleted, so mapping again turns it on.
    `revision` grows with whatever makes an engine look at its cells anew, and plans stale: another
    label or other rules of it, pairs, mappings, what is put aside or taken up again.
    """

    label_code: str | None = None
    shopify_field: ShopifyField = ShopifyField.SKU
    local_field: LocalField = LocalField.SKU_NUMBER
    quantity_name: QuantityName = QuantityName.AVAILABLE
    enabled: bool = False
    resume: bool = False
    revision: int = 0

    def revised(self) -> Link:
        return replace(self, revision=self.revision + 1)


class CellKey(NamedTuple):
    inventory_item_id: str
    shopify_location_id: str


class Problem(StrEnum):
    """Why something waits for a person. It clears by itself when the cause is gone; only IGNORED
    is a person's own word, and stands until that person takes it back.

    Of a cell: all down to IGNORED. Of a mapping: SKU_CHANGED and DUPLICATE. Of the whole brand:
    SAFETY_STOP and STOPPED.
    """

    NEGATIVE_NOT_ALLOWED = "negative_not_allowed"
    UNTRACKED = "untracked"
    NOT_STOCKED = "not_stocked"
    BUNDLE = "bundle"
    DELETED = "deleted"
    REJECTED = "rejected"
    OUTCOME_UNKNOWN = "outcome_unknown"
    DIFFERS_AT_START = "differs_at_start"
    LOCATION_INACTIVE = "location_inactive"
    IGNORED = "ignored"
    SKU_CHANGED = "sku_changed"
    DUPLICATE = "duplicate"
    SAFETY_STOP = "safety_stop"
    STOPPED = "stopped"


class CellState(StrEnum):
    UNALIGNED = "unaligned"
    IN_SYNC = "in_sync"
    PENDING_PUSH = "pending_push"
    PENDING_PULL = "pending_pull"
    PUSHING = "pushing"
    NEEDS_YOU = "needs_you"
    IGNORED = "ignored"


class Cell(NamedTuple):
    """One mapped SKU at one paired location, for the linked label: the unit of sync.

    here    L, the level here: a copy that the store keeps equal to the level in the same
            transaction (None: never set)
    there   R, the last trusted reading of Shopify, moved along by our own settled pushes (None:
            never read, or no level)
    base    B, what both sides have taken into account (None: not aligned yet, nothing flows)

    Un-synced here = here − base; un-synced there = there − base. `intent` is the key of the write
    in flight, as the outbox has it: while there is one the cell takes no readings and no further
    push. `updated_at` is Shopify's own moment of the newest reading. `since` is when `problem` came
    up.
    """

    key: CellKey
    sku_number: str
    location_id: str
    here: int | None = None
    there: int | None = None
    base: int | None = None
    intent: str | None = None
    problem: Problem | None = None
    detail: str = ""
    updated_at: str = ""
    read_at: str = ""
    changed_at: str = ""
    since: str = ""

    @property
    def unsynced_here(self) -> int:
        return 0 if self.base is None else (self.here or 0) - self.base

    @property
    def unsynced_there(self) -> int:
        return 0 if self.base is None or self.there is None else self.there - self.base

    @property
    def _stock_has_come(self) -> bool:
        return self.unsynced_here != 0 or ((self.here or 0) > 0 > self.unsynced_there)

    @property
    def state(self) -> CellState:
        if self.intent is not None and self.problem is not Problem.REJECTED:
            return CellState.PUSHING  # what was refused and is tried again stays listed meanwhile
        return self.state_apart

    @property
    def state_apart(self) -> CellState:
        """The state apart from any write in flight."""
        if self.problem is Problem.IGNORED:
            return CellState.IGNORED
        if self.problem is Problem.NEGATIVE_NOT_ALLOWED and self._stock_has_come:
            return CellState.PENDING_PUSH  # what could not be pulled is tried again, then sent
        if self.problem is not None:
            return CellState.NEEDS_YOU
        if self.base is None:
            return CellState.UNALIGNED
        if self.unsynced_here:
            return CellState.PENDING_PUSH
        if self.unsynced_there:
            return CellState.PENDING_PULL
        return CellState.IN_SYNC


class Reading(NamedTuple):
    """What Shopify said of one cell. `quantity` is None where there is no level; `problem` says
    why it cannot be written (an untracked item may have a number all the same).
    """

    key: CellKey
    quantity: int | None
    updated_at: str = ""
    problem: Problem | None = None
    sku: str = ""


KEY_LIFE = timedelta(hours=23, minutes=30)
"""Shopify remembers a key for 24 h from the first request (facts.md §4.3); half an hour is ours
for clocks that disagree.
"""


class IntentKind(StrEnum):
    ADJUST = "adjust"
    SET = "set"


class IntentRow(NamedTuple):
    """One row of a write, exactly as it goes out.

    `before` is what we believed Shopify held when we decided; `new_base` is the cell's base once
    the write is known to have happened.
    adjust: `delta` is sent, with `changeFromQuantity: null`.
    set: `quantity` is sent, with `changeFromQuantity: before`.
    """

    key: CellKey
    sku_number: str
    before: int
    delta: int
    new_base: int | None

    @property
    def quantity(self) -> int:
        return self.before + self.delta


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is decided. It is in the outbox before the request leaves and until its outcome
    is known.

    `key` is the idempotency key; the same key always goes with the same rows. At most 250 rows.
    `at` is when it was decided, before the first sending: Shopify remembers a key for 24 hours.
    """

    key: str
    kind: IntentKind
    at: str
    name: QuantityName
    rows: tuple[IntentRow, ...]
    run: str | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A userError of a write; `index` is the row's place in the call, None where the error names
    no row.
    """

    index: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class WriteResult:
    """An answered write. No problems: every row was applied but the `untouched`. Any problem: none
    was (facts.md §4.4). A receipt together with problems contradicts that: then only a reading
    tells.
    """

    receipt: str | None = None
    request_id: str = ""
    problems: tuple[RowProblem, ...] = ()
    untouched: frozenset[CellKey] | None = frozenset()
    """Cells that should have moved and did not, without a word: their item is not tracked any more.
    None: there are such, or may be, and the shop does not tell which; only a reading does."""


# -- matching ------------------------------------------------------------------------------------


class MatchState(StrEnum):
    """How one row of the mapping stands, and why it did not match."""

    MAPPED = "mapped"
    CHANGED_SINCE = "changed_since"
    """Mapped by the rule, which would not map it so now: an end was renamed or is shared."""
    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    BLANK_THERE = "blank_there"
    BLANK_HERE = "blank_here"
    DUPLICATE_HERE = "duplicate_here"
    DUPLICATE_THERE = "duplicate_there"
    CASE_DIFFERS = "case_differs"
    SPACES_DIFFER = "spaces_differ"


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row of the mapping table: an item, a variant, or the two together. `near` names the
    counterpart that almost fits.
    """

    state: MatchState
    item: Item | None = None
    variant: Variant | None = None
    by: MappedBy | None = None
    near: str = ""


# -- plans and runs ------------------------------------------------------------------------------


class PlanKind(StrEnum):
    PUSH = "push"
    PULL = "pull"
    MERGE = "merge"
    UNDO = "undo"
    COUNT = "count"


class Why(StrEnum):
    """Why a row of a plan is as it is."""

    HERE_WINS = "here_wins"
    THERE_WINS = "there_wins"
    MERGED = "merged"
    NEVER_SET_HERE = "never_set_here"
    NEVER_SET_THERE = "never_set_there"
    AGREE = "agree"
    DIFFERS = "differs"
    UNDONE = "undone"
    MOVED_SINCE = "moved_since"
    NEGATIVE_NOT_ALLOWED = "negative_not_allowed"
    CANNOT_WRITE = "cannot_write"
    COUNTED = "counted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What would become of one cell. A row whose results equal its numbers changes nothing;
    `left_out` rows are never applied.
    """

    key: CellKey
    sku_number: str
    location_id: str
    here: int | None
    there: int | None
    base: int | None
    new_here: int | None
    new_there: int | None
    new_base: int | None
    why: Why
    left_out: bool = False
    detail: str = ""

    @property
    def changes_here(self) -> bool:
        return not self.left_out and self.new_here != self.here

    @property
    def changes_there(self) -> bool:
        return not self.left_out and self.new_there != self.there

    @property
    def changes(self) -> bool:
        return self.changes_here or self.changes_there


@dataclass(frozen=True, slots=True)
class Plan:
    """What a mass change would do: executed exactly as shown, or not at all for a row that has
    moved since.
    """

    id: str
    kind: PlanKind
    at: str
    revision: int
    rows: tuple[PlanRow, ...]
    undoes: str | None = None

    @property
    def changing(self) -> tuple[PlanRow, ...]:
        return tuple(row for row in self.rows if row.changes)

    @property
    def left_open(self) -> int:
        """Cells that differ afterwards and have no base: while linked, each waits for a person."""
        return sum(
            row.new_base is None and row.new_here != row.new_there and not row.left_out
            for row in self.rows
        )

    @property
    def left_out(self) -> tuple[PlanRow, ...]:
        return tuple(row for row in self.rows if row.left_out)


class RowOutcome(StrEnum):
    APPLIED = "applied"
    MOVED = "moved"
    REJECTED = "rejected"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class RunRow:
    """What became of one row of a plan. WAITING: the write's outcome is not known yet; the outbox
    settles it.
    """

    row: PlanRow
    outcome: RowOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A mass change that was applied, kept so that it can be explained and undone. `equal` of the
    `applied` rows stood so before: they only count as aligned from then on.
    """

    id: str
    kind: PlanKind
    at: str
    who: str
    applied: int
    moved: int
    rejected: int
    waiting: int = 0
    undoes: str | None = None
    undone_by: str | None = None
    equal: int = 0
    label_code: str = ""
    """The inventory label that was linked."""

    @property
    def changed(self) -> int:
        return self.applied - self.equal


# -- what waits for a person ---------------------------------------------------------------------


class Choice(StrEnum):
    """What a person may say to something that waits. REVIEW and GUIDE change nothing: they are
    for looking.
    """

    TAKE_HERE = "take_here"
    TAKE_THERE = "take_there"
    COUNT_AGAIN = "count_again"
    IGNORE = "ignore"
    NOTICE = "notice"
    ACTIVATE = "activate"
    TRACK = "track"
    KEEP = "keep"
    FOLLOW = "follow"
    UNMAP = "unmap"
    REVIEW = "review"
    GUIDE = "guide"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person: a cell, a mapping in doubt, or the brand's whole sync.

    `detail` is what the outside said, or the new value of a mapping in doubt; `errors` what stopped
    the sync; `follow` the SKU number that FOLLOW would map to; `cell` the cell as it was when the
    row was made.
    """

    problem: Problem
    sku_number: str = ""
    location_id: str = ""
    here: int | None = None
    there: int | None = None
    detail: str = ""
    since: str = ""
    choices: tuple[Choice, ...] = ()
    cell: Cell | None = None
    inventory_item_id: str = ""
    follow: str = ""
    errors: tuple[ErrorNote, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same thing, whatever has become of its numbers and its problem."""
        if self.cell is not None:
            return "|".join(("cell", *self.cell.key))
        if self.inventory_item_id:
            return f"mapping|{self.inventory_item_id}"
        return f"brand|{self.problem.value}"


# -- how it stands -------------------------------------------------------------------------------


class ConnectionState(StrEnum):
    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    ERROR = "error"


class Purpose(StrEnum):
    """What a process that runs the sync is."""

    APP = "app"
    SERVICE = "service"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that runs the sync; `str` is for the log and for programs."""

    user: str
    pid: int
    tty: str
    since: str
    purpose: Purpose

    def __str__(self) -> str:
        where = f", {self.tty}" if self.tty else ""
        return f"{self.user} (pid {self.pid}{where}, {self.purpose.value}, since {self.moment})"

    @property
    def moment(self) -> str:
        """`since` in local time, for people."""
        try:
            return f"{parse_iso(self.since).astimezone():%Y-%m-%d %H:%M}"
        except ValueError:  # not known: the record was not written yet
            return self.since


def owner_from(fields: Mapping[str, Any]) -> Owner:
    """As a record holds it. Raises ValueError, TypeError, KeyError where it is none."""
    return Owner(**{**fields, "purpose": Purpose(fields["purpose"])})


@dataclass(frozen=True, slots=True)
class Status:
    """One brand's figures, as `status --json` and the home screen show them. Shares are 0…1; ages
    are seconds. What only grows while nothing happens is left out of comparing.

    verified_share  of all cells: known equal by a reading        verified_pass   of those that the
    last pass read: equal      verified_hour   of all cells: read and found equal in an hour
    read_age_…      since the last direct read of a cell; None: so many were not read yet
    failures        by class, and `points_used`, since `counted_since`
    """

    brand: str
    connection: ConnectionState
    link: bool
    label: str | None
    pairs: int
    mapped: int
    unmapped_local: int
    unmapped_shopify: int
    cells: int
    in_sync: int
    pending_push: int
    pending_pull: int
    needs_you: int
    ignored: int
    last_pass_at: str | None
    oldest_unsent_s: float | None
    verified_share: float | None
    throttled: int
    owner: Owner | None
    domain: str | None = None
    shop_name: str | None = None
    error: ErrorNote | None = None
    points: int | None = None
    points_used: int = field(default=0, compare=False)
    verified_pass: float | None = None
    verified_hour: float | None = None
    read_age_p50_s: float | None = field(default=None, compare=False)
    read_age_p95_s: float | None = field(default=None, compare=False)
    read_age_max_s: float | None = field(default=None, compare=False)
    failures: Mapping[str, int] = field(default_factory=dict)
    counted_since: str | None = None

    @property
    def held(self) -> bool:
        """On, but a safety stop holds what differs until a person has decided."""
        return self.link and self.error is not None and self.error.is_mass_change
