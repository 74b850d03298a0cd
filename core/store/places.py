"""Inventory labels and locations: what kinds of stock there are, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import N_
from core.model import Label, Location
from core.store import records
from core.store.base import StoreBase
from core.store.errors import (
    EmptyName,
    LabelHasStock,
    LabelIsDefault,
    LabelIsLinked,
    LabelIsTheLast,
    LocationHasStock,
    LocationIsPaired,
    NameTaken,
    UnknownLabel,
    UnknownLocation,
)
from core.store.rows import Doc

FORMER_PLACES = "former_places"
"""The document of `meta` with the names of locations that were removed: movements name them."""

AT_ONCE = 1000
"""Items whose levels are changed together."""

_LEVELS = (
    "SELECT DISTINCT levels.id FROM levels, json_each(levels.doc) AS label, "
    "json_each(label.value) AS place "
)
STOCK_AT = _LEVELS + "WHERE place.key = ? AND {} ORDER BY levels.id"
STOCK_UNDER = _LEVELS + "WHERE label.key = ? AND {} ORDER BY levels.id"


class PlacesStore(StoreBase):
    # -- labels ----------------------------------------------------------------------------------

    def labels(self) -> tuple[Label, ...]:
        return tuple(records.label_from(*pair) for pair in self._table("labels").rows.pairs())

    def label(self, code: str) -> Label:
        found = self._now.label(code)
        if found is None:
            raise UnknownLabel(label=code)
        return found

    def add_label(self, label: Label) -> None:
        """The first label is the default one; a later default takes the place of the old."""
        if not label.code.strip():
            raise EmptyName(what=N_("code of the inventory label"))
        table = self._table("labels")
        with self._db.transaction():
            if label.code in table.rows:
                raise NameTaken(what=N_("inventory label"), name=label.code)
            doc = records.label_doc(label)
            if not table.rows:
                doc["is_default"] = True
            elif label.is_default:
                table.update({"is_default": False})
            table.put(label.code, doc)

    def edit_label(self, label: Label) -> None:
        """Everything but its code. The default label stays it until another one is made it."""
        if not label.name.strip():
            raise EmptyName(what=N_("name of the inventory label"))
        table = self._table("labels")
        with self.books.transaction() as tx:
            before = self.label(label.code)
            link = tx.link()
            if link.label_code == label.code and label.negative_allowed != before.negative_allowed:
                tx.put_link(link.revised())
            if label.is_default and not before.is_default:
                table.update({"is_default": False})
            doc = records.label_doc(label)
            doc["is_default"] = before.is_default or label.is_default
            table.put(label.code, doc)

    def remove_label(self, code: str) -> Label:
        """One that is not linked, not the default one and holds nothing; movements go on naming it.
        Raises UnknownLabel, LabelIsTheLast, LabelIsLinked, LabelIsDefault, LabelHasStock; looks at
        all levels.
        """
        with self.books.transaction() as tx:
            label = self.label(code)
            if len(self.labels()) == 1:
                raise LabelIsTheLast(label=label.title)
            if tx.link().label_code == code:
                raise LabelIsLinked(label=label.title)
            if label.is_default:
                raise LabelIsDefault(label=label.title)
            skus = self._stock_under(code, "place.value != 0")
            if skus:
                raise LabelHasStock(label=label.title, items=len(skus), first=skus[0])
            self._forget(self._stock_under(code, "1"), lambda doc: without_label(doc, code))
            self._table("labels").discard(code)
        return label

    def locations(self) -> tuple[Location, ...]:
        """By name."""
        found = (records.location_from(*pair) for pair in self._table("locations").rows.pairs())
        return tuple(sorted(found, key=lambda location: records.folded(location.name)))

    def location(self, location_id: str) -> Location:
        doc = self._table("locations").doc(location_id)
        if doc is None:
            raise UnknownLocation(location=location_id)
        return records.location_from(location_id, doc)

    def add_location(self, name: str) -> Location:
        name = name.strip()
        if not name:
            raise EmptyName(what=N_("name of the location"))
        with self._db.transaction():
            if any(location.name == name for location in self.locations()):
                raise NameTaken(what=N_("location"), name=name)
            location = Location(self._new_id(), name)
            self._table("locations").put(location.id, records.location_doc(location))
        return location

    def rename_location(self, location_id: str, name: str) -> Location:
        name = name.strip()
        if not name:
            raise EmptyName(what=N_("name of the location"))
        with self._db.transaction():
            others = (place for place in self.locations() if place.id != location_id)
            if any(place.name == name for place in others):
                raise NameTaken(what=N_("location"), name=name)
            location = Location(self.location(location_id).id, name)
            self._table("locations").put(location.id, records.location_doc(location))
        return location

    def remove_location(self, location_id: str) -> Location:
        """One that is not paired and holds nothing. Its history stays, under its name. Raises
        LocationIsPaired, LocationHasStock; looks at all levels.
        """
        with self.books.transaction() as tx:
            location = self.location(location_id)
            paired = [pair.shopify_name for pair in tx.pairs() if pair.location_id == location_id]
            if paired:
                raise LocationIsPaired(location=location.name, shopify=paired[0])
            skus = self._stock_at(location_id, "place.value != 0")
            if skus:
                raise LocationHasStock(location=location.name, items=len(skus), first=skus[0])
            self._forget(
                self._stock_at(location_id, "1"), lambda doc: without_place(doc, location_id)
            )
            self._table("locations").discard(location_id)
            former = self.former_locations() | {location_id: location.name}
            self._table("meta").put(FORMER_PLACES, former)
        return location

    def former_locations(self) -> dict[str, str]:
        """The names of removed locations, by id."""
        return self._table("meta").doc(FORMER_PLACES) or {}

    def _stock_at(self, location_id: str, which: str) -> list[str]:
        """SKU numbers with levels there, each once."""
        return [sku for (sku,) in self._db.file.rows(STOCK_AT.format(which), (location_id,))]

    def _stock_under(self, label_code: str, which: str) -> list[str]:
        return [sku for (sku,) in self._db.file.rows(STOCK_UNDER.format(which), (label_code,))]

    def _forget(self, skus: Sequence[str], without: Callable[[Doc], Doc | None]) -> None:
        """Take levels away, all of which are 0: that is no change of stock."""
        for start in range(0, len(skus), AT_ONCE):
            docs = self._table("levels").rows.many(skus[start : start + AT_ONCE])
            self._table("levels").change((sku, without(doc)) for sku, doc in docs.items())


def without_place(doc: Doc, location_id: str) -> Doc | None:
    left = {
        label: {place: n for place, n in places.items() if place != location_id}
        for label, places in doc.items()
    }
    return {label: places for label, places in left.items() if places} or None


def without_label(doc: Doc, label_code: str) -> Doc | None:
    return {label: places for label, places in doc.items() if label != label_code} or None
