"""Commands that need the shop before anything is linked: connect, pair."""

from __future__ import annotations

import argparse
import sys

from core.errors import N_, BadInput
from core.model import Credentials, Finding, Secret, Verdict
from core.workspace.naming import quoted
from tui.clean import clean
from tui.commands.common import Session, say, say_json, wait
from tui.commands.line import Tree, takes_json, takes_label
from tui.i18n import _, finding_text
from tui.paths import path_of

SIGNS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.FAILED: "✗", Verdict.SKIPPED: "–"}
LARGEST_SECRET = 10_000
"""Characters; a file that holds more is no token."""


class CannotReadSecret(BadInput):
    code = "cannot_read_secret"
    message = N_("%(option)s: the secret cannot be read from %(file)s: %(detail)s.")
    remedy = N_("Give a file with nothing but the secret in it, or - for standard input.")


class NoCredentials(BadInput):
    code = "no_credentials"
    message = N_("There is nothing to connect with.")
    remedy = N_("Give --token-file FILE, or --client-id ID and --client-secret-file FILE.")


class HalfCredentials(BadInput):
    code = "half_credentials"
    message = N_("%(given)s was given without %(missing)s.")
    remedy = N_("A client ID and its client secret belong together; or give --token-file FILE.")


class NotAPair(BadInput):
    code = "not_a_pair"
    message = N_("%(text)s is not a pair of locations.")
    remedy = N_('Write it as "LOCAL=SHOPIFY", with the names of both locations.')


_NO_TEXT = N_("it is not text")
_EMPTY = N_("it is empty")
_TOO_LONG = N_("it is too long for a secret")
_ONCE_ONLY = N_("standard input can give one secret only")


def register(tree: Tree) -> None:
    _connect(tree.command("connect", connect, _("Connect the brand to a Shopify shop.")))
    about = _("Pair locations one to one, for one inventory label. All earlier pairs are replaced.")
    _pair(tree.command("pair", pair, about))


def _connect(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--domain", required=True, help=_("Shop domain, in any form."))
    add(
        "--token-file", metavar="FILE", help=_("File with the Admin API access token; - for stdin.")
    )
    add("--client-id", metavar="ID", help=_("Client ID of a Dev Dashboard app."))
    add(
        "--client-secret-file",
        metavar="FILE",
        help=_("File with the client secret; - for stdin."),
    )
    add("--api-key", metavar="KEY", default="", help=_("API key of the custom app."))
    add("--api-secret-file", metavar="FILE", help=_("File with the API secret key; - for stdin."))
    add("--api-url", metavar="URL", help=_("Another address than https://DOMAIN (a proxy)."))
    takes_json(parser)


def _pair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs",
        nargs="+",
        metavar='"LOCAL=SHOPIFY"',
        help=_("A DEXTRE location and its Shopify location."),
    )
    takes_label(parser)
    takes_json(parser)


# -- connect -------------------------------------------------------------------------------------


def connect(
    session: Session,
    *,
    domain: str,
    token_file: str | None,
    client_id: str | None,
    client_secret_file: str | None,
    api_key: str,
    api_secret_file: str | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    desk = session.desk
    files = [file for file in (token_file, client_secret_file, api_secret_file) if file]
    if files.count("-") > 1:
        raise CannotReadSecret(option="--token-file", file="-", detail=_ONCE_ONLY)
    token = secret_from("--token-file", token_file)
    secret = secret_from("--client-secret-file", client_secret_file)
    secret = secret or secret_from("--api-secret-file", api_secret_file)
    key = client_id or api_key
    if token is None:
        _refuse_half(key, secret)
    credentials = Credentials(
        domain=domain, access_token=token, api_key=key, api_secret=secret, api_url=api_url
    )
    connection = wait(desk.connect(credentials, _say_finding))
    if as_json:
        say_json(
            {
                "shop": connection.shop_name,
                "domain": connection.domain,
                "auth": connection.auth.value,
                "connected_at": connection.connected_at,
            }
        )
        return
    told = {"shop": clean(connection.shop_name), "domain": connection.domain}
    say(_("Connected to %(shop)s (%(domain)s)") % told)


def _refuse_half(key: str, secret: Secret | None) -> None:
    if not key and secret is None:
        raise NoCredentials
    if secret is None:
        raise HalfCredentials(given="--client-id", missing="--client-secret-file")
    if not key:
        raise HalfCredentials(given="--client-secret-file", missing="--client-id")


def _say_finding(finding: Finding) -> None:
    """One line a check, as it comes. What a failure's remedy says, the error at the end says."""
    message, remedy = finding_text(finding)
    sys.stderr.write(f"{SIGNS[finding.verdict]} {message}\n")
    if remedy and finding.verdict is Verdict.WARNING:
        sys.stderr.write(f"  {remedy}\n")


def secret_from(option: str, file: str | None) -> Secret | None:
    """What a file (or standard input) holds, without its line end. Raises CannotReadSecret."""
    if file is None:
        return None
    try:
        text = _text_of(file)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise CannotReadSecret(option=option, file=file, detail=detail) from error
    except UnicodeDecodeError:
        # No cause attached: the decoder's error holds the bytes.
        raise CannotReadSecret(option=option, file=file, detail=_NO_TEXT) from None
    if len(text) > LARGEST_SECRET:
        raise CannotReadSecret(option=option, file=file, detail=_TOO_LONG)
    if not text.strip():
        raise CannotReadSecret(option=option, file=file, detail=_EMPTY)
    return Secret(text.strip())


def _text_of(file: str) -> str:
    if file == "-":
        return sys.stdin.read(LARGEST_SECRET + 1)
    # utf-8-sig: editors on Windows put a mark before the first character.
    with path_of(file).open(encoding="utf-8-sig") as opened:
        return opened.read(LARGEST_SECRET + 1)


# -- pair ----------------------------------------------------------------------------------------


def pair(session: Session, pairs: list[str], *, label: str | None, as_json: bool) -> None:
    desk = session.desk
    names = {location.name for location in desk.locations()}
    made = wait(desk.pair([_split(text, names) for text in pairs], label))
    found = [(desk.location_name(one.location_id), one.shopify_name) for one in made]
    if as_json:
        label_code = desk.link().label_code
        say_json(
            {"label": label_code, "pairs": [{"local": h, "shopify": t} for h, t in found]},
        )
        return
    for here, there in found:
        say(f"{clean(quoted(here))} = {clean(quoted(there))}")


def _split(text: str, names: set[str]) -> tuple[str, str]:
    """At the first equals sign; a name of ours may hold one itself."""
    places = [place for place, sign in enumerate(text) if sign == "="]
    halves = [(text[:place], text[place + 1 :]) for place in places]
    whole = [(here, there) for here, there in halves if here.strip() and there.strip()]
    if not whole:
        raise NotAPair(text=text)
    known = [each for each in whole if each[0] in names or each[0].strip() in names]
    return known[0] if known else whole[0]
