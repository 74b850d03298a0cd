"""Commands that set a brand up here, without any shop: brand, location, label."""

from __future__ import annotations

import argparse

from core.model import Brand, Label, LabelType, Location
from tui.clean import clean
from tui.commands.common import Session, say, say_json, table
from tui.commands.line import Tree, choice, takes_json
from tui.i18n import _


def register(tree: Tree) -> None:
    tree.group("brand", _("Brands: each is linked with one Shopify shop."))
    _named(tree.command("brand add", brand_add, _("Make a brand.")))
    takes_json(tree.command("brand list", brand_list, _("List the brands.")))
    tree.group("location", _("DEXTRE locations: places that hold stock."))
    _named(tree.command("location add", location_add, _("Add a location.")))
    takes_json(tree.command("location list", location_list, _("List the locations.")))
    tree.group("label", _("Inventory labels: what kind of stock it is."))
    _label_add(tree.command("label add", label_add, _("Add an inventory label.")))
    takes_json(tree.command("label list", label_list, _("List the inventory labels.")))


def _named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    takes_json(parser)


def _label_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE")
    parser.add_argument("--name", default="", help=_("Name to show."))
    parser.add_argument(
        "--negative", action="store_true", help=_("Negative quantities are allowed.")
    )
    parser.add_argument("--default", action="store_true", help=_("Make it the default."))
    parser.add_argument("--colour", default="blue", help=_("Colour to show it in."))
    parser.add_argument(
        "--type",
        dest="kind",
        metavar="TYPE",
        type=choice("--type", LabelType),
        default=LabelType.ACTUAL,
        help=_("Kind of stock: %(kinds)s.") % {"kinds": ", ".join(LabelType)},
    )
    parser.add_argument(
        "--no-orders",
        action="store_false",
        dest="orderable",
        help=_("No orders may be placed from it."),
    )
    takes_json(parser)


# -- brands and locations ------------------------------------------------------------------------


def brand_add(session: Session, name: str, *, as_json: bool) -> None:
    _say_names([session.workspace.add_brand(name)], as_json=as_json, one=True)


def brand_list(session: Session, *, as_json: bool) -> None:
    _say_names(session.workspace.brands(), as_json=as_json)


def location_add(session: Session, name: str, *, as_json: bool) -> None:
    _say_names([session.desk.add_location(name)], as_json=as_json, one=True)


def location_list(session: Session, *, as_json: bool) -> None:
    _say_names(session.desk.locations(), as_json=as_json)


def _say_names(
    found: tuple[Brand, ...] | tuple[Location, ...] | list[Brand] | list[Location],
    *,
    as_json: bool,
    one: bool = False,
) -> None:
    if as_json:
        records = [{"id": each.id, "name": each.name} for each in found]
        say_json(records[0] if one else records)
        return
    for each in found:
        say(clean(each.name))


# -- labels --------------------------------------------------------------------------------------


def label_add(
    session: Session,
    code: str,
    *,
    name: str,
    negative: bool,
    default: bool,
    colour: str,
    kind: LabelType,
    orderable: bool,
    as_json: bool,
) -> None:
    label = Label(
        code,
        name or code,
        colour=colour,
        type=kind,
        is_default=default,
        orderable=orderable,
        negative_allowed=negative,
    )
    session.desk.add_label(label)
    if as_json:
        kept = [each for each in session.desk.labels() if each.code == label.code]
        say_json(_label_record(kept[0]))
        return
    say(clean(label.code))


def label_list(session: Session, *, as_json: bool) -> None:
    labels = session.desk.labels()
    if as_json:
        say_json([_label_record(label) for label in labels])
        return
    yes, no = _("yes"), _("no")
    table(
        (_("Code"), _("Name"), _("Type"), _("Default"), _("Negative allowed")),
        (
            (
                label.code,
                label.name,
                label.type.value,
                yes if label.is_default else no,
                yes if label.negative_allowed else no,
            )
            for label in labels
        ),
    )


def _label_record(label: Label) -> dict[str, object]:
    return {
        "code": label.code,
        "name": label.name,
        "colour": label.colour,
        "type": label.type.value,
        "default": label.is_default,
        "orderable": label.orderable,
        "negative_allowed": label.negative_allowed,
    }
