"""Commands that set a brand up: brand, location, label, connect, pair."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import N_, BadInput
from core.model import Credentials, Finding, Label, LabelType, Secret, Verdict
from tui.clean import clean
from tui.commands.common import say, session_of, table, wait
from tui.i18n import _, finding_text


class CannotReadSecret(BadInput):
    code = "cannot_read_secret"
    message = N_("The secret cannot be read from %(file)s: %(detail)s")
    remedy = N_("Give a file with nothing but the secret in it, or - for standard input.")


class NoCredentials(BadInput):
    code = "no_credentials"
    message = N_("There is nothing to connect with.")
    remedy = N_("Give --token-file FILE, or --client-id ID and --client-secret-file FILE.")


class NotAPair(BadInput):
    code = "not_a_pair"
    message = N_("%(text)s is not a pair of locations.")
    remedy = N_('Write it as "LOCAL=SHOPIFY", with the names of both locations.')


def register(app: typer.Typer) -> None:
    brand = typer.Typer(help=_("Brands: each is linked with one Shopify shop."))
    brand.command("add", help=_("Make a brand."))(brand_add)
    brand.command("list", help=_("List the brands."))(brand_list)
    app.add_typer(brand, name="brand")
    location = typer.Typer(help=_("DEXTRE locations: places that hold stock."))
    location.command("add", help=_("Add a location."))(location_add)
    location.command("list", help=_("List the locations."))(location_list)
    app.add_typer(location, name="location")
    label = typer.Typer(help=_("Inventory labels: what kind of stock it is."))
    label.command("add", help=_("Add an inventory label."))(label_add)
    label.command("list", help=_("List the inventory labels."))(label_list)
    app.add_typer(label, name="label")
    app.command("connect", help=_("Connect the brand to a Shopify shop."))(connect)
    app.command("pair", help=_("Pair locations one to one, for one inventory label."))(pair)


def brand_add(context: typer.Context, name: str) -> None:
    brand = session_of(context).workspace.add_brand(name)
    say(clean(brand.name))


def brand_list(context: typer.Context) -> None:
    for brand in session_of(context).workspace.brands():
        say(clean(brand.name))


def location_add(context: typer.Context, name: str) -> None:
    say(clean(session_of(context).desk.add_location(name).name))


def location_list(context: typer.Context) -> None:
    for location in session_of(context).desk.locations():
        say(clean(location.name))


def label_add(
    context: typer.Context,
    code: str,
    name: Annotated[str, typer.Option(help=_("Name to show."))] = "",
    negative: Annotated[
        bool, typer.Option("--negative", help=_("Negative quantities are allowed."))
    ] = False,
    default: Annotated[bool, typer.Option("--default", help=_("Make it the default."))] = False,
    colour: Annotated[str, typer.Option(help=_("Colour to show it in."))] = "blue",
    kind: Annotated[LabelType, typer.Option("--type", help=_("Kind of stock."))] = LabelType.ACTUAL,
    orderable: Annotated[bool, typer.Option(help=_("Orders may be placed from it."))] = True,
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
    session_of(context).desk.add_label(label)
    say(clean(label.code))


def label_list(context: typer.Context) -> None:
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
            for label in session_of(context).desk.labels()
        ),
    )


def connect(
    context: typer.Context,
    domain: Annotated[str, typer.Option(help=_("Shop domain, in any form."))],
    token_file: Annotated[
        str | None, typer.Option(help=_("File with the Admin API access token; - for stdin."))
    ] = None,
    client_id: Annotated[str | None, typer.Option(help=_("Client ID of a Dev Dashboard app."))] = (
        None
    ),
    client_secret_file: Annotated[
        str | None, typer.Option(help=_("File with the client secret; - for stdin."))
    ] = None,
    api_key: Annotated[str, typer.Option(help=_("API key of the custom app."))] = "",
    api_secret_file: Annotated[
        str | None, typer.Option(help=_("File with the API secret key; - for stdin."))
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(help=_("Another address than https://DOMAIN (a proxy)."))
    ] = None,
) -> None:
    token = _secret(token_file)
    secret = _secret(client_secret_file or api_secret_file)
    if token is None and not (client_id and secret):
        raise NoCredentials
    credentials = Credentials(
        domain=domain,
        access_token=token,
        api_key=client_id or api_key,
        api_secret=secret,
        api_url=api_url,
    )
    connection = wait(session_of(context).desk.connect(credentials, _say_finding))
    told = {"shop": clean(connection.shop_name), "domain": connection.domain}
    say(_("Connected to %(shop)s (%(domain)s)") % told)


_SIGNS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.FAILED: "✗", Verdict.SKIPPED: "–"}


def _say_finding(finding: Finding) -> None:
    message, remedy = finding_text(finding)
    sys.stderr.write(f"{_SIGNS[finding.verdict]} {message}\n")
    if remedy and finding.verdict is Verdict.WARNING:
        sys.stderr.write(f"  {remedy}\n")


def _secret(file: str | None) -> Secret | None:
    if file is None:
        return None
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CannotReadSecret(file=file, detail=error.strerror or "") from error
    except UnicodeDecodeError:
        # No cause attached: the decoder's error holds the bytes.
        raise CannotReadSecret(file=file, detail="it is not text") from None
    if not text.strip():
        raise CannotReadSecret(file=file, detail=_("it is empty"))
    return Secret(text.strip())


def pair(
    context: typer.Context,
    pairs: Annotated[list[str], typer.Argument(help='"LOCAL=SHOPIFY" …')],
    label: Annotated[str | None, typer.Option(help=_("Code of the inventory label."))] = None,
) -> None:
    desk = session_of(context).desk
    made = wait(desk.pair([_pair(text) for text in pairs], label))
    for one in made:
        say(f"{clean(desk.location_name(one.location_id))} = {clean(one.shopify_name)}")


def _pair(text: str) -> tuple[str, str]:
    here, equals, there = text.partition("=")
    if not equals or not here.strip() or not there.strip():
        raise NotAPair(text=text)
    return here.strip(), there.strip()
