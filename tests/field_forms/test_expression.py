"""Expressions: what is read, what is refused, and what each means."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_forms.evaluator import Env, choices, evaluate, is_true
from field_forms.expression import BadExpression, parse, parse_filter
from field_forms.functions import FUNCTIONS, number_in, number_text
from tests.field_forms.trees import TREES, Tree, written

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = json.loads((ROOT / "schemas/vectors/expressions.json").read_text(encoding="utf-8"))
TODAY = "2026-11-22"
EMPTY = Env({}, TODAY, "2026-11-22T10:30:00.000+08:00")


def value_of(told: Any) -> Any:
    return float(told["num"].replace("Infinity", "inf")) if isinstance(told, dict) else told


def same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or isinstance(a, str) or isinstance(b, str):
        return type(a) is type(b) and a == b
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["expression"][:60])
def test_each_vector_is_read_as_its_tree_and_means_what_it_says(case: dict[str, Any]) -> None:
    read = parse_filter if "choice" in case else parse
    assert read(case["expression"]) == case["tree"]
    env = Env(
        case["answers"], case["today"], case["now"], case.get("lists", {}), case.get("language", "id"), case.get("choice")
    )
    assert same(evaluate(case["tree"], env, tuple(case["at"])), value_of(case["value"]))


def test_the_vectors_are_many_and_touch_every_function() -> None:
    called = {part for case in VECTORS for part in flat(case["tree"])}
    assert len(VECTORS) >= 150 and called >= FUNCTIONS.keys()


def flat(tree: Any) -> list[str]:
    return [word for part in tree for word in (flat(part) if isinstance(part, list) else [part]) if isinstance(word, str)]


@given(TREES)
def test_what_is_written_is_read_again(tree: Tree) -> None:
    assert parse(written(tree)) == tree


@given(TREES, st.integers(0, 10))
def test_blanks_between_words_mean_nothing(tree: Tree, blanks: int) -> None:
    assert parse("\n" * blanks + written(tree) + " " * blanks) == tree


ANSWERS = st.recursive(
    st.one_of(st.none(), st.integers(-5, 5), st.sampled_from(["", "a", "1", "2026-11-22"]), st.just(["a", "b"])),
    lambda inside: st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "page", "rows", "x-y"]), inside, max_size=3),
        st.lists(st.dictionaries(st.sampled_from(["a", "b"]), inside, max_size=2), max_size=2),
    ),
    max_leaves=6,
)


@given(TREES, st.dictionaries(st.sampled_from(["a", "b", "page", "rows"]), ANSWERS, max_size=4))
def test_every_expression_has_a_value_whatever_was_answered(tree: Tree, answers: dict[str, Any]) -> None:
    for at in ((), ("a",), ("rows", 0, "b"), ("page", "a")):
        value = evaluate(tree, Env(answers, TODAY, EMPTY.now), at)
        assert isinstance(value, str | bool | float | int)
        assert is_true(tree, Env(answers, TODAY, EMPTY.now), at) in (True, False)


ARITHMETIC = st.recursive(
    st.integers(0, 50).map(lambda number: ["num", number]),
    lambda inside: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*"]), inside, inside).map(list), inside.map(lambda tree: ["neg", tree])
    ),
    max_leaves=10,
)


@given(ARITHMETIC)
def test_sums_are_what_python_makes_of_them(tree: Tree) -> None:
    assert evaluate(parse(written(tree)), EMPTY) == eval(written(tree))  # noqa: S307, nothing but numbers and signs


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_is_read_again(number: float) -> None:
    text = number_text(number)
    assert "e" not in text and number_in(text) == number


@given(st.dates(min_value=date(1, 1, 1)), st.integers(-400, 400))
def test_a_day_so_many_days_later_is_that_day(day: date, days: int) -> None:
    try:
        wanted = (day + timedelta(days=days)).isoformat()
    except OverflowError:
        wanted = ""
    assert evaluate(parse(f"date(number('{day}') + {days})"), EMPTY) == wanted


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_rounding_moves_by_half_a_step_at_most(number: float, places: int) -> None:
    rounded = evaluate(["call", "round", ["num", number], ["num", places]], EMPTY)
    assert isinstance(rounded, float) and abs(rounded - number) <= 0.5 * 10**-places * 1.001 + 1e-6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing in it"),
        ("   ", "nothing in it"),
        ("1 +", "ends in the middle"),
        ("(1", "ends in the middle"),
        ("1 2", '"2" is not where'),
        ("'open", "can't be read"),
        ("1 # 2", "can't be read"),
        ("nik = 1", "Write ${nik}"),
        ("child::a", '"::"'),
        ("/data/child::a", '"child"'),
        ("/data/a | /data/b", "unions"),
        ("/data//a", '"//"'),
        ("//a", '"//" is not where'),
        ("/data/@a", '"@"'),
        ("/data/*", '"*"'),
        ("/other/a", "must begin with /data/"),
        ("/data", "Name the question"),
        ("/data/rows[1]/a", "known only in instance"),
        ("../rows[a = 1]/a", "known only in instance"),
        ("./a", "./name"),
        ("(../a)/b", "no path"),
        ("pulldata('a', 'b')", "no function pulldata()"),
        ("indexed-repeat(/data/a, /data/rows, 1)", "no function indexed-repeat()"),
        ("random()", "no function random()"),
        ("if(1, 2)", "is given 2 arguments and takes 3"),
        ("substr('a')", "takes 2-3"),
        ("today(1)", "takes 0"),
        ("string-length()", "takes 1"),
        ("sum(1)", "must be given ${name}"),
        ("count('a')", "must be given ${name}"),
        ("position()", "takes 1"),
        ("position(/data/a)", "position(..)"),
        ("position(../a)", "position(..)"),
        ("regex(., /data/a)", "quote the pattern"),
        (r"regex(., '(?<=a)b')", "not read alike"),
        ("format-date(today(), '%B')", "%Y %m %n %d %e %y"),
        ("format-date(today(), /data/a)", "write the form in quotes"),
        ("jr:choice-name(/data/a, /data/a)", "second argument"),
        ("instance('x')/root/item", "Say which item"),
        ("instance('x')/root/item[a = 1]", "Name one column"),
        ("instance('x')/root/item[a = 1]/b/c", "Name one column"),
        ("instance('x')/root/item[1]/b", "gives a number"),
        ("instance('x')/root/item[count(/data/a)]/b", "gives a number"),
        ("instance('x')/root/item[../b = 1]/b", "current()/.."),
        ("instance('x')/other/item[a = 1]/b", "Write instance("),
        ("instance(1)/root/item[a = 1]/b", "Write instance("),
        ("current()/a", "is not where"),
        ("1" * 20_000, "too long"),
        ("(" * 100 + "1" + ")" * 100, "too deep"),
        ("-" * 100 + "1", "too deep"),
        (" + ".join(["1"] * 100), "too deep"),
        ("$a", '"$" is not where'),
    ],
)
def test_what_the_phone_does_not_know_is_refused_in_both_languages(text: str, says: str) -> None:
    with pytest.raises(BadExpression) as refusal:
        parse(text)
    assert says in refusal.value.english and len(refusal.value.indonesian) > 5


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_never_breaks_anything(text: str) -> None:
    try:
        parse(text)
    except BadExpression:
        pass


WORDS = "1 'a' /data/a .. . / ( ) [ ] + - = or div if , instance root item current position * |".split()


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_words_in_any_order_are_read_or_refused(words: list[str]) -> None:
    for read in (parse, parse_filter):
        try:
            read(" ".join(words))
        except BadExpression:
            pass


def test_a_filter_lets_through_what_is_true_for_a_choice() -> None:
    lists = {"villages": [{"value": "v1", "label": {}, "district": "d1"}, {"value": "v2", "label": {}, "district": "d2"}]}
    env = Env({"district": "d2"}, TODAY, EMPTY.now, lists)
    assert [one["value"] for one in choices(parse_filter("district = /data/district"), "villages", env)] == ["v2"]
    assert len(choices(None, "villages", env)) == 2 and choices(None, "nothing", env) == []
