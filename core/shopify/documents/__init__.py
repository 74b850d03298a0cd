"""Every GraphQL document we send, one named operation a file, with the points we expect it to cost.

No document is ever put together from pieces at run time; what varies goes into variables. The costs
stand here, in one place, and the tests compute them again from the documents' text.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from core.shopify.cost import COUNT, MUTATION, OBJECT, PAGE, connection


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `cost` is what it will be charged at the most (facts.md §3.3)."""

    name: str
    text: str
    cost: int
    is_mutation: bool = False
    repeatable: bool = False
    """A mutation that does no harm when it is carried out twice."""

    @property
    def writes_once(self) -> bool:
        """Whether it matters if it happened: then it is never sent again by itself."""
        return self.is_mutation and not self.repeatable


def _text(file: str) -> str:
    return files(__package__).joinpath(f"{file}.graphql").read_text(encoding="utf-8")


def _load(
    file: str, name: str, cost: int, *, is_mutation: bool = False, repeatable: bool = False
) -> Document:
    return Document(name, _text(file), cost, is_mutation, repeatable)


PROBE = _load("probe", "Probe", 3 * OBJECT)
LOCATIONS = _load("locations", "Locations", connection(PAGE, OBJECT))
VARIANTS_COUNT = _load("variants_count", "VariantsCount", COUNT)
VARIANTS = _load("variants", "Variants", connection(PAGE, 2 * OBJECT))
RECHECK_LEVELS = _load("recheck_levels", "RecheckLevels", 3 * OBJECT)
CHANGED_LEVELS = _load("changed_levels", "ChangedLevels", OBJECT + connection(PAGE, 2 * OBJECT))
ADJUST_QUANTITIES = _load(
    "adjust_quantities", "AdjustQuantities", MUTATION + OBJECT, is_mutation=True
)
SET_QUANTITIES = _load("set_quantities", "SetQuantities", MUTATION + OBJECT, is_mutation=True)
RECEIPT = _load("receipt", "Receipt", 4 * OBJECT)
ACTIVATE = _load("activate", "Activate", MUTATION, is_mutation=True)
SET_TRACKED = _load("set_tracked", "SetTracked", MUTATION, is_mutation=True)
RUN_BULK = _load("run_bulk", "RunBulk", MUTATION, is_mutation=True, repeatable=True)
POLL_BULK = _load("poll_bulk", "PollBulk", OBJECT)
CANCEL_BULK = _load("cancel_bulk", "CancelBulk", MUTATION, is_mutation=True, repeatable=True)

WEBHOOKS = _load("webhooks", "Webhooks", connection(PAGE, OBJECT))
CREATE_WEBHOOK, UPDATE_WEBHOOK, DELETE_WEBHOOK = (
    _load(f"{verb}_webhook", f"{verb.title()}Webhook", MUTATION, is_mutation=True, repeatable=True)
    for verb in ("create", "update", "delete")
)

BULK_VARIANTS = _text("bulk_variants")
"""Not a document of its own: what RUN_BULK has Shopify run by itself."""

ALL = (
    PROBE,
    LOCATIONS,
    VARIANTS,
    RECHECK_LEVELS,
    CHANGED_LEVELS,
    ADJUST_QUANTITIES,
    SET_QUANTITIES,
    RECEIPT,
    ACTIVATE,
    SET_TRACKED,
    VARIANTS_COUNT,
    RUN_BULK,
    POLL_BULK,
    CANCEL_BULK,
    WEBHOOKS,
    CREATE_WEBHOOK,
    UPDATE_WEBHOOK,
    DELETE_WEBHOOK,
)
