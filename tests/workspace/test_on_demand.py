"""What a package gives away on demand is there, and a short command does not import the rest."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from core.on_demand import given_by


@pytest.mark.parametrize("package", ["core.store", "core.workspace"])
def test_every_name_that_a_package_gives_away_can_be_had(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_a_name_that_is_not_given_away_is_missed_as_usual() -> None:
    find = given_by("core.store", {"core.store.home": ("Home",)})
    with pytest.raises(AttributeError, match="no attribute 'Nowhere'"):
        find("Nowhere")


def test_the_workspace_loads_no_room_that_nobody_has_entered() -> None:
    rooms = ("core.exchange", "core.matching", "core.shopify", "core.store.restore", "httpx")
    seen = f"print([name for name in {rooms!r} if name in sys.modules])"
    code = f"import sys, core.workspace.workspace; {seen}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
