"""Commands for stock and its movements; none of them needs a connection."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from core.model import Movement
from tui import counted
from tui.clean import clean
from tui.commands.common import (
    NotConfirmed,
    Session,
    confirmed,
    csv_out,
    number,
    say,
    say_json,
    table,
)
from tui.commands.items import the_item
from tui.commands.line import Tree, count, takes_json, takes_label, takes_yes, whole
from tui.i18n import _, ngettext
from tui.when import to_the_second
from tui.words import arithmetic_words, who_words, word_of

if TYPE_CHECKING:
    from core.workspace import Desk


def register(tree: Tree) -> None:
    tree.group("stock", _("Stock: the quantity of an item at a location."))
    _level(tree.command("stock set", stock_set, _("Set a quantity.")), "quantity")
    about = _("Add to a quantity, or take away.")
    _level(tree.command("stock adjust", stock_adjust, about), "delta")
    about = _("Move units to another location, another inventory label, or both.")
    _move(tree.command("stock move", stock_move, about))
    show = tree.command("stock show", stock_show, _("Show an item's quantities."))
    show.add_argument("sku", metavar="SKU")
    takes_json(show)
    tree.command("stock export", stock_export, _("Write all quantities as CSV."))
    about = _("Every change of an item's quantities: when, who, why, from what to what.")
    _movements(tree.command("stock history", movements, about))
    _movements(tree.command("movements", movements, about))
    about = _("Forget old movements; the newest one of each quantity stays.")
    _prune(tree.command("stock prune", stock_prune, about))


def _move(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("sku", metavar="SKU")
    add("source", metavar="FROM", help=_("The location that it comes from."))
    add("target", metavar="TO", help=_("The location that it goes to."))
    add("quantity", metavar="N", type=whole("N"), help=_("How many units."))
    takes_label(parser)
    add("--to-label", metavar="CODE", help=_("Code of the inventory label it becomes."))
    add("--reason", default="", metavar="TEXT", help=_("Why, in your own words."))
    takes_json(parser)


def _movements(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sku", metavar="SKU")
    parser.add_argument("--location", metavar="LOCATION", help=_("Only this location."))
    takes_label(parser)
    parser.add_argument(
        "--limit",
        metavar="N",
        type=count("--limit", 1),
        default=200,
        help=_("At most so many lines."),
    )
    takes_json(parser)


def _prune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        dest="days",
        type=count("--older-than"),
        required=True,
        help=_("Days for which movements are kept."),
    )
    takes_yes(parser)
    takes_json(parser)


def _level(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("sku", metavar="SKU")
    parser.add_argument("location", metavar="LOCATION")
    parser.add_argument(name, metavar="N", type=whole("N"), help=_("A whole number, such as -3."))
    takes_label(parser)
    parser.add_argument("--reason", default="", metavar="TEXT", help=_("Why, in your own words."))
    takes_json(parser)


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
        say_json(_record(session.desk, movement))
        return
    say(f"{clean(movement.key.sku_number)}: {number(movement.before)} → {movement.after}")


def _record(desk: Desk, movement: Movement) -> dict[str, object]:
    return {
        "sku_number": movement.key.sku_number,
        "location": desk.location_name(movement.key.location_id),
        "label": movement.key.label_code,
        "before": movement.before,
        "after": movement.after,
        "at": movement.at,
    }


def stock_move(
    session: Session,
    sku: str,
    source: str,
    target: str,
    quantity: int,
    *,
    label: str | None,
    to_label: str | None,
    reason: str,
    as_json: bool,
) -> None:
    desk = session.desk
    halves = desk.move_stock(sku, (source, label), (target, to_label or label), quantity, reason)
    if as_json:
        out, into = (_record(desk, half) for half in halves)
        say_json({"from": out, "to": into})
        return
    for half in halves:
        place, label_code = desk.location_name(half.key.location_id), half.key.label_code
        say(f"{clean(place)} · {clean(label_code)}: {number(half.before)} → {half.after}")


def stock_show(session: Session, sku: str, *, as_json: bool) -> None:
    desk = session.desk
    item = the_item(desk, sku)
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


# -- movements -----------------------------------------------------------------------------------


def movements(
    session: Session,
    sku: str,
    *,
    location: str | None,
    label: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Newest last, as in a log. Those of an item that was removed are there, too."""
    desk = session.desk
    found = desk.movements(sku, limit, location, label)
    if not found:
        the_item(desk, sku)
    found = found[::-1]
    if as_json:
        say_json([_told(desk, movement) for movement in found])
        return
    table(
        (
            _("When"),
            _("Location"),
            _("Label"),
            _("Quantity before"),
            _("Quantity after"),
            _("Why"),
            _("Who"),
            "",
        ),
        (
            (
                to_the_second(movement.at),
                desk.location_name(movement.key.location_id),
                movement.key.label_code,
                number(movement.before),
                movement.after,
                word_of(movement.cause.kind),
                who_words(movement.cause.who),
                " · ".join(
                    text
                    for text in (movement.cause.reason, arithmetic_words(movement.cause.arithmetic))
                    if text
                ),
            )
            for movement in found
        ),
    )


def _told(desk: Desk, movement: Movement) -> dict[str, object]:
    cause = movement.cause
    return _record(desk, movement) | {
        "id": movement.id,
        "kind": cause.kind.value,
        "who": cause.who,
        "reason": cause.reason,
        "run": cause.run,
        "arithmetic": cause.arithmetic,
    }


def stock_prune(session: Session, *, days: int, yes: bool, as_json: bool) -> None:
    desk = session.desk
    if not yes:
        old = desk.count_prunable(days)
        if as_json:
            raise NotConfirmed
        words = ngettext(
            "Forget %(n)s movement that is older than %(days)s?",
            "Forget %(n)s movements that are older than %(days)s?",
            old,
        )
        confirmed(words % {"n": old, "days": counted.days(days)}, yes=yes)
    pruned = desk.prune_movements(days)
    if as_json:
        say_json({"forgotten": pruned, "older_than_days": days})
        return
    say(ngettext("%(n)s movement forgotten.", "%(n)s movements forgotten.", pruned) % {"n": pruned})
