"""The phone prices a registration as we do: both read `schemas/vectors/contribution.json`.

`python -m tests.programme.test_contribution_vectors` writes it anew after a rule has changed.
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from programme import months
from programme.contribution import due
from programme.rules import load
from server.actions.rules import rules_for_phones, rules_told

FILE = Path(__file__).parents[2] / "schemas" / "vectors" / "contribution.json"
EDGES = ("2015-06", "2015-07", "2025-12", "2026-01", "2026-03", "2026-04", "2026-12", "2027-01", "2027-03", "2027-04")
INCOMES = (None, 0, 1_099_500, 1_100_000, 4_500_000, 20_199_999, 20_200_000, 10**12)
SETS = ((), ("JKK", "JKM"), ("JHT",), ("JKM",), ("JHT", "JKM", "JKK"))


def test_the_phone_and_the_centre_ask_the_same_amount():
    for case in json.loads(FILE.read_text("utf-8"))["cases"]:
        assert _answered(case) == case


def test_the_vectors_rest_on_the_rules_that_phones_are_told_today():
    assert json.loads(FILE.read_text("utf-8"))["rules"] == _told(), "python -m tests.programme.test_contribution_vectors"


def _told() -> dict[str, Any]:
    """What a phone reckons with; titles and sources it only shows."""
    told = rules_told("id")
    names = ("tiers", "rates", "discounts", "payers")
    pricing = {rule["id"] for rule in rules_for_phones("id")["rules"]}
    return {
        "rules": [
            {name: rule[name] for name in ("id", "name", "verified", "confidence")}
            for rule in told["rules"] if rule["id"] in pricing
        ],
        "price": {name: told["price"][name] for name in names},
    }


def _cases() -> Iterator[dict[str, Any]]:
    for month, sector in product(EDGES, ("transport", "other", None)):
        yield {"income": 900_000, "sector": sector, "programs": ["JKK", "JKM"], "funding": None, "month": month}
    for income, programs in product(INCOMES, SETS):
        yield {"income": income, "sector": "other", "programs": list(programs), "funding": "self", "month": "2026-12"}
    for payer, month in product(load().by_name, ("2026-12", "2027-01")):
        if payer.startswith("payer_"):
            funding = payer.removeprefix("payer_")
            yield {"income": 0, "sector": "transport", "programs": ["JKK", "JKM", "JHT"], "funding": funding, "month": month}
    for wrong in ({"funding": "somebody"}, {"income": -1}, {"programs": ["JP"]}, {"month": "2026-13"}, {"month": "2026"}):
        yield {"income": 0, "sector": "other", "programs": ["JKK"], "funding": "self", "month": "2026-12"} | wrong


def _answered(case: dict[str, Any]) -> dict[str, Any]:
    asked = {name: case[name] for name in ("income", "sector", "programs", "funding", "month")}
    try:
        owed = due(**asked, rules=load())
    except (ValueError, LookupError):
        return asked | {"due": None}
    told = {name: getattr(owed, name) for name in ("total", "full", "base", "discount", "verified")}
    return asked | {"due": told | {"parts": dict(owed.parts), "rules": [used.id for used in owed.rules]}}


def test_a_year_is_the_sum_of_its_months():
    """What the phone shows for months paid ahead; its own sum is held to the same months by the vectors."""
    over = months.span("2026-11", "2027-02")
    assert [due(0, "other", {"JKK", "JKM"}, None, month, load()).total for month in over] == [8_400, 8_400, 16_800, 16_800]


if __name__ == "__main__":
    cases = ",\n".join("  " + json.dumps(_answered(case)) for case in _cases())
    FILE.write_text(f'{{"rules": {json.dumps(_told())},\n "cases": [\n{cases}\n]}}\n', "utf-8")
