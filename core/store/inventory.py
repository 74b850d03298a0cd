"""The stock of a brand: the levels of its items, and the movements between them.

Every change of a level is a movement in the same transaction, and every movement is kept until
`prune_movements`, which always leaves the newest one of each level.
"""

# ruff: noqa: S608 - the SQL is this file's own, values are always parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from core.clock import parse_iso
from core.errors import OurBug
from core.model import Cause, Item, Label, Level, LevelKey, Location, Movement
from core.store import records
from core.store.books import Tx, first_movement_id
from core.store.errors import (
    NegativeStock,
    NothingToMove,
    QuantityOutOfRange,
    UnknownLabel,
    UnknownLocation,
    UnknownSku,
)
from core.store.items import ItemsStore
from core.store.rows import Doc

LARGEST = 1_000_000_000
"""Shopify's own limit for a quantity, both ways."""

LEVELS_AT_ONCE = 1000
"""Levels of an import that are looked up together."""

SKUS_AT_ONCE = 200
"""SKU numbers whose movements are pruned in one transaction, so that nobody waits long."""


T = TypeVar("T")
Made = Callable[[Sequence[Movement]], object]
Progress = Callable[[int], None]
AimedLevel = tuple[LevelKey, Callable[[int], int]]
"""A level, and what becomes of its quantity."""


def _silent(_done: int) -> None:
    """Progress for those who do not ask."""


def _unheard(_made: Sequence[Movement]) -> None:
    """Movements for those who do not ask."""


