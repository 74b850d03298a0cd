"""The one door: what a screen or a command may do.

A `Workspace` is a data directory with its brands; a `Desk` is everything for one brand. Calls that
need the network or the engine return futures and run on the engine thread's own event loop; all
others are short and immediate. Rooms are wired here and nowhere else.
"""

from core.exchange import ImportPreview, ImportRefused, RowProblemLine
from core.store import Purpose, RestorePreview
from core.workspace.desk import Desk
from core.workspace.hearing import Heard, Hearing
from core.workspace.log import EventFeed
from core.workspace.webhooks import Webhook, Webhooks, WebhookState
from core.workspace.workspace import Workspace, default_home

__all__ = [
    "Desk",
    "EventFeed",
    "Heard",
    "Hearing",
    "ImportPreview",
    "ImportRefused",
    "Purpose",
    "RestorePreview",
    "RowProblemLine",
    "Webhook",
    "WebhookState",
    "Webhooks",
    "Workspace",
    "default_home",
]
