"""What a branch's list says of one person beside what officers reported: laws that hold whatever the two are."""

from __future__ import annotations

import copy
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.change import canonical
from server.imports import claims
from server.imports.claims import Known, Line, Paid, Plan

AS_OF = "2026-12-05"
MONTHS = [f"2026-{number:02d}" for number in range(7, 12)]
NIK = "6402115207909001"
FIELDS = {"nik": NIK, "full_name": "Nur Hayati", "birth_date": "1990-07-12", "funding": "self"}

some_months = st.lists(st.sampled_from(MONTHS), min_size=1, max_size=3, unique=True).map(sorted)
KEY = b"the server's own"
amounts = st.sampled_from([16800, 33600, 50400])


@st.composite
def paid(draw: Any, number: int) -> Paid:
    fields: dict[str, Any] = {
        "worker": "w-1", "months": draw(some_months), "programs": ["JKK", "JKM"], "amount": draw(amounts), "funding": "self",
        "paid_on": "2026-11-01",
    }  # fmt: skip
    if draw(st.booleans()):
        fields |= {"confirmed": True, "confirmed_on": "2026-11-05"}
    return Paid(f"w-{number}", fields, frozenset())


@st.composite
def known(draw: Any) -> Known:
    fields = dict(FIELDS) | ({"kpj": draw(st.sampled_from(["21001", "21002"]))} if draw(st.booleans()) else {})
    count = draw(st.integers(0, 4))
    return Known("w-1", "64.02.11.2005", fields, frozenset(), [draw(paid(number)) for number in range(2, 2 + count)])


@st.composite
def lines(draw: Any) -> list[Line]:
    """Rows of one person that do not clash: each month once."""
    left, found = list(MONTHS), []
    for number in range(2, 2 + draw(st.integers(1, 3))):
        months = sorted(draw(st.lists(st.sampled_from(left), max_size=2, unique=True))) if left else []
        left = [month for month in left if month not in months]
        said = {"nik": NIK, "full_name": "NURHAYATI", "kpj": "21001", "months": months, "amount": draw(amounts)}
        found.append(Line(number, said if months else {name: said[name] for name in ("nik", "full_name", "kpj")}))
    return found


def written(known: Known, plan: Plan) -> Known:
    """The person after all that the plan says was written."""
    writes = plan.decided(known.record)
    fields = dict(known.fields) | writes.get(known.record, {})
    payments = [each._replace(fields=dict(each.fields) | writes.get(each.record, {})) for each in known.paid]
    payments += [Paid(record, fields, frozenset()) for record, fields in plan.new.items()]
    return known._replace(fields=fields, paid=payments)


@given(known(), lines())
def test_what_was_accepted_once_is_not_found_again(known, lines):
    after = written(known, claims.weigh("members", lines, known, AS_OF, KEY))
    again = claims.weigh("members", lines, after, AS_OF, KEY)
    assert again.is_empty, again


@given(known(), lines(), st.randoms())
def test_the_order_of_rows_and_of_payments_does_not_matter(known, lines, random):
    first = claims.weigh("members", lines, known, AS_OF, KEY)
    rows, payments = list(lines), list(known.paid)
    random.shuffle(rows)
    random.shuffle(payments)
    again = claims.weigh("members", rows, known._replace(paid=payments), AS_OF, KEY)
    assert (first.writes, first.new, sorted(map(repr, first.differs))) == (
        again.writes, again.new, sorted(map(repr, again.differs))
    )  # fmt: skip


@given(known(), lines())
def test_every_month_that_the_branch_names_is_confirmed_and_none_that_it_does_not(known, lines):
    def confirmed(one: Known) -> set[str]:
        return {month for each in one.paid if each.fields.get("confirmed") for month in each.fields["months"]}

    claimed = {month for line in lines for month in line.said.get("months", ())}
    after = written(known, claims.weigh("members", lines, known, AS_OF, KEY))
    assert confirmed(after) == confirmed(known) | claimed


@given(known(), lines())
def test_what_is_laid_side_by_side_is_not_changed(known, lines):
    before = copy.deepcopy((known, lines))
    claims.weigh("members", lines, known, AS_OF, KEY)
    assert (known, lines) == before


def one(**fields: Any) -> Known:
    return Known("w-1", "64.02.11.2005", FIELDS | fields, frozenset(), [])


