"""Forms are published, never altered, and served as they are; those that come with the program publish themselves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from field_forms import publish as publishing
from field_forms.bad_form import BadForm
from field_forms.publish import shipped
from server.actions.forms import find_xform, publish_file, publish_shipped
from server.db import transaction
from server.store import forms
from server.store import tables as t
from server.store.forms import Form
from tests.field_forms.sheets import question, sheet, write
from tests.server.installation import Installation

NOTE = sheet([question("text", "notes")])
LONGER = sheet([question("text", "notes"), question("text", "address")])
SHIPPED = {
    ("claim", "claim", "create"), ("contribution", "contribution", "create"), ("eligible", "eligible", "create"),
    ("visit", "visit", "create"), ("worker", "worker", "create"), ("worker_update", "worker", "edit"),
}  # fmt: skip


def publish(server: Installation, folder: Path, text: str, file: str = "note.md") -> Form:
    with server.app.app_context():
        return publish_file(write(folder, text, file), 1_000)


def listed(server: Installation, headers: dict[str, str]) -> dict[str, Any]:
    return {form["name"]: form for form in server.client.get("/api/v1/forms", headers=headers).json["forms"]}


def test_a_new_server_offers_the_six_forms_that_come_with_it(either_server: Installation) -> None:
    headers = either_server.enrolled().headers
    forms = listed(either_server, headers)
    assert {(form["name"], form["kind"], form["does"]) for form in forms.values()} == SHIPPED
    assert {form["version"] for form in forms.values()} == {1}
    assert forms["worker"]["title"] == {"id": "Pendaftaran pekerja", "en": "Worker registration"}
    for name in forms:
        assert either_server.client.get(f"/api/v1/forms/{name}@1", headers=headers).json["name"] == name


def test_a_published_form_is_served_with_its_version(either_server: Installation, tmp_path: Path) -> None:
    publish(either_server, tmp_path, NOTE)
    headers = either_server.enrolled().headers
    told = either_server.client.get("/api/v1/forms/note@1", headers=headers)
    assert told.status_code == 200 and told.json["version"] == 1
    assert [question["field"] for question in told.json["questions"]] == ["notes"]
    form = listed(either_server, headers)["note"]
    assert (form["version"], form["etag"]) == (1, told.headers["ETag"])


def test_the_xform_of_each_version_bears_its_number(server: Installation, tmp_path: Path) -> None:
    publish(server, tmp_path, NOTE)
    publish(server, tmp_path, LONGER)
    with server.app.app_context():
        first, second, none = (find_xform("note", version) for version in (1, 2, 3))
    assert first and second and none is None
    assert '<data id="note" version="1"' in first and '<data id="note" version="2"' in second


def test_the_next_version_leaves_the_old_one_as_it_was(either_server: Installation, tmp_path: Path) -> None:
    client, headers = either_server.client, either_server.enrolled().headers
    publish(either_server, tmp_path, NOTE)
    etag = client.get("/api/v1/forms/note@1", headers=headers).headers["ETag"]
    assert publish(either_server, tmp_path, LONGER).version == 2
    assert client.get("/api/v1/forms/note@1", headers=headers | {"If-None-Match": etag}).status_code == 304
    assert listed(either_server, headers)["note"]["version"] == 2


def test_publishing_the_same_again_changes_nothing(either_server: Installation, tmp_path: Path) -> None:
    first = publish(either_server, tmp_path, NOTE)
    before = either_server.counts()["form"]
    assert publish(either_server, tmp_path, NOTE, "other_name.md") == first
    assert either_server.counts()["form"] == before


def test_what_only_other_apps_see_makes_a_new_version_too(server: Installation, tmp_path: Path) -> None:
    publish(server, tmp_path, NOTE)
    hints = {f"guidance_hint::{language}": "Tulis" for language in ("Indonesia (id)", "English (en)")}
    guided = sheet([question("text", "notes", **hints)])
    assert publish(server, tmp_path, guided).version == 2


def test_a_form_that_there_is_not_is_404_and_says_which(server: Installation) -> None:
    answer = server.client.get("/api/v1/forms/worker@9", headers=server.enrolled().headers)
    assert answer.status_code == 404 and answer.json["type"] == "urn:sambung:form-unknown"
    assert "worker@9" in answer.json["detail"]


def test_what_was_published_as_bare_json_stays_served_and_is_offered_to_no_phone(server: Installation) -> None:
    with server.app.app_context(), transaction() as connection:
        body = '{"name":"old","version":1,"questions":[{"name":"a"}]}'
        connection.execute(insert(t.form).values(name="old", version=1, body=body, published_at=1))
    headers = server.enrolled().headers
    assert server.client.get("/api/v1/forms/old@1", headers=headers).status_code == 200
    assert "old" not in listed(server, headers)


@pytest.mark.parametrize(
    ("file", "text"),
    [("worker.json", '{"name": "worker"}'), ("note", NOTE), ("note.md", "no table"), ("note.xlsx", "no zip"), ("n.md", "")],
)
def test_a_file_that_is_no_xlsform_is_refused_in_both_languages(
    server: Installation, tmp_path: Path, file: str, text: str
) -> None:
    before = server.counts()["form"]
    with pytest.raises(BadForm) as refusal:
        publish(server, tmp_path, text, file)
    indonesian, english = str(refusal.value).split(" / ", 1)
    assert len(indonesian) > 10 and len(english) > 10
    assert server.counts()["form"] == before


# --- the forms that come with the program


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with one form, in place of those that come with the program."""
    folder = tmp_path / "forms"
    folder.mkdir()
    monkeypatch.setattr(publishing, "FORMS", folder)
    return folder


