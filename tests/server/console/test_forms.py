"""The forms' desk: versions, their questions in plain words, and publishing with faults told by row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_forms.publish import FORMS
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, Installation, copied


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    server = Installation(copied(template, tmp_path_factory.mktemp("forms") / "var"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def admin(house: Installation) -> Sitting:
    return Sitting(house, "admin", "id")


def publish(who: Sitting, text: str, name: str = "visit.md"):
    return who.post("/console/forms", {"file": (io.BytesIO(text.encode()), name)}, content_type="multipart/form-data")


VISIT = (FORMS / "visit.md").read_text(encoding="utf-8")


def test_a_form_that_is_changed_becomes_a_new_version_and_the_old_one_stays(house, admin, monkeypatch):
    monkeypatch.setattr("server.actions.forms.odk_fault", lambda xform: None)  # Java takes seconds, and has its own tests
    assert "tidak ada yang berubah" in admin.get(publish(admin, VISIT).headers["Location"]).text
    answer = publish(admin, VISIT.replace("Kegiatan apa?", "Kegiatan apa hari ini?"))
    assert answer.headers["Location"].endswith("/console/forms/visit/2")
    page = admin.get("/console/forms/visit/2").text
    assert "Kegiatan apa hari ini?" in page
    assert "Kegiatan apa hari ini?" not in admin.get("/console/forms/visit/1").text
    assert "Unduh lembar sumber" not in page  # its file did not come with the program
    assert admin.get("/console/forms/visit/2/source").status_code == 404


def test_a_form_that_the_phone_can_not_show_is_refused_with_its_row_in_both_languages(house, admin):
    before = house.counts()["form"]
    answer = publish(admin, VISIT.replace("| select_one purpose", "| audio"))
    assert answer.status_code == 422 and house.counts()["form"] == before
    answer_text = answer.text
    assert "tidak dikenal HP" in answer_text and "the phone has no questions of type" in answer_text
    for name, content in (("x.exe", "MZ"), ("..", "x"), ("a/../../b.md", ""), ("x.xlsx", "no workbook")):
        assert publish(admin, content, name).status_code == 422
    assert admin.post("/console/forms", {}, content_type="multipart/form-data").status_code == 422


def test_questions_are_told_in_plain_words(admin):
    page = admin.get("/console/forms/visit/1").text
    assert "wajib" in page and "pilih satu" in page and "Ditanya bila" in page
    assert "“Kegiatan apa?” adalah “Masukan”" in page and "${" not in admin.get("/console/forms/contribution/1").text
    english = admin.get("/console/forms/visit/1", lang="en").text
    assert "required" in english and "Asked when" in english
    admin.get("/console/forms", lang="id")  # the language that was chosen stays


def test_the_xform_and_the_sheets_that_came_with_the_program_are_fetched(admin):
    xform = admin.get("/console/forms/worker/1/xform")
    assert xform.headers["Content-Disposition"] == 'attachment; filename="worker-1.xml"' and b"<h:html" in xform.data
    assert admin.get("/console/forms/worker/1/source").text == (FORMS / "worker.md").read_text(encoding="utf-8")
    for path in ("/console/forms/worker/9", "/console/forms/nothing/1", "/console/forms/worker/9/xform"):
        assert admin.get(path).status_code == 404


def test_the_page_says_on_how_many_phones_each_version_was_last_used(house, admin):
    phones = [house.enrolled(VILLAGE) for _ in range(3)]
    for number, phone in enumerate(phones):
        phone.sync(phone.change(form="worker@1"), phone.change(form="visit@1" if number == 0 else "worker@1"))
    page = admin.get("/console/forms").text
    assert "isian terakhir dari 2 HP" in page and "isian terakhir dari 1 HP" in page


def test_an_auditor_looks_and_publishes_nothing(house):
    auditor = Sitting(house, "auditor", "id")
    assert "Terbitkan formulir" not in auditor.get("/console/forms").text
    assert publish(auditor, VISIT).status_code == 403
