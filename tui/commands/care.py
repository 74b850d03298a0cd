"""Taking care of the data: doctor, backup, restore."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from getpass import getpass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import N_, NN_, BadInput, DextreError, UserMustAct
from core.model import Finding, Secret, Verdict
from tui import counted, keymap
from tui.clean import ascii_only, clean
from tui.commands.common import (
    NotConfirmed,
    Session,
    confirmed,
    more_rows,
    say,
    say_json,
    table,
    wait,
    write_csv,
)
from tui.commands.connecting import SIGNS, secret_from
from tui.commands.line import Tree, takes_csv, takes_file, takes_json, takes_yes
from tui.i18n import _, finding_text, tell
from tui.paths import STDOUT
from tui.when import to_the_second

if TYPE_CHECKING:
    from core.workspace import Desk, RestorePreview

_STORE_SOUND = N_("The inventory file is in order: %(file)s")
_NOT_CONNECTED = N_("Not connected")


NAMED = 20
"""Rows of a preview that are printed for reading."""


class DoctorFound(UserMustAct):
    code = "doctor_found"
    message = NN_("%(count)s check failed.", "%(count)s checks failed.", by="count")
    remedy = N_("Each line above says what to do.")


class NothingToRestore(UserMustAct):
    code = "nothing_to_restore"
    message = N_("%(file)s holds what is there now; nothing was changed.")
    remedy = N_("Give another backup if you meant an earlier state.")


class NeedsPassphrase(BadInput):
    code = "needs_passphrase"
    message = N_("Secrets go into a backup only with a passphrase, and none was given.")
    remedy = N_("Give --passphrase-file FILE, or - for standard input.")


class PassphraseWanted(BadInput):
    code = "passphrase_wanted"
    message = N_("%(file)s holds encrypted secrets, and no passphrase was given for them.")
    remedy = N_("Nothing was changed. Give --passphrase-file FILE, or --without-secrets.")


class PassphrasesDiffer(BadInput):
    code = "passphrases_differ"
    message = N_("The two passphrases differ.")
    remedy = N_("Nothing was written. Type it again.")


class PassphraseForNothing(BadInput):
    code = "passphrase_for_nothing"
    message = N_("A passphrase is only of use with --with-secrets.")
    remedy = N_("Nothing was written. Leave it out, or add --with-secrets.")


def register(tree: Tree) -> None:
    takes_json(tree.command("doctor", doctor, _("Check the store and the connection.")))
    about = _("Write the inventory into one file; secrets only when asked, and encrypted.")
    parser = tree.command("backup", backup, about)
    takes_file(parser, _("The backup to write."))
    parser.add_argument(
        "--overwrite", action="store_true", help=_("Replace the file if it is there.")
    )
    parser.add_argument(
        "--with-secrets",
        action="store_true",
        help=_("The secrets as well, encrypted with a passphrase."),
    )
    _takes_passphrase(parser)
    takes_json(parser)
    about = _("Bring a backup back: shown first; the inventory link is off afterwards.")
    parser = tree.command("restore", restore, about)
    takes_file(parser, _("The backup to bring back."))
    _takes_passphrase(parser)
    parser.add_argument(
        "--without-secrets", action="store_true", help=_("Leave the secrets of the backup out.")
    )
    parser.add_argument(
        "--preview",
        dest="only_show",
        action="store_true",
        help=_("Show what would change, and change nothing."),
    )
    takes_csv(parser, _("Write what would change as CSV (- for standard output)."))
    takes_yes(parser)
    takes_json(parser)


def _takes_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help=_("File with the passphrase; - for stdin. Without it a terminal asks."),
    )


def doctor(session: Session, *, as_json: bool) -> None:
    findings = [*_findings(session.desk), *keymap.findings(session.workspace.home)]
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        findings.append(_signs())
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


def _signs() -> Finding:
    """Asked of the terminal where a person looks at it."""
    from tui import sign_width  # here: few commands need a terminal

    if ascii_only():
        return sign_width.plain_finding()
    return sign_width.finding(sign_width.measure(sys.stdin, sys.stdout))


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


def backup(
    session: Session,
    file: Path,
    *,
    overwrite: bool,
    with_secrets: bool,
    passphrase_file: str | None,
    as_json: bool,
) -> None:
    passphrase = _new_passphrase(passphrase_file) if with_secrets else None
    if passphrase_file is not None and not with_secrets:
        raise PassphraseForNothing
    made = session.desk.backup(file, overwrite=overwrite, passphrase=passphrase)
    if as_json:
        counts = {"items": made.items, "quantities": made.levels, "mappings": made.mappings}
        told = {"file": str(made.path), "brand": made.brand, "at": made.at, **counts}
        say_json({**told, "secrets": made.has_secrets})
        return
    words = {
        "file": clean(file),
        "items": counted.items(made.items),
        "levels": counted.quantities(made.levels),
    }
    say(_("%(file)s: %(items)s, %(levels)s.") % words)
    if made.has_secrets:
        say(_("The secrets are in it, encrypted. Nobody can open them without the passphrase."))
    else:
        say(_("Secrets are not in it."))


def restore(
    session: Session,
    file: Path,
    *,
    passphrase_file: str | None,
    without_secrets: bool,
    only_show: bool,
    csv: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    damaged = _damage(session)
    if damaged is not None:
        _restore_over_damaged(
            session, file, damaged, passphrase_file, without_secrets, yes=yes, as_json=as_json
        )
        return
    desk = session.desk
    preview = desk.restore_preview(file)
    if _only_shown(preview, csv, only_show=only_show, as_json=as_json):
        return
    if preview.refused is not None:
        raise preview.refused
    passphrase = None
    if passphrase_file is not None or (preview.backup.has_secrets and not without_secrets):
        passphrase = _known_passphrase(file, passphrase_file)
        desk.check_passphrase(file, passphrase)
    if not preview and passphrase is None:
        raise NothingToRestore(file=clean(file))
    if as_json and not yes:
        raise NotConfirmed
    if not as_json:
        _say_preview(preview)
        if passphrase is not None:
            say(_("The secrets and the connection they belong to come back as well."))
        confirmed(_("Bring this backup back?"), yes=yes)
    saved = wait(desk.restore(file, passphrase))
    if as_json:
        told = {"restored": str(file), "saved": str(saved), "link": "off"}
        say_json({**told, "secrets": passphrase is not None})
        return
    say(_("Restored; what was there before is in %(file)s.") % {"file": clean(saved)})
    say(_("The inventory link is off."))


def _damage(session: Session) -> DextreError | None:
    """Why the inventory cannot be opened, where it is damaged."""
    try:
        session.desk.check_store()
    except DextreError as error:
        if error.code == "damaged":
            return error
        raise
    return None


def _restore_over_damaged(
    session: Session,
    file: Path,
    damaged: DextreError,
    passphrase_file: str | None,
    without_secrets: bool,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Into an empty inventory; the damaged one is kept. The backup is read whole before."""
    workspace = session.workspace
    backup = workspace.look_into_backup(file)
    passphrase = None
    if passphrase_file is not None or (backup.has_secrets and not without_secrets):
        passphrase = _known_passphrase(file, passphrase_file)
        workspace.look_into_backup(file, passphrase)
    if as_json and not yes:
        raise NotConfirmed
    if not as_json:
        say(tell(damaged)[0])
        told = {
            "brand": clean(backup.brand),
            "at": to_the_second(backup.at),
            "items": counted.items(backup.items),
            "levels": counted.quantities(backup.levels),
        }
        say(_("The backup: %(brand)s, %(at)s, %(items)s, %(levels)s.") % told)
        confirmed(_("Keep the damaged file aside and bring this backup back?"), yes=yes)
    aside = workspace.set_aside_damaged(session.globals.brand)
    wait(session.desk.restore(file, passphrase, connection=True))
    if as_json:
        say_json({"restored": str(file), "saved": str(aside), "link": "off"})
        return
    say(_("Restored; the damaged file is kept as %(file)s.") % {"file": clean(aside)})
    say(_("The inventory link is off."))


