"""Taking care of the data: doctor, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, UserMustAct
from core.model import Finding, Verdict
from tui.clean import clean
from tui.commands.common import NotConfirmed, Session, confirmed, say, say_json, table, wait
from tui.commands.connecting import SIGNS
from tui.commands.line import Tree, takes_file, takes_json, takes_yes
from tui.i18n import _, finding_text

if TYPE_CHECKING:
    from core.workspace import Desk, RestorePreview

_STORE_SOUND = N_("The inventory file is in order: %(file)s")
_NOT_CONNECTED = N_("Not connected")


class DoctorFound(UserMustAct):
    code = "doctor_found"
    message = N_("%(count)s checks failed.")
    remedy = N_("Each line above says what to do.")


class NothingToRestore(UserMustAct):
    code = "nothing_to_restore"
    message = N_("%(file)s holds what is there now; nothing was changed.")
    remedy = N_("Give another backup if you meant an earlier state.")


def register(tree: Tree) -> None:
    takes_json(tree.command("doctor", doctor, _("Check the store and the connection.")))
    parser = tree.command("backup", backup, _("Write everything but secrets into one file."))
    takes_file(parser, _("The backup to write."))
    parser.add_argument(
        "--overwrite", action="store_true", help=_("Replace the file if it is there.")
    )
    takes_json(parser)
    about = _("Bring a backup back: shown first; the inventory link is off afterwards.")
    parser = tree.command("restore", restore, about)
    takes_file(parser, _("The backup to bring back."))
    takes_yes(parser)
    takes_json(parser)


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
    version = desk.version_findings()
    if desk.connection() is None:
        return [*found, *version, Finding("connection", Verdict.SKIPPED, _NOT_CONNECTED)]
    checked = wait(desk.check())
    told = {finding.code for finding in checked}
    return [*found, *(one for one in version if one.code not in told), *checked]


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


# -- backups -------------------------------------------------------------------------------------

_TABLES = {
    "labels": N_("Inventory labels"),
    "locations": N_("Locations"),
    "items": N_("Items"),
    "levels": N_("Quantities"),
    "pairs": N_("Location pairs"),
    "mappings": N_("SKU mappings"),
}


def backup(session: Session, file: Path, *, overwrite: bool, as_json: bool) -> None:
    made = session.desk.backup(file, overwrite=overwrite)
    if as_json:
        counts = {"items": made.items, "quantities": made.levels, "mappings": made.mappings}
        say_json({"file": str(made.path), "brand": made.brand, "at": made.at, **counts})
        return
    told = {"file": clean(file), "items": made.items, "levels": made.levels}
    say(_("%(file)s: %(items)s items, %(levels)s quantities. Secrets are not in it.") % told)


def restore(session: Session, file: Path, *, yes: bool, as_json: bool) -> None:
    desk = session.desk
    preview = desk.restore_preview(file)
    if preview.refused is not None:
        raise preview.refused
    if not preview:
        raise NothingToRestore(file=clean(file))
    if as_json and not yes:
        raise NotConfirmed
    if not as_json:
        _say_preview(preview)
        confirmed(_("Bring this backup back?"), yes=yes)
    saved = wait(desk.restore(file))
    if as_json:
        say_json({"restored": str(file), "saved": str(saved), "link": "off"})
        return
    say(_("Restored; what was there before is in %(file)s.") % {"file": clean(saved)})
    say(_("The inventory link is off."))


def _say_preview(preview: RestorePreview) -> None:
    table(
        ("", _("Added"), _("Changed"), _("Removed")),
        (
            (_(_TABLES.get(name, name)), changes.added, changes.changed, changes.removed)
            for name, changes in preview.changes.items()
        ),
    )
