"""`map` runs the matching; `map list|set|remove|export|import` look at it and edit it; `unmap
--all` deletes it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, NN_, BadInput, UserMustAct
from core.model import LocalField, MappingRow, MatchState, ShopifyField
from tui.clean import clean
from tui.commands.common import (
    Session,
    can_ask,
    confirmed,
    csv_out,
    progress,
    say,
    say_json,
    table,
    wait,
)
from tui.commands.line import Tree, choice, runs, takes_file, takes_json, takes_yes
from tui.i18n import _, listed, ngettext, sentences, tell
from tui.words import MATCHES, show

if TYPE_CHECKING:
    from core.workspace import Desk


class WhichVariant(BadInput):
    code = "which_variant"
    message = N_("%(sku)s names %(count)s variants on Shopify.")
    remedy = N_(
        "Give the inventory item's id instead (gid://shopify/InventoryItem/…); "
        "`dextre-sync map list --json` shows them."
    )


class NothingMapped(UserMustAct):
    code = "nothing_mapped"
    message = N_("There is no SKU mapping to delete, and the inventory link is off.")
    remedy = N_("`dextre-sync map` makes the mappings.")


class LinesLeftOut(UserMustAct):
    code = "lines_left_out"
    message = NN_(
        "%(count)s line was left out, because it names no Shopify variant.",
        "%(count)s lines were left out, because they name no Shopify variant.",
        by="count",
    )
    remedy = N_("Write their SKU numbers on the lines of the variants and import the file again.")


class AllOrNothing(BadInput):
    code = "say_all"
    message = N_("unmap deletes all SKU mappings and stops the link; it does so only with --all.")
    remedy = N_("To take one mapping away use `dextre-sync map remove SKU`.")


def register(tree: Tree) -> None:
    about = _(
        "Map SKUs: which item is which variant on Shopify. Without a command: run the matching."
    )
    parser = tree.group("map", about)
    for name, kind, text in (
        ("--shopify-field", ShopifyField, _("Field on Shopify's side: %(fields)s.")),
        ("--local-field", LocalField, _("Field on DEXTRE's side: %(fields)s.")),
    ):
        parser.add_argument(
            name,
            metavar="FIELD",
            type=choice(name, kind),
            help=text % {"fields": listed(kind)},
        )
    takes_yes(parser)
    takes_json(parser)
    runs(parser, run_matching)
    _lists(tree)
    _edits(tree)
    parser = tree.command("unmap", unmap, _("Delete all SKU mappings; stops the inventory link."))
    parser.add_argument("--all", action="store_true", dest="everything", help=_("All of them."))
    takes_yes(parser)
    takes_json(parser)


def _lists(tree: Tree) -> None:
    parser = tree.command("map list", map_list, _("List the mapping and what did not match."))
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        metavar="RESULT",
        type=choice("--state", MatchState),
        help=_("Only this result: %(results)s.") % {"results": listed(MatchState)},
    )
    parser.add_argument(
        "--search", default="", metavar="WORDS", help=_("Only rows with these words.")
    )
    takes_json(parser)
    tree.command("map export", map_export, _("Write the mapping as CSV."))


def _edits(tree: Tree) -> None:
    variant = _("A SKU on Shopify, or an inventory item's id.")
    parser = tree.command("map set", map_set, _("Map one variant by hand."))
    parser.add_argument("shopify", metavar="SHOPIFY_SKU", help=variant)
    parser.add_argument("sku_number", metavar="SKU_NUMBER")
    takes_json(parser)
    parser = tree.command("map remove", map_remove, _("Take one mapping away."))
    parser.add_argument("shopify", metavar="SHOPIFY_SKU", help=variant)
    takes_json(parser)
    about = _("Read an edited mapping CSV back; all of it or nothing.")
    parser = tree.command("map import", map_import, about)
    takes_file(parser, _("What `map export` wrote, edited."))
    takes_json(parser)


def run_matching(
    session: Session,
    *,
    shopify_field: ShopifyField | None,
    local_field: LocalField | None,
    yes: bool,
    as_json: bool,
) -> None:
    desk = session.desk
    if shopify_field or local_field:
        link = desk.link()
        desk.set_fields(shopify_field or link.shopify_field, local_field or link.local_field)
    counts = _matched(desk, yes=yes)
    if as_json:
        say_json({state.value: counts.get(state, 0) for state in MatchState})
        return
    _say_counts(counts)
    if desk.link().enabled:
        say(_("The inventory link is on."))


def _matched(desk: Desk, *, yes: bool) -> Mapping[MatchState, int]:
    """Where mappings that stand would leave a link that is on, it is asked about first."""
    from core.workspace.errors import MappingsWouldLeave

    reading = _("Reading the catalogue")
    try:
        return wait(desk.map(progress(reading), agreed=yes))
    except MappingsWouldLeave as error:
        if not can_ask():
            raise
        confirmed(sentences(tell(error)[0], _("Map anew?")), yes=False)
    return wait(desk.map(progress(reading), agreed=True))


def _say_counts(counts: Mapping[MatchState, int]) -> None:
    table(
        (_("Result"), _("Rows")),
        ((show(MATCHES[state]), count) for state, count in counts.items() if count),
    )


def map_list(session: Session, *, state: list[MatchState], search: str, as_json: bool) -> None:
    desk = session.desk
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


def map_set(session: Session, shopify: str, sku_number: str, *, as_json: bool) -> None:
    desk = session.desk
    inventory_item_id = _variant_id(desk, shopify)
    desk.map_one(inventory_item_id, sku_number)
    if as_json:
        say_json({"inventory_item_id": inventory_item_id, "sku_number": sku_number})
        return
    say(f"{clean(shopify)} = {clean(sku_number)}")
    if (count := len(desk.mappings_of(sku_number))) > 1:
        words = _("%(sku)s is mapped to %(count)s variants now; each of them has its stock.")
        say(words % {"sku": clean(sku_number), "count": count})


def map_remove(session: Session, shopify: str, *, as_json: bool) -> None:
    desk = session.desk
    inventory_item_id = _variant_id(desk, shopify)
    desk.unmap_one(inventory_item_id)
    if as_json:
        say_json({"inventory_item_id": inventory_item_id, "sku_number": None})
        return
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


def map_export(session: Session) -> None:
    session.desk.export_mappings(csv_out())


def map_import(session: Session, file: Path, *, as_json: bool) -> None:
    """All of it or nothing, except lines that name no variant: they can map nothing."""
    from core.workspace import ImportRefused
    from tui.commands.items import line_record, said_refused, say_lines

    preview = session.desk.preview_mappings(file)
    try:
        changed = session.desk.import_mappings(preview)
    except ImportRefused as refused:
        if preview.skipped and not as_json:
            say_lines(preview.skipped)
        raise said_refused(refused, as_json=as_json) from refused
    if as_json:
        skipped = [line_record(line) for line in preview.skipped]
        say_json({"changed": changed, "unchanged": preview.unchanged, "skipped": skipped})
    else:
        say_lines(preview.skipped)
        words = ngettext("%(count)s mapping changed.", "%(count)s mappings changed.", changed)
        say(words % {"count": changed})
        if preview.shared:
            skus = listed(map(clean, preview.shared))
            say(_("Then mapped to several products: %(skus)s") % {"skus": skus})
    if preview.skipped:
        raise LinesLeftOut(count=len(preview.skipped))


def unmap(session: Session, *, everything: bool, yes: bool, as_json: bool) -> None:
    if not everything:
        raise AllOrNothing
    desk = session.desk
    mapped = desk.status().mapped
    if not mapped and not desk.link().enabled:
        raise NothingMapped
    question = ngettext(
        "Delete the only SKU mapping and stop the link?",
        "Delete all %(count)s SKU mappings and stop the link?",
        mapped,
    )
    confirmed(question % {"count": mapped}, yes=yes)
    count = wait(desk.unmap_all())
    if as_json:
        say_json({"deleted": count, "link": "off"})
        return
    words = ngettext(
        "%(count)s SKU mapping was deleted; the inventory link is off.",
        "%(count)s SKU mappings were deleted; the inventory link is off.",
        count,
    )
    say(words % {"count": count})