class InventoryStore(ItemsStore):
    # -- levels ----------------------------------------------------------------------------------

    def levels_of(self, sku_number: str) -> Sequence[Level]:
        return list(_levels(sku_number, self._table("levels").doc(sku_number) or {}))

    def levels(self) -> Iterator[Level]:
        """All, by SKU number."""
        pairs = self._table("levels").rows.pairs()
        return (level for sku_number, doc in pairs for level in _levels(sku_number, doc))

    def set_level(self, key: LevelKey, quantity: int, cause: Cause) -> Movement:
        """Raises UnknownSku, UnknownLocation, UnknownLabel, NegativeStock, QuantityOutOfRange."""
        return self._move(key, lambda _: quantity, cause)

    def adjust_level(self, key: LevelKey, delta: int, cause: Cause) -> Movement:
        """As `set_level`; a level that was never set counts from 0."""
        return self._move(key, lambda before: before + delta, cause)

    def move_level(
        self, source: LevelKey, target: LevelKey, quantity: int, cause: Cause
    ) -> tuple[Movement, Movement]:
        """Take `quantity` from one level of an item and add it to another: another location,
        another label, or both. One transaction, two movements, each of which knows the other
        (`counterpart`).
        """
        if source.sku_number != target.sku_number:
            raise OurBug(detail="a move from one item to another")
        if quantity <= 0 or source == target:
            raise NothingToMove(sku=source.sku_number, quantity=quantity)
        with self.books.transaction() as tx:
            after = {
                source: self._checked(tx, source, lambda before: before - quantity),
                target: self._checked(tx, target, lambda before: before + quantity),
            }
            out, into = tx.record_levels(after, cause, paired=True)
            return out, into

    def set_levels(
        self, quantities: Mapping[LevelKey, int], cause: Cause, progress: Progress = _silent
    ) -> list[Movement]:
        """As `set_level`, all in one transaction: all of it or nothing. `progress` is told how many
        are done; what it raises takes all of it back.
        """
        return self._change_many(
            ((key, _to(after)) for key, after in quantities.items()), cause, progress
        )

    def adjust_levels(
        self, deltas: Mapping[LevelKey, int], cause: Cause, progress: Progress = _silent
    ) -> list[Movement]:
        """As `adjust_level`, all in one transaction."""
        return self._change_many(
            ((key, _by(delta)) for key, delta in deltas.items()), cause, progress
        )

    def move_levels(
        self,
        moves: Iterable[tuple[LevelKey, LevelKey]],
        quantity: int,
        cause: Cause,
        progress: Progress = _silent,
    ) -> list[Movement]:
        """As `move_level`, all in one transaction."""
        moved: list[Movement] = []
        with self.books.transaction():
            for n, (source, target) in enumerate(moves, 1):
                moved += self.move_level(source, target, quantity, cause)
                progress(n)
        return moved

    def _change_many(
        self, changes: Iterable[AimedLevel], cause: Cause, progress: Progress
    ) -> list[Movement]:
        moved: list[Movement] = []
        with self.books.transaction() as tx:
            check = self._check()
            for batch in _batches(changes):
                after = {key: quantity for key, _before, quantity in check(batch)}
                moved += tx.record_levels(after, cause)
                progress(len(moved))
        return moved

    def counterpart(self, movement_id: str) -> Movement | None:
        """The other half of a move; None for any other movement."""
        table = self._table("movements")
        other: str = (table.doc(movement_id) or {}).get("pair", "")
        doc = table.doc(other)
        return None if doc is None else records.movement_from(other, doc)

    def _move(self, key: LevelKey, after: Callable[[int], int], cause: Cause) -> Movement:
        with self.books.transaction() as tx:
            return tx.record_level(key, self._checked(tx, key, after), cause)

    def _checked(self, tx: Tx, key: LevelKey, after: Callable[[int], int]) -> int:
        """What the level becomes; raises where it may not."""
        if key.sku_number not in self._table("items").rows:
            raise UnknownSku(sku=key.sku_number)
        location, label = self.location(key.location_id), self.label(key.label_code)
        before = tx.level(*key)
        quantity = after(before or 0)
        _check_quantity(key.sku_number, location, label, before, quantity)
        return quantity

    def movements(self, sku_number: str, limit: int = 200) -> Sequence[Movement]:
        """Newest first."""
        found = self._table("movements").rows.newest(limit, sku_number=sku_number)
        return [records.movement_from(*pair) for pair in found]

    def all_movements(self, sku_number: str) -> Iterator[Movement]:
        """All of an item, newest first."""
        found = list(self._table("movements").find("sku_number", sku_number))
        return (records.movement_from(*pair) for pair in reversed(found))

    def prune_movements(self, before: str) -> int:
        """Forget the movements from before that moment (ISO), but never the newest one of a level.
        Gives how many.

        Some SKU numbers in each transaction: ended half way, it has done half, rightly.
        """
        limit = first_movement_id(parse_iso(before))
        pruned, last = 0, ""
        while skus := self._skus_with_movements(last):
            last = skus[-1]
            marks = ",".join("?" * len(skus))
            with self._db.transaction():
                pruned += self._db.file.execute(
                    f"DELETE FROM movements WHERE sku_number IN ({marks}) AND id < ? AND id NOT IN "
                    f"(SELECT max(id) FROM movements WHERE sku_number IN ({marks}) GROUP BY "
                    "sku_number, json_extract(doc, '$.location_id'), "
                    "json_extract(doc, '$.label_code'))",
                    (*skus, limit, *skus),
                )
        return pruned

    def count_prunable(self, before: str) -> int:
        """How many `prune_movements` would forget."""
        limit = first_movement_id(parse_iso(before))
        found = self._db.file.rows(
            "SELECT (SELECT count(*) FROM movements WHERE id < ?) - (SELECT count(*) FROM (SELECT "
            "max(id) AS newest FROM movements GROUP BY sku_number, "
            "json_extract(doc, '$.location_id'), json_extract(doc, '$.label_code')) "
            "WHERE newest < ?)",
            (limit, limit),
        )
        return int(found[0][0])

    def _skus_with_movements(self, after: str) -> list[str]:
        found = self._db.file.rows(
            "SELECT DISTINCT sku_number FROM movements WHERE sku_number > ? "
            "ORDER BY sku_number LIMIT ?",
            (after, SKUS_AT_ONCE),
        )
        return [sku for (sku,) in found]

    def import_batch(
        self,
        items: Iterable[Item],
        levels: Iterable[Level],
        cause: Cause,
        progress: Progress = _silent,
        made: Made = _unheard,
    ) -> int:
        """Items, then levels, in one transaction: all of it or nothing. Levels that are right
        already make no movement. `progress` is told how many levels have been looked at, `made`
        the movements, some at a time, before they are committed. Gives how many changed.
        """
        changed, looked_at = 0, 0
        with self.books.transaction() as tx:
            self.put_items(items)
            check = self._check()
            for batch in _batches(levels):
                aimed = [(level.key, _to(level.quantity)) for level in batch]
                after: dict[LevelKey, int] = {}
                for key, before, quantity in check(aimed):
                    after[key] = quantity
                    if before == quantity:  # a later row for the same level says: as it is
                        del after[key]
                made(tx.record_levels(after, cause))
                changed += len(after)
                looked_at += len(batch)
                progress(looked_at)
        return changed

    def _check(
        self,
    ) -> Callable[[Sequence[AimedLevel]], Iterator[tuple[LevelKey, int | None, int]]]:
        """What gives (level, quantity before, quantity after) of many levels, looked up together;
        it raises where one may not be. For one transaction.
        """
        places = {location.id: location for location in self.locations()}
        labels = {label.code: label for label in self.labels()}

        def check(aimed: Sequence[AimedLevel]) -> Iterator[tuple[LevelKey, int | None, int]]:
            skus = list(dict.fromkeys(key.sku_number for key, _after in aimed))
            unknown = {*skus} - self._table("items").rows.known(skus)
            docs = self._table("levels").rows.many(skus)
            for key, after in aimed:
                if key.sku_number in unknown:
                    raise UnknownSku(sku=key.sku_number)
                if key.location_id not in places:
                    raise UnknownLocation(location=key.location_id)
                if key.label_code not in labels:
                    raise UnknownLabel(label=key.label_code)
                place, label = places[key.location_id], labels[key.label_code]
                before = docs.get(key.sku_number, {}).get(key.label_code, {}).get(key.location_id)
                quantity = after(before or 0)
                if quantity != before:  # what is so already may stay
                    _check_quantity(key.sku_number, place, label, before, quantity)
                yield key, before, quantity

        return check


def _to(quantity: int) -> Callable[[int], int]:
    return lambda _before: quantity


def _by(delta: int) -> Callable[[int], int]:
    return lambda before: before + delta


def _batches(changes: Iterable[T]) -> Iterator[list[T]]:
    source = iter(changes)
    while batch := list(islice(source, LEVELS_AT_ONCE)):
        yield batch


def _levels(sku_number: str, doc: Doc) -> Iterator[Level]:
    for code, places in doc.items():
        for location_id, quantity in places.items():
            yield Level(LevelKey(sku_number, location_id, code), quantity)


def _check_quantity(
    sku_number: str, location: Location, label: Label, before: int | None, after: int
) -> None:
    if not isinstance(after, int):
        raise OurBug(detail=f"a quantity that is no whole number: {after!r}")
    if abs(after) > LARGEST:
        raise QuantityOutOfRange(sku=sku_number, location=location.name, quantity=after)
    # A level that is below zero already may rise, and may stay.
    if after < 0 and not label.negative_allowed and after < (before or 0):
        raise NegativeStock(
            sku=sku_number,
            location=location.name,
            label=label.title,
            before=before or 0,
            after=after,
        )
