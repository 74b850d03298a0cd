"""Commands for items: SKU numbers, names and barcodes, and files of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, NN_, BadInput
from core.model import Item
from tui import counted
from tui.clean import clean
from tui.commands.common import Session, confirmed, csv_out, more_rows, progress, say, say_json
from tui.commands.line import Tree, takes_file, takes_json, takes_yes
from tui.commands.setup import NothingToSet
from tui.i18n import _, finding_text, ngettext

if TYPE_CHECKING:
    from core.workspace import Desk, RowProblemLine

SHOWN_PROBLEMS = 20
"""Lines of a file that are named for reading; --json has them all."""


class UnknownItem(BadInput):
    code = "unknown_sku"
    message = N_("There is no item with the SKU number %(sku)s.")
    remedy = N_("Check the spelling (case and spaces count), or import the item first.")


class FileRefused(BadInput):
    """The lines themselves are told before, in the reader's language."""

    code = "import_refused"
    message = NN_(
        "%(file)s was not imported, nothing was changed: %(bad)s of %(rows)s row cannot be used.",
        "%(file)s was not imported, nothing was changed: %(bad)s of %(rows)s rows cannot be used.",
        by="rows",
    )
    remedy = N_("Mend these rows and import the file again.")


def register(tree: Tree) -> None:
    tree.group("item", _("Items: SKU number, name, barcode."))
    about = _("Import a CSV of items and quantities; all of it or nothing.")
    _item_import(tree.command("item import", item_import, about))
    tree.command("item export", item_export, _("Write all items as CSV."))
    _item_set(tree.command("item add", item_add, _("Add an item.")))
    _item_set(tree.command("item set", item_set, _("Set an item's name or barcode.")))
    about = _("Give an item another SKU number; its stock, history and mappings go with it.")
    parser = tree.command("item rename", item_rename, about)
    parser.add_argument("sku", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    takes_json(parser)
    parser = tree.command("item remove", item_remove, _("Remove an item."))
    parser.add_argument("sku", metavar="SKU")
    takes_yes(parser)
    takes_json(parser)


def _item_import(parser: argparse.ArgumentParser) -> None:
    takes_file(parser, _("Our own CSV, or an inventory or product CSV of Shopify."))
    parser.add_argument(
        "--dry-run", action="store_true", help=_("Only say what would be imported.")
    )
    takes_json(parser)


def _item_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sku", metavar="SKU")
    parser.add_argument("--name", metavar="NAME", help=_("Name to show."))
    parser.add_argument("--barcode", metavar="CODE", help=_("Barcode; an empty one removes it."))
    takes_json(parser)


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
                "notes": [line_record(line) for line in (*found.skipped, *found.notes)],
            }
        )
        return
    say_lines((*found.skipped, *found.notes))
    told = {
        "items": counted.items(len(found.items)),
        "levels": counted.quantities(len(found.levels)),
    }
    done = _("%(items)s and %(levels)s would be imported.")
    if not dry_run:
        done = _("Imported %(items)s and %(levels)s.")
    say(done % told)


def said_refused(refused: BadInput, *, as_json: bool = False) -> FileRefused:
    """Say every bad line in the reader's language; the error that sums them up."""
    problems = refused.params["problems"]
    if as_json:
        say_json({"imported": False, "problems": [line_record(line) for line in problems]})
    else:
        say_lines(problems)
    return FileRefused(**{name: refused.params[name] for name in ("file", "bad", "rows")})


def say_lines(lines: Sequence[RowProblemLine]) -> None:
    """The first of them, with what is to be said of each, and how many more there are."""
    for line in lines[:SHOWN_PROBLEMS]:
        message, remedy = finding_text(line)
        told = {"line": line.line, "field": clean(line.field)}
        where = _("line %(line)s, %(field)s:") if line.field else _("line %(line)s:")
        sys.stderr.write(f"{where % told} {message} {remedy}".rstrip() + "\n")
    if len(lines) > SHOWN_PROBLEMS:
        sys.stderr.write(more_rows(len(lines) - SHOWN_PROBLEMS) + "\n")


def line_record(line: RowProblemLine) -> dict[str, object]:
    message, remedy = finding_text(line)
    return {"line": line.line, "field": line.field, "message": message, "remedy": remedy}


def item_export(session: Session) -> None:
    session.desk.export_items(csv_out())


# -- one by one ----------------------------------------------------------------------------------


def the_item(desk: Desk, sku: str) -> Item:
    """Raises UnknownItem."""
    found = desk.item(sku)
    if found is None:
        raise UnknownItem(sku=sku)
    return found


def item_add(
    session: Session, sku: str, *, name: str | None, barcode: str | None, as_json: bool
) -> None:
    item = Item(sku.strip(), (name or "").strip(), (barcode or "").strip())
    session.desk.add_item(item)
    _say_item(item, as_json=as_json)


def item_set(
    session: Session, sku: str, *, name: str | None, barcode: str | None, as_json: bool
) -> None:
    desk = session.desk
    item = the_item(desk, sku)
    if name is None and barcode is None:
        raise NothingToSet(options="--name, --barcode")
    item = replace(
        item,
        name=item.name if name is None else name.strip(),
        barcode=item.barcode if barcode is None else barcode.strip(),
    )
    desk.edit_item(item)
    _say_item(item, as_json=as_json)


def _say_item(item: Item, *, as_json: bool) -> None:
    if as_json:
        say_json({"sku_number": item.sku_number, "name": item.name, "barcode": item.barcode})
        return
    say(f"{clean(item.sku_number)}  {clean(item.name)}  {clean(item.barcode)}".rstrip())


def item_rename(session: Session, sku: str, new: str, *, as_json: bool) -> None:
    mappings = session.desk.rename_item(sku, new)
    if as_json:
        say_json({"sku_number": new.strip(), "before": sku, "mappings": mappings})
        return
    say(f"{clean(sku)} → {clean(new.strip())}")
    if mappings:
        words = ngettext("%(n)s SKU mapping goes along.", "%(n)s SKU mappings go along.", mappings)
        say(words % {"n": mappings})


def item_remove(session: Session, sku: str, *, yes: bool, as_json: bool) -> None:
    """At once where nothing hangs on it; else what would be lost is told and confirmed first."""
    desk = session.desk
    the_item(desk, sku)
    stock = [level for level in desk.levels_of(sku) if level.quantity]
    mappings = desk.mappings_of(sku)
    if (stock or mappings) and not as_json:
        for level in stock:
            place = clean(desk.location_name(level.key.location_id))
            say(f"{place} · {clean(level.key.label_code)}: {level.quantity}")
        if mappings:
            say(counted.mappings(len(mappings)))
        confirmed(_("Remove the item with all of this?"), yes=yes)
        yes = True
    desk.remove_item(sku, force=yes)
    if as_json:
        say_json({"removed": sku, "quantities": len(stock), "mappings": len(mappings)})
        return
    say(_("Removed: %(sku)s. Its movements are kept.") % {"sku": clean(sku)})
