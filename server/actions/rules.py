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
_PRICING = ("tiers", "rate_", "discount_", "payer_")  # how the names of these rules begin
_SHOWN = ("id", "title", "verified", "valid_from", "valid_to")


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
    price: dict[str, Any] = {name: versions[name] for name in _ALONE}
    price["rates"] = {program: versions[f"rate_{program.lower()}"] for program in PROGRAMS}
    price["discounts"] = {sector: versions[f"discount_{sector}"] for sector in (TRANSPORT, OTHER)}
    price["payers"] = {
        name.removeprefix("payer_"): told for name, told in versions.items() if name.startswith("payer_")
    }
    return {"rules": rules, "price": price, "sectors": {code: one.sector for code, one in OCCUPATIONS.items()}}


@lru_cache(maxsize=2)
def rules_for_phones(lang: str) -> dict[str, Any]:
    """Of the same only what prices a registration and tells by which rule: a third of it, on a line that is paid by size.

    `sectors` names the occupations of the carriers alone; all others are `other`.
    """
    told = rules_told(lang)
    priced = [rule for rule in told["rules"] if rule["name"].startswith(_PRICING)]
    return {
        "rules": [{member: rule[member] for member in _SHOWN} for rule in priced],
        "price": {name: told["price"][name] for name in ("tiers", "rates", "discounts", "payers")},
        "sectors": {code: sector for code, sector in told["sectors"].items() if sector != OTHER},
    }
