"""Commands that set a brand up here, without any shop: brand, location, label."""

from __future__ import annotations

import argparse
from dataclasses import replace

from core.errors import N_, BadInput
from core.model import Brand, Label, LabelType, Location
from tui.clean import clean
from tui.commands.common import Session, say, say_json, table
from tui.commands.line import Tree, choice, takes_json
from tui.i18n import _, listed


class NothingToSet(BadInput):
    code = "nothing_to_set"
    message = N_("It was not said what is to be set.")
    remedy = N_("Give at least one of %(options)s.")


def register(tree: Tree) -> None:
    tree.group("brand", _("Brands: each is linked with one Shopify shop."))
    _named(tree.command("brand add", brand_add, _("Make a brand.")))
    takes_json(tree.command("brand list", brand_list, _("List the brands.")))
    tree.group("location", _("DEXTRE locations: places that hold stock."))
    _named(tree.command("location add", location_add, _("Add a location.")))
    takes_json(tree.command("location list", location_list, _("List the locations.")))
    about = _("Give a location another name; its stock and its pair stay.")
    parser = tree.command("location rename", location_rename, about)
    parser.add_argument("name", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    takes_json(parser)
    about = _("Remove a location that is not paired and holds no stock.")
    _named(tree.command("location remove", location_remove, about))
    tree.group("label", _("Inventory labels: what kind of stock it is."))
    _label_add(tree.command("label add", label_add, _("Add an inventory label.")))
    about = _("Change an inventory label; what is not named stays as it is.")
    _label_edit(tree.command("label edit", label_edit, about))
    about = _("Remove an inventory label that is not linked, not the default and holds no stock.")
    parser = tree.command("label remove", label_remove, about)
    parser.add_argument("code", metavar="CODE")
    takes_json(parser)
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
    _takes_kind(parser, LabelType.ACTUAL)
    parser.add_argument(
        "--no-orders",
        action="store_false",
        dest="orderable",
        help=_("No orders may be placed from it."),
    )
    takes_json(parser)


def _label_edit(parser: argparse.ArgumentParser) -> None:
    """Each rule can be switched on and off; None: as it is."""
    add = parser.add_argument
    add("code", metavar="CODE")
    add("--name", help=_("Name to show."))
    add("--colour", help=_("Colour to show it in."))
    _takes_kind(parser, None)
    add("--default", action="store_true", default=None, help=_("Make it the default."))
    for name, on, off in (
        ("negative", _("Negative quantities are allowed."), _("They are not allowed.")),
        ("orders", _("Orders may be placed from it."), _("No orders may be placed from it.")),
    ):
        either = parser.add_mutually_exclusive_group()
        either.add_argument(f"--{name}", action="store_true", default=None, help=on)
        either.add_argument(f"--no-{name}", action="store_false", dest=name, help=off)
    takes_json(parser)


def _takes_kind(parser: argparse.ArgumentParser, default: LabelType | None) -> None:
    parser.add_argument(
        "--type",
        dest="kind",
        metavar="TYPE",
        type=choice("--type", LabelType),
        default=default,
        help=_("Kind of stock: %(kinds)s.") % {"kinds": listed(LabelType)},
    )


# -- brands and locations ------------------------------------------------------------------------


def brand_add(session: Session, name: str, *, as_json: bool) -> None:
    _say_names([session.workspace.add_brand(name)], as_json=as_json, one=True)


def brand_list(session: Session, *, as_json: bool) -> None:
    _say_names(session.workspace.brands(), as_json=as_json, none=_("There is no brand yet."))


def location_add(session: Session, name: str, *, as_json: bool) -> None:
    _say_names([session.desk.add_location(name)], as_json=as_json, one=True)


def location_list(session: Session, *, as_json: bool) -> None:
    none = _("There is no location yet.")
    _say_names(session.desk.locations(), as_json=as_json, none=none)


def location_rename(session: Session, name: str, new: str, *, as_json: bool) -> None:
    _say_names([session.desk.rename_location(name, new)], as_json=as_json, one=True)


def location_remove(session: Session, name: str, *, as_json: bool) -> None:
    _say_names([session.desk.remove_location(name)], as_json=as_json, one=True)


def _say_names(
    found: tuple[Brand, ...] | tuple[Location, ...] | list[Brand] | list[Location],
    *,
    as_json: bool,
    one: bool = False,
    none: str = "",
) -> None:
    """`none` is said where there are none."""
    if as_json:
        records = [{"id": each.id, "name": each.name} for each in found]
        say_json(records[0] if one else records)
        return
    for each in found:
        say(clean(each.name))
    if not found:
        say(none)


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
    _say_label(session, label.code, as_json=as_json)


def label_edit(
    session: Session,
    code: str,
    *,
    name: str | None,
    colour: str | None,
    kind: LabelType | None,
    default: bool | None,
    negative: bool | None,
    orders: bool | None,
    as_json: bool,
) -> None:
    wished = {
        "name": name,
        "colour": colour,
        "type": kind,
        "is_default": default,
        "orderable": orders,
        "negative_allowed": negative,
    }
    label = session.desk.label_or_default(code)
    changed = {field: value for field, value in wished.items() if value is not None}
    if not changed:
        raise NothingToSet(options="--name, --colour, --type, --default, --negative, --orders")
    session.desk.edit_label(replace(label, **changed))  # type: ignore[arg-type]  # one a field
    _say_label(session, code, as_json=as_json)


def _say_label(session: Session, code: str, *, as_json: bool) -> None:
    """As it is kept: the store has its say in what is the default."""
    if as_json:
        say_json(_label_record(session.desk.label_or_default(code)))
        return
    say(clean(code))


def label_remove(session: Session, code: str, *, as_json: bool) -> None:
    removed = session.desk.remove_label(code)
    if as_json:
        say_json(_label_record(removed))
        return
    say(clean(removed.code))


def label_list(session: Session, *, as_json: bool) -> None:
    labels = session.desk.labels()
    if as_json:
        say_json([_label_record(label) for label in labels])
        return
    if not labels:
        say(_("There is no inventory label yet."))
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
