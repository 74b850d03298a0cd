"""What a resolver may know of the request it works for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLResolveInfo

from core.practice.auth import require
from core.practice.idempotency import Keys
from core.practice.state import Level, Picture, Stock

if TYPE_CHECKING:
    from core.practice.bulk import BulkDesk
    from core.practice.webhooks import WebhookDesk


@dataclass(frozen=True, slots=True)
class Identity:
    """What the shop says of itself."""

    number: int
    name: str
    domain: str
    created_at: int
    app_id: str
    api_key: str


@dataclass(slots=True)
class Context:
    identity: Identity
    stock: Stock
    keys: Keys
    bulk: BulkDesk
    webhooks: WebhookDesk
    scopes: frozenset[str]
    """With what they imply."""
    granted: Collection[str]
    """As they are listed."""
    address: str = ""
    """Where the shop was asked, without a slash at the end."""
    api_version: str = ""
    read_at: float | None = None
    """Reads show the stock as it was then; None: as it is."""
    index_at: float | None = None
    """The same for what searches go by."""
    burns_keys: bool = False
    breaks_after_key: bool = False
    """The write is begun (its key is taken) and then breaks: an internal error."""
    search: list[dict[str, Any]] = field(default_factory=list)
    """For extensions.search."""

    def see(self, level: Level) -> Picture:
        return level.now() if self.read_at is None else level.as_of(self.read_at)

    def indexed(self, level: Level) -> Picture:
        return level.now() if self.index_at is None else level.as_of(self.index_at)


def context_of(info: GraphQLResolveInfo[Any]) -> Context:
    context: Context = info.context
    return context


def permit(info: GraphQLResolveInfo[Any], *any_of: str) -> Context:
    """The context, if the app has one of these scopes; else ACCESS_DENIED."""
    context = context_of(info)
    require(context.scopes, info.field_name, *any_of)
    return context
