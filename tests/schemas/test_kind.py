"""What holds for every kind, whatever a phone sends."""

import json

import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from hypothesis import given
from hypothesis import strategies as st

from schemas.change import canonical
from schemas.kinds import KINDS, kind_of
from schemas.policy import GREATEST, LATEST, POLICIES, REVIEW, UNION
from schemas.problem import COMPLAINTS, complain

from .samples import GOOD, TODAY, anything, changes

KIND_NAMES = sorted(KINDS)
some_kind = st.sampled_from([*KIND_NAMES, "sampan"])


def judge(name, fields, desk=False):
    return kind_of(name).judge(fields, desk=desk, today=TODAY)


@pytest.mark.parametrize("name", KIND_NAMES)
def test_a_good_record_is_taken_as_it_stands(name):
    judged = judge(name, GOOD[name])
    assert judged.errors == {}
    assert judged.fields is GOOD[name]


@given(some_kind, anything, st.booleans())
def test_no_json_makes_judging_fail(name, fields, desk):
    assert_is_storable(judge(name, fields, desk))


@given(st.data(), st.sampled_from(KIND_NAMES), st.booleans())
def test_no_change_makes_judging_fail(data, name, desk):
    assert_is_storable(judge(name, data.draw(changes(name)), desk))


def assert_is_storable(judged):
    text = json.dumps([judged.fields, judged.errors], allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()  # no lone surrogate
    for codes in judged.errors.values():
        for code in codes:
            assert code.split(":")[0] in COMPLAINTS
            assert "…" not in complain(code, "id") + complain(code, "en"), code
    assert not (judged.fields and judged.errors)


@given(st.data(), st.sampled_from(KIND_NAMES))
def test_what_was_normalised_once_stays_as_it_is(data, name):
    judged = judge(name, data.draw(changes(name)), desk=True)
    again = judge(name, judged.fields, desk=True)
    assert canonical(again.fields) == canonical(judged.fields)
    assert again.errors == {}
    assert again.fields is judged.fields


@given(st.data(), st.sampled_from(KIND_NAMES))
def test_the_order_of_the_fields_does_not_matter(data, name):
    fields = data.draw(changes(name))
    shuffled = dict(data.draw(st.permutations(list(fields.items()))))
    one, other = judge(name, fields), judge(name, shuffled)
    assert canonical(one.fields) == canonical(other.fields)
    assert {field: sorted(codes) for field, codes in one.errors.items()} == {
        field: sorted(codes) for field, codes in other.errors.items()
    }


@given(st.data(), st.sampled_from(KIND_NAMES))
def test_judging_leaves_what_was_sent_alone(data, name):
    fields = data.draw(changes(name))
    before = json.dumps(fields)
    judge(name, fields)
    assert json.dumps(fields) == before


@given(some_kind, st.integers(1, 60))
def test_what_a_newer_phone_adds_is_kept(name, depth):
    value = "isi"
    for level in range(depth):
        value = [value] if level % 2 else {"dalam": value}
    fields = {"baru": value, "extra.perahu": True, "kosong": None}
    assert judge(name, fields).fields is fields


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("baru", "a\0", "text-unclean"),
        ("baru", ["\ud800"], "text-unclean"),
        ("baru", {"a\0": 1}, "text-unclean"),
        ("baru", 2**63, "number-too-big"),
        ("baru", 10**4000, "number-too-big"),
        ("baru", [float("nan")], "number-too-big"),
        ("baru", float("-inf"), "number-too-big"),
        ("x" * 101, 1, "bad-field-name"),
    ],
)
@pytest.mark.parametrize("name", ["worker", "sampan"])
def test_what_cannot_be_kept_is_an_error_wherever_it_stands(name, field, value, code):
    assert judge(name, {field: value}).errors == {field[:100]: [code]}


def test_a_name_that_cannot_be_kept_is_complained_of_by_a_name_that_can():
    assert judge("worker", {"a\0b": 1, "\ud800": 1}).errors == {
        "a\\0b": ["bad-field-name"],
        "\\ud800": ["bad-field-name"],
    }


def test_a_value_nested_beyond_all_bounds_is_refused_without_falling_over():
    value = []
    for _ in range(100_000):
        value = [value]
    assert judge("worker", {"baru": value}).errors == {"baru": ["nested-too-deep"]}
    assert judge("worker", {"heirs": value}).errors == {"heirs": ["nested-too-deep"]}
    while value:  # else Python itself falls over as it lets go of them
        value = value.pop()


def test_one_bad_field_tells_of_all_bad_fields():
    judged = judge("worker", {"full_name": "", "sex": "x", "phone": 7, "rt": "001"})
    assert judged.fields == {}
    assert judged.errors == {
        "full_name": ["empty"],
        "sex": ["not-one-of:male | female"],
        "phone": ["not-text"],
    }


def test_an_unknown_kind_keeps_everything_and_decides_by_the_latest():
    kind = kind_of("sampan")
    assert (kind.name, kind.home_field, kind.refers, kind.desk_only, kind.to_phones) == (
        "sampan",
        None,
        None,
        False,
        True,
    )
    assert (kind.policy("warna"), kind.privacy("warna"), kind.lacking({}), kind.fixed_id("sampan:1")) == (
        LATEST,
        "personal",
        [],
        None,
    )


