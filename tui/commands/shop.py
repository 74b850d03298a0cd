"""The practice shop: as a server for trying things out, and inside the demo."""

from __future__ import annotations

import sys
from pathlib import Path

from tui.commands.common import Session, say, say_json
from tui.commands.line import Tree, amount, count, one_of, takes_json, whole
from tui.i18n import _
from tui.paths import path_of

SCOPES = "write_inventory,read_inventory,read_products,read_locations"


def register(tree: Tree) -> None:
    parser = tree.command(
        "practice-shop", practice_shop, _("Serve a practice shop on this machine.")
    )
    add = parser.add_argument
    add("--port", type=count("--port"), default=0, metavar="P", help=_("Port; 0 takes a free one."))
    add(
        "--variants",
        type=count("--variants", 1),
        default=24,
        metavar="N",
        help=_("Number of variants."),
    )
    add(
        "--locations",
        type=count("--locations", 1),
        default=2,
        metavar="N",
        help=_("Number of locations."),
    )
    add(
        "--catalog",
        type=path_of,
        metavar="CSV",
        help=_("A Shopify inventory or product CSV as the catalogue."),
    )
    add(
        "--selling",
        type=amount("--selling"),
        default=0.0,
        metavar="PACE",
        help=_("Sales a minute."),
    )
    add(
        "--seed",
        type=whole("--seed"),
        default=1,
        metavar="N",
        help=_("The same seed makes the same shop."),
    )
    add("--faults", default="", help=_("Such as loss=0.2,latency=50ms,lag=3s."))
    add("--scopes", default=SCOPES, help=_("Scopes of its app, with commas."))
    add("--oddities", default="", help=_("Odd products to add, with commas."))
    takes_json(parser)
    tree.command("demo", demo, _("The app on a practice shop that sells; no account needed."))


def practice_shop(
    _session: Session,
    *,
    port: int,
    variants: int,
    locations: int,
    catalog: Path | None,
    selling: float,
    seed: int,
    faults: str,
    scopes: str,
    oddities: str,
    as_json: bool,
) -> None:
    from core.practice import ALL_ODDITIES, PracticeShop, parse_faults, serve

    for name in _names(oddities):
        one_of("--oddities", tuple(sorted(ALL_ODDITIES)))(name)
    shop = PracticeShop(
        variants=variants,
        locations=locations,
        catalog=catalog,
        selling=selling,
        seed=seed,
        faults=parse_faults(faults),
        scopes=_names(scopes),
        oddities=_names(oddities),
    )

    def ready(address: str) -> None:
        told = {
            "address": address,
            "domain": shop.domain,
            "token": shop.access_token,
            "client_id": shop.client_id,
            "client_secret": shop.client_secret,
        }
        if as_json:
            say_json(told)
        else:
            for name, value in told.items():
                say(f"{name}: {value}")
        sys.stdout.flush()

    serve(shop, port=port, on_ready=ready)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def demo(session: Session) -> int:
    from tui.demo import run_demo

    return run_demo(session.globals)
