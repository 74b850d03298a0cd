"""A service lends the sync: what its engine remembers meets what another process has done at the
same books meanwhile. Each story by its name; every order of all of them is the machines'.
"""

from __future__ import annotations

from core.model import PlanKind
from tests.twins.world import World


class Faults:
    def __init__(self) -> None:
        self.armed: list[str] = []

    def __call__(self, name: str) -> bool:
        if name not in self.armed:
            return False
        self.armed.remove(name)
        return True


async def test_a_write_that_another_process_has_settled_is_not_waited_for() -> None:
    faults = Faults()
    world = World(fault=faults)
    world.linked(12, 10, 10)
    faults.armed.append("lose_before")
    await world.engine.push_pass()
    assert world.books.state.intents
    await world.another().plan(PlanKind.MERGE)
    assert not world.books.state.intents
    assert (await world.engine.rest()).rests
