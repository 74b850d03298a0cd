"""`doctor`: is everything in order, here and on the way to the shop?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import N_, UserMustAct
from core.model import Finding, Verdict
from tui.commands.common import Session, say, say_json, wait
from tui.commands.connecting import SIGNS
from tui.commands.line import Tree, takes_json
from tui.i18n import _, finding_text

if TYPE_CHECKING:
    from core.workspace import Desk

_STORE_SOUND = N_("The inventory file is in order: %(file)s")
_NOT_CONNECTED = N_("Not connected")


class DoctorFound(UserMustAct):
    code = "doctor_found"
    message = N_("%(count)s checks failed.")
    remedy = N_("Each line above says what to do.")


def register(tree: Tree) -> None:
    takes_json(tree.command("doctor", doctor, _("Check the store and the connection.")))


def doctor(session: Session, *, as_json: bool) -> None:
    findings = _findings(session.desk)
    if as_json:
        say_json([_record(finding) for finding in findings])
    else:
        for finding in findings:
            _say(finding)
    failed = sum(finding.verdict is Verdict.FAILED for finding in findings)
    if failed:
        raise DoctorFound(count=failed)


def _findings(desk: Desk) -> list[Finding]:
    """The store first: it raises what it finds, because nothing else counts then."""
    desk.check_store()
    found = [Finding("store", Verdict.OK, _STORE_SOUND, {"file": str(desk.store_path)})]
    if desk.connection() is None:
        return [*found, Finding("connection", Verdict.SKIPPED, _NOT_CONNECTED)]
    return [*found, *wait(desk.check())]


def _say(finding: Finding) -> None:
    message, remedy = finding_text(finding)
    say(f"{SIGNS[finding.verdict]} {message}")
    if remedy and finding.verdict in (Verdict.WARNING, Verdict.FAILED):
        say(f"  {remedy}")


def _record(finding: Finding) -> dict[str, object]:
    message, remedy = finding_text(finding)
    return {
        "code": finding.code,
        "verdict": finding.verdict.value,
        "message": message,
        "remedy": remedy,
    }
