"""Commands that only look: status, why. They work beside any owner, and without a network."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from core.errors import N_, BadInput
from core.model import Cell, Status
from tui.clean import clean
from tui.commands.common import Session, number, say, say_json, table
from tui.commands.line import Tree, takes_json
from tui.i18n import _, event_text
from tui.when import to_the_second
from tui.words import CELLS, show, word_of

if TYPE_CHECKING:
    from core.workspace import Desk


class UnknownSkuHere(BadInput):
    code = "unknown_sku"
    message = N_("Nothing is known of the SKU number %(sku)s.")
    remedy = N_("Check the spelling: case and spaces count.")


def register(tree: Tree) -> None:
    takes_json(tree.command("status", status, _("How each brand stands.")))
    parser = tree.command("why", why, _("The story of one SKU: why is this number what it is?"))
    parser.add_argument("sku", metavar="SKU")
    takes_json(parser)


def status(session: Session, *, as_json: bool) -> None:
    names = [session.globals.brand] if session.globals.brand else None
    names = names or [brand.name for brand in session.workspace.brands()]
    found = [session.workspace.desk(name).status() for name in names]
    if as_json:
        _say_status_json(found)
        return
    if not found:
        session.desk.status()  # says that there is no brand
    for one in found:
        _say_status(one)


def _say_status_json(found: list[Status]) -> None:
    """All brands under `brands`; where there is one, its fields stand at the top as well."""
    records = [asdict(one) for one in found]
    for record in records:
        record["link"] = "on" if record["link"] else "off"
    only = records[0] if len(records) == 1 else {}
    say_json({**only, "brands": records})


def _say_status(one: Status) -> None:
    lines: tuple[tuple[str, object], ...] = (
        (_("Brand"), one.brand),
        (_("Connection"), word_of(one.connection) + (f" ({one.domain})" if one.domain else "")),
        (_("Inventory link"), _("on") if one.link else _("off")),
        (_("Inventory label"), one.label or "—"),
        (_("Location pairs"), one.pairs),
        (_("SKUs mapped"), one.mapped),
        (_("Only in DEXTRE"), one.unmapped_local),
        (_("Only in Shopify"), one.unmapped_shopify),
        (_("In sync"), f"{one.in_sync} / {one.cells}"),
        (_("To be sent"), one.pending_push),
        (_("To be taken over"), one.pending_pull),
        (_("Needs you"), one.needs_you),
        (_("Last pass"), to_the_second(one.last_pass_at) if one.last_pass_at else "—"),
        (_("Syncs now"), one.owner or _("nobody")),
    )
    table(("", ""), ((name, str(value)) for name, value in lines))
    if one.error:
        sys.stderr.write(clean(one.error) + "\n")


def why(session: Session, sku: str, *, as_json: bool) -> None:
    desk = session.desk
    cells, movements, events = desk.cells_of(sku), desk.movements(sku), desk.log(sku)
    if desk.item(sku) is None and not (cells or movements or events):
        raise UnknownSkuHere(sku=sku)
    if as_json:
        say_json(
            {
                "sku_number": sku,
                "cells": [_cell_record(desk, cell) for cell in cells],
                "movements": [asdict(movement) for movement in reversed(movements)],
                "events": [event.record() for event in events],
            }
        )
        return
    if cells:
        table(
            (_("Location"), _("Here"), "Shopify", _("Base"), _("State"), ""),
            (_cell_row(desk, cell) for cell in cells),
        )
        say()
    for movement in reversed(movements):
        cause = movement.cause
        words = [word_of(cause.kind), cause.who, cause.reason, cause.arithmetic]
        told = " · ".join(clean(word) for word in words if word)
        place = clean(desk.location_name(movement.key.location_id))
        step = f"{number(movement.before)} → {movement.after}"
        say(f"{to_the_second(movement.at)} {place}: {step}  {told}")
    if events:
        say()
    for event in events:
        say(f"{to_the_second(event.at)} {event.level.value:<7} {event_text(event)}")


def _cell_row(desk: Desk, cell: Cell) -> tuple[object, ...]:
    return (
        desk.location_name(cell.location_id),
        number(cell.here),
        number(cell.there),
        number(cell.base),
        show(CELLS[cell.state]),
        f"{word_of(cell.problem)} {cell.detail}".strip() if cell.problem else "",
    )


def _cell_record(desk: Desk, cell: Cell) -> dict[str, object]:
    return {
        "location": desk.location_name(cell.location_id),
        "inventory_item_id": cell.key.inventory_item_id,
        "here": cell.here,
        "shopify": cell.there,
        "base": cell.base,
        "state": cell.state.value,
        "problem": cell.problem.value if cell.problem else None,
        "detail": cell.detail,
    }
