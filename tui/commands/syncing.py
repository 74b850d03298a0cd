"""Commands that move quantities: plan, push, pull, undo, enable, disable, run."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Annotated

import typer

from core.errors import N_, TryAgain, UserMustAct
from core.model import Plan, PlanKind, PlanRow, Run
from core.workspace import Desk
from tui.clean import clean
from tui.commands.common import confirmed, number, progress, say, say_json, session_of, table, wait
from tui.i18n import _, event_text
from tui.words import word_of

YesOption = Annotated[bool, typer.Option("--yes", help=_("Do not ask."))]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", help=_("Only these SKU numbers."))]
SkusArgument = Annotated[list[str] | None, typer.Argument(help=_("More SKU numbers for --only."))]
SHOWN = 40
"""Rows of a plan that are printed for reading; --json has them all."""


class NotAtRest(TryAgain):
    code = "not_at_rest"
    message = N_("Both sides do not rest yet after %(passes)s passes. %(detail)s")
    remedy = N_("Run it again; nothing is lost meanwhile.")


class RestNeedsYou(UserMustAct):
    code = "needs_you"
    message = N_("Both sides rest, but %(count)s cells need you.")
    remedy = N_("`dextre-sync status` and `dextre-sync why SKU` say what happened and what to do.")


class RowsLeft(TryAgain):
    code = "rows_left"
    message = N_(
        "Not everything was done: %(moved)s moved since, %(rejected)s refused, %(waiting)s open."
    )
    remedy = N_("Make the plan again and look at it.")


def register(app: typer.Typer) -> None:
    plan = typer.Typer(help=_("Show what a push or a pull would change; writes nothing."))
    plan.command("push", help=_("DEXTRE → Shopify"))(plan_push)
    plan.command("pull", help=_("Shopify → DEXTRE"))(plan_pull)
    app.add_typer(plan, name="plan")
    app.command("push", help=_("Push quantities: DEXTRE → Shopify"))(push)
    app.command("pull", help=_("Pull quantities: Shopify → DEXTRE"))(pull)
    app.command("undo", help=_("Take a push, a pull or a first alignment back."))(undo)
    app.command("enable", help=_("Enable the inventory link, with a first alignment."))(enable)
    app.command("disable", help=_("Disable the inventory link."))(disable)
    app.command("run", help=_("Sync without the app; --once: until both sides rest."))(run)


# -- plans ---------------------------------------------------------------------------------------


def plan_push(
    context: typer.Context,
    skus: SkusArgument = None,
    only: OnlyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
) -> None:
    _plan(context, PlanKind.PUSH, _only(only, skus), as_json=as_json)


def plan_pull(
    context: typer.Context,
    skus: SkusArgument = None,
    only: OnlyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
) -> None:
    _plan(context, PlanKind.PULL, _only(only, skus), as_json=as_json)


def _only(only: list[str] | None, more: list[str] | None) -> list[str]:
    return [*(only or ()), *(more or ())]


def _plan(context: typer.Context, kind: PlanKind, only: list[str], *, as_json: bool) -> None:
    desk = session_of(context).desk
    plan = wait(desk.plan(kind, only, progress(_("Reading"))))
    if as_json:
        say_json(_plan_record(desk, plan))
    else:
        say_plan(desk, plan)


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
    why = word_of(row.why) + (f" ({clean(row.detail)})" if row.detail else "")
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


def push(
    context: typer.Context,
    skus: SkusArgument = None,
    only: OnlyOption = None,
    yes: YesOption = False,
) -> None:
    _do(context, PlanKind.PUSH, _only(only, skus), yes=yes)


def pull(
    context: typer.Context,
    skus: SkusArgument = None,
    only: OnlyOption = None,
    yes: YesOption = False,
) -> None:
    _do(context, PlanKind.PULL, _only(only, skus), yes=yes)


def _do(context: typer.Context, kind: PlanKind, only: list[str], *, yes: bool) -> None:
    desk = session_of(context).desk
    plan = wait(desk.plan(kind, only, progress(_("Reading"))))
    say_plan(desk, plan)
    if plan.changing:
        confirmed(_("Apply this plan?"), yes=yes)
    say_run(wait(desk.apply(plan, progress(_("Applying")))))


def undo(
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help=_("Id of the run; the last one by itself."))
    ] = None,
    yes: YesOption = False,
) -> None:
    desk = session_of(context).desk
    plan = wait(desk.undo_plan(run))
    say_plan(desk, plan)
    confirmed(_("Apply this plan?"), yes=yes)
    say_run(wait(desk.apply(plan)))


def enable(
    context: typer.Context,
    start: Annotated[PlanKind, typer.Option(help=_("The first alignment: push, pull or merge."))],
    yes: YesOption = False,
) -> None:
    if start is PlanKind.UNDO:
        raise typer.BadParameter("push, pull, merge", param_hint="--start")
    desk = session_of(context).desk
    plan = wait(desk.plan(start, (), progress(_("Reading"))))
    say_plan(desk, plan)
    confirmed(_("Apply this plan and turn the inventory link on?"), yes=yes)
    done = wait(desk.enable(plan, progress(_("Applying"))))
    say(_("The inventory link is on."))
    say_run(done)


def say_run(run: Run) -> None:
    """What a run came to. Raises RowsLeft where some of it was not done."""
    say(_("Run %(run)s: %(applied)s cells done.") % {"run": run.id, "applied": run.applied})
    if run.moved or run.rejected or run.waiting:
        raise RowsLeft(moved=run.moved, rejected=run.rejected, waiting=run.waiting)


def disable(context: typer.Context) -> None:
    wait(session_of(context).desk.disable())
    say(_("The inventory link is off."))


# -- running -------------------------------------------------------------------------------------


def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help=_("One full pass until both sides rest."))
    ] = False,
) -> None:
    if once:
        _run_once(session_of(context).desk)
    else:
        _serve(context)


def _run_once(desk: Desk) -> None:
    report = wait(desk.run_once())
    told = {"pulled": report.pulled, "pushed": report.pushed, "passes": report.passes}
    say(_("Pulled %(pulled)s, pushed %(pushed)s in %(passes)s passes.") % told)
    if not report.rests:
        raise NotAtRest(passes=report.passes, detail=report.detail)
    if report.needs_you:
        raise RestNeedsYou(count=report.needs_you)


def _serve(context: typer.Context) -> None:
    """The engine of the brand (without --brand: of all), until SIGTERM or SIGINT."""
    session = session_of(context)
    names = [session.globals.brand] if session.globals.brand else None
    desks = [
        session.workspace.desk(name)
        for name in names or [b.name for b in session.workspace.brands()]
    ]
    if not desks:
        desks = [session.desk]  # says that there is no brand
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_args: ended.set())
    feeds = [desk.feed() for desk in desks]
    for desk in desks:
        desk.start()
    say(_("Syncing: %(brands)s") % {"brands": ", ".join(clean(d.brand.name) for d in desks)})
    sys.stdout.flush()
    stopping = False
    while not stopping:
        stopping = ended.wait(0.5)
        for feed in feeds:
            for event in feed.drain():
                say(f"{event.at} {event.level.value} {event_text(event)}")
        sys.stdout.flush()
    for desk in desks:
        desk.stop()
