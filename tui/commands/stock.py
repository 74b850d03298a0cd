"""Commands for items and their stock; none of them needs a connection."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import N_, BadInput
from core.model import Movement
from tui.clean import clean
from tui.commands.common import csv_out, number, progress, say, say_json, session_of, table
from tui.i18n import _, ngettext


class UnknownItem(BadInput):
    code = "unknown_sku"
    message = N_("There is no item with the SKU number %(sku)s.")
    remedy = N_("Check the spelling (case and spaces count), or import the item first.")


LabelOption = Annotated[str | None, typer.Option("--label", help=_("Code of the inventory label."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=_("Why, in your own words."))]
# A negative number is a quantity here, not an option.
NUMBERS = {"ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    item = typer.Typer(help=_("Items: SKU number, name, barcode."))
    item.command("import", help=_("Import a CSV of items and quantities; all of it or nothing."))(
        item_import
    )
    item.command("export", help=_("Write all items as CSV."))(item_export)
    app.add_typer(item, name="item")
    stock = typer.Typer(help=_("Stock: the quantity of an item at a location."))
    stock.command("set", help=_("Set a quantity."), context_settings=NUMBERS)(stock_set)
    stock.command("adjust", help=_("Add to a quantity, or take away."), context_settings=NUMBERS)(
        stock_adjust
    )
    stock.command("show", help=_("Show an item's quantities."))(stock_show)
    stock.command("export", help=_("Write all quantities as CSV."))(stock_export)
    app.add_typer(stock, name="stock")


def item_import(
    context: typer.Context,
    file: Path,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Only say what would be imported."))
    ] = False,
) -> None:
    desk = session_of(context).desk
    if dry_run:
        found = desk.preview_import(file)
        found.refuse_if_bad()
    else:
        found = desk.import_items(file, progress(_("Importing")))
    for line in (*found.skipped, *found.notes):
        where = f"{line.line}: " if line.line else ""
        sys.stderr.write(f"{where}{clean(str(line))}\n")
    items, levels = len(found.items), len(found.levels)
    text = ngettext("%(items)s item", "%(items)s items", items) % {"items": items}
    told = {"items": text, "levels": levels}
    done = _("%(items)s and %(levels)s quantities would be imported.")
    if not dry_run:
        done = _("Imported %(items)s and %(levels)s quantities.")
    say(done % told)


def item_export(context: typer.Context) -> None:
    session_of(context).desk.export_items(csv_out())


def stock_export(context: typer.Context) -> None:
    """CSV `sku_number,location,label,quantity`."""
    session_of(context).desk.export_stock(csv_out())


def stock_set(
    context: typer.Context,
    sku: str,
    location: str,
    quantity: int,
    label: LabelOption = None,
    reason: ReasonOption = "",
) -> None:
    _say_movement(session_of(context).desk.set_stock(sku, location, quantity, label, reason))


def stock_adjust(
    context: typer.Context,
    sku: str,
    location: str,
    delta: int,
    label: LabelOption = None,
    reason: ReasonOption = "",
) -> None:
    _say_movement(session_of(context).desk.adjust_stock(sku, location, delta, label, reason))


def _say_movement(movement: Movement) -> None:
    say(f"{clean(movement.key.sku_number)}: {number(movement.before)} → {movement.after}")


def stock_show(
    context: typer.Context,
    sku: str,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
) -> None:
    desk = session_of(context).desk
    item = desk.item(sku)
    if item is None:
        raise UnknownItem(sku=sku)
    levels = [
        {
            "location": desk.location_name(level.key.location_id),
            "label": level.key.label_code,
            "quantity": level.quantity,
        }
        for level in desk.levels_of(sku)
    ]
    if as_json:
        say_json(
            {
                "sku_number": item.sku_number,
                "name": item.name,
                "barcode": item.barcode,
                "levels": levels,
            }
        )
        return
    say(f"{clean(item.sku_number)}  {clean(item.name)}  {clean(item.barcode)}".rstrip())
    table(
        (_("Location"), _("Inventory label"), _("Quantity")),
        ((level["location"], level["label"], level["quantity"]) for level in levels),
    )
