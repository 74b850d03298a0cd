"""The one door: what a screen or a command may do.

A `Workspace` is a data directory with its brands; a `Desk` is everything for one brand. Calls that
need the network or the engine return futures and run on the engine thread's own event loop; all
others are short and immediate. Rooms are wired here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.on_demand import given_by

if TYPE_CHECKING:
    from core.exchange import ImportPreview, ImportRefused, RowProblemLine
    from core.matching import Filter, IgnoredRow, Likeness, MappingView, folded
    from core.matching.hits import Hits, Places
    from core.store import Purpose, RestorePreview
    from core.store.errors import FileIsThere
    from core.store.files import file_faults
    from core.store.inventory import LARGEST
    from core.workspace.desk import Desk
    from core.workspace.hearing import Heard, Hearing
    from core.workspace.log import EventFeed
    from core.workspace.places import default_home
    from core.workspace.resolving import Resolved, at_odds
    from core.workspace.siblings import Siblings, told_apart
    from core.workspace.waiting import WaitingList
    from core.workspace.webhooks import Webhook, Webhooks, WebhookState
    from core.workspace.workspace import Workspace
else:
    __getattr__ = given_by(
        __name__,
        {
            "core.exchange": ("ImportPreview", "ImportRefused", "RowProblemLine"),
            "core.matching": ("Filter", "IgnoredRow", "Likeness", "MappingView", "folded"),
            "core.matching.hits": ("Hits", "Places"),
            "core.store": ("Purpose", "RestorePreview"),
            "core.store.errors": ("FileIsThere",),
            "core.store.files": ("file_faults",),
            "core.store.inventory": ("LARGEST",),
            "core.workspace.desk": ("Desk",),
            "core.workspace.hearing": ("Heard", "Hearing"),
            "core.workspace.log": ("EventFeed",),
            "core.workspace.places": ("default_home",),
            "core.workspace.resolving": ("Resolved", "at_odds"),
            "core.workspace.siblings": ("Siblings", "told_apart"),
            "core.workspace.waiting": ("WaitingList",),
            "core.workspace.webhooks": ("Webhook", "Webhooks", "WebhookState"),
            "core.workspace.workspace": ("Workspace",),
        },
    )

__all__ = [
    "LARGEST",
    "Desk",
    "EventFeed",
    "FileIsThere",
    "Filter",
    "Heard",
    "Hearing",
    "Hits",
    "IgnoredRow",
    "ImportPreview",
    "ImportRefused",
    "Likeness",
    "MappingView",
    "Places",
    "Purpose",
    "Resolved",
    "RestorePreview",
    "RowProblemLine",
    "Siblings",
    "WaitingList",
    "Webhook",
    "WebhookState",
    "Webhooks",
    "Workspace",
    "at_odds",
    "default_home",
    "file_faults",
    "folded",
    "told_apart",
]
