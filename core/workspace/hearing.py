"""Webhooks, for servers with a public address: what they say is a hint to look now, never a number.

Polling goes on beside them and finds what they missed; so a receiver that fails is told and tried
again, and the sync never waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from core.clock import Clock, iso
from core.errors import N_, UserMustAct
from core.model import CellKey, Connection, Secret
from core.on_demand import Room
from core.workspace.notes import write_note

if TYPE_CHECKING:
    import asyncio

    from core.shopify import ShopifyShop
    from core.shopify.webhooks import Hint, WebhookCounts
    from core.sync.engine import Engine
else:
    asyncio = Room("asyncio")

HEAL_S = 3_600.0
"""Seconds between two looks at the subscriptions: Shopify deletes those that nobody answered."""


NOTE_S = 5.0
"""Seconds between two looks at what came, for those who look from another process."""


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


@dataclass(frozen=True, slots=True)
class Heard:
    """What a process hears, for those who look from another one; it is worth nothing once that
    process does not own the sync any more. `listen` is its own address.
    """

    pid: int
    listen: str
    since: str
    public_url: str = ""
    taken: int = 0
    refused: int = 0
    last_at: str = ""


def read(path: Path) -> Heard | None:
    try:
        return Heard(**orjson.loads(path.read_bytes()))
    except (FileNotFoundError, TypeError, orjson.JSONDecodeError):
        return None


def _write(path: Path, note: Heard) -> None:
    write_note(path, orjson.dumps(asdict(note)))


class HeardNote:
    """Keeps the note true while this process hears. Losing it costs nothing, so it is not
    synced, and a disk that refuses it does not keep webhooks from coming.
    """

    def __init__(self, path: Path, hearing: Hearing, clock: Clock) -> None:
        self._path, self._hearing, self._clock = path, hearing, clock
        self._note: Heard | None = None

    def listens(self, address: str) -> None:
        now = iso(self._clock.now())
        self._keep(Heard(os.getpid(), address, now, self._hearing.public_url or ""))

    async def follow(self, counts: WebhookCounts) -> None:
        """Note what came, every few seconds; until cancelled."""
        while True:
            await self._clock.sleep(NOTE_S)
            note = self._note
            if note is None or (note.taken, note.refused) == (counts.taken, counts.refused):
                continue
            last = iso(self._clock.now()) if counts.taken != note.taken else note.last_at
            self._keep(replace(note, taken=counts.taken, refused=counts.refused, last_at=last))

    def ends(self) -> None:
        self._note = None
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _keep(self, note: Heard) -> None:
        self._note = note
        with suppress(OSError):
            _write(self._path, note)


async def hear(
    hearing: Hearing,
    connection: Connection,
    secret: Secret | None,
    engine: Engine,
    on_catalogue: Callable[[], None],
    on_places: Callable[[], None],
    note: HeardNote | None = None,
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
        elif hint.topic.startswith("locations/"):
            on_places()
        else:
            engine.look()

    host, port = listen_address(hearing.listen)
    receiver = WebhookReceiver([secret], connection.domain, on_hint)
    if note is None:
        await serve_webhooks(receiver, host, port)
        return
    following = asyncio.create_task(note.follow(receiver.counts))
    try:
        await serve_webhooks(receiver, host, port, on_ready=note.listens)
    finally:
        following.cancel()
        note.ends()


async def heal(
    public_url: str, shop: ShopifyShop, clock: Clock, wanted: Callable[[], bool]
) -> None:
    """Have the subscriptions, and have them again whenever they are gone; until cancelled. Where a
    person took them away (not `wanted`), they stay away.
    """
    while True:
        if wanted():
            await shop.ensure_webhooks(public_url)
        await clock.sleep(HEAL_S)
