from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import BrandStore
from core.store.table import DocumentDB
from tests.store.given import StandingClock, open_db, open_store


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[DocumentDB]:
    db = open_db(tmp_path)
    yield db
    db.close()


@pytest.fixture
def store(tmp_path: Path, clock: StandingClock) -> Iterator[BrandStore]:
    store = open_store(tmp_path, clock)
    yield store
    store.close()
