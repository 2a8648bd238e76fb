"""The rules as data: dated, sourced, in two languages, and refused when they contradict themselves."""

import json
from datetime import date

import pytest

from programme.rules import NoRule, load, read

ROW = """
[[rule]]
id = "{id}"
name = "due_day"
{dates}
source = "a decree"
confidence = "{confidence}"
verified = {verified}
value = {value}
title = {{ id = "Jatuh tempo", en = "Due" }}
"""


def row(id="one", dates="", confidence="2", verified="true", value=15):
    return ROW.format(id=id, dates=dates, confidence=confidence, verified=verified, value=value)


def test_every_rule_has_its_source_and_says_how_sure_it_is_in_both_languages():
    for rule in load():
        assert rule.source and rule.title["id"] and rule.title["en"] and rule.title["id"] != rule.title["en"]
        assert rule.verified == (rule.confidence == "2")


def test_staff_read_every_rule_with_validity_source_and_doubt():
    told = load().describe("en")
    assert len(told) == len(list(load())) and json.dumps(told)
    due = next(rule for rule in told if rule["id"] == "due-day")
    assert (due["value"], due["verified"], due["valid_from"]) == (15, False, None)
    transport = next(rule for rule in told if rule["id"] == "discount-transport-2026")
    assert (transport["valid_from"], transport["valid_to"]) == ("2026-01-01", "2027-03-31")
    assert load().describe("id")[0]["title"] != told[0]["title"]
    assert load().describe("fr") == load().describe("id")


def test_there_are_33_tiers_and_each_says_how_sure_it_is():
    tiers = load().on("tiers", "2026-11").value
    assert len(tiers) == 33
    assert [tier["confidence"] for tier in tiers] == ["2", *["1"] * 31, "2"]


def test_a_rule_is_in_force_on_its_first_and_its_last_day():
    rules = read([row("old", "valid_to = 2026-12-31"), row("new", "valid_from = 2027-01-01", value=10)])
    assert [rules.on("due_day", day).id for day in (date(2026, 12, 31), date(2027, 1, 1))] == ["old", "new"]
    assert [rules.on("due_day", month).id for month in ("2026-12", "2027-01")] == ["old", "new"]
    assert rules.latest("due_day").value == 10


def test_a_day_without_a_rule_is_said_to_have_none():
    rules = read([row(dates="valid_from = 2027-01-01\nvalid_to = 2027-03-31")])
    assert rules.find("due_day", date(2026, 12, 31)) is None and rules.find("due_day", date(2027, 4, 1)) is None
    with pytest.raises(NoRule):
        rules.on("due_day", "2027-04")
    with pytest.raises(NoRule):
        rules.latest("arrears_limit")


@pytest.mark.parametrize(
    "texts",
    [
        [row("one"), row("two")],
        [row("one", "valid_to = 2027-01-01"), row("two", "valid_from = 2027-01-01")],
        [row("one", "valid_to = 2026-12-31"), row("one", "valid_from = 2027-01-01")],
        [row(confidence="G")],
        [row(confidence="3", verified="false")],
        [row().replace('source = "a decree"', 'source = ""')],
        [row().replace('source = "a decree"', "")],
        [row().replace(', en = "Due"', "")],
        [row(value=31)],
        [row() + "surprise = 1"],
    ],
)
def test_rules_that_contradict_themselves_stop_the_start(texts):
    with pytest.raises(ValueError):
        read(texts)


def test_nobody_changes_a_rule_by_accident():
    tiers = load().on("tiers", "2026-11")
    with pytest.raises(TypeError):
        tiers.value[0]["base"] = 1
    with pytest.raises(AttributeError):
        tiers.verified = True
    assert load() is load()
