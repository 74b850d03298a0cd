"""The words of the screen for the core's states, each with a sign: a state is never told by colour
alone. One table a kind; screens and commands read them, nobody else invents words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from core.model import (
    CauseKind,
    CellState,
    Choice,
    ConnectionState,
    LabelType,
    LocalField,
    MappedBy,
    MatchState,
    Owner,
    PlanKind,
    Problem,
    Purpose,
    RowOutcome,
    ShopifyField,
    Verdict,
    Waiting,
    Why,
)
from core.sync.level import Level
from tui.clean import clean, signs
from tui.i18n import N_, _


class Mark(NamedTuple):
    """How a state is shown: a sign, a word, and a tone of the theme."""

    sign: str
    word: str
    tone: str = ""


GOOD, WARN, BAD, DIM = "good", "warn", "bad", "dim"

CELLS: Mapping[CellState, Mark] = {
    CellState.UNALIGNED: Mark("–", N_("Not aligned"), DIM),
    CellState.IN_SYNC: Mark("✓", N_("In sync"), GOOD),
    CellState.PENDING_PUSH: Mark("→", N_("To be sent"), WARN),
    CellState.PENDING_PULL: Mark("←", N_("To be taken over"), WARN),
    CellState.PUSHING: Mark("→", N_("Being sent"), WARN),
    CellState.NEEDS_YOU: Mark("!", N_("Needs you"), BAD),
    CellState.IGNORED: Mark("–", N_("Left out by you"), DIM),
}

MATCHES: Mapping[MatchState, Mark] = {
    MatchState.MAPPED: Mark("✓", N_("Mapped"), GOOD),
    MatchState.ONLY_HERE: Mark("–", N_("Only in DEXTRE"), DIM),
    MatchState.ONLY_THERE: Mark("–", N_("Only in Shopify"), DIM),
    MatchState.BLANK_THERE: Mark("!", N_("Blank in Shopify"), WARN),
    MatchState.BLANK_HERE: Mark("!", N_("Blank in DEXTRE"), WARN),
    MatchState.DUPLICATE_HERE: Mark("✗", N_("Duplicate in DEXTRE"), BAD),
    MatchState.DUPLICATE_THERE: Mark("✗", N_("Duplicate in Shopify"), BAD),
    MatchState.CASE_DIFFERS: Mark("!", N_("Case/width differs"), WARN),
    MatchState.SPACES_DIFFER: Mark("!", N_("Spaces differ"), WARN),
    MatchState.CHANGED_SINCE: Mark("!", N_("Mapped, changed since"), WARN),
}

VERDICTS: Mapping[Verdict, Mark] = {
    Verdict.OK: Mark("✓", N_("OK"), GOOD),
    Verdict.WARNING: Mark("!", N_("Look"), WARN),
    Verdict.FAILED: Mark("✗", N_("Failed"), BAD),
    Verdict.SKIPPED: Mark("–", N_("Not checked"), DIM),
}

CONNECTIONS: Mapping[ConnectionState, Mark] = {
    ConnectionState.CONNECTED: Mark("✓", N_("Connected"), GOOD),
    ConnectionState.NOT_CONNECTED: Mark("–", N_("Not connected"), DIM),
    ConnectionState.ERROR: Mark("✗", N_("Connection error"), BAD),
}

PROBLEMS: Mapping[Problem, str] = {
    Problem.NEGATIVE_NOT_ALLOWED: N_("Label forbids negative stock"),
    Problem.UNTRACKED: N_("Shopify does not track its quantity"),
    Problem.NOT_STOCKED: N_("Not stocked there in Shopify"),
    Problem.BUNDLE: N_("Bundle: its components hold stock"),
    Problem.DELETED: N_("Deleted in Shopify"),
    Problem.REJECTED: N_("Shopify refused the quantity"),
    Problem.OUTCOME_UNKNOWN: N_("Outcome of a write unknown"),
    Problem.DIFFERS_AT_START: N_("Both sides differ at the start"),
    Problem.LOCATION_INACTIVE: N_("Location deactivated in Shopify"),
    Problem.IGNORED: N_("Left out by you"),
    Problem.SKU_CHANGED: N_("Mapped, changed since"),
    Problem.DUPLICATE: N_("Mapped, no longer the only one"),
    Problem.SAFETY_STOP: N_("Safety stop"),
    Problem.STOPPED: N_("The sync stands still"),
}

CHOICES: Mapping[Choice, str] = {
    Choice.TAKE_HERE: N_("Take DEXTRE's quantity"),
    Choice.TAKE_THERE: N_("Take Shopify's quantity"),
    Choice.COUNT_AGAIN: N_("Count again"),
    Choice.IGNORE: N_("Leave out"),
    Choice.NOTICE: N_("Take up again"),
    Choice.ACTIVATE: N_("Stock it there in Shopify"),
    Choice.TRACK: N_("Track its quantity in Shopify"),
    Choice.KEEP: N_("Keep the mapping"),
    Choice.FOLLOW: N_("Map to the new SKU"),
    Choice.UNMAP: N_("Remove the mapping"),
    Choice.REVIEW: N_("Look at the plan"),
    Choice.GUIDE: N_("What to do"),
}

PROBLEM_REMEDIES: Mapping[Problem, str] = {
    Problem.NEGATIVE_NOT_ALLOWED: N_(
        "Add stock here, or choose an inventory label that allows negative quantities. "
        "The rest is then taken over by itself."
    ),
    Problem.UNTRACKED: N_("Switch on “Track quantity” for this product in Shopify."),
    Problem.NOT_STOCKED: N_("Stock the product at this location in Shopify."),
    Problem.BUNDLE: N_("Map the components instead of the bundle."),
    Problem.DELETED: N_(
        "Remove the mapping; or, if it was made anew in Shopify, run the SKU mapping again."
    ),
    Problem.REJECTED: N_("Read what Shopify answered, correct it there, then sync again."),
    Problem.OUTCOME_UNKNOWN: N_("Count the stock and set the right quantity with push or pull."),
    Problem.DIFFERS_AT_START: N_(
        "Say which quantity counts. For one row it is written at once; for marked rows, and for "
        "push or pull, what changes is shown first."
    ),
    Problem.LOCATION_INACTIVE: N_(
        "Activate the location in Shopify again, or pair another one in Settings. "
        "The cells then go on by themselves."
    ),
    Problem.IGNORED: N_("Take it up again whenever you like: no unit is lost meanwhile."),
    Problem.SKU_CHANGED: N_(
        "The SKU was edited after it was mapped. Keep the mapping, map to the item of the new SKU, "
        "or remove the mapping. Quantities go on flowing until you decide."
    ),
    Problem.DUPLICATE: N_(
        "Another product or item has the same SKU now. Keep the mapping, remove it, or give one of "
        "them another SKU."
    ),
    Problem.SAFETY_STOP: N_(
        "More would change at once than a shop does by itself. Look at the plan; what you apply "
        "is done, and the sync goes on."
    ),
    Problem.STOPPED: N_("Do what the message says. The sync goes on by itself afterwards."),
}

NO_ITEM_OF_THE_NEW_SKU = N_(
    "The SKU was edited after it was mapped, and there is no item that the new one could be mapped "
    "to. Keep the mapping, or remove it. Quantities go on flowing until you decide."
)

WHYS: Mapping[Why, str] = {
    Why.HERE_WINS: N_("DEXTRE's number counts"),
    Why.THERE_WINS: N_("Shopify's number counts"),
    Why.MERGED: N_("both changes are added"),
    Why.NEVER_SET_HERE: N_("never set in DEXTRE"),
    Why.NEVER_SET_THERE: N_("never set in Shopify"),
    Why.AGREE: N_("both sides agree"),
    Why.DIFFERS: N_("both sides differ: left for you"),
    Why.UNDONE: N_("back to the number before"),
    Why.MOVED_SINCE: N_("changed since: left alone"),
    Why.NEGATIVE_NOT_ALLOWED: N_("negative stock is forbidden"),
    Why.CANNOT_WRITE: N_("Shopify does not take a quantity"),
    Why.COUNTED: N_("counted again"),
    Why.IGNORED: N_("left out by you"),
}

OUTCOMES: Mapping[RowOutcome, Mark] = {
    RowOutcome.APPLIED: Mark("✓", N_("Applied"), GOOD),
    RowOutcome.MOVED: Mark("–", N_("Changed since"), WARN),
    RowOutcome.REJECTED: Mark("✗", N_("Refused"), BAD),
    RowOutcome.WAITING: Mark("…", N_("Outcome open"), WARN),
}

PLANS: Mapping[PlanKind, str] = {
    PlanKind.PUSH: N_("Push quantities: DEXTRE → Shopify"),
    PlanKind.PULL: N_("Pull quantities: Shopify → DEXTRE"),
    PlanKind.MERGE: N_("Merge both sides"),
    PlanKind.UNDO: N_("Undo"),
    PlanKind.COUNT: N_("Count again"),
}

RUNS: Mapping[PlanKind, str] = {
    PlanKind.PUSH: N_("Push DEXTRE → Shopify"),
    PlanKind.PULL: N_("Pull Shopify → DEXTRE"),
    PlanKind.MERGE: N_("Merge both sides"),
    PlanKind.UNDO: N_("Undo"),
    PlanKind.COUNT: N_("Count again"),
}

CAUSES: Mapping[CauseKind, str] = {
    CauseKind.SET: N_("Set"),
    CauseKind.ADJUST: N_("Adjusted"),
    CauseKind.MOVE: N_("Moved"),
    CauseKind.REMOVE: N_("Removed"),
    CauseKind.IMPORT: N_("Imported"),
    CauseKind.PULL: N_("Taken over from Shopify"),
    CauseKind.MANUAL_PULL: N_("Pulled by hand"),
    CauseKind.MERGE: N_("Merged"),
    CauseKind.COUNT: N_("Counted again"),
    CauseKind.UNDO: N_("Undone"),
    CauseKind.RESTORE: N_("Restored"),
}

LABEL_TYPES: Mapping[LabelType, str] = {
    LabelType.FUTURE: N_("Future stock"),
    LabelType.ACTUAL: N_("Actual stock"),
    LabelType.SOLD: N_("Sold stock"),
    LabelType.OBSOLETE: N_("Obsolete stock"),
    LabelType.DISCONTINUED: N_("Discontinued stock"),
}

LABEL_COLOURS: Mapping[str, str] = {
    "blue": N_("Blue"),
    "green": N_("Green"),
    "yellow": N_("Yellow"),
    "orange": N_("Orange"),
    "red": N_("Red"),
    "purple": N_("Purple"),
    "grey": N_("Grey"),
}

SHOPIFY_FIELDS: Mapping[ShopifyField, str] = {
    ShopifyField.SKU: N_("SKU"),
    ShopifyField.BARCODE: N_("Barcode"),
}

LOCAL_FIELDS: Mapping[LocalField, str] = {
    LocalField.SKU_NUMBER: N_("SKU number"),
    LocalField.BARCODE: N_("Barcode"),
}

MAPPED_BY: Mapping[MappedBy, str] = {
    MappedBy.RULE: N_("by rule"),
    MappedBy.HAND: N_("by hand"),
}

LEVELS: Mapping[Level, Mark] = {
    Level.DEBUG: Mark("·", N_("Detail"), DIM),
    Level.INFO: Mark(" ", N_("Information")),
    Level.WARNING: Mark("!", N_("Warning"), WARN),
    Level.ERROR: Mark("✗", N_("Error"), BAD),
}

SYSTEM_WORDS = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File exists"),
    N_("No space left on device"),
    N_("Read-only file system"),
    N_("Address already in use"),
    N_("Connection refused"),
)
"""What the operating system says most: its words are filled into our errors."""

PURPOSES: Mapping[Purpose, str] = {
    Purpose.APP: N_("app"),
    Purpose.SERVICE: N_("service"),
    Purpose.COMMAND: N_("command"),
}

_MARKED: tuple[Mapping[StrEnum, Mark], ...] = (
    CELLS,
    MATCHES,
    VERDICTS,
    CONNECTIONS,
    OUTCOMES,
    LEVELS,
)  # type: ignore[assignment]  # the key types differ, each table is only read
_NAMED: tuple[Mapping[StrEnum, str], ...] = (
    PROBLEMS,
    CHOICES,
    WHYS,
    PLANS,
    CAUSES,
    LABEL_TYPES,
    SHOPIFY_FIELDS,
    LOCAL_FIELDS,
    MAPPED_BY,
    PURPOSES,
)  # type: ignore[assignment]  # the key types differ, each table is only read


def show(mark: Mark) -> str:
    """`✓ Connected`, in the language of the reader."""
    return f"{signs(mark.sign)} {_(mark.word)}"


def word_of(value: StrEnum) -> str:
    """The word for one of the core's states; its own code where no table knows it."""
    for marked in _MARKED:
        if type(value) is type(next(iter(marked))) and value in marked:
            return _(marked[value].word)
    for named in _NAMED:
        if type(value) is type(next(iter(named))) and value in named:
            return _(named[value])
    return str(value)


