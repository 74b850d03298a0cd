"""How long the API version lasts, as the check and the doctor tell it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.errors import fill
from core.model import Verdict
from core.shopify.documents import ALL
from core.shopify.version import (
    API_VERSION,
    SUPPORTED_SINCE,
    SUPPORTED_UNTIL,
    version_finding,
    version_findings,
)


def test_a_version_lasts_twelve_months_from_its_first_day() -> None:
    assert SUPPORTED_SINCE.strftime("%Y-%m") == API_VERSION
    assert SUPPORTED_UNTIL.replace(year=SUPPORTED_UNTIL.year - 1) == SUPPORTED_SINCE


@pytest.mark.parametrize(
    ("left", "verdict", "said"),
    [
        (312, Verdict.OK, "API version 2026-10 is served until 2027-10-01 at least"),
        (91, Verdict.OK, "at least"),
        (90, Verdict.WARNING, "until 2027-10-01, in 90 days"),
        (0, Verdict.WARNING, "in 0 days"),
        (-5, Verdict.WARNING, "ended on 2027-10-01, 5 days ago"),
    ],
)
def test_its_end_is_told_in_time(left: int, verdict: Verdict, said: str) -> None:
    finding = version_finding(SUPPORTED_UNTIL - timedelta(days=left))
    assert finding.verdict is verdict
    assert said in fill(finding.message, finding.params)
    assert bool(finding.remedy) == (verdict is Verdict.WARNING)


def test_the_doctor_is_told_age_and_end() -> None:
    age, end = version_findings(date(2026, 11, 23))
    assert fill(age.message, age.params) == (
        "This program speaks API version 2026-10, which is 53 days old"
    )
    assert end.code == "version"


def test_no_document_names_a_version() -> None:
    assert all(API_VERSION not in document.text for document in ALL)
