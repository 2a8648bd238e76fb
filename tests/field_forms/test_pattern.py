"""Patterns are read alike by Python, JavaScript and Java, or refused when the form is published."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_forms.pattern import BadPattern, matches, portable


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        (r"\d{16}", "[0-9]{16}"),
        (r"[\d.]+", "[0-9.]+"),
        (r"\w\s\S", r"[A-Za-z0-9_][ \t\n\r\f\v][^ \t\n\r\f\v]"),
        ("a.c", r"a[^\n\r]c"),
        (r"\-\@", "-@"),
        (r"[a\-z]", r"[a\-z]"),
        (r"[\]a]", r"[\]a]"),
        ("[]a]", None),
        ("a}b]", r"a\}b\]"),
        (r"\++", r"\++"),
        ("(?:a|b)(?=c)(?!d)", "(?:a|b)(?=c)(?!d)"),
        ("a{2,}b{,3}", None),
        ("a{2,}b{0,3}?", "a{2,}b{0,3}?"),
    ],
)
def test_a_pattern_is_rewritten_to_what_all_read_alike(written: str, rewritten: str | None) -> None:
    if rewritten is None:
        with pytest.raises(BadPattern):
            portable(written)
    else:
        assert portable(written) == rewritten


@pytest.mark.parametrize(
    "pattern",
    ["(?<=a)b", "(?P<n>a)", "(?i)a", r"\1", r"\pL", r"\Aa", "a++", "a*+", "a{2}+", "[a", "(a", "a)", "*a", "a{", r"a\\\x41",
     "[a&&b]", "[[:alpha:]]", r"[\D]", r"[\b]", "a" * 2000, "\\"],
)  # fmt: skip
def test_what_they_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        portable(pattern)


def test_a_pattern_is_held_against_the_whole_text() -> None:
    assert matches(portable("[0-9]{2}"), "12")
    assert not matches(portable("[0-9]{2}"), "123") and not matches(portable("[0-9]{2}"), "12\n")


PIECES = st.sampled_from(r"a b 0 - \d \w \s . [ab] [^\d] [\w-] (?:ab|0) \. \-".split())
TIMES = st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "*?"])


@given(st.lists(st.tuples(PIECES, TIMES), max_size=5), st.text("ab0-_. \n", max_size=6))
def test_rewriting_changes_no_meaning_and_is_done_once(pieces: list[tuple[str, str]], text: str) -> None:
    pattern = "".join(map("".join, pieces))
    rewritten = portable(pattern)
    assert matches(rewritten, text) == (re.fullmatch(pattern, text, re.ASCII) is not None)
    assert portable(rewritten) == rewritten
