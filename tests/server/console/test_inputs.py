"""What a form asks for and how it is read back."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict

from schemas.kinds import kind_of
from server.console.inputs import answered, asked
from server.console.words import Words

WORKER = kind_of("worker")
TODAY = date(2026, 11, 27)
CONSENT = {"version": "1", "at": "2026-11-02T01:00:00.000Z", "method": "oral"}


@pytest.mark.parametrize("purposes", [["registration", "claims"], ["claims", "registration"], ["sensus", "funding"], []])
def test_what_somebody_agreed_to_is_asked_by_name_and_comes_back_as_it_was(purposes: list[str]) -> None:
    consent = CONSENT | {"purposes": purposes}
    parts = {part.name: part for part in asked(WORKER, "consent", consent, "consent", Words("id")).parts}
    what_for = parts["consent.purposes"]
    assert what_for.shape == "many" and what_for.value == purposes
    assert {"Didaftarkan", "Bantuan iuran", "Klaim", "Dikirimi pesan"} <= {name for _, name in what_for.options}
    sent = MultiDict((f"consent.{name}", value) for name, value in CONSENT.items())
    for value, _ in what_for.options:
        if value in what_for.value:
            sent.add("consent.purposes", value)
    assert (answered(WORKER, "consent", sent, "consent") or {}).get("purposes", []) == purposes


def test_a_list_that_is_typed_is_read_at_its_commas() -> None:
    sent = MultiDict({"documents": " ktp, surat kematian;kk "})
    assert answered(kind_of("claim"), "documents", sent, "documents") == ["ktp", "surat kematian", "kk"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12,5", 12.5), ("12.5", 12.5), ("12", 12.0), ("40 %", 40.0), ("40%", 40.0), (" 0,25 ", 0.25), ("-3", -3.0),
        ("1.234,5", "1.234,5"), ("dua", "dua"), ("1e9", "1e9"), ("nan", "nan"), ("١٢", "١٢"), ("9" * 13, "9" * 13),
        ("", None),
    ],
)  # fmt: skip
def test_a_decimal_is_read_with_comma_or_point_and_what_is_none_stays_as_typed(typed: str, read: float | str | None) -> None:
    target = kind_of("target")
    found = answered(target, "rate", MultiDict({"rate": typed}), "rate")
    assert found == read and type(found) is type(read)
    if isinstance(read, str):
        assert "rate" in target.judge({"rate": found}, desk=True, today=TODAY).errors
    assert asked(target, "rate", 12.5, "rate", Words("id")).shape == "decimal"


@pytest.mark.parametrize("month", ["2026-11", "2027-01"])
def test_a_month_is_asked_as_one_and_comes_back_as_it_was(month: str) -> None:
    budget = kind_of("budget")
    control = asked(budget, "first_month", month, "first_month", Words("id"))
    assert (control.shape, control.value) == ("month", month)
    assert answered(budget, "first_month", MultiDict({"first_month": f" {month} "}), "first_month") == month


@pytest.mark.parametrize("month", ["November 2026", "2026-13", "11/2026"])
def test_what_is_no_month_is_given_back_and_told_so(month: str) -> None:
    budget = kind_of("budget")
    found = answered(budget, "first_month", MultiDict({"first_month": month}), "first_month")
    assert found == month and budget.judge({"first_month": found}, desk=True, today=TODAY).errors == {
        "first_month": ["bad-month"]
    }
