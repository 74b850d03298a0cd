"""Commands that only look: status, why. They work beside any owner, and without a network."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from core.errors import N_, BadInput
from core.model import Cell, Movement, Status
from tui.clean import clean
from tui.commands.common import (
    Session,
    Unreadable,
    number,
    say,
    say_json,
    table,
    tell_unreadable,
)
from tui.commands.line import Tree, takes_json
from tui.health import failure_words
from tui.i18n import _, event_text, listed, note_text
from tui.variants import variant_words
from tui.when import age, percent, to_the_second
from tui.words import (
    CELLS,
    arithmetic_words,
    detail_text,
    owner_text,
    show,
    who_words,
    word_of,
)

if TYPE_CHECKING:
    from core.sync.events import Event
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


def status(session: Session, *, as_json: bool) -> int:
    if as_json and not session.workspace.brands():
        _say_status_json([], [])
        return 0
    found, unreadable = session.of_each(lambda desk: desk.status())
    if as_json:
        _say_status_json(found, unreadable)
    else:
        for one in found:
            _say_status(one)
    return tell_unreadable(unreadable)


def _say_status_json(found: list[Status], unreadable: list[Unreadable]) -> None:
    """All brands under `brands`, where there is one, its fields stand at the top as well. Those
    that cannot be read are under `unreadable`.
    """
    records = [asdict(one) for one in found]
    for record in records:
        record["link"] = "on" if record["link"] else "off"
    for one, record in zip(found, records, strict=True):
        record["owner"] = None if one.owner is None else str(one.owner)
        record["error"] = None if one.error is None else str(one.error)
    only = records[0] if len(records) == 1 and not unreadable else {}
    others = [{"brand": one.brand, "error": str(one.error)} for one in unreadable]
    left_out = {"unreadable": others} if others else {}
    say_json({**only, "brands": records, **left_out})


def _say_status(one: Status) -> None:
    lines: tuple[tuple[str, object], ...] = (
        (_("Brand"), one.brand),
        (_("Connection"), word_of(one.connection) + (f" ({one.domain})" if one.domain else "")),
        (_("Inventory link"), _("on") if one.link else _("off")),
        (_("Inventory label"), one.label or "–"),
        (_("Location pairs"), one.pairs),
        (_("SKUs mapped"), one.mapped),
        (_("Not mapped in DEXTRE"), one.unmapped_local),
        (_("Not mapped in Shopify"), one.unmapped_shopify),
        (_("In sync"), f"{one.in_sync} / {one.cells}"),
        (_("To be sent"), one.pending_push),
        (_("To be taken over"), one.pending_pull),
        (_("Needs you"), one.needs_you),
        (_("Verified equal"), _verified(one)),
        (_("Last read"), _read_ages(one)),
        (_("Oldest unsent change"), _age(one.oldest_unsent_s)),
        (_("Points used"), _points(one)),
        (_("Failures"), _failures(one)),
        (_("Last pass"), to_the_second(one.last_pass_at) if one.last_pass_at else "–"),
        (_("Syncs now"), owner_text(one.owner) if one.owner else _("nobody")),
    )
    table((), ((name, str(value)) for name, value in lines))
    if one.error:
        sys.stderr.write(note_text(one.error) + "\n")


def _verified(one: Status) -> str:
    shares = (one.verified_share, one.verified_pass, one.verified_hour)
    told = zip((_("of all"), _("last pass"), _("last hour")), shares, strict=True)
    return listed(f"{name} {percent(share)}" for name, share in told if share is not None) or "–"


def _read_ages(one: Status) -> str:
    if one.read_age_p50_s is None:
        return "–"
    return _("%(p50)s ago (half of the cells), %(p95)s (95 of 100), %(max)s (all)") % {
        "p50": _age(one.read_age_p50_s),
        "p95": _age(one.read_age_p95_s),
        "max": _age(one.read_age_max_s),
    }


def _age(seconds: float | None) -> str:
    return "–" if seconds is None else age(seconds)


def _points(one: Status) -> str:
    if one.counted_since is None:
        return "–"
    left = _("%(points)s left") % {"points": one.points} if one.points is not None else ""
    return f"{one.points_used}  {left}".strip()


def _failures(one: Status) -> str:
    if one.counted_since is None:
        return "–"
    told = failure_words(one) or _("none")
    return _("%(failures)s since %(at)s") % {
        "failures": told,
        "at": to_the_second(one.counted_since),
    }


def why(session: Session, sku: str, *, as_json: bool) -> None:
    desk = session.desk
    cells, movements, events = desk.cells_of(sku), desk.movements(sku, None), desk.story(sku)
    if desk.item(sku) is None and not (cells or movements or events):
        raise UnknownSkuHere(sku=sku)
    variants = desk.siblings().of(sku)
    if as_json:
        say_json(
            {
                "sku_number": sku,
                "cells": [_cell_record(desk, cell, variants) for cell in cells],
                "movements": [_movement_record(desk, one) for one in reversed(movements)],
                "events": [event.record() for event in events],
            }
        )
        return
    if cells:
        head = (_("Here"), "Shopify", _("Base"), _("State"), _("Read"), "")
        table(
            (_("Location"), *([_("Variant")] if variants else ()), *head),
            (_cell_row(desk, cell, variants) for cell in cells),
        )
        say()
    several = len({movement.key.label_code for movement in movements}) > 1
    for movement in reversed(movements):
        cause = movement.cause
        who, sums = who_words(cause.who), arithmetic_words(cause.arithmetic)
        words = [word_of(cause.kind), who, cause.reason, sums]
        told = " · ".join(clean(word) for word in words if word)
        place = clean(desk.location_name(movement.key.location_id))
        if several:
            place += f" · {clean(movement.key.label_code)}"
        step = f"{number(movement.before)} → {movement.after}"
        say(f"{to_the_second(movement.at)} {place}: {step}  {told}")
    if events:
        say()
    for event in events:
        say(f"{to_the_second(event.at)} {event.level.value:<7} {event_text(event)}")
        if proof := _proof_of(event):
            say(f"{'':<28}{proof}")


def _proof_of(event: Event) -> str:
    """Of a push: its key, Shopify's receipt and the request that Shopify's support can look up."""
    told = {
        _("key"): getattr(event, "key", ""),
        _("receipt"): getattr(event, "receipt", ""),
        _("request"): getattr(event, "request_id", ""),
    }
    return "  ".join(f"{name} {clean(value)}" for name, value in told.items() if value)


def _movement_record(desk: Desk, movement: Movement) -> dict[str, object]:
    place = movement.key.location_id
    key = {"sku_number": movement.key.sku_number, "label": movement.key.label_code}
    where = {"location": desk.location_name(place), "location_id": place}
    return asdict(movement) | {"key": key | where}


def _cell_row(desk: Desk, cell: Cell, variants: Mapping[str, str]) -> tuple[object, ...]:
    """With the variant, where the item has several."""
    return (
        desk.location_name(cell.location_id),
        *([variant_words(variants, cell.key.inventory_item_id)] if variants else ()),
        number(cell.here),
        number(cell.there),
        number(cell.base),
        show(CELLS[cell.state]),
        _age(desk.read_age(cell)),
        f"{word_of(cell.problem)} {detail_text(cell.detail)}".strip() if cell.problem else "",
    )


def _cell_record(desk: Desk, cell: Cell, variants: Mapping[str, str]) -> dict[str, object]:
    return {
        "location": desk.location_name(cell.location_id),
        "inventory_item_id": cell.key.inventory_item_id,
        "variant": variants.get(cell.key.inventory_item_id, ""),
        "here": cell.here,
        "shopify": cell.there,
        "base": cell.base,
        "state": cell.state.value,
        "read_age_s": desk.read_age(cell),
        "problem": cell.problem.value if cell.problem else None,
        "detail": cell.detail,
    }
