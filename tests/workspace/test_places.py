"""Where a data directory is when nobody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace import default_home


def test_the_variable_may_name_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/hana")
    for told, place in (
        ("~/stock", "/users/hana/stock"),
        ("/srv/stock", "/srv/stock"),
        ("~nobody-of-that-name/x", "~nobody-of-that-name/x"),
    ):
        assert default_home({"DEXTRE_SYNC_HOME": told}) == Path(place)
    assert default_home({"DEXTRE_SYNC_HOME": ""}).name == "dextre-sync"
