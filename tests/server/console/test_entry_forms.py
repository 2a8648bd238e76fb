"""The form by which desks enter a record: what it asks, what it reads back, and that a fault stands beside its field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from schemas.change import dumps
from schemas.kinds import REGIONAL
from server.actions.entries import Entry
from server.actions.settle import BadFields
from server.console.door import Asking, page_context
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.schemas.samples import GOOD
from tests.server.installation import Installation, copied

STAFF = Account(7, "staf", "-", "staff", "64.02")
BUDGET = ("title", "funding", "first_month", "last_month", "people", "programs", "amount", "notes")


@pytest.fixture(scope="module")
def app(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    server = Installation(copied(template, tmp_path_factory.mktemp("entry_forms") / "var"))
    yield server.app
    server.close()


@pytest.fixture
def asking(app: Flask) -> Any:
    with app.test_request_context("/console/budgets"):
        yield Asking(STAFF, Scope("64.02"), "id", 0, "token", app.extensions["sambung"])


def line(form: EntryForm, field: str) -> Any:
    return next(each for each in form.lines if each.field == field)


def drawn(app: Flask, asking: Asking, form: EntryForm) -> str:
    source = '{% from "console/entries.html" import entry_fields with context %}{{ entry_fields(form) }}'
    return app.jinja_env.from_string(source).render(**page_context(asking.lang, asking), form=form)


def sent_by(html: str) -> MultiDict[str, str]:
    """What a browser would send of a form that nobody touched."""
    sent: MultiDict[str, str] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", html):
        said = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if said.get("type") not in ("radio", "checkbox") or " checked" in tag:
            sent.add(said["name"], said.get("value", ""))
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent.add(name, unescape(chosen[1]) if chosen else "")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        sent.add(name, unescape(text))
    return sent


def entry(kind: str, **fields: Any) -> Entry:
    return Entry(f"{kind}:64.02:a1", kind, "64.02", "a1", GOOD[kind] | fields, {"hq1": 3}, [], 0, 1)


def test_a_new_record_asks_with_a_key_of_its_own_and_says_what_is_required(app: Flask, asking: Asking) -> None:
    first, second = (entry_form(asking, "budget", BUDGET, given={"people": 15000}) for _ in range(2))
    assert first.record is None and first.key != second.key and first.seen == "{}"
    assert {each.field for each in first.lines if each.is_needed} == {
        "title", "funding", "first_month", "last_month", "programs",
    }  # fmt: skip
    assert line(first, "people").input.value == "15000"
    html = drawn(app, asking, first)
    assert html.count("wajib") == 5 and f'name="key" value="{first.key}"' in html


@pytest.mark.parametrize("kind", sorted(REGIONAL))
def test_a_form_that_nobody_touched_is_read_back_as_it_was(app: Flask, asking: Asking, kind: str) -> None:
    known = entry(kind)
    fields = [field for field in REGIONAL[kind].schema.fields if field in known.fields]
    html = drawn(app, asking, entry_form(asking, kind, fields, known))
    sent = sent_by(html)
    assert read_entry(kind, fields, sent) == {field: known.fields[field] for field in fields}
    assert read_seen(sent) == known.seen


def test_what_could_not_be_taken_stands_in_the_form_again_with_its_fault_beside_it(app: Flask, asking: Asking) -> None:
    said = MultiDict({"key": "abc123", "title": "Nelayan", "people": "dua puluh", "first_month": "", "amount": "Rp1.000"})
    bad = BadFields({"people": ["not-a-whole-number"], "first_month": ["required"], "region": ["unknown-village"]})
    form = entry_form(asking, "budget", BUDGET, said=said, bad=bad)
    assert (form.key, line(form, "people").input.value, line(form, "amount").input.value) == ("abc123", "dua puluh", "1000")
    assert line(form, "people").faults and line(form, "first_month").faults and not line(form, "title").faults
    assert len(form.faults) == 1  # of what is no field of the form
    html = drawn(app, asking, form)
    assert html.count('aria-invalid="true"') == 2 and html.index("dua puluh") < html.index(line(form, "people").faults[0])


def test_a_changed_record_keeps_what_the_page_had_seen_through_a_fault(asking: Asking) -> None:
    known = entry("budget")
    said = MultiDict({"key": "", "seen": dumps({"hq1": 2}), "title": ""})
    form = entry_form(asking, "budget", BUDGET, known, said=said, bad=BadFields({"title": ["required"]}))
    assert read_seen({"seen": form.seen}) == {"hq1": 2} and line(form, "title").input.value == ""
    assert line(form, "people").input.value == ""  # what was sent is shown, not what stands


def test_a_field_may_be_chosen_from_what_the_page_offers_and_has_its_hint(app: Flask, asking: Asking) -> None:
    choices = {"scenario": [("scenario:64.02:a1", "APBD 2027 <murni>")]}
    form = entry_form(
        asking, "budget", ("scenario",), entry("budget", scenario="scenario:64.02:a1"), choices=choices,
        hints={"scenario": ("Untuk skenario mana.", "For which scenario.")},
    )  # fmt: skip
    assert line(form, "scenario").input.shape == "choice" and line(form, "scenario").hint == "Untuk skenario mana."
    html = drawn(app, asking, form)
    assert '<option value="scenario:64.02:a1" selected>APBD 2027 &lt;murni&gt;</option>' in html
    assert read_entry("budget", ("scenario",), sent_by(html)) == {"scenario": "scenario:64.02:a1"}
    gone = entry_form(asking, "budget", ("scenario",), entry("budget", scenario="scenario:64.02:old"), choices=choices)
    assert read_entry("budget", ("scenario",), sent_by(drawn(app, asking, gone))) == {"scenario": "scenario:64.02:old"}


@pytest.mark.parametrize("seen", ["", "x", "[]", "null", '{"a": "b"}', '{"a": true}', '{"a": 1.5}', "{" * 2000])
def test_what_was_not_told_by_us_has_seen_nothing(seen: str) -> None:
    assert read_seen({"seen": seen}) == {}
    assert read_seen({}) == {} and read_seen({"seen": '{"hq1": 3}'}) == {"hq1": 3}


def test_every_control_bears_a_name_that_can_be_read_aloud(app: Flask, asking: Asking) -> None:
    for kind, known in REGIONAL.items():
        html = drawn(app, asking, entry_form(asking, kind, list(known.schema.fields), entry(kind)))
        bare = re.sub(r"<label[^>]*>.*?</label>", "", html, flags=re.DOTALL)
        unnamed = [tag for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", bare) if "aria-label" not in tag]
        assert [tag for tag in unnamed if 'type="hidden"' not in tag] == [], kind
