"""The practice shop: as a server for trying things out, and inside the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tui.commands.common import say, session_of
from tui.i18n import _

SCOPES = "write_inventory,read_inventory,read_products,read_locations"


def register(app: typer.Typer) -> None:
    app.command("practice-shop", help=_("Serve a practice shop on this machine."))(practice_shop)
    app.command("demo", help=_("The app on a practice shop that sells; no account needed."))(demo)


def practice_shop(
    port: Annotated[int, typer.Option(help=_("Port; 0 takes a free one."))] = 0,
    variants: Annotated[int, typer.Option(help=_("Number of variants."))] = 24,
    locations: Annotated[int, typer.Option(help=_("Number of locations."))] = 2,
    catalog: Annotated[
        Path | None, typer.Option(help=_("A Shopify inventory or product CSV as the catalogue."))
    ] = None,
    selling: Annotated[float, typer.Option(help=_("Sales a minute."))] = 0.0,
    seed: Annotated[int, typer.Option(help=_("The same seed makes the same shop."))] = 1,
    faults: Annotated[str, typer.Option(help=_("Such as loss=0.2,latency=50ms,lag=3s."))] = "",
    scopes: Annotated[str, typer.Option(help=_("Scopes of its app, with commas."))] = SCOPES,
    oddities: Annotated[str, typer.Option(help=_("Odd products to add, with commas."))] = "",
) -> None:
    from core.practice import PracticeShop, parse_faults, serve

    shop = PracticeShop(
        variants=variants,
        locations=locations,
        catalog=catalog,
        selling=selling,
        seed=seed,
        faults=parse_faults(faults),
        scopes=[part.strip() for part in scopes.split(",") if part.strip()],
        oddities=[part.strip() for part in oddities.split(",") if part.strip()],
    )

    def ready(address: str) -> None:
        say(f"address: {address}")
        say(f"domain: {shop.domain}")
        say(f"token: {shop.access_token}")
        say(f"client_id: {shop.client_id}")
        say(f"client_secret: {shop.client_secret}")
        sys.stdout.flush()

    serve(shop, port=port, on_ready=ready)


def demo(context: typer.Context) -> None:
    from tui.demo import run_demo

    raise typer.Exit(run_demo(session_of(context).globals))
