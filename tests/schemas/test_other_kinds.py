"""Contributions, claims, visits, head counts and links (protocol section 9)."""

import pytest

from schemas.kinds import KINDS, REGIONAL

from .samples import GOOD, TODAY


def judge(kind, fields, desk=False):
    return KINDS[kind].judge(fields, desk=desk, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "field", "given", "kept"),
    [
        ("contribution", "months", ["2027-01", "2026-12", "2026-12"], ["2026-12", "2027-01"]),
        ("contribution", "programs", ["JKM"], ["JKM"]),
        ("contribution", "programs", ["JKM", "JHT", "JKM"], ["JHT", "JKM"]),
        ("contribution", "amount", 16800.0, 16800),
        ("claim", "documents", ["ktp ", "kk", "ktp"], ["kk", "ktp"]),
        ("claim", "documents", [], []),
        ("claim", "program", "scholarship", "scholarship"),
        ("claim", "handover", None, None),
        ("visit", "attendance", 0, 0),
        ("visit", "date", "2027-01-05", "2027-01-05"),
        ("eligible", "workers", 0, 0),
    ],
)
def test_what_is_entered_is_kept_in_one_form(kind, field, given, kept):
    judged = judge(kind, {field: given})
    assert judged.errors == {}
    assert judged.fields == {field: kept}


@pytest.mark.parametrize(
    ("kind", "field", "value", "code"),
    [
        ("contribution", "worker", "k7 f3", "bad-record-id"),
        ("contribution", "worker", "x" * 65, "too-long:64"),
        ("contribution", "months", [], "empty"),
        ("contribution", "months", "2026-11", "not-a-list"),
        ("contribution", "months", ["2026-13"], "bad-month"),
        ("contribution", "months", [202611], "bad-month"),
        ("contribution", "months", ["2026-11"] * 121, "too-many:120"),
        ("contribution", "programs", [], "empty"),
        ("contribution", "funding", "csr", None),
        ("contribution", "confirmed", True, "desk-only-field"),
        ("contribution", "confirmed", False, "desk-only-field"),
        ("contribution", "confirmed_on", None, "desk-only-field"),
        ("claim", "event", "flood", None),
        ("claim", "status", "Paid", None),
        ("claim", "documents", ["ktp", ""], "empty"),
        ("claim", "documents", ["ktp", None], "not-text"),
        ("claim", "documents", ["x" * 61], "too-long:60"),
        ("claim", "amount", 42_000_000, "desk-only-field"),
        ("claim", "decided_on", "2026-11-20", "desk-only-field"),
        ("claim", "paid_on", "2026-11-20", "desk-only-field"),
        ("claim", "handover", {"date": "2026-12-01"}, None),
        ("visit", "village", "64.02", "bad-village"),
        ("visit", "purpose", "party", None),
        ("visit", "attendance", -1, "out-of-range:0:1000000"),
        ("visit", "by", "gubernur", None),
        ("eligible", "workers", "312", "not-a-whole-number"),
        ("eligible", "workers", 312.5, "not-a-whole-number"),
        ("link", "same", "yes", "not-true-or-false"),
    ],
)
def test_a_wrong_shape_is_complained_of(kind, field, value, code):
    errors = judge(kind, GOOD[kind] | {field: value}).errors
    assert list(errors) == [field]
    assert code is None or errors[field] == [code]


@pytest.mark.parametrize("field", ["amount", "decided_on", "paid_on"])
def test_a_desk_enters_what_the_branch_decided(field):
    value = 42_000_000 if field == "amount" else "2026-11-20"
    assert judge("claim", {field: value}, desk=True).errors == {}


def test_an_import_confirms_a_contribution():
    fields = {"confirmed": True, "confirmed_on": "2026-11-21"}
    assert judge("contribution", fields, desk=True).fields is fields


def test_every_part_of_a_handover_is_asked_for():
    assert judge("claim", {"handover": {"date": "2026-12-01", "place": "Kantor"}}).errors == {
        "handover": [f"inside:{part}:required" for part in ("by", "recipient", "publicity_consent")]
    }


