"""Every GraphQL document we send, one named operation a file, with the points we expect it to cost.

No document is ever put together from pieces at run time; what varies goes into variables. The costs
stand here, in one place, and the tests compute them again from the documents' text.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from core.shopify.cost import MUTATION, OBJECT, PAGE, connection


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `cost` is what it will be charged at the most (facts.md §3.3)."""

    name: str
    text: str
    cost: int
    is_mutation: bool = False


def _load(file: str, name: str, cost: int, *, is_mutation: bool = False) -> Document:
    text = files(__package__).joinpath(f"{file}.graphql").read_text(encoding="utf-8")
    return Document(name=name, text=text, cost=cost, is_mutation=is_mutation)


PROBE = _load("probe", "Probe", 3 * OBJECT)
LOCATIONS = _load("locations", "Locations", connection(PAGE, OBJECT))
VARIANTS = _load("variants", "Variants", connection(PAGE, 2 * OBJECT))
RECHECK_LEVELS = _load("recheck_levels", "RecheckLevels", 3 * OBJECT)
CHANGED_LEVELS = _load("changed_levels", "ChangedLevels", OBJECT + connection(PAGE, 2 * OBJECT))
ADJUST_QUANTITIES = _load("adjust_quantities", "AdjustQuantities", MUTATION, is_mutation=True)
SET_QUANTITIES = _load("set_quantities", "SetQuantities", MUTATION, is_mutation=True)
ACTIVATE = _load("activate", "Activate", MUTATION, is_mutation=True)
SET_TRACKED = _load("set_tracked", "SetTracked", MUTATION, is_mutation=True)

ALL = (
    PROBE,
    LOCATIONS,
    VARIANTS,
    RECHECK_LEVELS,
    CHANGED_LEVELS,
    ADJUST_QUANTITIES,
    SET_QUANTITIES,
    ACTIVATE,
    SET_TRACKED,
)
