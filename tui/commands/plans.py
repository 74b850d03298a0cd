"""Commands that move many quantities, seen before they are done: plan, push, pull, enable; and
disable.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, TryAgain
from core.model import Plan, PlanKind, PlanRow, Run, Why
from tui.commands.common import (
    NotConfirmed,
    Session,
    confirmed,
    more_rows,
    number,
    progress,
    say,
    say_json,
    table,
    wait,
    write_csv,
)
from tui.commands.line import Tree, choice, one_of, takes_csv, takes_json, takes_yes
from tui.i18n import _, ngettext
from tui.paths import STDOUT
from tui.variants import sku_words
from tui.words import detail_text, signed, word_of

if TYPE_CHECKING:
    from core.workspace import Desk, Siblings

SHOWN = 40
"""Rows of a plan that are printed for reading; --json has them all."""

STARTS = (PlanKind.PUSH.value, PlanKind.PULL.value, PlanKind.MERGE.value)


class RowsLeft(TryAgain):
    code = "rows_left"
    message = N_(
        "Not everything was done: %(moved)s moved since, %(rejected)s refused, %(waiting)s open."
    )
    remedy = N_("Make the plan again and look at it.")


def register(tree: Tree) -> None:
    tree.group("plan", _("Show what a push or a pull would change; writes nothing."))
    for parser in (
        tree.command("plan push", partial(_plan, kind=PlanKind.PUSH), _("DEXTRE → Shopify")),
        tree.command("plan pull", partial(_plan, kind=PlanKind.PULL), _("Shopify → DEXTRE")),
        tree.command(
            "plan merge",
            partial(_plan, kind=PlanKind.MERGE),
            _("Both sides' changes since they were last equal"),
        ),
    ):
        _only(parser)
        _takes_filter(parser)
    for parser in (
        tree.command("push", push, _("Push quantities: DEXTRE → Shopify")),
        tree.command("pull", pull, _("Pull quantities: Shopify → DEXTRE")),
    ):
        _only(parser)
        takes_yes(parser)
    parser = tree.command("enable", enable, _("Enable the inventory link, with a first alignment."))
    parser.add_argument(
        "--start",
        required=True,
        metavar="push|pull|merge",
        type=one_of("--start", STARTS),
        help=_("The first alignment: push, pull or merge."),
    )
    takes_yes(parser)
    takes_json(parser)
    takes_json(tree.command("disable", disable, _("Disable the inventory link.")))


def _only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="SKU",
        help=_("Only these SKU numbers."),
    )
    takes_json(parser)


def _takes_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--location", metavar="NAME", help=_("Only rows of this location."))
    parser.add_argument(
        "--why",
        metavar="REASON",
        type=choice("--why", Why),
        help=_("Only rows with this reason, such as differs or here_wins."),
    )
    about = _("Write the rows as CSV (- for standard output), those that are equal as well.")
    takes_csv(parser, about)


# -- plans ---------------------------------------------------------------------------------------


def _plan(
    session: Session,
    *,
    kind: PlanKind,
    only: Sequence[str],
    location: str | None,
    why: Why | None,
    csv: Path | None,
    as_json: bool,
) -> None:
    desk = session.desk
    plan = _made(desk, kind, only)
    place = None if location is None else desk.location_named(location).id
    rows = tuple(
        row for row in plan.rows if place in (None, row.location_id) and why in (None, row.why)
    )
    plan = replace(plan, rows=rows)
    if csv is not None:
        write_csv(csv, COLUMNS, _plan_rows(desk, plan))
    if as_json:
        say_json(_plan_record(desk, plan))
    elif csv != STDOUT:
        say_plan(desk, plan)


def _made(desk: Desk, kind: PlanKind, only: Sequence[str] = (), *, to_enable: bool = False) -> Plan:
    skus = tuple(dict.fromkeys(only))
    return wait(desk.plan(kind, skus, progress(_("Reading")), to_enable=to_enable))


def _plan_record(desk: Desk, plan: Plan) -> dict[str, object]:
    return {
        "kind": plan.kind.value,
        "at": plan.at,
        "changes": len(plan.changing),
        "left_out": len(plan.left_out),
        "equal": len(plan.rows) - len(plan.changing) - len(plan.left_out),
        "units_here": sum(units_here(row) for row in plan.changing),
        "units_shopify": sum(units_there(row) for row in plan.changing),
        "rows": [*_plan_rows(desk, plan)],
    }


COLUMNS = (
    *("sku_number", "location", "here", "shopify", "base", "new_here", "new_shopify"),
    *("why", "left_out", "detail", "variant"),
)


def _plan_rows(desk: Desk, plan: Plan) -> Iterator[dict[str, object]]:
    """`variant`: which one it is, where its item has several."""
    siblings = desk.siblings()
    for row in plan.rows:
        variant = siblings.of(row.sku_number).get(row.key.inventory_item_id, "")
        values = (
            *(row.sku_number, desk.location_name(row.location_id), row.here, row.there, row.base),
            *(row.new_here, row.new_there, row.why.value, row.left_out, row.detail),
            variant,
        )
        yield dict(zip(COLUMNS, values, strict=True))


def units_here(row: PlanRow) -> int:
    """How many units come (or, below 0, go) in DEXTRE."""
    return (row.new_here or 0) - (row.here or 0)


def units_there(row: PlanRow) -> int:
    return (row.new_there or 0) - (row.there or 0)


def say_plan(desk: Desk, plan: Plan) -> None:
    """The rows that change or are left out, then the totals."""
    shown = [row for row in plan.rows if row.changes or row.left_out]
    if shown:
        siblings = desk.siblings()
        table(
            (
                _("SKU number"),
                _("Location"),
                _("Here"),
                "Shopify",
                _("Base"),
                _("Result"),
                _("Why"),
            ),
            (_plan_cells(desk, row, siblings) for row in shown[:SHOWN]),
        )
    if len(shown) > SHOWN:
        say(more_rows(len(shown) - SHOWN, in_csv=True))
    told = {
        "changes": len(plan.changing),
        "left": len(plan.left_out),
        "same": len(plan.rows) - len(shown),
    }
    say(_("Would change: %(changes)s; left out: %(left)s; equal already: %(same)s.") % told)
    if plan.changing:
        units = {
            "here": signed(sum(map(units_here, plan.changing))),
            "there": signed(sum(map(units_there, plan.changing))),
        }
        say(_("Units: DEXTRE %(here)s, Shopify %(there)s.") % units)
    if plan.left_open and desk.link().enabled:
        words = _("Differ afterwards and wait for you, because the link is on: %(n)s.")
        say(words % {"n": plan.left_open})


def _plan_cells(desk: Desk, row: PlanRow, siblings: Siblings) -> tuple[object, ...]:
    result = "–" if row.left_out else _result(row)
    why = word_of(row.why) + (f" ({detail_text(row.detail)})" if row.detail else "")
    return (
        sku_words(siblings, row.sku_number, row.key.inventory_item_id),
        desk.location_name(row.location_id),
        number(row.here),
        number(row.there),
        number(row.base),
        result,
        why,
    )


def _result(row: PlanRow) -> str:
    if row.new_here == row.new_there:
        return number(row.new_here)
    return f"{number(row.new_here)} / {number(row.new_there)}"


# -- doing it ------------------------------------------------------------------------------------


def push(session: Session, *, only: list[str], yes: bool, as_json: bool) -> None:
    desk = session.desk
    apply_shown(desk, _made(desk, PlanKind.PUSH, only), yes=yes, as_json=as_json)


def pull(session: Session, *, only: list[str], yes: bool, as_json: bool) -> None:
    desk = session.desk
    apply_shown(desk, _made(desk, PlanKind.PULL, only), yes=yes, as_json=as_json)


def apply_shown(desk: Desk, plan: Plan, *, yes: bool, as_json: bool) -> None:
    """Apply a plan that the person has seen and agreed to."""
    _shown_and_confirmed(desk, plan, _("Apply this plan?"), yes=yes, as_json=as_json)
    _say_run(desk, plan, wait(desk.apply(plan, progress(_("Applying")))), as_json=as_json)


def enable(session: Session, *, start: str, yes: bool, as_json: bool) -> None:
    desk = session.desk
    plan = _made(desk, PlanKind(start), to_enable=True)
    question = _("Apply this plan and turn the inventory link on?")
    _shown_and_confirmed(desk, plan, question, yes=yes, as_json=as_json)
    done = wait(desk.enable(plan, progress(_("Applying"))))
    if not as_json:
        say(_("The inventory link is on."))
    _say_run(desk, plan, done, as_json=as_json)


def _shown_and_confirmed(
    desk: Desk, plan: Plan, question: str, *, yes: bool, as_json: bool
) -> None:
    """A program that reads JSON answers by --yes: nobody is asked what was not shown."""
    if as_json:
        if not yes:
            raise NotConfirmed
        return
    say_plan(desk, plan)
    confirmed(question, yes=yes)


def _say_run(desk: Desk, plan: Plan, run: Run, *, as_json: bool) -> None:
    """What a run came to. Raises RowsLeft where some of it was not done."""
    if as_json:
        say_json({"run": _run_record(run), "plan": _plan_record(desk, plan)})
    else:
        words = ngettext(
            "Run %(run)s: %(changed)s cell changed, %(equal)s equal already.",
            "Run %(run)s: %(changed)s cells changed, %(equal)s equal already.",
            run.changed,
        )
        say(words % {"run": run.id[:8], "changed": run.changed, "equal": run.equal})
    if run.moved or run.rejected or run.waiting:
        raise RowsLeft(moved=run.moved, rejected=run.rejected, waiting=run.waiting)


def _run_record(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "kind": run.kind.value,
        "at": run.at,
        "applied": run.applied,
        "changed": run.changed,
        "equal": run.equal,
        "moved": run.moved,
        "rejected": run.rejected,
        "waiting": run.waiting,
        "undoes": run.undoes,
    }


def disable(session: Session, *, as_json: bool) -> None:
    wait(session.desk.disable())
    if as_json:
        say_json({"link": "off"})
        return
    say(_("The inventory link is off."))
