"""Section 9: contributions, claims, visits, the denominator, links."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.world import Desk, Json, Phone, Served

KINDS: dict[str, Json] = {
    "contribution": {"worker": "x-1", "months": ["2026-10", "2026-11"], "programs": ["JKK", "JKM"], "amount": 33600,
                     "funding": "self", "paid_on": "2026-11-02"},
    "claim": {"worker": "x-1", "program": "JKK", "event": "accident", "event_date": "2026-11-02"},
    "visit": {"village": "64.02.11.2005", "date": "2026-11-02", "purpose": "outreach"},
}  # fmt: skip
HANDOVER = {"date": "2026-11-02", "place": "Balai desa", "by": "Camat", "recipient": "Amin", "publicity_consent": True}

GOOD: list[tuple[str, str, Any]] = [
    ("contribution", "months", ["2026-01"]), ("contribution", "amount", 0), ("contribution", "funding", "dana_desa"),
    ("contribution", "budget", "hq1-4"), ("contribution", "collected_by", "Budi"),
    ("contribution", "handed_in_on", "2026-11-03"),
    ("contribution", "receipt", "KW-1"),
    *(("claim", "program", word) for word in ("JKK", "JKM", "JHT", "scholarship")),
    *(("claim", "event", word) for word in ("accident", "illness", "death", "age", "stopped", "schooling")),
    ("claim", "event_place", "Sungai"), ("claim", "chronology", "Terpeleset"), ("claim", "documents", ["ktp", "surat"]),
    *(("claim", "status", word) for word in ("reported", "incomplete", "submitted", "decided", "paid", "handed_over",
     "closed")),
    *(("claim", "outcome", word) for word in ("granted", "refused", "withdrawn")), ("claim", "handover", HANDOVER),
    *(("visit", "purpose", word) for word in ("outreach", "monitoring", "feedback", "meeting")),
    ("visit", "attendance", 40), *(("visit", field, "isi") for field in ("theme", "text", "finding", "recommendation",
     "responsible", "answer")),
    *(("visit", "by", word) for word in ("camat", "kades", "officer", "worker")),
    *(("visit", "state", word) for word in ("open", "answered", "escalated", "done")),
    ("visit", "due", "2026-12-01"), ("visit", "answered_on", "2026-11-20"),
]  # fmt: skip
BAD: list[tuple[str, str, Any]] = [
    *(("contribution", "worker", value) for value in (7, "a b", "")),
    *(("contribution", "months", value) for value in ([], "2026-11", ["2026-13"], ["2026-1"], [202611],
     ["2026-11-01"])),
    *(("contribution", "programs", value) for value in (["JP"], "JKK", [])),
    *(("contribution", "amount", value) for value in (1.5, "33600", -1, True)),
    ("contribution", "funding", "gift"), ("contribution", "paid_on", "2026-02-30"), ("contribution", "budget", 7),
    ("contribution", "handed_in_on", "x"), ("contribution", "receipt", 7),
    ("contribution", "confirmed", True), ("contribution", "confirmed", False),
    ("contribution", "confirmed_on", "2026-11-02"),
    *(("claim", "program", value) for value in ("JP", "jkk")), *(("claim", "event", value) for value in ("flood", 1)),
    ("claim", "event_date", "2026-02-30"), ("claim", "documents", "ktp"),
    *(("claim", "status", value) for value in ("new", 1)),
    ("claim", "outcome", "maybe"), ("claim", "amount", 1000), ("claim", "decided_on", "2026-11-02"),
    ("claim", "paid_on", "2026-11-02"),
    ("claim", "handover", "yes"), ("claim", "handover", HANDOVER | {"date": "x"}),
    ("claim", "handover", HANDOVER | {"publicity_consent": "yes"}),
    ("visit", "village", "Muara Kaman"), ("visit", "date", "2026-02-30"),
    *(("visit", "purpose", value) for value in ("picnic", 1)),
    *(("visit", "attendance", value) for value in (-1, 1.5, "40")), ("visit", "by", "bupati"),
    ("visit", "state", "closed"),
    ("visit", "due", "soon"),
]  # fmt: skip
REVIEW = {
    "contribution": {"worker": ("x-1", "x-2"), "months": (["2026-01"], ["2026-02"]), "programs": (["JKK", "JKM"],
     ["JHT", "JKK", "JKM"]),
                     "amount": (1, 2), "funding": ("self", "other"), "paid_on": ("2026-01-01", "2026-01-02")},
    "claim": {"worker": ("x-1", "x-2"), "program": ("JKK", "JKM"), "event": ("accident", "death"),
              "event_date": ("2026-01-01", "2026-01-02"), "outcome": ("granted", "refused")},
}  # fmt: skip
LATEST = {
    "contribution": {"receipt": ("a", "b"), "collected_by": ("a", "b")},
    "claim": {"chronology": ("a", "b"), "event_place": ("a", "b")},
    "visit": {"village": ("64.02.11.2005", "64.02.11.2004"), "purpose": ("outreach", "meeting"), "state": ("open",
     "done"), "text": ("a", "b")},
}  # fmt: skip


@pytest.fixture(scope="module")
def rina(served: Served) -> Phone:
    return served.phone(served.village(), officer="Rina")


def result_of(phone: Phone, kind: str, fields: Json, **more: Any) -> Json:
    (result,) = phone.send(phone.change(kind=kind, fields=fields, **more), cursors=phone.cursors)["results"]
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_one_merges_and_is_told(siti: Phone, budi: Phone, kind: str) -> None:
    change = siti.change(kind=kind, fields=KINDS[kind])
    assert siti.status_of(change) == ["merged"]
    told = budi.pull()[change["record"]]
    assert told["kind"] == kind and told["fields"] == KINDS[kind] and not told.get("derived", {}).get("incomplete")


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in KINDS.items() for field in fields])
def test_what_lacks_a_required_field_is_incomplete_and_null_in_it_quarantines(
    siti: Phone, kind: str, field: str
) -> None:
    change = siti.change(kind=kind, fields={name: value for name, value in KINDS[kind].items() if name != field})
    assert siti.status_of(change) == ["merged"]
    assert siti.told(change["record"])["derived"]["incomplete"] == [field]
    assert siti.status_of(siti.change(kind=kind, fields={field: None})) == ["quarantined"]


@pytest.mark.parametrize(("kind", "field", "value"), GOOD, ids=str)
def test_a_field_is_taken(rina: Phone, kind: str, field: str, value: Any) -> None:
    assert result_of(rina, kind, {field: value})["status"] == "merged"


@pytest.mark.parametrize(("kind", "field", "value"), BAD, ids=str)
def test_a_wrong_shape_or_what_only_a_desk_may_write_quarantines(
    rina: Phone, kind: str, field: str, value: Any
) -> None:
    result = result_of(rina, kind, {field: value})
    assert result["status"] == "quarantined" and set(result["errors"]) == {field}


SIDE_BY_SIDE = [
    (kind, field, values, policy is REVIEW)
    for policy in (REVIEW, LATEST) for kind, fields in policy.items() for field, values in fields.items()
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "values", "waits"), SIDE_BY_SIDE, ids=str)
def test_two_who_write_a_field_side_by_side_need_a_person_only_where_the_policy_is_review(
    siti: Phone, budi: Phone, kind: str, field: str, values: tuple[Any, Any], waits: bool
) -> None:
    made = siti.change(kind=kind, fields={"extra.x": 1})
    siti.sync(made)
    siti.send(siti.change(made["record"], {field: values[0]}, kind=kind))
    (result,) = budi.send(budi.change(made["record"], {field: values[1]}, kind=kind, seen={siti.id: 1}))["results"]
    assert result["status"] == ("conflict" if waits else "merged")


def test_documents_held_are_a_union(siti: Phone, budi: Phone) -> None:
    made = siti.change(kind="claim", fields={"documents": ["ktp"]})
    siti.sync(made)
    siti.send(siti.change(made["record"], {"documents": ["kk"]}, kind="claim"))
    budi.send(budi.change(made["record"], {"documents": ["surat"]}, kind="claim", seen={siti.id: 1}))
    assert sorted(siti.told(made["record"])["fields"]["documents"]) == ["kk", "surat"]


def test_only_a_desk_confirms_a_contribution_and_writes_a_claims_payment(siti: Phone, desk: Desk) -> None:
    paid, claim = (
        siti.change(kind="contribution", fields=KINDS["contribution"]),
        siti.change(kind="claim", fields=KINDS["claim"]),
    )
    siti.sync(paid, claim)
    now = desk.settle(siti.told(paid["record"]), confirmed=True, confirmed_on="2026-11-05")
    assert now["fields"]["confirmed"] is True and now["fields"]["confirmed_on"] == "2026-11-05"
    now = desk.settle(siti.told(claim["record"]), amount=42_000_000, decided_on="2026-11-10", paid_on="2026-11-12")
    assert now["fields"]["amount"] == 42_000_000


def test_a_claims_status_goes_in_its_order(siti: Phone, budi: Phone) -> None:
    order = ["reported", "incomplete", "submitted", "decided", "paid", "handed_over", "closed"]
    for lower, higher in zip(order, order[1:], strict=False):
        made = siti.change(kind="claim", fields=KINDS["claim"])
        siti.sync(made)
        siti.send(siti.change(made["record"], {"status": higher}, kind="claim"))
        budi.send(budi.change(made["record"], {"status": lower}, kind="claim", seen={siti.id: 1}))
        assert siti.told(made["record"])["fields"]["status"] == higher


# --- eligible


def eligible(phone: Phone, village: str, month: str = "2026-11", **fields: Any) -> Json:
    return phone.change(
        f"eligible:{village}:{month}", {"workers": 412, "source": "profil desa"} | fields, kind="eligible"
    )


def test_any_device_of_the_village_may_create_the_denominator(siti: Phone, budi: Phone) -> None:
    village = siti.villages[0]
    assert budi.status_of(eligible(budi, village)) == ["merged"]
    told = siti.pull()[f"eligible:{village}:2026-11"]
    assert told["fields"]["workers"] == 412 and told["village"] == village


def test_two_counts_side_by_side_wait_for_a_person(siti: Phone, budi: Phone) -> None:
    village = siti.villages[0]
    siti.send(eligible(siti, village))
    assert budi.status_of(eligible(budi, village, workers=500)) == ["conflict"]
    assert set(siti.told(f"eligible:{village}:2026-11")["conflicts"]) == {"workers"}


def test_the_denominator_of_another_village_is_outside(served: Served, siti: Phone) -> None:
    assert siti.status_of(eligible(siti, served.village())) == ["quarantined"]


def test_the_village_in_the_id_is_the_home_whatever_the_change_claims(served: Served, siti: Phone) -> None:
    elsewhere = served.village()
    foreign = eligible(siti, elsewhere) | {"village": siti.villages[0]}
    assert siti.status_of(foreign) == ["quarantined"]


@pytest.mark.parametrize("record", ["eligible:{v}", "eligible:{v}:2026-13", "eligible:{v}:2026-1", "eligible:x:2026-11",
                                    "eligible:{v}:2026-11:1", "{id}-1", "eligible"])  # fmt: skip
def test_the_denominators_id_names_village_and_month(siti: Phone, record: str) -> None:
    change = siti.change(record.format(v=siti.villages[0], id=siti.id), {"workers": 1}, kind="eligible")
    assert siti.status_of(change) == ["quarantined"]


@pytest.mark.parametrize("workers", [-1, 1.5, "412", None, True])
def test_the_number_of_workers_is_a_whole_number(siti: Phone, workers: object) -> None:
    assert siti.status_of(eligible(siti, siti.villages[0], workers=workers)) == ["quarantined"]


@pytest.mark.parametrize("fields", [{"method": "sensus"}, {"as_of": "2026-11-01"}])
def test_how_and_when_it_was_counted_is_taken(siti: Phone, fields: Json) -> None:
    assert siti.status_of(eligible(siti, siti.villages[0], **fields)) == ["merged"]


def test_an_eligible_id_under_another_kind_is_not_created(siti: Phone) -> None:
    change = siti.change(f"eligible:{siti.villages[0]}:2026-11", {"text": "x"}, kind="visit")
    assert siti.status_of(change)[0] in ("quarantined", "received")
