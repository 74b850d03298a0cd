"""A till that sells by itself, and the people who pack and refill, so that a shop shows life.

It waits between two events as long as chance says for its pace (sales a minute); a fast till does
several sales at one waking, so that the pace holds however coarse the clock's sleep is.
"""

from __future__ import annotations

import random

from core.clock import Clock
from core.practice.state import Level, Stock

IDLE_SECONDS = 0.5
SHORTEST_WAIT = 0.02


class Till:
    def __init__(self, stock: Stock, clock: Clock, rng: random.Random, pace: float = 0.0) -> None:
        self._stock = stock
        self._clock = clock
        self._rng = rng
        self.pace = pace
        """Sales a minute; 0 rests. May be changed at any time."""
        self.sales = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if self.pace <= 0:
                await self._clock.sleep(IDLE_SECONDS)
                continue
            wait, events = 0.0, 0
            while wait < SHORTEST_WAIT:
                wait += self._rng.expovariate(self.pace / 60)
                events += 1
            # A pace that was just raised shall not wait for an old, long pause.
            await self._clock.sleep(min(wait, 10.0))
            for _ in range(events):
                self.ring()

    def ring(self) -> None:
        """One sale; now and then an order leaves the house, or a shelf is refilled."""
        level = self._choose()
        if level is None:
            return
        stock, item, location = self._stock, level.item, level.location
        available = level.quantity("available")
        if available <= 0:
            stock.restock(item, location, self._rng.randrange(10, 31))
            return
        stock.sell(item, location, min(available, self._rng.choice((1, 1, 1, 2, 3))))
        self.sales += 1
        committed = level.quantity("committed")
        if committed and self._rng.random() < 0.5:
            stock.fulfil(item, location, self._rng.randint(1, committed))

    def _choose(self) -> Level | None:
        """Any level that a shop would sell from; None if chance finds none in a few tries."""
        for _ in range(20):
            if not self._stock.items:
                return None
            item = self._rng.choice(self._stock.items)
            levels = [
                level
                for level in item.levels
                if level.is_active
                and level.location.is_active
                and not level.location.is_fulfillment_service
            ]
            if levels and item.tracked and not item.variant.is_bundle:
                return self._rng.choice(levels)
        return None