def init(server: Installation) -> list[str]:
    with server.app.app_context():
        return [f"{form.name}@{form.version}" for form in publish_shipped(2_000)]


def test_init_publishes_what_is_new_or_changed_and_nothing_twice(server: Installation, drawer: Path) -> None:
    write(drawer, NOTE)
    assert init(server) == ["note@1"] and init(server) == []
    write(drawer, LONGER)
    assert init(server) == ["note@2"] and init(server) == []


def test_init_never_publishes_over_what_staff_published(server: Installation, drawer: Path, tmp_path: Path) -> None:
    write(drawer, NOTE)
    init(server)
    assert publish(server, tmp_path, LONGER).version == 2
    write(drawer, sheet([question("text", "notes"), question("text", "rt")]))
    assert init(server) == []


def test_staff_who_publish_the_programs_own_file_hand_the_form_back_to_it(
    server: Installation, drawer: Path, tmp_path: Path
) -> None:
    write(drawer, NOTE)
    publish(server, tmp_path, LONGER)
    assert init(server) == []
    shutil.copy(drawer / "note.md", tmp_path / "note.md")
    with server.app.app_context():
        assert publish_file(tmp_path / "note.md", 3_000).shipped
    write(drawer, sheet([question("text", "notes"), question("text", "rt")]))
    assert init(server) == ["note@3"]


@pytest.mark.parametrize(("text", "version"), [(NOTE, 1), (LONGER, 2)], ids=["the same form", "another form"])
def test_two_who_publish_at_the_same_moment_both_succeed(
    either_server: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, version: int
) -> None:
    publish(either_server, tmp_path, text, "of_the_other.md")
    _is_not_seen_at_first(monkeypatch, looks=1)
    assert publish(either_server, tmp_path, NOTE).version == version


@pytest.mark.parametrize("text", [NOTE, LONGER], ids=["by another node", "by staff"])
def test_init_leaves_what_was_published_in_that_moment(
    either_server: Installation, drawer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    write(drawer, NOTE)
    publish(either_server, tmp_path, text)
    before = either_server.counts()["form"]
    _is_not_seen_at_first(monkeypatch, looks=2)
    assert init(either_server) == [] and either_server.counts()["form"] == before


def _is_not_seen_at_first(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    """As if what is published arrived between so many looks at what is there, and the write."""
    newest, early = forms.newest, iter(range(looks))
    monkeypatch.setattr(forms, "newest", lambda *asked: newest(*asked) if next(early, None) is None else [])


def test_a_new_compiler_makes_the_programs_forms_anew_only_where_they_come_out_otherwise(
    server: Installation, drawer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(drawer, NOTE)
    init(server)
    monkeypatch.setattr(publishing, "COMPILER", publishing.COMPILER + 1)
    assert init(server) == ["note@1"], "looked at again, and the same as it was"
    with server.app.app_context(), transaction() as connection:
        connection.execute(update(t.form).where(t.form.c.name == "note").values(xform="of an older compiler"))
    assert init(server) == ["note@2"]


def test_every_shipped_file_bears_the_name_of_its_form() -> None:
    assert {path.stem for path in shipped()} == {name for name, _, _ in SHIPPED}