def _new_passphrase(file: str | None) -> Secret:
    """From the file, or typed twice. Raises NeedsPassphrase, PassphrasesDiffer."""
    found = secret_from("--passphrase-file", file)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise NeedsPassphrase
    typed = _typed(_("Passphrase: "))
    if _typed(_("The passphrase again: ")) != typed:
        raise PassphrasesDiffer
    return typed


def _known_passphrase(backup: Path, file: str | None) -> Secret:
    found = secret_from("--passphrase-file", file)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise PassphraseWanted(file=clean(backup))
    return _typed(_("Passphrase of the secrets in the backup: "))


def _typed(question: str) -> Secret:
    """Without an echo, and without spaces around it, as from a file."""
    return Secret(getpass(question).strip())


def _only_shown(
    preview: RestorePreview, csv: Path | None, *, only_show: bool, as_json: bool
) -> bool:
    """Write what was asked for; True where that was all."""
    if csv is not None:
        _write_preview(preview, csv)
    if only_show and as_json:
        say_json({"changes": _counts(preview), "rows": [*_preview_rows(preview)]})
    elif only_show and csv != STDOUT:
        _say_preview(preview)
    return only_show


def _say_preview(preview: RestorePreview) -> None:
    table(
        ("", _("Added"), _("Changed"), _("Removed")),
        (
            (_(_TABLES.get(name, name)), changes.added, changes.changed, changes.removed)
            for name, changes in preview.changes.items()
        ),
    )
    for row in islice(preview.rows, NAMED):
        change = f"{_value(row.now)} → {_value(row.then)}"
        say(f"{_(_TABLES.get(row.what, row.what))}: {clean(row.name or row.key)}  {change}")
    counts = (asdict(changes).values() for changes in preview.changes.values())
    more = sum(map(sum, counts)) - NAMED
    if more > 0:
        say(more_rows(more, in_csv=True))


def _value(value: object) -> str:
    """A quantity; of a document, what people call it."""
    if isinstance(value, dict):
        called = (value.get(field) for field in ("name", "sku_number", "shopify_name"))
        return clean(next(filter(None, called), "…"))
    return "–" if value is None else str(value)


def _counts(preview: RestorePreview) -> dict[str, object]:
    return {name: asdict(changes) for name, changes in preview.changes.items()}


def _preview_rows(preview: RestorePreview) -> Iterator[dict[str, object]]:
    return (
        {"what": r.what, "which": r.key, "name": r.name or r.key, "now": r.now, "then": r.then}
        for r in preview.rows
    )


def _write_preview(preview: RestorePreview, target: Path) -> None:
    """For people: with names, where the JSON has the keys as well."""
    rows = (
        {"what": r.what, "which": r.name or r.key, "now": _value(r.now), "then": _value(r.then)}
        for r in preview.rows
    )
    write_csv(target, ("what", "which", "now", "then"), rows)
