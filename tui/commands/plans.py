"""Commands that move many quantities, seen before they are done: plan, push, pull, enable; and
disable.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import N_, TryAgain
from core.model import Plan, PlanKind, PlanRow, Run
from tui.clean import clean
from tui.commands.common import (
    NotConfirmed,
    Session,
    confirmed,
    number,
    progress,
    say,
    say_json,
    table,
    wait,
)
from tui.commands.line import Tree, one_of, takes_json, takes_yes
from tui.i18n import _
from tui.words import word_of

if TYPE_CHECKING:
    from core.workspace import Desk

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
    _only(tree.command("plan push", plan_push, _("DEXTRE → Shopify")))
    _only(tree.command("plan pull", plan_pull, _("Shopify → DEXTRE")))
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


# -- plans ---------------------------------------------------------------------------------------


def plan_push(session: Session, *, only: list[str], as_json: bool) -> None:
    _plan(session, PlanKind.PUSH, only, as_json=as_json)


def plan_pull(session: Session, *, only: list[str], as_json: bool) -> None:
    _plan(session, PlanKind.PULL, only, as_json=as_json)


def _plan(session: Session, kind: PlanKind, only: Sequence[str], *, as_json: bool) -> None:
    desk = session.desk
    plan = _made(desk, kind, only)
    if as_json:
        say_json(_plan_record(desk, plan))
    else:
        say_plan(desk, plan)


def _made(desk: Desk, kind: PlanKind, only: Sequence[str] = ()) -> Plan:
    return wait(desk.plan(kind, tuple(dict.fromkeys(only)), progress(_("Reading"))))


def _plan_record(desk: Desk, plan: Plan) -> dict[str, object]:
    return {
        "kind": plan.kind.value,
        "at": plan.at,
        "changes": len(plan.changing),
        "left_out": len(plan.left_out),
        "rows": [
            {
                "sku_number": row.sku_number,
                "location": desk.location_name(row.location_id),
                "here": row.here,
                "shopify": row.there,
                "base": row.base,
                "new_here": row.new_here,
                "new_shopify": row.new_there,
                "why": row.why.value,
                "left_out": row.left_out,
                "detail": row.detail,
            }
            for row in plan.rows
        ],
    }


def say_plan(desk: Desk, plan: Plan) -> None:
    """The rows that change or are left out, then the totals."""
    shown = [row for row in plan.rows if row.changes or row.left_out]
    if shown:
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
            (_plan_cells(desk, row) for row in shown[:SHOWN]),
        )
    if len(shown) > SHOWN:
        say(_("… and %(count)s more rows (--json shows all).") % {"count": len(shown) - SHOWN})
    told = {
        "changes": len(plan.changing),
        "left": len(plan.left_out),
        "same": len(plan.rows) - len(shown),
    }
    say(_("Would change: %(changes)s; left out: %(left)s; equal already: %(same)s.") % told)


def _plan_cells(desk: Desk, row: PlanRow) -> tuple[object, ...]:
    result = "—" if row.left_out else _result(row)
    why = word_of(row.why) + (f" ({clean(_(row.detail))})" if row.detail else "")
    return (
        row.sku_number,
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
    plan = _made(desk, PlanKind(start))
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
        say(_("Run %(run)s: %(applied)s cells done.") % {"run": run.id[:8], "applied": run.applied})
    if run.moved or run.rejected or run.waiting:
        raise RowsLeft(moved=run.moved, rejected=run.rejected, waiting=run.waiting)


def _run_record(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "kind": run.kind.value,
        "at": run.at,
        "applied": run.applied,
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