def test_a_claim_goes_up_from_reported_to_closed():
    claim, steps = KINDS["claim"], "reported incomplete submitted decided paid handed_over closed".split()
    ranks = [claim.order("status", value) for value in [None, *steps]]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert claim.order("status", None) < claim.order("status", "lost") < claim.order("status", "reported")


def test_a_confirmation_goes_up_and_a_later_day_is_greater():
    order = KINDS["contribution"].order
    assert order("confirmed", None) < order("confirmed", False) < order("confirmed", True)
    assert order("confirmed_on", None) < order("confirmed_on", "2026-11-09") < order("confirmed_on", "2026-11-10")


def test_values_of_any_type_can_be_put_in_order():
    values = [None, 1, 2.5, True, "a", ["b"], {"c": 1}, "verified"]
    for field in ("confirmed", "extra.x"):
        assert len(sorted(values, key=lambda value: KINDS["contribution"].order(field, value))) == len(values)
    assert len(sorted(values, key=lambda value: KINDS["claim"].order("status", value))) == len(values)


@pytest.mark.parametrize(
    ("record", "village"),
    [
        ("eligible:64.02.11.2005:2026-11", "64.02.11.2005"),
        ("eligible:64.02.11:2026-11", None),
        ("eligible:64.02.11.2005:2026-13", None),
        ("eligible:64.02.11.2005", None),
        ("eligible:64.02.11.2005:2026-11:x", None),
        ("worker:64.02.11.2005:2026-11", None),
        ("k7f3q2-9", None),
        ("", None),
    ],
)
def test_a_head_count_has_one_record_a_village_and_month(record, village):
    assert KINDS["eligible"].fixed_id(record) == village


def test_other_kinds_form_no_ids():
    for name in KINDS.keys() - {"eligible"} - REGIONAL.keys():
        assert KINDS[name].fixed_id(f"{name}:64.02.11.2005:2026-11") is None


@pytest.mark.parametrize(
    ("record", "region"),
    [
        ("target:64.02:2027", "64.02"), ("target:id:2027", "id"), ("target:64.02.11.2005:2027", "64.02.11.2005"),
        ("target:64.2:2027", None), ("target:64.02:1999", None), ("target:64.02:2027-01", None),
        ("target:64.02", None), ("target:64.02:2027:x", None), ("eligible:64.02:2027", None),
    ],
)  # fmt: skip
def test_a_target_has_one_record_a_region_and_year_of_whatever_level(record, region):
    assert KINDS["target"].fixed_id(record) == region


@pytest.mark.parametrize(
    ("record", "region"),
    [
        ("budget:64.02:k7f3q2", "64.02"), ("agreement:id:mou-1", "id"), ("profile:64.02.11.2005:2026", "64.02.11.2005"),
        ("profile:64.02.11.2005:now", None), ("budget:64.02:", None), ("budget:64.02:A", None), ("budget:64.02:a:b", None),
        ("budget:64.02:" + "a" * 36, None), ("budget:64.2:a", None), ("decree:64.02:k7f3q2", "64.02"),
        ("beneficiary:64.02:k7f3q2.0123456789abcdef0123", "64.02"), ("beneficiary:64.02:k7f3q2", None),
    ],
)  # fmt: skip
def test_what_desks_enter_says_in_its_id_of_which_region_it_is(record, region):
    assert KINDS[record.partition(":")[0]].fixed_id(record) == region


def test_an_id_that_a_desk_makes_is_one_of_its_kind():
    assert REGIONAL["budget"].id_of("64.02", "k7f3q2") == "budget:64.02:k7f3q2"
    assert len(REGIONAL["beneficiary"].id_of("64.02.11.2005", "k7f3q2a1b2c3." + "0" * 20)) <= 64
    with pytest.raises(ValueError, match="not an id"):
        REGIONAL["budget"].id_of("64.02", "K7")


def test_what_belongs_to_what():
    assert {name for name, kind in KINDS.items() if kind.home_field} == {"worker"}
    assert KINDS["worker"].home_field == "village"
    assert {name for name, kind in KINDS.items() if kind.refers == "worker"} == {"contribution", "claim", "beneficiary"}
    assert {name for name, kind in KINDS.items() if kind.desk_only or not kind.to_phones} == {"link", *REGIONAL}