@pytest.mark.parametrize("name", KIND_NAMES)
def test_every_field_says_what_it_means(name):
    kind = KINDS[name]
    for field, told in kind.schema.fields.items():
        assert kind.policy(field) in POLICIES
        assert kind.privacy(field) in ("open", "personal", "sensitive")
        assert told.allow_none is not told.metadata["needed"]


# Protocol section 9, read once more by hand.
REVIEWED = {
    "worker": "nik kk_number full_name birth_date sex mother_name village kpj heirs consent status",
    "contribution": "worker months programs amount funding paid_on",
    "claim": "worker program event event_date outcome amount decided_on paid_on refused_for refusal children",
    "visit": "",
    "eligible": "workers source method as_of",
    "target": "workers rate source set_on",
    "scenario": (
        "title year state ranking"
    ),
    "budget": (
        "scenario title funding first_month last_month people programs income amount document"
    ),
    "ranking": (
        "title state valid_from weights deciles_up_to age_from age_below legal_basis"
    ),
    "decree": (
        "number title state signed_on revoked_on funding budget first_month last_month programs people "
        "ranking"
    ),
    "beneficiary": (
        "worker decree rank score because removed_on removed_why"
    ),
    "profile": (
        "remoteness signal electricity travel_hours apparatus village_budget source as_of"
    ),
    "cycle": (
        "title state first_month last_month frozen_on goals conclusions closed_on"
    ),
    "finding": (
        "cycle about visit indicator text recommendation responsible due state follow_up followed_up_on"
    ),
    "meeting": (
        "cycle title date place agenda attendance attendees minutes decisions"
    ),
    "feedback": (
        "by who date theme text state answer answered_on escalated_to escalated_on"
    ),
    "solution": (
        "title theme challenge what_worked outcome place feedback published"
    ),
    "award": (
        "title first_month last_month state criteria version published_on frozen_on winners_a_band run lifts places "
        "seal sealed_on released_on prize released_amount"
    ),
    "panel": (
        "award village judge scores note"
    ),
    "duty": (
        "duty institution half state document dated amount people evidence responsible"
    ),
    "agreement": (
        "title form number parties subject signed_on starts_on ends_on state renewed_by responsible"
    ),
    "link": "",
}
NEEDED = {
    "worker": "nik full_name birth_date sex occupation programs consent",
    "contribution": "worker months programs amount funding paid_on",
    "claim": "worker program event event_date",
    "visit": "village date purpose",
    "eligible": "workers",
    "target": "",
    "scenario": "title year state",
    "budget": "scenario title funding first_month last_month programs",
    "ranking": "title state weights",
    "decree": "title state funding first_month last_month programs",
    "beneficiary": "worker decree",
    "profile": "",
    "cycle": "title state first_month last_month",
    "finding": "cycle text state",
    "meeting": "title date",
    "feedback": "by date theme text state",
    "solution": "title theme challenge what_worked",
    "award": "title first_month last_month state",
    "panel": "award village judge scores",
    "duty": "duty institution half state",
    "agreement": "title form parties starts_on ends_on state",
    "link": "same",
}


@pytest.mark.parametrize("name", KIND_NAMES)
def test_policies_and_required_fields_are_those_of_the_protocol(name):
    kind = KINDS[name]
    assert {field for field in kind.schema.fields if kind.policy(field) == REVIEW} == set(REVIEWED[name].split())
    assert kind.lacking({}) == NEEDED[name].split()
    assert kind.policy("extra.perahu") == LATEST


def test_sets_and_what_only_goes_up_have_policies_of_their_own():
    assert KINDS["worker"].policy("programs") == KINDS["claim"].policy("documents") == UNION
    assert {KINDS["contribution"].policy(field) for field in ("confirmed", "confirmed_on")} == {GREATEST}
    assert KINDS["claim"].policy("status") == GREATEST


@pytest.mark.parametrize("name", KIND_NAMES)
def test_nothing_required_can_be_cleared(name):
    for field in NEEDED[name].split():
        assert judge(name, {field: None}, desk=True).errors == {field: ["required"]}
    for field in set(KINDS[name].schema.fields) - set(NEEDED[name].split()):
        assert judge(name, {field: None}, desk=True).errors == {}


def test_a_description_of_the_api_can_be_drawn_from_the_tables():
    spec = APISpec(title="Sambung Desa", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    for name, kind in KINDS.items():
        spec.components.schema(name, schema=kind.schema)
    drawn = spec.to_dict()["components"]["schemas"]["worker"]["properties"]
    assert drawn["full_name"] == {"type": "string", "minLength": 1, "maxLength": 100}
    assert drawn["payment_months"] == {"type": ["integer", "null"], "enum": [1, 2, 3, 6, 12, None]}
    assert drawn["programs"]["minItems"] == 2
    assert drawn["birth_date"]["format"] == "date"
    assert drawn["consent"] == {"$ref": "#/components/schemas/Consent"}
