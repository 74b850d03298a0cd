"""The machine's world itself: a process that is killed at an unlucky moment hangs nobody."""

from __future__ import annotations

import pytest

from tests.sync.real_world import SKUS, RealWorld


@pytest.mark.parametrize("steps", range(12))
def test_a_process_that_dies_while_another_request_is_delivered_starts_anew(steps: int) -> None:
    world = RealWorld(latency=0.2)
    try:
        world.start()
        world.armed.append(("late", False))
        world.go(3)
        world.change_here(SKUS[0], world.places[0], 2)
        world.go(0, steps)
        world.dies_in_commit = True
        world.deliver()
        assert not world.is_dead
        world.dies_in_commit = False
        world.stop()
        assert world.do(world.engine.rest()).rests
    finally:
        world.close()


@pytest.mark.parametrize("steps", range(0, 60, 2))
def test_a_service_that_dies_while_it_is_told_to_end_starts_anew(steps: int) -> None:
    world = RealWorld(latency=0.0)
    try:
        world.start()
        world.change_here(SKUS[0], world.places[0], 2)
        world.go(0, steps)
        world.dies_in_commit = True
        world.restart()
        world.dies_in_commit = False
        assert world.do(world.engine.rest()).rests
    finally:
        world.close()
