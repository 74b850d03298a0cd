"""The connections: which rows, in which order, by which filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from core.practice.context import Context, permit
from core.practice.paging import Page, paginate
from core.practice.search import Field, Parsed, parse_search
from core.practice.state import Item, Level, Location, Variant

Info = GraphQLResolveInfo
Args = Mapping[str, Any]


def _window(args: Args) -> dict[str, Any]:
    return {name: args.get(name) for name in ("first", "after", "last", "before", "reverse")}


def search_of(
    context: Context, info: Info, args: Args, fields: Mapping[str, Field], *default: str
) -> Parsed | None:
    query = args.get("query")
    if not query or not query.strip():
        return None
    found = parse_search(query, fields, default)
    if found.warnings:
        context.search.append(
            {
                "path": [step for step in info.path.as_list() if isinstance(step, str)],
                "query": query,
                "parsed": found.parsed,
                "warnings": found.warnings,
            }
        )
    return found


# -- levels ---------------------------------------------------------------------------------------


def _level_fields(context: Context) -> dict[str, Field]:
    return {
        "created_at": Field("date", lambda level: level.created_at),
        "id": Field("number", lambda level: level.location.level_number),
        "inventory_group_id": Field("number", lambda level: level.location.level_number),
        "inventory_item_id": Field("number", lambda level: level.item.number),
        "updated_at": Field("date", lambda level: context.indexed(level).updated_at),
    }


def _levels_page(context: Context, rows: Sequence[Level], found: Parsed | None, args: Args) -> Page:
    include_inactive = bool(args.get("includeInactive"))

    def keep(level: Level) -> bool:
        if not include_inactive and not context.see(level).is_active:
            return False
        return found is None or found.matches(level)

    page = paginate(rows, identify=lambda level: level.sequence, keep=keep, **_window(args))
    return Page(
        [context.see(level) for level in page.nodes], page.cursors, page.has_next, page.has_previous
    )


def location_levels(location: Location, info: Info, **args: Any) -> Page:
    context = permit(info, "read_inventory")
    found = search_of(context, info, args, _level_fields(context))
    rows: Sequence[Level] = location.levels
    if found is not None and found.updated_since is not None:
        rows = _changed_since(location, found.updated_since)
    return _levels_page(context, rows, found, args)


def _changed_since(location: Location, moment: int) -> list[Level]:
    """Candidates only: what the index knows is never newer than what is."""
    rows = []
    for level in reversed(location.recent):
        if level.updated_at < moment:
            break
        rows.append(level)
    rows.sort(key=lambda level: level.sequence)
    return rows


def item_levels(item: Item, info: Info, **args: Any) -> Page:
    context = permit(info, "read_inventory")
    found = search_of(context, info, args, _level_fields(context))
    rows = sorted(item.levels, key=lambda level: level.sequence)
    return _levels_page(context, rows, found, args)


# -- items ----------------------------------------------------------------------------------------

ITEM_FIELDS = {
    "created_at": Field("date", lambda item: item.created_at),
    "id": Field("number", lambda item: item.number),
    "sku": Field("text", lambda item: item.sku),
    "tracked": Field("flag", lambda item: item.tracked),
    "updated_at": Field("date", lambda item: item.updated_at),
}


def items(_root: Any, info: Info, **args: Any) -> Page:
    context = permit(info, "read_inventory", "read_products")
    found = search_of(context, info, args, ITEM_FIELDS, "sku")
    return paginate(
        context.stock.items,
        identify=lambda item: item.number,
        keep=found.matches if found else None,
        **_window(args),
    )


# -- variants and products ------------------------------------------------------------------------

VARIANT_FIELDS = {
    "barcode": Field("text", lambda variant: variant.barcode),
    "gift_card": Field("flag", lambda variant: variant.product.is_gift_card),
    "id": Field("number", lambda variant: variant.number),
    "managed": Field("flag", lambda variant: variant.item.tracked),
    "product_id": Field("number", lambda variant: variant.product.number),
    "product_status": Field("text", lambda _variant: "active"),
    "product_type": Field("text", lambda variant: variant.product.product_type),
    "sku": Field("text", lambda variant: variant.item.sku),
    "title": Field("text", lambda variant: variant.title),
    "updated_at": Field("date", lambda variant: variant.item.updated_at),
    "vendor": Field("text", lambda variant: variant.product.vendor),
    "product_title": Field("text", lambda variant: variant.product.title),
}


def product_variants(_root: Any, info: Info, **args: Any) -> Page:
    context = permit(info, "read_products")
    found = search_of(
        context, info, args, VARIANT_FIELDS, "sku", "barcode", "title", "product_title"
    )
    return variants(context.stock.variants, args, found)


def variants(rows: Sequence[Variant], args: Args, found: Parsed | None = None) -> Page:
    """Ordered by id, which is the order of making and of position too."""
    return paginate(
        rows,
        identify=lambda variant: variant.number,
        keep=found.matches if found else None,
        **_window(args),
    )


def variants_count(_root: Any, info: Info, **args: Any) -> dict[str, Any]:
    context = permit(info, "read_products")
    found = search_of(
        context, info, args, VARIANT_FIELDS, "sku", "barcode", "title", "product_title"
    )
    rows = context.stock.variants
    count = len(rows) if found is None else sum(map(found.matches, rows))
    return _up_to(count, args.get("limit"))


PRODUCT_FIELDS = {
    "created_at": Field("date", lambda product: product.created_at),
    "gift_card": Field("flag", lambda product: product.is_gift_card),
    "handle": Field("text", lambda product: product.handle),
    "id": Field("number", lambda product: product.number),
    "product_type": Field("text", lambda product: product.product_type),
    "status": Field("text", lambda _product: "active"),
    "title": Field("text", lambda product: product.title),
    "updated_at": Field("date", lambda product: product.created_at),
    "vendor": Field("text", lambda product: product.vendor),
}


def products(_root: Any, info: Info, **args: Any) -> Page:
    context = permit(info, "read_products")
    found = search_of(context, info, args, PRODUCT_FIELDS, "title", "vendor")
    return paginate(
        context.stock.products,
        identify=lambda product: product.number,
        keep=found.matches if found else None,
        **_window(args),
    )


# -- locations ------------------------------------------------------------------------------------

LOCATION_FIELDS = {
    "active": Field("flag", lambda location: location.is_active),
    "created_at": Field("date", lambda location: location.created_at),
    "id": Field("number", lambda location: location.number),
    "location_id": Field("number", lambda location: location.number),
    "legacy": Field("flag", lambda location: location.is_fulfillment_service),
    "name": Field("text", lambda location: location.name),
}


def locations(_root: Any, info: Info, **args: Any) -> Page:
    context = permit(info, "read_locations", "read_inventory")
    found = search_of(context, info, args, LOCATION_FIELDS, "name")
    rows = [
        location
        for location in context.stock.locations
        if (location.is_active or args.get("includeInactive"))
        and (not location.is_fulfillment_service or args.get("includeLegacy"))
    ]
    by_name = args.get("sortKey") != "ID"
    if by_name:
        rows.sort(key=lambda location: (location.name, location.number))
    return paginate(
        rows,
        identify=lambda location: location.number,
        value=(lambda location: location.name) if by_name else None,
        keep=found.matches if found else None,
        **_window(args),
    )


def locations_count(_root: Any, info: Info, **args: Any) -> dict[str, Any]:
    context = permit(info, "read_locations", "read_inventory")
    found = search_of(context, info, args, LOCATION_FIELDS, "name")
    rows = [each for each in context.stock.locations if each.is_active]
    count = len(rows) if found is None else sum(map(found.matches, rows))
    return _up_to(count, args.get("limit"))


def _up_to(count: int, limit: int | None) -> dict[str, Any]:
    if limit is not None and count > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": count, "precision": "EXACT"}
