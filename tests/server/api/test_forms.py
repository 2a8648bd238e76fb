"""Forms are published, never altered, and served as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from field_forms.document import BadForm
from server.actions.forms import publish_file
from server.store.forms import Form
from tests.server.installation import Installation

WORKER_FORM: dict[str, Any] = {
    "name": "worker", "title": {"id": "Pendaftaran", "en": "Registration"},
    "questions": [{"name": "full_name", "type": "text"}, {"name": "nik", "type": "text", "label": "NIK ١"}],
}  # fmt: skip


def publish(server: Installation, folder: Path, form: Any, file: str = "worker.json") -> Form:
    (folder / file).write_text(form if isinstance(form, str) else json.dumps(form), encoding="utf-8")
    with server.app.app_context():
        return publish_file(folder / file, 1_000)


def test_a_published_form_is_served_as_it_is_with_its_version(either_server: Installation, tmp_path: Path) -> None:
    publish(either_server, tmp_path, WORKER_FORM)
    headers = either_server.enrolled().headers
    told = either_server.client.get("/api/v1/forms/worker@1", headers=headers)
    assert told.status_code == 200 and told.json == WORKER_FORM | {"version": 1}
    (listed,) = either_server.client.get("/api/v1/forms", headers=headers).json["forms"]
    assert (listed["name"], listed["version"], listed["etag"]) == ("worker", 1, told.headers["ETag"])


def test_the_next_version_leaves_the_old_one_as_it_was(either_server: Installation, tmp_path: Path) -> None:
    client, headers = either_server.client, either_server.enrolled().headers
    publish(either_server, tmp_path, WORKER_FORM)
    etag = client.get("/api/v1/forms/worker@1", headers=headers).headers["ETag"]
    assert publish(either_server, tmp_path, WORKER_FORM | {"questions": [{"name": "nik"}]}).version == 2
    old = client.get("/api/v1/forms/worker@1", headers=headers | {"If-None-Match": etag})
    assert old.status_code == 304
    assert [form["version"] for form in client.get("/api/v1/forms", headers=headers).json["forms"]] == [2]


def test_publishing_the_same_again_changes_nothing(either_server: Installation, tmp_path: Path) -> None:
    first = publish(either_server, tmp_path, WORKER_FORM)
    again = publish(either_server, tmp_path, dict(reversed(WORKER_FORM.items())) | {"version": 7})
    assert again == first and either_server.counts()["form"] == 1


def test_a_form_that_there_is_not_is_404_and_says_which(server: Installation) -> None:
    answer = server.client.get("/api/v1/forms/worker@9", headers=server.enrolled().headers)
    assert answer.status_code == 404 and answer.json["type"] == "urn:sambung:form-unknown"
    assert "worker@9" in answer.json["detail"]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("", "no valid JSON, see line 1"),
        ('{"name": "worker",\n "questions": [}', "see line 2"),
        ("[" * 5000, "no valid JSON"),
        ([], "must be a JSON object"),
        ({"questions": [{"name": "a"}]}, 'Give it a "name"'),
        ({"name": "Worker", "questions": [{"name": "a"}]}, 'Give it a "name"'),
        ({"name": "worker@1", "questions": [{"name": "a"}]}, 'Give it a "name"'),
        ({"name": "worker"}, 'Give it "questions"'),
        ({"name": "worker", "questions": []}, 'Give it "questions"'),
        ({"name": "worker", "questions": [{}]}, "Question 1 has no"),
        ({"name": "worker", "questions": [{"name": "a"}, {"name": "a"}]}, 'have the name "a"'),
        ({"name": "worker", "questions": [{"name": "a", "label": "\0"}]}, "can't be kept"),
        ({"name": "worker", "questions": [{"name": "a", "max": 10**30}]}, "can't be kept"),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_both_languages(
    server: Installation, tmp_path: Path, form: Any, says: str
) -> None:
    with pytest.raises(BadForm) as refusal:
        publish(server, tmp_path, form)
    indonesian, english = str(refusal.value).split(" / ", 1)
    assert says in english and len(indonesian) > 10
    assert server.counts()["form"] == 0


@pytest.mark.parametrize("file", ["worker.xlsx", "worker.md", "worker", "worker.json.txt"])
def test_an_xlsform_is_refused_until_it_can_be_compiled(server: Installation, tmp_path: Path, file: str) -> None:
    with pytest.raises(BadForm, match="XLSForm"):
        publish(server, tmp_path, WORKER_FORM, file)
