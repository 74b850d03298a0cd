"""Commands for items and their stock; none of them needs a connection."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, BadInput
from core.model import Movement
from tui.clean import clean
from tui.commands.common import Session, csv_out, number, progress, say, say_json, table
from tui.commands.line import Tree, takes_file, takes_json, takes_label, whole
from tui.i18n import _, finding_text, ngettext

if TYPE_CHECKING:
    from core.workspace import RowProblemLine

SHOWN_PROBLEMS = 20
"""Bad lines of a file that are printed for reading; --json has them all."""


class UnknownItem(BadInput):
    code = "unknown_sku"
    message = N_("There is no item with the SKU number %(sku)s.")
    remedy = N_("Check the spelling (case and spaces count), or import the item first.")


class FileRefused(BadInput):
    """The lines themselves are told before, in the reader's language."""

    code = "import_refused"
    message = N_(
        "%(file)s was not imported, nothing was changed: %(bad)s of %(rows)s rows cannot be used."
    )
    remedy = N_("Mend these rows and import the file again.")


def register(tree: Tree) -> None:
    tree.group("item", _("Items: SKU number, name, barcode."))
    about = _("Import a CSV of items and quantities; all of it or nothing.")
    _item_import(tree.command("item import", item_import, about))
    tree.command("item export", item_export, _("Write all items as CSV."))
    tree.group("stock", _("Stock: the quantity of an item at a location."))
    _level(tree.command("stock set", stock_set, _("Set a quantity.")), "quantity")
    about = _("Add to a quantity, or take away.")
    _level(tree.command("stock adjust", stock_adjust, about), "delta")
    show = tree.command("stock show", stock_show, _("Show an item's quantities."))
    show.add_argument("sku", metavar="SKU")
    takes_json(show)
    tree.command("stock export", stock_export, _("Write all quantities as CSV."))


def _item_import(parser: argparse.ArgumentParser) -> None:
    takes_file(parser, _("Our own CSV, or an inventory or product CSV of Shopify."))
    parser.add_argument(
        "--dry-run", action="store_true", help=_("Only say what would be imported.")
    )
    takes_json(parser)


def _level(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("sku", metavar="SKU")
    parser.add_argument("location", metavar="LOCATION")
    parser.add_argument(name, metavar="N", type=whole("N"), help=_("A whole number, such as -3."))
    takes_label(parser)
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("Why, in your own words."))
    takes_json(parser)


# -- items ---------------------------------------------------------------------------------------


def item_import(session: Session, file: Path, *, dry_run: bool, as_json: bool) -> None:
    from core.workspace import ImportRefused

    desk = session.desk
    try:
        if dry_run:
            found = desk.preview_import(file)
            found.refuse_if_bad()
        else:
            found = desk.import_items(file, progress(_("Importing")))
    except ImportRefused as refused:
        raise said_refused(refused, as_json=as_json) from refused
    if as_json:
        say_json(
            {
                "imported": not dry_run,
                "items": len(found.items),
                "quantities": len(found.levels),
                "notes": [_line_record(line) for line in (*found.skipped, *found.notes)],
            }
        )
        return
    _say_lines((*found.skipped, *found.notes))
    items, levels = len(found.items), len(found.levels)
    told = {
        "items": ngettext("%(items)s item", "%(items)s items", items) % {"items": items},
        "levels": ngettext("%(levels)s quantity", "%(levels)s quantities", levels)
        % {"levels": levels},
    }
    done = _("%(items)s and %(levels)s would be imported.")
    if not dry_run:
        done = _("Imported %(items)s and %(levels)s.")
    say(done % told)


def said_refused(refused: BadInput, *, as_json: bool = False) -> FileRefused:
    """Say every bad line in the reader's language; the error that sums them up."""
    problems = refused.params["problems"]
    if as_json:
        say_json({"imported": False, "problems": [_line_record(line) for line in problems]})
    else:
        _say_lines(problems[:SHOWN_PROBLEMS])
        if len(problems) > SHOWN_PROBLEMS:
            told = {"count": len(problems) - SHOWN_PROBLEMS}
            sys.stderr.write(_("… and %(count)s more (--json shows all).") % told + "\n")
    return FileRefused(**{name: refused.params[name] for name in ("file", "bad", "rows")})


def _say_lines(lines: Iterable[RowProblemLine]) -> None:
    for line in lines:
        message, remedy = finding_text(line)
        told = {"line": line.line, "field": clean(line.field)}
        where = _("line %(line)s, %(field)s:") if line.field else _("line %(line)s:")
        sys.stderr.write(f"{where % told} {message} {remedy}".rstrip() + "\n")


def _line_record(line: RowProblemLine) -> dict[str, object]:
    message, remedy = finding_text(line)
    return {"line": line.line, "field": line.field, "message": message, "remedy": remedy}


def item_export(session: Session) -> None:
    session.desk.export_items(csv_out())


# -- stock ---------------------------------------------------------------------------------------


def stock_export(session: Session) -> None:
    """CSV `sku_number,location,label,quantity`."""
    session.desk.export_stock(csv_out())


def stock_set(
    session: Session,
    sku: str,
    location: str,
    quantity: int,
    *,
    label: str | None,
    reason: str,
    as_json: bool,
) -> None:
    _say_movement(session, session.desk.set_stock(sku, location, quantity, label, reason), as_json)


def stock_adjust(
    session: Session,
    sku: str,
    location: str,
    delta: int,
    *,
    label: str | None,
    reason: str,
    as_json: bool,
) -> None:
    _say_movement(session, session.desk.adjust_stock(sku, location, delta, label, reason), as_json)


def _say_movement(session: Session, movement: Movement, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "sku_number": movement.key.sku_number,
                "location": session.desk.location_name(movement.key.location_id),
                "label": movement.key.label_code,
                "before": movement.before,
                "after": movement.after,
                "at": movement.at,
            }
        )
        return
    say(f"{clean(movement.key.sku_number)}: {number(movement.before)} → {movement.after}")


def stock_show(session: Session, sku: str, *, as_json: bool) -> None:
    desk = session.desk
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
