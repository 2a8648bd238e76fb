"""An XLSForm becomes what the phone renders; what the phone lacks is refused, naming the row."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from pyxform.xls2json_backends import md_table_to_workbook

from field_forms.bad_form import BadForm
from field_forms.publish import odk_fault, read_form
from tests.field_forms.sheets import EN, ID, Row, choice, question, sheet, write

SEX = [choice("sex", "male"), choice("sex", "female")]
END_GROUP, END_REPEAT = question("end_group", label=""), question("end_repeat", label="")
PROGRAMS = [choice("program", "JKK"), choice("program", "JKM")]


def compiled(folder: Path, survey: list[Row], choices: list[Row] = [], **settings: str | None) -> dict[str, Any]:  # noqa: B006
    return read_form(write(folder, sheet(survey, choices, **settings))).body


def field(kind: str, name: str, of: str, **cells: str) -> dict[str, str]:
    return question(kind, name, **cells) | {"bind::sambung:field": of}


def test_a_question_becomes_a_node_with_all_that_its_row_says(tmp_path: Path) -> None:
    row = question(
        "text", "full_name", "Nama", required="yes", relevant="${rt} != ''", constraint="string-length(.) < 9",
        appearance="multiline",
    ) | {
        "hint::Indonesia (id)": "Seperti di KTP", "hint::English (en)": "As on the card",
        "constraint_message::Indonesia (id)": "Singkatkan", "constraint_message::English (en)": "Shorten it",
        "required_message::Indonesia (id)": "Isi", "required_message::English (en)": "Fill in",
    }  # fmt: skip
    body = compiled(tmp_path, [question("text", "rt"), row], form_id="worker_note")
    assert body["questions"][1] == {
        "type": "text", "name": "full_name", "label": {"id": "Nama", "en": "Nama (en)"}, "appearance": ["multiline"],
        "hint": {"id": "Seperti di KTP", "en": "As on the card"}, "required": True,
        "constraint_says": {"id": "Singkatkan", "en": "Shorten it"}, "required_says": {"id": "Isi", "en": "Fill in"},
        "relevant": ["!=", ["ref", 0, ["rt"]], ["str", ""]],
        "constraint": ["<", ["call", "string-length", ["self"]], ["num", 9]], "field": "full_name",
    }  # fmt: skip
    assert {name: body[name] for name in ("name", "kind", "does", "title", "languages", "choices", "dynamic")} == {
        "name": "worker_note", "kind": "worker", "does": "edit", "title": {"id": "Catatan", "en": "Note"},
        "languages": ["id", "en"], "choices": {}, "dynamic": [],
    }  # fmt: skip


def test_types_lists_defaults_and_parameters(tmp_path: Path) -> None:
    body = compiled(
        tmp_path,
        [
            question("date", "birth_date", default="today()"),
            question("date", "since", appearance="month-year"),
            question("text", "until", appearance="month"),
            question("select_one sex", "sex", default="male", choice_filter="name != ${rt}"),
            question("text", "rt"),
            question("integer", "monthly_income", default="1500000", appearance="rupiah"),
            question("image", "photo_ktp", parameters="max-pixels=1024"),
            question("geopoint", "gps"),
            question("note", "hello", "Halo ${rt}, ${sex}"),
            question("select_one_from_file occupations.csv", "occupation", appearance="autocomplete"),
            question("select_one_from_file regions.csv", "village"),
        ],
        SEX,
    )
    nodes = {node["name"]: node for node in body["questions"]}
    assert [node["type"] for node in body["questions"]] == [
        "date", "month", "month", "select_one", "text", "integer", "image", "geopoint", "note", "select_one", "select_one",
    ]  # fmt: skip
    assert nodes["birth_date"]["default"] == ["call", "today"] and nodes["sex"]["default"] == ["str", "male"]
    assert nodes["monthly_income"]["default"] == ["num", 1500000] and nodes["photo_ktp"]["max_pixels"] == 1024
    assert nodes["sex"]["filter"] == ["!=", ["col", "value"], ["ref", 0, ["rt"]]] and nodes["sex"]["list"] == "sex"
    assert nodes["hello"]["values"] == {"rt": ["ref", 0, ["rt"]], "sex": ["ref", 0, ["sex"]]}
    assert body["choices"]["sex"][1] == {"value": "female", "label": {"id": "Female", "en": "Female"}}
    assert {"value": "boat_operator", "sector": "transport"}.items() <= next(
        one.items() for one in body["choices"]["occupations"] if one["value"] == "boat_operator"
    )
    assert body["dynamic"] == ["regions"]


def test_answers_go_where_the_readme_says(tmp_path: Path) -> None:
    body = compiled(
        tmp_path,
        [
            question("text", "notes"),
            question("text", "boat_name"),
            field("text", "other", "address"),
            field("text", "nothing", "-"),
            field("text", "engine", "extra.engine_type"),
            question("calculate", "status", "", calculation="'proposed'"),
            question("calculate", "helper", "", calculation="1"),
            field("calculate", "months", "payment_months", calculation="3"),
            question("begin_group", "page", appearance="field-list"),
            question("begin_group", "consent", ""),
            question("select_multiple use", "purposes"),
            question("select_one how", "method"),
            question("text", "version"),
            question("date", "at"),
            END_GROUP,
            question("text", "phone"),
            END_GROUP,
            question("begin_repeat", "heirs"),
            field("text", "heir", "name"),
            question("text", "relation"),
            END_REPEAT,
            question("begin_repeat", "boats"),
            question("text", "length"),
            END_REPEAT,
            question("select_one yes", "vulnerable"),
            question("select_one month", "payment"),
        ],
        [choice("use", "registration"), choice("how", "oral"), choice("yes", "true"), choice("month", "3")],
    )

    def places(nodes: list[dict[str, Any]], around: str = "") -> dict[str, Any]:
        found = {}
        for node in nodes:
            found[around + node["name"]] = (node["field"], node["as"]) if "as" in node else node["field"]
            found |= places(node.get("nodes", []), f"{around}{node['name']}/")
        return found

    assert places(body["questions"]) == {
        "notes": "notes", "boat_name": "extra.boat_name", "other": "address", "nothing": None, "engine": "extra.engine_type",
        "status": "status", "helper": None, "months": ("payment_months", "number"), "page": None, "page/consent": "consent",
        "page/consent/purposes": "purposes", "page/consent/method": "method", "page/consent/version": "version",
        "page/consent/at": "at", "page/phone": "phone", "heirs": "heirs", "heirs/heir": "name", "heirs/relation": "relation",
        "boats": "extra.boats", "boats/length": "length", "vulnerable": ("vulnerable", "boolean"),
        "payment": "extra.payment",
    }  # fmt: skip


def test_paths_inside_a_repeat_stay_in_their_row(tmp_path: Path) -> None:
    body = compiled(
        tmp_path,
        [
            question("text", "rt"),
            question("begin_repeat", "boats"),
            question("text", "engine", "Mesin ${hull} ${rt}", relevant="${hull} != ${rt}"),
            question("begin_group", "inside", "Dalam"),
            question("text", "hull", relevant="position(../..) = 1"),
            END_GROUP,
            END_REPEAT,
            question("calculate", "all", "", calculation="join(' ', ${hull})"),
        ],
    )
    boats, joined = body["questions"][1:]
    engine, inside = boats["nodes"]
    assert engine["relevant"] == ["!=", ["ref", 1, ["inside", "hull"]], ["ref", 0, ["rt"]]]
    assert engine["values"] == {"hull": ["ref", 1, ["inside", "hull"]], "rt": ["ref", 0, ["rt"]]}
    assert inside["nodes"][0]["relevant"] == ["=", ["call", "position", ["ref", 2, []]], ["num", 1]]
    assert joined["calculate"] == ["call", "join", ["str", " "], ["ref", 0, ["boats", "inside", "hull"]]]


def test_a_trigger_makes_a_calculation_an_answer_once(tmp_path: Path) -> None:
    born = question("date", "birth_date", trigger="${nik}", calculation="today()")
    body = compiled(tmp_path, [question("text", "nik"), born])
    assert {"trigger": ["nik"], "calculate": ["call", "today"]}.items() <= body["questions"][1].items()


def test_names_of_choices_are_asked_of_their_list(tmp_path: Path) -> None:
    survey = [
        question("calculate", "said", "", calculation="jr:choice-name(${sex}, '${sex}')"),
        question("select_one sex", "sex"),
    ]
    body = compiled(tmp_path, survey, SEX)
    assert body["questions"][0]["calculate"] == ["call", "jr:choice-name", ["ref", 0, ["sex"]], ["str", "sex"]]


def test_what_is_looked_up_is_served_or_named(tmp_path: Path) -> None:
    find = "instance('{}')/root/item[name = ${{occupation}}]/{}"
    body = compiled(
        tmp_path,
        [
            question("select_one_from_file occupations.csv", "occupation"),
            question("select_one_from_file workers.csv", "friend"),
            question("calculate", "sector", "", calculation=find.format("occupations", "sector")),
            question("calculate", "nik_there", "", calculation=find.format("workers", "nik")),
        ],
    )
    assert body["dynamic"] == ["workers"] and list(body["choices"]) == ["occupations"]
    assert body["questions"][2]["calculate"][0] == "lookup"


def test_a_repeat_that_counts_begins_with_so_many_rows(tmp_path: Path) -> None:
    survey = [question("begin_repeat", "boats", repeat_count="3"), question("text", "engine"), END_REPEAT]
    (boats,) = compiled(tmp_path, survey)["questions"]
    assert boats["most"] == 3 and [node["name"] for node in boats["nodes"]] == ["engine"]


def test_an_excel_file_is_read_like_a_markdown_table(tmp_path: Path) -> None:
    text = sheet([question("text", "notes", required="yes"), question("select_one sex", "sex")], SEX)
    book: Workbook = md_table_to_workbook(text)
    book.save(tmp_path / "note.xlsx")
    from_excel, from_table = read_form(tmp_path / "note.xlsx"), read_form(write(tmp_path, text))
    assert from_excel == from_table


def test_the_xform_is_valid_for_other_apps(tmp_path: Path) -> None:
    if not shutil.which("java"):
        pytest.skip("ODK Validate needs Java")
    survey = [question("text", "notes", constraint="string-length(.) < 9"), question("select_one sex", "sex")]
    source = read_form(write(tmp_path, sheet(survey, SEX)))
    assert odk_fault(source.xform_at(7)) is None and 'version="7"' in source.xform_at(7)
    assert "nothing" in str(odk_fault(source.xform.replace('ref="/data/notes"', 'ref="/data/nothing"')))


# --- refusals

GROUP = question("begin_group", "page", appearance="field-list")
BAD_ROWS: list[tuple[str, list[Row], list[Row], int, str]] = [
    ("a type", [question("barcode", "code")], [], 2, 'no questions of type "barcode"'),
    ("audio", [question("text", "a"), question("audio", "code")], [], 3, 'no questions of type "audio"'),
    ("range", [question("range", "size", parameters="start=1 end=5 step=1")], [], 2, 'type "range"'),
    ("rank", [question("rank sex", "sex")], SEX, 2, 'type "rank"'),
    ("time", [question("time", "hour")], [], 2, 'type "time"'),
    ("what Collect notes by itself", [question("start", "begun", "")], [], 2, 'type "start"'),
    ("other", [question("select_one sex or_other", "sex")], SEX, 2, "no or_other"),
    ("an appearance", [question("text", "notes", appearance="multiline ex:app")], [], 2, 'no appearance "ex:app"'),
    ("an appearance of another type", [question("integer", "size", appearance="multiline")], [], 2, '"multiline"'),
    ("a year alone", [question("date", "year", appearance="year")], [], 2, 'no appearance "year"'),
    ("a function", [question("text", "rt"), question("text", "notes", relevant="pulldata('a','b','c',${rt}) = 1")], [], 3,
     "relevant: The phone has no function pulldata()"),
    ("an axis", [question("text", "notes", constraint="following-sibling::a = 1")], [], 2, "constraint:"),
    ("a pattern", [question("text", "notes", constraint="regex(., '(?<=a)b')")], [], 2, "not read alike"),
    ("a bare name", [question("text", "notes", constraint="rt = 1")], [], 2, "Write ${rt}"),
    ("a path to nowhere", [question("text", "notes", relevant="/data/nothing = 1")], [], 2, "leads to no question"),
    ("a column", [question("select_one sex", "sex", choice_filter="colour = 1")], SEX, 2, 'no column "colour"'),
    ("a looked-up column", [question("select_one_from_file workers.csv", "w"), question("calculate", "c", "",
     calculation="instance('workers')/root/item[name = ${w}]/salary")], [], 3, 'no column "salary"'),
    ("a looked-up list", [question("calculate", "c", "", calculation="instance('x')/root/item[name = 'a']/b")], [], 2,
     'list "x"'),
    ("a file", [question("select_one_from_file cars.csv", "car")], [], 2, 'no list "cars.csv"'),
    ("a name twice", [GROUP, question("text", "notes"), END_GROUP, question("text", "notes")], [], 5, "taken by row 3"),
    ("a name", [question("text", "Notes")], [], 2, "small letters"),
    ("no label", [question("text", "notes", "")], [], 2, "label"),
    ("no English", [{"type": "text", "name": "notes", ID: "Catatan"}], [], 2, '"label" is missing in "en"'),
    ("no Indonesian", [{"type": "text", "name": "notes", EN: "Note"}], [], 2, '"label" is missing in "id"'),
    ("a label without language", [{"type": "text", "name": "notes", "label": "Note"}], [], 2, '"label" is missing'),
    ("half a hint", [question("text", "notes") | {"hint::English (en)": "Short"}], [], 2, '"hint" is missing in "id"'),
    ("half a message", [question("text", "notes", constraint=". != ''") | {"constraint_message::Indonesia (id)": "Isi"}], [],
     2, '"constraint_message" is missing in "en"'),
    ("a choice's label", [question("select_one sex", "sex")], [choice("sex", "male") | {EN: ""}], 2, '"label (male)"'),
    ("a nested repeat", [question("begin_repeat", "boats"), question("begin_repeat", "parts"), question("text", "a"),
     END_REPEAT, END_REPEAT], [], 3, "nested repeats"),
    ("a count that is reckoned", [question("integer", "n"), question("begin_repeat", "boats", repeat_count="${n}"),
     question("text", "a"), END_REPEAT], [], 3, "repeat_count"),
    ("media", [question("text", "notes") | {"media::image::Indonesia (id)": "a.jpg"}], [], 2, "remove media"),
    ("a parameter", [question("select_one sex", "sex", parameters="randomize=true")], SEX, 2, 'parameter "randomize"'),
    ("a circle", [question("text", "rt", relevant="${rw} = 1"), question("text", "rw", relevant="${rt} = 1")], [], 2,
     "itself"),
    ("a sum of itself", [question("calculate", "n", "", calculation="${n} + 1")], [], 2, "itself"),
    ("a relevance of itself", [question("text", "rt", relevant=". = 1")], [], 2, "itself"),
    ("a circle through a page", [GROUP | {"relevant": "${rt} = 1"}, question("text", "rt"), END_GROUP], [], 2, "itself"),
    ("a default of a photo", [question("image", "photo_ktp", default="a.jpg")], [], 2, "no default"),
    ("a default beside a trigger", [question("text", "rt"), question("text", "rw", trigger="${rt}", calculation="1",
     default="2")], [], 3, "default or a trigger"),
    ("read_only by a rule", [question("text", "rt"), question("text", "rw", read_only="${rt} = 1")], [], 3, "read_only"),
    # what the record can't hold
    ("text for a day", [question("text", "birth_date")], [], 2, 'type "text" can\'t be kept'),
    ("a number for text", [question("integer", "full_name")], [], 2, 'type "integer" can\'t be kept'),
    ("a month for a day", [question("date", "birth_date", appearance="month-year")], [], 2, 'type "month"'),
    ("free text for a closed word", [question("text", "sex")], [], 2, "ask select_one or calculate"),
    ("a photo for text", [question("image", "address")], [], 2, 'type "image"'),
    ("a group for text", [question("begin_group", "photo_ktp"), question("text", "a"), END_GROUP], [], 2, 'type "group"'),
    ("a choice too many", [question("select_one sex", "sex")], [*SEX, choice("sex", "other")], 2, 'the choice "other"'),
    ("a programme that there is not", [question("select_multiple program", "programs")], [choice("program", "JP")], 2,
     '"JP"'),
    ("a number that may not be", [question("select_one n", "payment_months")], [choice("n", "4")], 2, 'the choice "4"'),
    ("a word for a number", [question("select_one n", "monthly_income")], [choice("n", "low")], 2, 'the choice "low"'),
    ("a list of others", [question("select_one_from_file workers.csv", "village")], [], 2, "does not fit here"),
    ("occupations of one's own", [question("select_one job", "occupation")], [choice("job", "king")], 2, '"king"'),
    ("a desk's value", [question("select_one status", "status")], [choice("status", "verified")], 2, "Only an operator"),
    ("a field that there is not", [field("text", "a", "nothing")], [], 2, 'no field "nothing"'),
    ("a field twice", [question("text", "notes"), field("text", "a", "notes")], [], 3, 'field "notes" is asked twice'),
    ("a part that there is not", [question("begin_group", "consent", ""), question("text", "colour"), END_GROUP], [], 3,
     "has no field"),
    ("half a consent", [question("begin_group", "consent", ""), question("text", "witness"), END_GROUP], [], 2,
     "ask for version, at, method, purposes too"),
    ("half an heir", [question("begin_repeat", "heirs"), question("text", "name"), END_REPEAT], [], 2,
     "ask for relation too"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "survey", "choices", "row", "says"), BAD_ROWS, ids=[bad[0] for bad in BAD_ROWS])
def test_what_the_phone_or_the_record_lacks_is_refused_by_row(
    tmp_path: Path, what: str, survey: list[Row], choices: list[Row], row: int, says: str
) -> None:
    with pytest.raises(BadForm) as refusal:
        compiled(tmp_path, survey, choices)
    indonesian, english = str(refusal.value).split(" / ", 1)
    assert f"row {row}" in english and f"baris {row}" in indonesian and says in english
    assert len(re.sub(r"baris \d+( \(\w+\))?: ", "", indonesian)) > 10


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"form_id": "Worker"}, 'give "form_id" small letters'),
        ({"form_id": "worker@1"}, 'give "form_id" small letters'),
        ({"sambung_kind": "boat"}, "worker | contribution | claim | visit | eligible"),
        ({"sambung_kind": None}, 'give "sambung_kind"'),
        ({"sambung_kind": "link"}, 'give "sambung_kind"'),
        ({"sambung_does": "delete"}, 'give "sambung_does"'),
        ({"sambung_title_en": None}, 'fill in "form_title"'),
        ({"form_title": None}, 'fill in "form_title"'),
    ],
)
def test_settings_that_say_too_little_are_refused(tmp_path: Path, settings: dict[str, str | None], says: str) -> None:
    with pytest.raises(BadForm) as refusal:
        compiled(tmp_path, [question("text", "notes")], **settings)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "survey", "lacks"),
    [
        ("worker", [question("text", "full_name")], '"nik"'),
        ("visit", [question("select_one_from_file villages.csv", "village"), question("date", "date")], '"purpose"'),
        ("eligible", [question("text", "source")], '"workers"'),
        ("eligible", [question("integer", "workers")], 'named "village"'),
        ("eligible", [question("integer", "workers"), field("text", "village", "-")], 'named "month"'),
    ],
)
def test_a_form_that_creates_must_ask_what_a_record_requires(
    tmp_path: Path, kind: str, survey: list[Row], lacks: str
) -> None:
    with pytest.raises(BadForm) as refusal:
        compiled(tmp_path, survey, sambung_kind=kind, sambung_does="create")
    assert lacks in str(refusal.value)


def test_a_desks_field_is_refused_in_a_form_for_phones(tmp_path: Path) -> None:
    with pytest.raises(BadForm, match="only desks fill this in"):
        compiled(tmp_path, [question("select_one yes", "confirmed")], [choice("yes", "true")], sambung_kind="contribution")


def test_a_form_of_a_fixed_id_says_how_the_id_is_made(tmp_path: Path) -> None:
    survey = [
        field("select_one_from_file villages.csv", "village", "-"),
        field("date", "month", "-", appearance="month-year"),
        question("integer", "workers"),
    ]
    body = compiled(tmp_path, survey, sambung_kind="eligible", sambung_does="create")
    assert body["record"] == [
        "call", "concat", ["str", "eligible:"], ["ref", 0, ["village"]], ["str", ":"], ["ref", 0, ["month"]],
    ]  # fmt: skip


def test_what_pyxform_finds_is_told_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(BadForm, match="row 2"):
        compiled(tmp_path, [question("select_one nothing", "sex")], SEX)
    with pytest.raises(BadForm, match="village_x"):
        compiled(tmp_path, [question("text", "notes", relevant="${village_x} = 1")])


@pytest.mark.parametrize("text", ["", "| survey |", "| survey |\n| | type |\n| | text |", "no table", "| a | b |\n" * 5])
def test_a_file_that_is_no_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadForm):
        read_form(write(tmp_path, text))


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    with pytest.raises(BadForm, match="more than 4 MiB"):
        read_form(write(tmp_path, "x" * (4 * 1024 * 1024 + 1)))
