"""The practice shop: a Shopify shop in a box, as nasty as the real one.

An ASGI app that executes GraphQL documents against a true subset of Shopify's schema
(schema.graphql), over a stock kept in memory. It enforces what a real shop enforces on these calls
(idempotency, compare-and-swap, all-or-nothing batches, cost and throttle, scopes, search warnings;
facts.md §1–§8), fails on demand, and sells by itself when asked. It serves the demo and the tests.

Not its business: anything of the sync. It knows no other room, and keeps nothing on disk.

    shop = PracticeShop(variants=200, locations=3, seed=7)
    client = httpx.AsyncClient(transport=shop.transport(), base_url=f"https://{shop.domain}")
"""

from core.practice.catalogue import ALL_ODDITIES
from core.practice.errors import CatalogueFileInvalid, FaultsInvalid, NothingToSell
from core.practice.faults import Faults, parse_faults
from core.practice.server import serve
from core.practice.shop import PracticeShop
from core.practice.state import LedgerEntry
from core.practice.till import Till
from core.practice.transport import PracticeTransport

__all__ = [
    "ALL_ODDITIES",
    "CatalogueFileInvalid",
    "Faults",
    "FaultsInvalid",
    "LedgerEntry",
    "NothingToSell",
    "PracticeShop",
    "PracticeTransport",
    "Till",
    "parse_faults",
    "serve",
]