def test_a_name_spelt_otherwise_is_no_difference_and_another_name_is():
    line = [Line(2, {"nik": NIK, "full_name": "Nurhayati, S.Pd."})]
    assert claims.weigh("members", line, one(), AS_OF, KEY).is_empty
    other = claims.weigh("members", [Line(2, {"nik": NIK, "full_name": "Sulaiman"})], one(), AS_OF, KEY)
    assert [each.field for each in other.differs] == ["full_name"]


def test_a_field_that_waits_at_the_desk_of_conflicts_is_left_to_it():
    known = one(kpj="21002")._replace(conflicts=frozenset({"kpj", "full_name"}))
    line = [Line(2, {"nik": NIK, "full_name": "Sulaiman", "kpj": "21001"})]
    assert claims.weigh("members", line, known, AS_OF, KEY).is_empty


def test_an_older_decile_changes_nothing_and_a_newer_one_does():
    known = one(dtsen_decile=3, dtsen_at="2026-10-01")
    said = {"nik": NIK, "dtsen_decile": 5}
    assert claims.weigh("deciles", [Line(2, said)], known, "2026-09-01", KEY).is_empty
    newer = claims.weigh("deciles", [Line(2, said)], known, "2026-11-01", KEY)
    assert newer.writes == {"w-1": {"dtsen_decile": 5, "dtsen_at": "2026-11-01"}}
    same_day = claims.weigh("deciles", [Line(2, said)], known, "2026-10-01", KEY)
    assert [each.field for each in same_day.differs] == ["dtsen_decile"]


def test_a_decree_over_somebody_whom_another_pays_for_is_told():
    plan = claims.weigh("decree", [Line(2, {"nik": NIK, "funding": "apbd_regency", "vulnerable": True})], one(), AS_OF, KEY)
    assert [(each.field, each.known, each.said) for each in plan.differs] == [("funding", "self", "apbd_regency")]
    assert plan.writes == {"w-1": {"vulnerable": True}}


def test_who_matches_at_the_population_office_is_verified_and_a_name_there_is_told():
    matched = claims.weigh("population", [Line(2, {"nik": NIK, "result": "matched"})], one(), AS_OF, KEY)
    assert matched.writes["w-1"]["status"] == "verified" and matched.writes["w-1"]["extra.nik_check"] == "matched"
    said = {"nik": NIK, "result": "name_differs", "found_name": "Nurhayati"}
    differs = claims.weigh("population", [Line(2, said)], one(), AS_OF, KEY)
    assert [(each.field, each.said) for each in differs.differs] == [("full_name", "Nurhayati")]
    assert "status" not in differs.writes["w-1"]


def test_an_old_list_fills_what_is_empty_and_overrules_no_officer():
    known = one(address="RT 3", sex="female")
    said = {"nik": NIK, "full_name": "Nur Hayati", "address": "RT 9", "rw": "2", "sex": "male", "village": "64.02.11.2004"}
    plan = claims.weigh("workers", [Line(2, said)], known, AS_OF, KEY)
    assert plan.writes == {"w-1": {"rw": "2"}} and [each.field for each in plan.differs] == ["sex"]


def test_ids_that_are_made_of_what_they_are_of_fit_a_record():
    said = {"nik": NIK, "full_name": "X", "village": "64.02.11.2005"}
    assert claims.worker_id(said, KEY) == claims.worker_id(said | {"full_name": "Y"}, KEY)
    made = claims.worker_id(said, KEY)
    assert len(made) <= 64 and made != claims.fixed_id(KEY, "contribution", NIK)


def test_who_tries_all_niks_finds_nobody_by_his_records_number():
    said = {"nik": NIK, "full_name": "X", "village": "64.02.11.2005"}
    assert claims.worker_id(said, KEY) != claims.worker_id(said, b"another server's")
    tried = [sha256(canonical(list(what))).hexdigest()[:40] for what in (("worker", NIK), (NIK,), ("worker", said))]
    assert claims.worker_id(said, KEY).removeprefix("list:") not in tried


@given(known(), lines())
def test_no_month_is_paid_twice_by_what_a_list_adds(known, lines):
    plan = claims.weigh("members", lines, known, AS_OF, KEY)
    confirmed = {month for each in known.paid if each.fields.get("confirmed") for month in each.fields["months"]}
    added = [month for fields in plan.new.values() for month in fields["months"]]
    becoming = {each.record for each in known.paid if plan.writes.get(each.record, {}).get("confirmed")}
    reported = {month for each in known.paid if each.record in becoming for month in each.fields["months"]}
    assert len(added) == len(set(added)) and not set(added) & (confirmed | reported)
    paid_for = sum(line.said.get("amount", 0) for line in lines)
    assert sum(fields["amount"] for fields in plan.new.values()) <= paid_for
