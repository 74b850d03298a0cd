"""Webhooks, for servers with a public address: what they say is a hint to look now, never a number.

Polling goes on beside them and finds what they missed; so a receiver that fails is told and tried
again, and the sync never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.clock import Clock
from core.errors import N_, UserMustAct
from core.model import CellKey, Connection, Secret

if TYPE_CHECKING:
    from core.shopify import ShopifyShop
    from core.shopify.webhooks import Hint
    from core.sync.engine import Engine

HEAL_S = 3_600.0
"""Seconds between two looks at the subscriptions: Shopify deletes those that nobody answered."""


class NoSecretForWebhooks(UserMustAct):
    code = "no_secret_for_webhooks"
    message = N_("Webhooks cannot be checked: the API secret key of %(domain)s is not known here.")
    remedy = N_("Connect again with --api-secret-file (or --client-secret-file).")


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where to listen, and the public https address under which Shopify reaches it (None: the
    subscriptions are somebody else's business).
    """

    listen: str
    public_url: str | None = None


async def hear(
    hearing: Hearing,
    connection: Connection,
    secret: Secret | None,
    engine: Engine,
    on_catalogue: Callable[[], None],
) -> None:
    """Listen until cancelled. Raises NoSecretForWebhooks, BadInput where the address is none."""
    from core.shopify.serving import listen_address, serve_webhooks
    from core.shopify.webhooks import WebhookReceiver

    if secret is None:
        raise NoSecretForWebhooks(domain=connection.domain)

    def on_hint(hint: Hint) -> None:
        if hint.inventory_item_id and hint.location_id:
            engine.hint(CellKey(hint.inventory_item_id, hint.location_id))
        elif hint.topic.startswith("products/"):
            on_catalogue()
        else:
            engine.look()

    host, port = listen_address(hearing.listen)
    receiver = WebhookReceiver([secret], connection.domain, on_hint)
    await serve_webhooks(receiver, host, port)


async def heal(public_url: str, shop: ShopifyShop, clock: Clock) -> None:
    """Have the subscriptions, and have them again whenever they are gone; until cancelled."""
    while True:
        await shop.ensure_webhooks(public_url)
        await clock.sleep(HEAL_S)
