"""The programme's rules as they are told: to staff with words and sources, to phones as numbers to reckon with."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from programme.contribution import PROGRAMS
from programme.rules import load
from schemas.occupations import OCCUPATIONS, OTHER, TRANSPORT

_ALONE = (
    "tiers",
    "due_day",
    "arrears_limit",
    "payment_months",
    "age_min",
    "age_warn_below",
    "age_below",
    "counted_segments",
)


@lru_cache(maxsize=2)
def rules_told(lang: str) -> dict[str, Any]:
    """`rules`: every rule with its days, source and how sure it is. The rest prices a registration.

    In `price` each rule is a list of versions, one for each stretch of time; `sectors` says which of the two discounts
    an occupation may have.
    """
    rules = load().describe(lang)
    versions: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        shown = {name: rule[name] for name in ("id", "valid_from", "valid_to", "value")}
        versions.setdefault(rule["name"], []).append(shown)
    price = {name: versions[name] for name in _ALONE}
    price["rates"] = {program: versions[f"rate_{program.lower()}"] for program in PROGRAMS}
    price["discounts"] = {sector: versions[f"discount_{sector}"] for sector in (TRANSPORT, OTHER)}
    price["payers"] = {
        name.removeprefix("payer_"): told for name, told in versions.items() if name.startswith("payer_")
    }
    return {"rules": rules, "price": price, "sectors": {code: one.sector for code, one in OCCUPATIONS.items()}}
