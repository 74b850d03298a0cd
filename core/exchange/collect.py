"""Gathers what the rows of a file say, and what is wrong with them.

The layouts push what they find; here it is checked against what exists and against earlier rows.
A location or label that does not exist is one problem with the number of its rows, however many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from core.errors import N_
from core.exchange.cells import LARGEST
from core.exchange.preview import ImportedLevel, Known, RowProblemLine
from core.model import Item

_NEGATIVE = N_("%(quantity)s is below zero, and the inventory label %(label)s does not allow that.")
_NEGATIVE_REMEDY = N_("Give 0 or more, or allow negative stock for that label.")
_TOO_LARGE = N_("%(quantity)s is beyond what Shopify takes.")
_TOO_LARGE_REMEDY = N_("Give a number between -%(largest)s and %(largest)s.")
_NO_LOCATION = N_("The location %(location)s does not exist (rows: %(rows)s).")
_NO_LOCATION_REMEDY = N_(
    "Add it first (`dextre-sync location add`), or write one of: %(existing)s."
)
_NO_LABEL = N_("The inventory label %(label)s does not exist (rows: %(rows)s).")
_NO_LABEL_REMEDY = N_("Add it first (`dextre-sync label add`), or write one of: %(existing)s.")
_WHICH_LABEL = N_("No inventory label is named, and none is the default one (rows: %(rows)s).")
_WHICH_LABEL_REMEDY = N_("Name one in a column `label`. There are: %(existing)s.")
_NO_ITEM = N_("There is no item with the SKU number %(sku_number)s.")
_NO_ITEM_REMEDY = N_("Import the items first: sku_number,name,barcode.")
_TWICE = N_("Line %(first)s says the same of %(sku_number)s already.")
_TWICE_REMEDY = N_("Leave one of the two lines.")
_DISAGREE = N_("Line %(first)s gives %(sku_number)s another %(field)s: %(one)s, here %(other)s.")
_DISAGREE_REMEDY = N_("An item has one name and one barcode: make the two lines agree.")


@dataclass(slots=True)
class _Seen:
    line: int
    name: str
    barcode: str


@dataclass(slots=True)
class _Absent:
    first: int
    rows: int = 0


@dataclass(slots=True)
class Collector:
    known: Known
    problems: list[RowProblemLine] = field(default_factory=list)
    skipped: list[RowProblemLine] = field(default_factory=list)
    notes: list[RowProblemLine] = field(default_factory=list)
    levels: list[ImportedLevel] = field(default_factory=list)
    locations: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    _bad: set[int] = field(default_factory=set)
    _items: dict[str, _Seen] = field(default_factory=dict)
    _said: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _no_location: dict[str, _Absent] = field(default_factory=dict)
    _no_label: dict[str, _Absent] = field(default_factory=dict)

    def problem(self, line: int, column: str, message: str, remedy: str, **params: Any) -> None:
        self._bad.add(line)
        self.problems.append(RowProblemLine(line, column, message, params, remedy))

    def skip(self, line: int, column: str, message: str, remedy: str, **params: Any) -> None:
        self.skipped.append(RowProblemLine(line, column, message, params, remedy))

    def note(self, message: str, remedy: str, column: str = "", **params: Any) -> None:
        self.notes.append(RowProblemLine(1, column, message, params, remedy))

    def item(self, line: int, sku_number: str, name: str, barcode: str) -> None:
        """An item is named. A blank field says nothing where another line fills it."""
        seen = self._items.get(sku_number)
        if seen is None:
            self._items[sku_number] = _Seen(line, name, barcode)
            return
        for column, one, other in (("name", seen.name, name), ("barcode", seen.barcode, barcode)):
            if one and other and one != other:
                self.problem(
                    line,
                    column,
                    _DISAGREE,
                    _DISAGREE_REMEDY,
                    first=seen.line,
                    sku_number=sku_number,
                    field=column,
                    one=one,
                    other=other,
                )
        seen.name = seen.name or name
        seen.barcode = seen.barcode or barcode

    def must_exist(self, line: int, sku_number: str) -> None:
        if self.known.has_item is not None and not self.known.has_item(sku_number):
            self.problem(line, "sku_number", _NO_ITEM, _NO_ITEM_REMEDY, sku_number=sku_number)

    def once(self, line: int, sku_number: str, location: str = "", label: str = "") -> bool:
        """Whether nothing was said of this SKU number, location and label before; else a
        problem.
        """
        first = self._said.setdefault((sku_number, location, label), line)
        if first == line:
            return True
        self.problem(line, "sku_number", _TWICE, _TWICE_REMEDY, first=first, sku_number=sku_number)
        return False

    def level(
        self, line: int, sku_number: str, location: str, label: str, quantity: int, column: str
    ) -> None:
        """A quantity is said; a blank label means the default one."""
        label = label or self.known.default_label or ""
        if not self.once(line, sku_number, location, label):
            return
        self.locations[location] += 1
        self.labels[label] += 1
        if location not in self.known.locations:
            self._absent(self._no_location, line, location)
        if label not in self.known.labels:
            self._absent(self._no_label, line, label)
        elif quantity < 0 and not self.known.labels[label]:
            self.problem(line, column, _NEGATIVE, _NEGATIVE_REMEDY, quantity=quantity, label=label)
        if abs(quantity) > LARGEST:
            shown = "…" if abs(quantity) >= LARGEST * 10 else quantity
            self.problem(
                line, column, _TOO_LARGE, _TOO_LARGE_REMEDY, quantity=shown, largest=LARGEST
            )
        self.levels.append(ImportedLevel(sku_number, location, label, quantity))

    def _absent(self, absent: dict[str, _Absent], line: int, name: str) -> None:
        absent.setdefault(name, _Absent(line)).rows += 1
        self._bad.add(line)

    def finish(self) -> None:
        """Turn what does not exist into problems, and put all in the order of lines."""
        locations = _list(self.known.locations)
        for location, absent in self._no_location.items():
            self._missing(
                absent, "location", _NO_LOCATION, _NO_LOCATION_REMEDY, locations, location
            )
        labels = _list(self.known.labels)
        for label, absent in self._no_label.items():
            message = _NO_LABEL if label else _WHICH_LABEL
            remedy = _NO_LABEL_REMEDY if label else _WHICH_LABEL_REMEDY
            self._missing(absent, "label", message, remedy, labels, label)
        self.problems.sort(key=lambda problem: problem.line)

    def _missing(
        self,
        absent: _Absent,
        column: str,
        message: str,
        remedy: str,
        existing: list[str],
        name: str,
    ) -> None:
        params = {column: name, "rows": absent.rows, "existing": existing}
        self.problems.append(RowProblemLine(absent.first, column, message, params, remedy))

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(Item(sku, seen.name, seen.barcode) for sku, seen in self._items.items())

    @property
    def bad_rows(self) -> int:
        return len(self._bad)

    @property
    def locations_missing(self) -> tuple[str, ...]:
        return tuple(self._no_location)

    @property
    def labels_missing(self) -> tuple[str, ...]:
        return tuple(label for label in self._no_label if label)


def _list(names: Collection[str]) -> list[str]:
    """Existing names for a message: a few of them, or a dash."""
    return [*list(names)[:10], *(["…"] if len(names) > 10 else [])] or ["–"]
