"""Answers become the fields of a change, and a record becomes answers; nothing is lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from field_forms.capture import changed_fields, complaints, made, new_fields, prefill, settle
from field_forms.evaluator import Env

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = json.loads((ROOT / "schemas/vectors/capture.json").read_text(encoding="utf-8"))
FORMS, CASES = VECTORS["forms"], VECTORS["cases"]
ENV = Env({}, "2026-11-22", "2026-11-22T10:30:00.000+08:00")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_vector(case: dict[str, Any]) -> None:
    form, answers = FORMS[case["form"]], case["answers"]
    env = Env({}, case["today"], case["now"], case.get("lists", {}))
    if "opened" in case:
        assert changed_fields(form, answers, case["opened"], env) == case["fields"]
    else:
        assert new_fields(form, answers, env) == case["fields"]
    if "shown" in case:
        assert prefill(form, case["opened"]) == case["shown"]
    if "complaints" in case:
        found = [["/".join(map(str, one.path)), one.fault] for one in complaints(form, answers, env)]
        assert found == case["complaints"]


def test_the_vectors_are_many() -> None:
    assert len(CASES) >= 25 and {case["form"] for case in CASES} == FORMS.keys()


# --- laws, over the vectors' worker form

TEXTS = st.text("ab \n", max_size=4)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "full_name": TEXTS,
        "nik": st.sampled_from(["6402115207909001", "640211", ""]),
        "nik_state": st.sampled_from(["ok", "odd", "none", ""]),
        "nik_reason": TEXTS,
        "birth_date": st.sampled_from(["1990-07-12", "2030-01-01", "", "x"]),
        "sex": st.sampled_from(["male", "female", "both", None]),
        "occupation": st.sampled_from(["farmer", "other", ""]),
        "occupation_text": TEXTS,
        "monthly_income": st.one_of(st.none(), st.integers(-2, 10**9), st.floats(0, 10)),
        "programs": st.lists(st.sampled_from(["JKK", "JKM", "JHT"]), unique=True),
        "payment_months": st.sampled_from(["1", "3", "", None]),
        "vulnerable": st.sampled_from(["true", "false", ""]),
        "heirs": st.lists(
            st.fixed_dictionaries(
                {}, optional={"heir_name": TEXTS, "relation": st.sampled_from(["anak", "istri", ""]), "heir_nik": TEXTS}
            ),
            max_size=3,
        ),
        "page": st.fixed_dictionaries(
            {},
            optional={
                "consent": st.fixed_dictionaries(
                    {},
                    optional={
                        "purposes": st.lists(st.sampled_from(["registration", "messages"]), unique=True),
                        "method": st.sampled_from(["oral", "signature", ""]),
                        "witness": TEXTS,
                    },
                )
            },
        ),
    },
)


@settings(max_examples=50)
@given(PARTS)
def test_a_record_that_is_opened_and_saved_as_it_is_makes_no_change(answers: dict[str, Any]) -> None:
    form = FORMS["worker"]
    record = new_fields(form, answers, ENV)
    shown = prefill(form, record)
    shown["nik_state"] = answers.get("nik_state")  # no field of the record: asked anew each time
    assert changed_fields(form, shown, record, ENV) == {}


@settings(max_examples=50)
@given(PARTS, PARTS)
def test_a_change_brings_the_opened_record_to_what_was_answered(before: dict[str, Any], after: dict[str, Any]) -> None:
    assume(before.get("sex") != "both")  # what the form can't show it leaves alone
    form = FORMS["worker"]
    record, wanted = new_fields(form, before, ENV), new_fields(form, after, ENV)
    change = changed_fields(form, after, record, ENV)
    merged = {name: value for name, value in {**record, **change}.items() if value is not None}
    # What is not relevant in the second answers was left alone, and is all that may differ.
    assert {name: merged[name] for name in wanted} == wanted
    assert merged.keys() - wanted.keys() <= {"nik_reason", "occupation_text"}


@settings(max_examples=50)
@given(PARTS)
def test_settling_twice_is_settling_once(answers: dict[str, Any]) -> None:
    settled = settle(FORMS["worker"], answers, ENV)
    assert settle(FORMS["worker"], settled, ENV) == settled


@settings(max_examples=50)
@given(PARTS)
def test_what_is_complained_of_is_relevant(answers: dict[str, Any]) -> None:
    settled = settle(FORMS["worker"], answers, ENV)
    for complaint in complaints(FORMS["worker"], answers, ENV):
        inside: Any = settled
        for step in complaint.path:
            inside = inside[step]  # raises where it is not asked


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=3)),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.text(max_size=3), inside, max_size=3)),
    max_leaves=5,
)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=30)
@given(st.data())
def test_no_record_breaks_a_form_and_none_is_changed_by_looking(name: str, data: st.DataObject) -> None:
    form = FORMS[name]
    fields = sorted(every_field(form["questions"]))
    record = data.draw(st.dictionaries(st.sampled_from(fields), JSON)) if fields else {}
    shown = prefill(form, record)
    for changed in changed_fields(form, shown, record, ENV):
        assert changed in calculated(form["questions"]), "only what is worked out anew may differ"


def every_field(nodes: list[dict[str, Any]]) -> set[str]:
    inner = (every_field(node["nodes"]) for node in nodes if node["type"] == "group" and node["field"] is None)
    return {node["field"] for node in nodes if node["field"]}.union(*inner)


def calculated(nodes: list[dict[str, Any]]) -> set[str]:
    """Fields of calculations, and of objects and lists with calculations or relevance inside."""
    inner = (calculated(node["nodes"]) for node in nodes if node["type"] == "group" and node["field"] is None)
    kinds = ("calculate", "group", "repeat")
    return {node["field"] for node in nodes if node["type"] in kinds and node["field"]}.union(*inner)


@pytest.mark.parametrize(
    ("kind", "value", "answer"),
    [
        ("text", "", None), ("text", 3.0, "3"), ("text", True, "true"), ("text", float("nan"), None),
        ("calculate", 3.0, 3), ("calculate", 0.5, 0.5), ("calculate", float("inf"), None), ("calculate", False, "false"),
        ("integer", "12", 12), ("integer", "1.5", None), ("integer", "x", None), ("decimal", "1.5", 1.5),
        ("select_multiple", "JKK  JKM", ["JKK", "JKM"]), ("select_multiple", "", None), ("select_one", "male", "male"),
        ("month", "2026-11-22", "2026-11"), ("month", "2026-11", "2026-11"), ("date", "2026-11-22", "2026-11-22"),
    ],
)  # fmt: skip
def test_what_is_worked_out_becomes_an_answer_of_its_type(kind: str, value: Any, answer: Any) -> None:
    assert made({"type": kind}, value) == answer
