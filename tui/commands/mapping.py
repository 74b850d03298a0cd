"""`map` runs the matching; `map list|set|remove|export|import` look at it and edit it; `unmap
--all` deletes it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import N_, BadInput
from core.model import LocalField, MappingRow, MatchState, ShopifyField
from core.workspace import Desk
from tui.clean import clean
from tui.commands.common import confirmed, csv_out, progress, say, say_json, session_of, table, wait
from tui.i18n import _
from tui.words import MATCHES, show


class WhichVariant(BadInput):
    code = "which_variant"
    message = N_("%(sku)s names %(count)s variants on Shopify.")
    remedy = N_(
        "Give the inventory item's id instead (gid://shopify/InventoryItem/…); "
        "`dextre-sync map list --json` shows them."
    )


class AllOrNothing(BadInput):
    code = "say_all"
    message = N_("unmap deletes all SKU mappings and stops the link; it does so only with --all.")
    remedy = N_("To take one mapping away use `dextre-sync map remove SKU`.")


JsonOption = Annotated[bool, typer.Option("--json", help=_("Print JSON."))]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help=_("Map SKUs: which item is which variant on Shopify."), invoke_without_command=True
    )
    group.callback()(run_matching)
    group.command("list", help=_("List the mapping and what did not match."))(map_list)
    group.command("set", help=_("Map one variant by hand: SHOPIFY_SKU_OR_ID SKU_NUMBER."))(map_set)
    group.command("remove", help=_("Take one mapping away."))(map_remove)
    group.command("export", help=_("Write the mapping as CSV."))(map_export)
    group.command("import", help=_("Read an edited mapping CSV back; all of it or nothing."))(
        map_import
    )
    app.add_typer(group, name="map")
    app.command("unmap", help=_("Delete all SKU mappings; stops the inventory link."))(unmap)


def run_matching(
    context: typer.Context,
    shopify_field: Annotated[
        ShopifyField | None, typer.Option(help=_("Field on Shopify's side."))
    ] = None,
    local_field: Annotated[
        LocalField | None, typer.Option(help=_("Field on DEXTRE's side."))
    ] = None,
) -> None:
    if context.invoked_subcommand is not None:
        return
    desk = session_of(context).desk
    if shopify_field or local_field:
        link = desk.link()
        desk.set_fields(shopify_field or link.shopify_field, local_field or link.local_field)
    counts = wait(desk.map(progress(_("Reading the catalogue"))))
    table(
        (_("Result"), _("Rows")),
        ((show(MATCHES[state]), count) for state, count in counts.items() if count),
    )


def map_list(
    context: typer.Context,
    state: Annotated[list[MatchState] | None, typer.Option(help=_("Only these results."))] = None,
    search: Annotated[str, typer.Option(help=_("Only rows with these words."))] = "",
    as_json: JsonOption = False,
) -> None:
    desk = session_of(context).desk
    rows = desk.mapping_rows(state or None, search, 0, sys.maxsize)
    if as_json:
        say_json([_record(row) for row in rows])
        return
    table(
        (_("Result"), _("SKU number"), _("SKU"), _("Barcode"), _("Name"), ""),
        (
            (
                show(MATCHES[row.state]),
                row.item.sku_number if row.item else "",
                row.variant.sku if row.variant else "",
                (row.item.barcode if row.item else "")
                or (row.variant.barcode if row.variant else ""),
                (row.item.name if row.item else "") or (row.variant.name if row.variant else ""),
                row.near and f"≈ {row.near}",
            )
            for row in rows
        ),
    )


def _record(row: MappingRow) -> dict[str, object]:
    return {
        "state": row.state.value,
        "by": row.by.value if row.by else None,
        "sku_number": row.item.sku_number if row.item else None,
        "inventory_item_id": row.variant.inventory_item_id if row.variant else None,
        "shopify_sku": row.variant.sku if row.variant else None,
        "near": row.near or None,
    }


def map_set(context: typer.Context, shopify: str, sku_number: str) -> None:
    desk = session_of(context).desk
    desk.map_one(_variant_id(desk, shopify), sku_number)
    say(f"{clean(shopify)} = {clean(sku_number)}")


def map_remove(context: typer.Context, shopify: str) -> None:
    desk = session_of(context).desk
    desk.unmap_one(_variant_id(desk, shopify))
    say(clean(shopify))


def _variant_id(desk: Desk, sku_or_id: str) -> str:
    """An inventory item's id as it is; a SKU where exactly one variant has it."""
    if sku_or_id.startswith("gid://"):
        return sku_or_id
    rows = desk.mapping_rows(None, sku_or_id, 0, sys.maxsize)
    ids = {
        row.variant.inventory_item_id
        for row in rows
        if row.variant and row.variant.sku == sku_or_id
    }
    if len(ids) > 1:
        raise WhichVariant(sku=sku_or_id, count=len(ids))
    return ids.pop() if ids else sku_or_id


def map_export(context: typer.Context) -> None:
    session_of(context).desk.export_mappings(csv_out())


def map_import(context: typer.Context, file: Path) -> None:
    changed = session_of(context).desk.import_mappings(file)
    say(_("%(count)s mappings changed.") % {"count": changed})


def unmap(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help=_("All of them."))] = False,
    yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask."))] = False,
) -> None:
    if not everything:
        raise AllOrNothing
    desk = session_of(context).desk
    mapped = desk.status().mapped
    question = _("Delete all %(count)s SKU mappings and stop the link?") % {"count": mapped}
    confirmed(question, yes=yes)
    count = wait(desk.unmap_all())
    say(_("%(count)s SKU mappings were deleted; the inventory link is off.") % {"count": count})
