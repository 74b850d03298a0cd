"""How many stories the machines tell: DEXTRE_SYNC_EXAMPLES for all of them together.

60 %  everything real (test_real_machine): engine, store, client, practice shop
20 %  each of the two in memory (test_machine), which are quicker and know other things
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

ALL = int(os.environ.get("DEXTRE_SYNC_EXAMPLES", "2000"))


def stories(share: float, steps: int) -> settings:
    return settings(
        max_examples=max(1, round(ALL * share)),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
