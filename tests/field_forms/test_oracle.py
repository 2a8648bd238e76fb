"""What our phone makes of a form is what ODK's own engine makes of it: the same answers to both, then all is compared."""

from __future__ import annotations

import json
import mimetypes
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from field_forms.publish import Source, read_form, shipped
from tests.browser.handset import CHROMIUM
from tests.field_forms.sheets import choice, question, sheet, write
from tests.protocol.world import ROOT

CLIENT = ROOT / "field_forms" / "client"
VITE = ROOT / "node_modules" / ".bin" / "vite"
ENGINE = ROOT / "node_modules" / "@getodk" / "xforms-engine"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = "https://oracle.test/"  # answered from the folder; the engine wants what only a secure page has
STEPS = 60

Judge = Callable[[Source, int], dict[str, Any]]


@pytest.fixture(scope="module")
def judge(chromium_driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """judge(form, seed): both engines' page, asked once."""
    if not (shutil.which("node") and VITE.exists() and ENGINE.exists()):
        pytest.skip("needs Node and what npm brings: make setup")
    built = _built(tmp_path_factory.mktemp("oracle"))
    browser = chromium_driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    page = browser.new_page(locale="id-ID", timezone_id="Asia/Makassar")
    page.route(HERE + "**", lambda route: _serve(route, built))
    page.goto(HERE + "judge.html")
    page.wait_for_function("() => window.judge !== undefined")
    yield lambda form, seed: page.evaluate("case_ => window.judge(case_)", _case(form, seed))
    browser.close()


def _built(folder: Path) -> Path:
    done = subprocess.run(
        [str(VITE), "build", "--config", "test/oracle/vite.config.ts"],
        cwd=CLIENT, env={**os.environ, "ORACLE_OUT": str(folder)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def _serve(route: Any, folder: Path) -> None:
    file = folder / route.request.url.removeprefix(HERE)
    kind = mimetypes.guess_type(file.name)[0] or "text/javascript"
    route.fulfill(body=file.read_bytes(), content_type=kind)


def _case(form: Source, seed: int) -> dict[str, Any]:
    told = {**form.body, "version": 1}
    return {"xform": _written_out(form.xform_at(1)), "form": told, "lists": LISTS, "seed": seed, "steps": STEPS}


def _written_out(xform: str) -> str:
    """The same with what a trigger works out written in full, down to what was answered.

    Collect brings calculations up to date before it follows a trigger; this engine may do it after, and then reads old ones.
    """
    calculations = {}
    for bind in re.findall("<bind [^>]*>", xform):
        path, calculation = (re.search(f' {name}="([^"]*)"', bind) for name in ("nodeset", "calculate"))
        if path and calculation:
            calculations[path[1]] = calculation[1]

    def whole(formula: str) -> str:
        return re.sub("/data/[a-z0-9_/]+", lambda ref: inner(ref[0]), formula)

    def inner(path: str) -> str:
        return f"({whole(calculations[path])})" if path in calculations else path

    triggered = re.compile(r'(<setvalue (?=[^>]*"xforms-value-changed")[^>]* value=")([^"]*)')
    return triggered.sub(lambda found: found[1] + whole(found[2]), xform)


def _worker(number: int, name: str, **more: str) -> dict[str, Any]:
    columns = {"occupation": "farmer", "sector": "other", "monthly_income": "", "programs": "JKK JKM", "funding": "self"}
    nik = f"640211170861900{number}"
    return (
        {"value": f"k7f3q2-{number}", "label": {"id": name, "en": name}, "nik": nik, "village": "64.02.11.2003"}
        | columns
        | more
    )


VILLAGES = [
    {"value": code, "label": {"id": name, "en": name}}
    for code, name in (("64.02.11.2003", "Muara Kaman Ulu"), ("64.02.11.2005", "Sabintulung"), ("64.02.01.2001", "Perian"))
]
LISTS = {
    "villages": VILLAGES[:2],
    "regions": VILLAGES,
    "workers": [
        _worker(1, "Galuh Apui", monthly_income="900000", funding="apbdes"),
        _worker(2, "Norsinah Kumpai", occupation="boat_operator", sector="transport", programs="JKK JKM JHT"),
    ],
}


@pytest.mark.parametrize("file", shipped(), ids=lambda file: file.stem)
def test_officers_are_asked_the_same_as_by_odk(judge: Judge, file: Path) -> None:
    form = read_form(file)
    compared: list[dict[str, Any]] = []
    for seed in range(1, 5):
        outcome = judge(form, seed)
        assert not outcome["differences"], f"seed {seed}: " + json.dumps(outcome["differences"], indent=1)
        compared.append(outcome["compared"])
    assert sum(one["values"] for one in compared) > 500
    assert sum(one["faults"].get("required", 0) for one in compared) > 20


def _odd_form() -> str:
    """Everything that the phone knows.

    As ODK Collect reads it, which is not always as this engine does: so here no text is made of NaN,
    no pattern meets but a part of a text, and no row that is not relevant is counted.
    """
    calculated = {
        "fleet": "count(${boats})",
        "power": "if(count(${boats}) > 0, sum(${horses}), 'none')",
        "named": "join(', ', ${boat})",
        "spoken": "concat(jr:choice-name(${d}, '${d}'), ': ', normalize-space(translate(${t}, 'abc', 'AB')))",
        "reckoned": "round(${w} * ${n} div 3, 2)",
        "halves": "if(${n} = '', '', concat(round(${n} div 4), ' ', int(${n} div 4), ' ', floor(${n} div 4)))",
        "numbers": "if(${n} = '', '', concat(${n} mod 4, ' ', 1 div 0, ' ', pow(${n}, 2) = 4, ' ', ${n} * 0.1))",
        "extremes": "if(${w} = '' or ${n} = '', '', concat(min(${w}, ${n}), ' ', max(3, ${n}), abs(-2)))",
        "days": "if(${day} = '', 'none', format-date(${day}, '%e/%n/%y %Y%m%d'))",
        "after": "round(decimal-date-time(${day}) - decimal-date-time('2000-01-01'))",
        "first": "once(${t})",
        "letters_are": "concat(contains(${t}, 'a'), starts-with(${t}, 'G'), ends-with(${t}, 'h'))",
        "parts": "concat(substring-before(${t}, ' '), '|', substring-after(${t}, ' '), '|', substring(${t}, 2, 3))",
        "others_are": "concat(selected-at(${o}, 1), '|', count-selected(${o}), '|', coalesce(${o}, ${d}))",
    }
    survey = [
        question("select_one regency", "r", required="yes", **ASIDE),
        question("select_one district", "d", relevant="${r} != ''", required="${r} = 'b'", **CASCADE, **ASIDE),
        question(
            "select_multiple district", "o", relevant="${d} != ''", constraint="count-selected(.) <= 2",
            choice_filter="of = ${r} and name != ${d}", **SAID, **ASIDE,
        ),
        question("begin_group", "page", relevant="not(selected(${o}, 'a2'))", appearance="field-list"),
        question("decimal", "w", constraint=". > -2 and round(., 1) != 0.5", default="1.5", **SAID, **ASIDE),
        question("integer", "n", relevant="${w} >= 0 or ${w} = ''", constraint=". mod 2 = 0", **SAID, **ASIDE),
        question(
            "date", "day", constraint=". >= '2000-01-01' and . <= today()", required="${n} > 1", default="today()",
            **SAID, **ASIDE,
        ),
        question(
            "text", "code", relevant="string-length(${t}) > 3", constraint="regex(., '^[a-zA-Z ]{2,}$')",
            required="coalesce(${n}, ${w}) != ''", trigger="${t}",
            calculation="concat(substr(${t}, 0, 2), '-', substr(${t}, -2))", **SAID, **ASIDE,
        ),
        question("text", "t", **ASIDE),
        question("end_group", label=""),
        question("begin_repeat", "boats"),
        question("text", "boat", constraint=". != ${t}", required="position(..) > 1", **SAID),
        question("integer", "horses", constraint=". >= 0", required="yes", **SAID),
        question("select_one district", "moored", relevant="${horses} > 1 and ${boat} != ''", **CASCADE),
        question("text", "sign", calculation="concat(${boat}, '/', string-length(${boat}))", trigger="${boat}"),
        question("calculate", "twice", "", calculation="${horses} * 2 + position(..)", **ASIDE),
        question("end_repeat", label=""),
        *(question("calculate", name, "", calculation=formula, **ASIDE) for name, formula in calculated.items()),
    ]  # fmt: skip
    choices = [choice("regency", name) for name in "ab"]
    choices += [choice("district", name, of=name[0]) for name in ("a1", "a2", "a3", "b1", "b2")]
    return sheet(survey, choices, sambung_kind="visit")


ASIDE = {"bind__sambung:field": "-"}
CASCADE = {"choice_filter": "of = ${r}"}
SAID = {"constraint_message__Indonesia (id)": "Ganti", "constraint_message__English (en)": "Change"}


def test_whatever_a_form_asks_for_is_worked_out_as_odk_does(judge: Judge, tmp_path: Path) -> None:
    """One form of everything that the phone knows; the six that are shipped use but a part of it."""
    form = read_form(write(tmp_path, _odd_form()))
    compared = []
    for seed in range(101, 107):
        outcome = judge(form, seed)
        assert not outcome["differences"], f"seed {seed}: " + json.dumps(outcome["differences"], indent=1)
        compared.append(outcome["compared"])
    assert all(sum(one[what] for one in compared) > 100 for what in ("irrelevant", "values", "choices", "rows"))
    assert sum(one["faults"].get("constraint", 0) for one in compared) > 20
