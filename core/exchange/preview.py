"""What a file would bring in, as values: known before anything is changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.errors import fill
from core.exchange.errors import ImportRefused
from core.exchange.layouts import Layout
from core.model import Item, Label, Location

SHOWN_PROBLEMS = 5
"""Problems that the refusal names; the preview has them all."""


@dataclass(frozen=True, slots=True)
class Known:
    """What exists here, as far as a file can name it. `labels`: code → negative stock allowed.
    `default_label`: the label of quantities that name none. `has_item`: whether a SKU number
    exists; None where that is not to be asked.
    """

    locations: tuple[str, ...] = ()
    labels: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    default_label: str | None = None
    has_item: Callable[[str], bool] | None = None

    @classmethod
    def of(
        cls,
        locations: Iterable[Location],
        labels: Iterable[Label],
        default_label: str | None = None,
        has_item: Callable[[str], bool] | None = None,
    ) -> Known:
        """Without a `default_label`: the one that is marked so, else the only one."""
        labels = tuple(labels)
        if default_label is None:
            marked = [label.code for label in labels if label.is_default] or [
                label.code for label in labels
            ]
            default_label = marked[0] if len(marked) == 1 else None
        return cls(
            locations=tuple(location.name for location in locations),
            labels={label.code: label.negative_allowed for label in labels},
            default_label=default_label,
            has_item=has_item,
        )


class ImportedLevel(NamedTuple):
    """`location` is a name; `label` a code."""

    sku_number: str
    location: str
    label: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RowProblemLine:
    """One thing about one line: where, what, and what to do. `message` and `remedy` are catalogue
    ids filled with `params`; `field` is the column's name. Line 1 is the header.
    """

    line: int
    field: str
    message: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{fill(self.message, dict(self.params))} {fill(self.remedy, dict(self.params))}"
        return text.strip()


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What the file holds. Nothing of it may be imported while there are problems.

    `rows` counts the rows below the header, `bad_rows` those with a problem. `skipped` are rows
    that are left out with a reason, `notes` what else a person should know. `quantity_column` is
    the column that quantities were taken from. `carries` are the fields of an item that the file
    has a column for.
    """

    file: str
    layout: Layout
    encoding: str
    rows: int
    items: tuple[Item, ...] = ()
    levels: tuple[ImportedLevel, ...] = ()
    locations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    locations_missing: tuple[str, ...] = ()
    labels_missing: tuple[str, ...] = ()
    problems: tuple[RowProblemLine, ...] = ()
    skipped: tuple[RowProblemLine, ...] = ()
    notes: tuple[RowProblemLine, ...] = ()
    bad_rows: int = 0
    quantity_column: str = ""
    carries: frozenset[str] = frozenset()

    @property
    def can_be_imported(self) -> bool:
        return not self.problems

    def item_over(self, there: Item | None, item: Item) -> Item:
        """The item as it is to be kept, over the one that is there already. A field that the file
        has no column for stays; so does one that Shopify's file leaves blank, because there a blank
        says nothing. In our own layout a blank field empties it.
        """
        if there is None:
            return item
        ours = self.layout is Layout.ITEMS
        name = item.name if "name" in self.carries and (ours or item.name) else there.name
        barcode = (
            item.barcode if "barcode" in self.carries and (ours or item.barcode) else there.barcode
        )
        return Item(item.sku_number, name, barcode)

    def refuse_if_bad(self) -> None:
        """Raises ImportRefused where any row cannot be used."""
        if not self.problems:
            return
        lines = [
            f"line {problem.line}{', ' if problem.field else ''}{problem.field}: {problem}"
            for problem in self.problems[:SHOWN_PROBLEMS]
        ]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"… (+{len(self.problems) - SHOWN_PROBLEMS})")
        raise ImportRefused(
            file=self.file,
            bad=self.bad_rows,
            rows=self.rows,
            first="\n".join(lines),
            problems=self.problems,
        )
