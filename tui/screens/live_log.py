"""What the screens with the live log share: news come in batches, and who has scrolled back keeps
the lines and the cursor while another screen is looked at.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from core.sync.events import Event
from tui.screens.base import MainScreen
from tui.widgets.ringlog import LogLine, RingLog


class LiveLog(MainScreen):
    """`_until`: how many events had happened when the lines were last brought up to date."""

    def __init__(self) -> None:
        super().__init__()
        self._coming: list[LogLine] = []
        self._until = 0

    @abstractmethod
    def lines_of(self, some: Iterable[Event]) -> list[LogLine]:
        """Those that are shown, as lines."""

    def all_come(self) -> None:
        """What has happened until now is shown."""
        self._coming, self._until = [], self.session.happened

    def prepare(self, some: Sequence[Event]) -> None:
        self._coming += self.lines_of(some)

    def on_happenings(self, _new: Sequence[Event]) -> None:
        if self._coming:
            self.query_one(RingLog).extend(self._coming)
        self.all_come()

    def come_back(self) -> None:
        log = self.query_one(RingLog)
        if log.following:
            super().come_back()
            return
        if missed := self.lines_of(self.session.since(self._until)):
            log.extend(missed)
        self.all_come()