def word_of_code(code: str) -> str:
    """The word for a problem or a plan kind as a log record holds it."""
    if code in list(Problem):
        return _(PROBLEMS[Problem(code)])
    if code in list(PlanKind):
        return _(PLANS[PlanKind(code)])
    if code in list(Choice):
        return _(CHOICES[Choice(code)])
    return code


def detail_text(detail: str, room: int = 300) -> str:
    """What is said beside a problem: a code or a text of ours, or what the outside said."""
    return clean(_(word_of_code(detail)), room)


def remedy_of(row: Waiting) -> str:
    """What can be done about a row: only what it offers."""
    if row.problem is Problem.SKU_CHANGED and Choice.FOLLOW not in row.choices:
        return _(NO_ITEM_OF_THE_NEW_SKU)
    return _(PROBLEM_REMEDIES[row.problem])


def owner_text(owner: Owner | str) -> str:
    """`hana (pid 5, /dev/pts/1, app, since 2026-11-23 18:56)`"""
    if isinstance(owner, str):
        return clean(owner)
    words = _("%(user)s (pid %(pid)s, %(purpose)s, since %(moment)s)")
    if owner.tty:
        words = _("%(user)s (pid %(pid)s, %(tty)s, %(purpose)s, since %(moment)s)")
    return words % {
        "user": clean(owner.user),
        "pid": owner.pid,
        "tty": clean(owner.tty),
        "purpose": _(PURPOSES[owner.purpose]),
        "moment": owner.moment,
    }


ARITHMETIC = (
    (
        re.compile(r"here (?P<here>\S+), Shopify (?P<there>\S+), base (?P<base>\S+)"),
        N_("here %(here)s, Shopify %(there)s, base %(base)s"),
    ),
    (
        re.compile(r"never set here; Shopify (?P<there>\S+)"),
        N_("never set here; Shopify %(there)s"),
    ),
    (
        re.compile(r"(?P<sum>.+), of which (?P<left>\S+) wait"),
        N_("%(sum)s, of which %(left)s wait"),
    ),
)
"""How a movement of the sync is explained in the store, and what a reader is told."""


def arithmetic_words(text: str) -> str:
    """Why a quantity was set so, in the reader's language; as it is where nothing fits."""
    for form, words in ARITHMETIC:
        if found := form.fullmatch(text):
            return _(words) % found.groupdict()
    return text


def who_words(who: str) -> str:
    """Who made a movement: a person's name as it is, the sync in the reader's language."""
    return _("sync") if who == "sync" else who


def number(value: int | None) -> str:
    """A quantity; a dash where none was ever set."""
    return signs("–") if value is None else str(value)


def signed(value: int) -> str:
    return f"{value:+d}" if value else "0"
