"""Back at once when the network is: while nothing can be reached, the engine asks the shop less and
less often; beside it, this looks every two seconds whether a connection can be made at all. That
costs no points and sends nothing.

Where a connection can be made all the time and the shop fails nevertheless, waiting is the engine's
business alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.clock import Clock

PROBE_S = 2.0


async def watch_network(
    clock: Clock,
    is_offline: Callable[[], bool],
    reachable: Callable[[], Awaitable[bool]],
    back: Callable[[], None],
) -> None:
    """Calls `back` whenever the network has come back; until cancelled."""
    was_gone = False
    while True:
        await clock.sleep(PROBE_S)
        if not is_offline():
            was_gone = False
            continue
        if not await reachable():
            was_gone = True
        elif was_gone:
            was_gone = False
            back()
