"""The nouns of core.model as documents and back. The only place that knows the shape on disk.

Documents are flat and leave out what is None.

Long because it is a list: a pair of functions for every noun.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from core.model import (
    AuthKind,
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Connection,
    Intent,
    IntentKind,
    IntentRow,
    Item,
    Label,
    LabelType,
    LevelKey,
    Link,
    LocalField,
    Location,
    LocationPair,
    MappedBy,
    Movement,
    PlanKind,
    PlanRow,
    Problem,
    QuantityName,
    RowOutcome,
    Run,
    RunRow,
    ShopifyField,
    ShopLocation,
    SkuMapping,
    Variant,
    Why,
)
from core.store.rows import Doc


def _full(**fields: Any) -> Doc:
    return {name: value for name, value in fields.items() if value is not None}


# -- the inventory -------------------------------------------------------------------------------


def folded(text: str) -> str:
    """As people mean it when they search: full and half width, upper and lower case are one."""
    return unicodedata.normalize("NFKC", text).casefold()


def label_doc(label: Label) -> Doc:
    return _full(
        name=label.name,
        colour=label.colour,
        type=label.type.value,
        is_default=label.is_default,
        orderable=label.orderable,
        negative_allowed=label.negative_allowed,
    )


def label_from(code: str, doc: Doc) -> Label:
    return Label(
        code=code,
        name=doc["name"],
        colour=doc["colour"],
        type=LabelType(doc["type"]),
        is_default=doc["is_default"],
        orderable=doc["orderable"],
        negative_allowed=doc["negative_allowed"],
    )


def location_doc(location: Location) -> Doc:
    return {"name": location.name}


def location_from(key: str, doc: Doc) -> Location:
    return Location(id=key, name=doc["name"])


def item_doc(item: Item) -> Doc:
    search = folded("\n".join(part for part in (item.sku_number, item.name, item.barcode) if part))
    return _full(name=item.name, barcode=item.barcode, search=search)


def item_from(sku_number: str, doc: Doc) -> Item:
    return Item(sku_number, doc["name"], doc["barcode"])


def movement_doc(movement: Movement) -> Doc:
    key, cause = movement.key, movement.cause
    return _full(
        at=movement.at,
        sku_number=key.sku_number,
        location_id=key.location_id,
        label_code=key.label_code,
        before=movement.before,
        after=movement.after,
        kind=cause.kind.value,
        who=cause.who,
        reason=cause.reason,
        run=cause.run,
        arithmetic=cause.arithmetic,
    )


def movement_from(key: str, doc: Doc) -> Movement:
    return Movement(
        id=key,
        at=doc["at"],
        key=LevelKey(doc["sku_number"], doc["location_id"], doc["label_code"]),
        before=doc.get("before"),
        after=doc["after"],
        cause=Cause(
            kind=CauseKind(doc["kind"]),
            who=doc["who"],
            reason=doc["reason"],
            run=doc.get("run"),
            arithmetic=doc["arithmetic"],
        ),
    )


# -- the connection and the shop -----------------------------------------------------------------


def connection_doc(connection: Connection) -> Doc:
    return _full(
        domain=connection.domain,
        auth=connection.auth.value,
        shop_id=connection.shop_id,
        shop_name=connection.shop_name,
        connected_at=connection.connected_at,
        api_key=connection.api_key,
        api_url=connection.api_url,
    )


def connection_from(doc: Doc) -> Connection:
    return Connection(
        domain=doc["domain"],
        auth=AuthKind(doc["auth"]),
        shop_id=doc["shop_id"],
        shop_name=doc["shop_name"],
        connected_at=doc["connected_at"],
        api_key=doc["api_key"],
        api_url=doc.get("api_url"),
    )


def shop_location_doc(location: ShopLocation) -> Doc:
    return {
        "name": location.name,
        "is_active": location.is_active,
        "is_fulfillment_service": location.is_fulfillment_service,
    }


def shop_location_from(key: str, doc: Doc) -> ShopLocation:
    return ShopLocation(key, doc["name"], doc["is_active"], doc["is_fulfillment_service"])


def variant_doc(variant: Variant) -> Doc:
    return _full(
        variant_id=variant.variant_id,
        sku=variant.sku,
        barcode=variant.barcode,
        name=variant.name,
        tracked=variant.tracked,
        requires_components=variant.requires_components,
    )


def variant_from(inventory_item_id: str, doc: Doc) -> Variant:
    return Variant(
        inventory_item_id=inventory_item_id,
        variant_id=doc["variant_id"],
        sku=doc["sku"],
        barcode=doc["barcode"],
        name=doc["name"],
        tracked=doc["tracked"],
        requires_components=doc["requires_components"],
    )


# -- the link ------------------------------------------------------------------------------------


def link_doc(link: Link) -> Doc:
    return _full(
        label_code=link.label_code,
        shopify_field=link.shopify_field.value,
        local_field=link.local_field.value,
        quantity_name=link.quantity_name.value,
        enabled=link.enabled,
        resume=link.resume,
        revision=link.revision,
    )


def link_from(doc: Doc) -> Link:
    return Link(
        label_code=doc.get("label_code"),
        shopify_field=ShopifyField(doc["shopify_field"]),
        local_field=LocalField(doc["local_field"]),
        quantity_name=QuantityName(doc["quantity_name"]),
        enabled=doc["enabled"],
        resume=doc.get("resume", False),
        revision=doc["revision"],
    )


def pair_doc(pair: LocationPair) -> Doc:
    return _full(
        shopify_location_id=pair.shopify_location_id,
        shopify_name=pair.shopify_name,
        is_active=None if pair.is_active else False,
    )


def pair_from(location_id: str, doc: Doc) -> LocationPair:
    is_active = doc.get("is_active", True)
    return LocationPair(location_id, doc["shopify_location_id"], doc["shopify_name"], is_active)


def mapping_doc(mapping: SkuMapping) -> Doc:
    return _full(
        sku_number=mapping.sku_number,
        by=mapping.by.value,
        doubt=None if mapping.doubt is None else mapping.doubt.value,
        since=mapping.since or None,
    )


def mapping_from(inventory_item_id: str, doc: Doc) -> SkuMapping:
    doubt = doc.get("doubt")
    return SkuMapping(
        inventory_item_id,
        doc["sku_number"],
        MappedBy(doc["by"]),
        doubt=None if doubt is None else Problem(doubt),
        since=doc.get("since", ""),
    )


def cell_id(key: CellKey) -> str:
    return f"{key.inventory_item_id}|{key.shopify_location_id}"


def cell_doc(cell: Cell) -> Doc:
    """Written out where other nouns use `_full`: a mass change writes every cell. The write that
    it waits for is the outbox's to tell.
    """
    doc: Doc = {
        "state": cell.state_apart.value,  # derived; kept so that it can be looked up
        "sku_number": cell.sku_number,
        "location_id": cell.location_id,
        "detail": cell.detail,
        "updated_at": cell.updated_at,
        "read_at": cell.read_at,
    }
    if cell.here is not None:
        doc["here"] = cell.here
    if cell.there is not None:
        doc["there"] = cell.there
    if cell.base is not None:
        doc["base"] = cell.base
    if cell.problem is not None:
        doc["problem"] = cell.problem.value
    if cell.changed_at:  # so that the index knows the waiting ones only
        doc["changed_at"] = cell.changed_at
    if cell.since:
        doc["since"] = cell.since
    return doc


def cell_key(name: str) -> CellKey:
    return CellKey(*name.split("|", 1))


def cell_from(key: CellKey, doc: Doc, intent: str | None = None) -> Cell:
    problem = doc.get("problem")
    return Cell(
        key=key,
        sku_number=doc["sku_number"],
        location_id=doc["location_id"],
        here=doc.get("here"),
        there=doc.get("there"),
        base=doc.get("base"),
        intent=intent,
        problem=None if problem is None else Problem(problem),
        detail=doc["detail"],
        updated_at=doc["updated_at"],
        read_at=doc["read_at"],
        changed_at=doc.get("changed_at", ""),
        since=doc.get("since", ""),
    )


def intent_doc(intent: Intent) -> Doc:
    return _full(
        kind=intent.kind.value,
        at=intent.at,
        name=intent.name.value,
        rows=[
            [*row.key, row.sku_number, row.before, row.delta, row.new_base] for row in intent.rows
        ],
        run=intent.run,
    )


def names_in_flight(intent: Doc) -> list[str]:
    """The ids of the cells that wait for it: of its rows without those that have left."""
    left = intent.get("left", ())
    names = [f"{row[0]}|{row[1]}" for row in intent["rows"]]
    return [name for name in names if name not in left] if left else names


def left_by(intent: Doc, name: str) -> Doc:
    """The same write, which goes out as it is, when the cell of that id has left it."""
    return intent | {"left": [*intent.get("left", ()), name]}


def intent_from(key: str, doc: Doc) -> Intent:
    return Intent(
        key=key,
        kind=IntentKind(doc["kind"]),
        at=doc["at"],
        name=QuantityName(doc["name"]),
        rows=tuple(
            IntentRow(CellKey(item, location), sku, before, delta, new_base)
            for item, location, sku, before, delta, new_base in doc["rows"]
        ),
        run=doc.get("run"),
    )


# -- runs ----------------------------------------------------------------------------------------


def run_doc(run: Run) -> Doc:
    return _full(
        kind=run.kind.value,
        at=run.at,
        who=run.who,
        applied=run.applied,
        moved=run.moved,
        rejected=run.rejected,
        waiting=run.waiting,
        equal=run.equal,
        undoes=run.undoes,
        undone_by=run.undone_by,
        label_code=run.label_code,
    )


def run_from(key: str, doc: Doc) -> Run:
    return Run(
        id=key,
        kind=PlanKind(doc["kind"]),
        at=doc["at"],
        who=doc["who"],
        applied=doc["applied"],
        moved=doc["moved"],
        rejected=doc["rejected"],
        waiting=doc["waiting"],
        undoes=doc.get("undoes"),
        undone_by=doc.get("undone_by"),
        equal=doc.get("equal", 0),
        label_code=doc.get("label_code", ""),
    )


def run_row_id(run_id: str, key: CellKey) -> str:
    return f"{run_id}|{cell_id(key)}"


def run_row_doc(run_row: RunRow) -> Doc:
    row = run_row.row
    return _full(
        key=[*row.key],
        sku_number=row.sku_number,
        location_id=row.location_id,
        here=row.here,
        there=row.there,
        base=row.base,
        new_here=row.new_here,
        new_there=row.new_there,
        new_base=row.new_base,
        why=row.why.value,
        left_out=row.left_out,
        row_detail=row.detail,
        outcome=run_row.outcome.value,
        detail=run_row.detail,
    )


def run_row_from(doc: Doc) -> RunRow:
    return RunRow(
        row=PlanRow(
            key=CellKey(*doc["key"]),
            sku_number=doc["sku_number"],
            location_id=doc["location_id"],
            here=doc.get("here"),
            there=doc.get("there"),
            base=doc.get("base"),
            new_here=doc.get("new_here"),
            new_there=doc.get("new_there"),
            new_base=doc.get("new_base"),
            why=Why(doc["why"]),
            left_out=doc["left_out"],
            detail=doc["row_detail"],
        ),
        outcome=RowOutcome(doc["outcome"]),
        detail=doc["detail"],
    )
