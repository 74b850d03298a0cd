"""The mapping table of a desk, and its edits by hand: one by one, many at once, from a file, with
undo and redo.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from core.errors import N_, BadInput
from core.model import Brand, Item, MappedBy, MappingRow, MatchState, SkuMapping, Variant
from core.on_demand import Room
from core.progress import Progress, silent
from core.sync import cells
from core.workspace.base import Surroundings
from core.workspace.connecting import ConnectionDesk
from core.workspace.errors import EditOvertaken

if TYPE_CHECKING:
    from core import exchange, matching
    from core.sync import events
    from core.sync.events import Event
    from core.sync.ports import BooksTx
else:
    exchange, matching = Room("core.exchange"), Room("core.matching")
    events = Room("core.sync.events")

T = TypeVar("T")

_IN_VAIN = N_("The line names no Shopify variant, so its SKU number %(sku)s maps nothing.")
_IN_VAIN_REMEDY = N_("Write it on the line of the variant: the one with an inventory_item_id.")

KEPT_EDITS = 200
"""Edits that can be undone."""

ONE_BY_ONE = 100
"""Edits up to here are told in the log one by one."""

TOLD_EVERY = 5_000
"""Entries that are read between two reports of progress."""


@dataclass(frozen=True, slots=True)
class MappingChange:
    """One line of a file that wishes for something else than what stands; "" is "not mapped"."""

    line: int
    inventory_item_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MappingPreview:
    """What reading a file of mappings would do, and every line that stands against it. `skipped`
    are lines that were edited in vain: they name no variant. `shared` are the SKU numbers that
    several variants would be mapped to.
    """

    file: str
    edit: matching.Edit
    changes: tuple[MappingChange, ...]
    problems: tuple[exchange.RowProblemLine, ...]
    rows: int
    unchanged: int
    skipped: tuple[exchange.RowProblemLine, ...] = ()
    shared: tuple[str, ...] = ()

    def refuse_if_bad(self) -> None:
        if not self.problems:
            return
        lines = {problem.line for problem in self.problems}
        raise exchange.ImportRefused(
            file=self.file,
            bad=len(lines),
            rows=self.rows,
            first="\n".join(f"line {problem.line}: {problem}" for problem in self.problems[:5]),
            problems=self.problems,
        )


@dataclass(slots=True)
class _Kept:
    """The mapping as it is shown. `key` says of which state of the store."""

    key: tuple[object, ...]
    table: matching.MappingTable


class EditingDesk(ConnectionDesk):
    def __init__(self, brand: Brand, around: Surroundings) -> None:
        super().__init__(brand, around)
        self._kept: _Kept | None = None
        self._making = threading.Lock()
        self._unseen_changes = 0
        self._done: list[matching.Edit] = []
        self._undone: list[matching.Edit] = []

    # -- the table ----------------------------------------------------------------------------

    def mapping_counts(self) -> Mapping[MatchState, int]:
        return self.mapping_view().counts

    def mapping_rows(
        self,
        states: Collection[MatchState] | None = None,
        search: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> Sequence[MappingRow]:
        return self.mapping_view().rows(states, search, offset, limit)

    def mapping_view(self) -> matching.MappingView:
        """Makes the table where it is not made yet: seconds for a large catalogue."""
        return self._mapping().table.view

    def mapping_view_now(self) -> matching.MappingView | None:
        """The table made last, at once, however old; None before the first."""
        return None if self._kept is None else self._kept.table.view

    def mapping_is_fresh(self) -> bool:
        """Whether the table made last still shows what is kept."""
        return self._kept is not None and self._kept.key == self._mapping_key()

    def load_mapping(self, progress: Progress | None = None) -> None:
        """Make the table now; for a thread beside the one that paints. `progress` is told how many
        items and variants are read.
        """
        self._mapping(progress)

    def _mapping_key(self) -> tuple[object, ...]:
        link = self._store.link()
        rule = (link.shopify_field, link.local_field)
        edits = self._store.ignored_edits()
        counts = self._store.count_items(), self._store.count_variants()
        return (link.revision, edits, rule, counts, self._unseen_changes)

    def _mapping(self, progress: Progress | None = None) -> _Kept:
        """Made anew when mappings, items or the catalogue have changed behind our back. Where two
        ask at the same time, one makes it and the other waits for it.
        """
        with self._making:
            key = self._mapping_key()
            kept = self._kept
            if kept is None or kept.key != key:
                kept = self._kept = _Kept(key, self._made(progress or silent))
            return kept

    def _made(self, progress: Progress) -> matching.MappingTable:
        link = self._store.link()
        items, variants = self._store.count_items(), self._store.count_variants()
        catalogue = matching.Catalogue(
            _counted(self._store.items(), progress, 0, items + variants),
            _counted(self._store.variants(), progress, items, items + variants),
            (link.shopify_field, link.local_field),
            self.ignored_ends(),
        )
        progress(items + variants, items + variants)
        return matching.MappingTable(catalogue, self._store.mappings())

    def _items_differ(self) -> None:
        self._mapping_is_old()
        self._wake()

    def _mapping_is_old(self) -> None:
        """Something changed that the store does not show, such as a name."""
        self._unseen_changes += 1
        self._kept = None

    def ignored_ends(self) -> Collection[matching.End]:
        return self._store.ignored_ends()

    def suggestions(
        self, row: MappingRow
    ) -> Sequence[matching.Suggestion[Item]] | Sequence[matching.Suggestion[Variant]]:
        """What the missing side of a row could be, best first."""
        view = self.mapping_view()
        if row.item is not None:
            return matching.variants_like(view, row.item)
        return matching.items_like(view, row.variant) if row.variant is not None else []

    # -- by hand ------------------------------------------------------------------------------

    def map_one(self, inventory_item_id: str, sku_number: str) -> None:
        """Map (or re-target) one variant by hand. Variants that the rule has mapped to the same
        item stay so, by hand as well. Raises BadInput where either end is unknown.
        """
        edit = matching.map_one(
            inventory_item_id,
            sku_number,
            item=self.item(sku_number),
            variant=self.variant(inventory_item_id),
            current=self._standing(inventory_item_id),
        )
        self._edit(self._noticing(self._sharing(edit)))

    def unmap_one(self, inventory_item_id: str) -> None:
        self._edit(
            matching.unmap_one(
                inventory_item_id,
                current=self._standing(inventory_item_id),
                variant=self.variant(inventory_item_id),
            )
        )

    def unmap_many(self, inventory_item_ids: Iterable[str]) -> int:
        """Those that are mapped; one edit. Returns how many."""
        return self._edit(self._unmapping(dict.fromkeys(inventory_item_ids)))

    def map_suggested(self, rows: Iterable[MappingRow]) -> int:
        """Map each row to the one counterpart with the same SKU, case, spaces and punctuation
        aside; rows where there is none, or more than one, stay. One edit; returns how many.
        """
        alike = matching.AlikeSkus(self._mapping().table.catalogue)
        wishes: dict[str, str] = {}
        taken: set[str] = set()
        for row in rows:
            pair = alike.pair(row)
            if pair is None or pair[0].inventory_item_id in wishes or pair[1].sku_number in taken:
                continue
            if self._standing(pair[0].inventory_item_id) is None:
                wishes[pair[0].inventory_item_id] = pair[1].sku_number
                taken.add(pair[1].sku_number)
        return self._edit(self._noticing(self._sharing(self._batch(wishes.items()).edit)))

    def ignore(self, rows: Iterable[MappingRow]) -> int:
        """Put rows aside: what is mapped is unmapped, and the rule will not map it again."""
        rows = list(rows)
        variants = [row.variant.inventory_item_id for row in rows if row.variant]
        ends = dict.fromkeys(end for row in rows for end in matching.ends_of(row))
        ignored = self._store.ignored_among(ends)
        fresh = tuple(end for end in ends if end not in ignored)
        self._edit(matching.combined((self._unmapping(variants), matching.Edit(ignore=fresh))))
        return len(rows)

    def notice(self, rows: Iterable[MappingRow]) -> int:
        """Take up again what was put aside."""
        ends = dict.fromkeys(end for row in rows for end in matching.ends_of(row))
        ignored = self._store.ignored_among(ends)
        return self._edit(matching.Edit(notice=tuple(end for end in ends if end in ignored)))

    def _unmapping(self, inventory_item_ids: Iterable[str]) -> matching.Edit:
        current = map(self._standing, inventory_item_ids)
        standing = [mapping for mapping in current if mapping is not None]
        return matching.Edit(
            remove=tuple(one.inventory_item_id for one in standing), before=tuple(standing)
        )

    def _sharing(self, edit: matching.Edit) -> matching.Edit:
        """Several variants are mapped to one item only by hand: what the rule has mapped to an item
        that gets another one becomes so, or the next matching would take it away.
        """
        others = tuple(self._others(edit, MappedBy.RULE))
        put = tuple(replace(mapping, by=MappedBy.HAND) for mapping in others)
        return matching.combined((edit, matching.Edit(put=put, before=others))) if others else edit

    def _others(self, edit: matching.Edit, *by: MappedBy) -> Iterator[SkuMapping]:
        """What is mapped to the items of an edit and stays so."""
        touched = {*edit.remove, *(mapping.inventory_item_id for mapping in edit.put)}
        for sku_number in dict.fromkeys(mapping.sku_number for mapping in edit.put):
            for mapping in self.mappings_of(sku_number):
                if mapping.inventory_item_id not in touched and mapping.by in by:
                    yield mapping

    def _noticing(self, edit: matching.Edit) -> matching.Edit:
        """What is mapped by hand is not ignored any more."""
        ends = dict.fromkeys(
            end
            for mapping in edit.put
            for end in (
                (matching.HERE, mapping.sku_number),
                (matching.THERE, mapping.inventory_item_id),
            )
        )
        ignored = self._store.ignored_among(ends)
        seen = tuple(end for end in ends if end in ignored)
        return matching.combined((edit, matching.Edit(notice=seen))) if seen else edit

    def variant(self, inventory_item_id: str) -> Variant | None:
        """As the last catalogue has it."""
        return self._store.variant(inventory_item_id)

    # -- undo and redo ------------------------------------------------------------------------

    @property
    def edits_to_undo(self) -> int:
        return len(self._done)

    @property
    def edits_to_redo(self) -> int:
        return len(self._undone)

    def undo_edit(self) -> int:
        """Take the last edit by hand back; how many rows it touched, 0 where there is none. Raises
        EditOvertaken where its rows have been changed since; then it is forgotten.
        """
        return self._again(self._done, self._undone)

    def redo_edit(self) -> int:
        """Do again what was undone last."""
        return self._again(self._undone, self._done)

    def _again(self, source: list[matching.Edit], target: list[matching.Edit]) -> int:
        if not source:
            return 0
        edit = source.pop().inverse
        if not self._still_fits(edit):
            raise EditOvertaken(n=len(edit))
        self._write(edit)
        target.append(edit)
        return len(edit)

    def _still_fits(self, edit: matching.Edit) -> bool:
        before = {mapping.inventory_item_id: mapping for mapping in edit.before}
        touched = {*before, *edit.remove, *(mapping.inventory_item_id for mapping in edit.put)}
        return all(self._standing(key) == before.get(key) for key in touched)

    # -- items under another number -----------------------------------------------------------

    def _takes_new_number(self, sku_number: str, new: str) -> None:
        """What was put aside stays so."""
        before = (matching.HERE, sku_number)
        if self._store.ignored_among([before]):
            self._store.change_ignored([(matching.HERE, new)], [before])

    # -- files --------------------------------------------------------------------------------

    def export_mappings(self, out: TextIO) -> int:
        return exchange.write_mappings(out, self.mapping_view().rows())

    def preview_mappings(self, path: Path) -> MappingPreview:
        """Read an exported file back: rows whose SKU number was changed are edits by hand. Changes
        nothing. Raises BadInput where the file cannot be read at all.
        """
        file = exchange.read_mappings(path)
        batch = self._batch((line.inventory_item_id, line.sku_number) for line in file.lines)
        problems = [*file.problems]
        problems += [_problem_of(file.lines[place].line, error) for place, error in batch.problems]
        problems.sort(key=lambda problem: problem.line)
        edit = batch.edit
        before = {mapping.inventory_item_id: mapping.sku_number for mapping in edit.before}
        wanted = {*edit.remove, *(mapping.inventory_item_id for mapping in edit.put)}
        changes = tuple(
            MappingChange(
                line.line,
                line.inventory_item_id,
                before.get(line.inventory_item_id, ""),
                line.sku_number,
            )
            for line in file.lines
            if line.inventory_item_id in wanted
        )
        lines = (*file.lines, *file.without_variant)
        rows = len({*(line.line for line in lines), *(one.line for one in problems)})
        skipped = tuple(self._edited_in_vain(file.without_variant))
        same = batch.unchanged + len(file.without_variant) - len(skipped)
        return MappingPreview(
            file=file.file,
            edit=self._noticing(self._sharing(edit)),
            changes=changes,
            shared=self._shared(edit),
            problems=tuple(problems),
            rows=rows,
            unchanged=same,
            skipped=skipped,
        )

    def _shared(self, edit: matching.Edit) -> tuple[str, ...]:
        """The items that several variants are mapped to after an edit."""
        variants = Counter(mapping.sku_number for mapping in edit.put)
        variants.update(mapping.sku_number for mapping in self._others(edit, *MappedBy))
        return tuple(sku_number for sku_number, n in variants.items() if n > 1)

    def _edited_in_vain(
        self, lines: Iterable[exchange.MappingLine]
    ) -> Iterator[exchange.RowProblemLine]:
        """Of lines without a variant: all but those that stand as they were written out, which is
        an item that no variant is mapped to, once.
        """
        seen = {""}
        for line, _no_id, sku_number in lines:
            written = self.item(sku_number) is not None and not self.mappings_of(sku_number)
            if sku_number and (sku_number in seen or not written):
                params = {"sku": sku_number}
                yield exchange.RowProblemLine(line, "sku_number", _IN_VAIN, params, _IN_VAIN_REMEDY)
            seen.add(sku_number)

    def import_mappings(self, source: Path | MappingPreview) -> int:
        """All or nothing; returns how many mappings changed. Raises ImportRefused, and for a
        preview that is old EditOvertaken.
        """
        preview = source if isinstance(source, MappingPreview) else self.preview_mappings(source)
        preview.refuse_if_bad()
        if not self._still_fits(preview.edit):
            raise EditOvertaken(n=len(preview.edit))
        self._edit(preview.edit)
        return len(preview.changes)

    def _batch(self, wishes: Iterable[tuple[str, str]]) -> matching.EditBatch:
        return matching.edit_many(
            wishes, item=self.item, variant=self.variant, current=self._standing
        )

    # -- inside -------------------------------------------------------------------------------

    def _standing(self, inventory_item_id: str) -> SkuMapping | None:
        with self._store.books.view() as view:
            return view.mapping(inventory_item_id)

    def _edit(self, edit: matching.Edit) -> int:
        if not edit:
            return 0
        self._write(edit)
        self._done.append(edit)
        del self._done[:-KEPT_EDITS]
        self._undone.clear()
        return len(edit)

    def _write(self, edit: matching.Edit) -> None:
        kept = self._kept if self.mapping_is_fresh() else None

        def work(tx: BooksTx) -> None:
            for inventory_item_id in edit.remove:
                cells.unmap_one(tx, inventory_item_id)
            for mapping in edit.put:
                variant = self.variant(mapping.inventory_item_id)
                is_bundle = variant is not None and variant.requires_components
                cells.map_one(tx, mapping, is_bundle=is_bundle)
            if edit.ignore or edit.notice:
                self._store.change_ignored(edit.ignore, edit.notice)

        self._store.submit(work).result()
        if kept is not None:
            kept.table.apply(edit)
            kept.key = self._mapping_key()
        self._tell_edit(edit)
        self._wake()

    def _tell_edit(self, edit: matching.Edit) -> None:
        now = {mapping.inventory_item_id: mapping.sku_number for mapping in edit.put}
        was = {mapping.inventory_item_id: mapping.sku_number for mapping in edit.before}
        mapped = [one for one in edit.put if was.get(one.inventory_item_id) != one.sku_number]
        unmapped = [one for one in edit.before if now.get(one.inventory_item_id) != one.sku_number]
        for event in self._edit_events(mapped, unmapped):
            self._tell(event)

    def _edit_events(
        self, mapped: Sequence[SkuMapping], unmapped: Sequence[SkuMapping]
    ) -> list[Event]:
        """One for each mapping; of many only one that says how many."""
        at, brand = self._now(), self.brand.name
        if len(mapped) + len(unmapped) > ONE_BY_ONE:
            return [
                events.MappingsChanged(
                    at=at, brand=brand, mapped=len(mapped), unmapped=len(unmapped)
                )
            ]
        return [
            kind(at=at, brand=brand, sku=one.sku_number, there=self._named_there(one))
            for kind, those in ((events.SkuUnmapped, unmapped), (events.SkuMapped, mapped))
            for one in those
        ]

    def _named_there(self, mapping: SkuMapping) -> str:
        """The variant's SKU, else its name, else its id."""
        variant = self.variant(mapping.inventory_item_id)
        named = (variant.sku.strip() or variant.name) if variant is not None else ""
        return named or mapping.inventory_item_id


def _counted(entries: Iterable[T], progress: Progress, done: int, total: int) -> Iterator[T]:
    for number, entry in enumerate(entries, done + 1):
        if not number % TOLD_EVERY:
            progress(number, total)
        yield entry


def _problem_of(line: int, error: BadInput) -> exchange.RowProblemLine:
    """With the column that is wrong."""
    column = "inventory_item_id" if isinstance(error, matching.NoSuchVariant) else "sku_number"
    return exchange.RowProblemLine(line, column, error.message, error.params, error.remedy)
