"""The desk of doubles: what an operator sees of two records that may be one person, and what he decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.actions import duplicates, people_index
from server.clock import now_ms
from server.jobs import on_demand
from server.store.runs import Run
from tests.server.console.world import Sitting
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, copied

OTHER = {"nik": "6402111503859003", "full_name": "Budi Santoso", "birth_date": "1985-03-15", "sex": "male"}
EKO = {"nik": "6402110102709004", "full_name": "Eko Prasetyo", "birth_date": "1970-02-01", "sex": "male"}
WHY = {"reason": "orang yang sama"}


class Desk:
    """An installation with doubles inside a village, inside a regency, and across two regencies."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.hayati = sorted([self._registered(VILLAGE), self._registered(NEIGHBOUR)])
        self.budi = sorted([self._registered(VILLAGE, **OTHER), self._registered(ELSEWHERE, **OTHER)])
        self.eko = sorted([self._registered(VILLAGE, **EKO), self._registered(VILLAGE, **EKO)])
        with server.app.app_context():
            people_index.follow(server.settings, now_ms())
            duplicates.find_duplicates(server.settings, now_ms())
        self.operator, self.staff = Sitting(server, "operator", "64.02"), Sitting(server, "staff", "64")

    def _registered(self, village: str, **fields: str) -> str:
        phone = self.server.enrolled(village)
        phone.sync(phone.change(fields=WORKER | fields))
        return f"{phone.id}-1"


def path(pair: list[str]) -> str:
    return "/console/duplicates/" + "/".join(pair)


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("doubles") / "var"))
    yield Desk(server)
    server.close()


def test_an_operator_reads_the_pairs_of_his_regency_and_of_a_neighbour_elsewhere_no_name(desk: Desk) -> None:
    text = desk.operator.get("/console/duplicates").get_data(as_text=True)
    assert text.count("Nur Hayati") == 2 and text.count("Budi Santoso") == 1
    assert "di luar wilayah Anda" in text
    across = desk.operator.get("/console/duplicates", where="across", kind="nik").get_data(as_text=True)
    assert "Budi Santoso" in across and "Eko Prasetyo" not in across
    inside = desk.operator.get("/console/duplicates", where="inside", by="age").get_data(as_text=True)
    assert "Eko Prasetyo" in inside and "Budi Santoso" not in inside
    assert "Tidak ada pasangan" in desk.operator.get("/console/duplicates", kind="likely").get_data(as_text=True)


def test_the_pair_shows_what_each_field_weighs_in_words_and_bits(desk: Desk) -> None:
    text = desk.operator.get(path(desk.hayati), lang="id").get_data(as_text=True)
    assert "mendukung sangat kuat" in text and " bit)" in text and "<svg" in text
    assert WORKER["nik"] in text


def test_who_lives_elsewhere_is_masked_and_it_is_said_who_may_decide(desk: Desk) -> None:
    text = desk.operator.get(path(desk.budi), lang="id").get_data(as_text=True)
    assert "B••• S•••" in text and text.count(OTHER["nik"]) == 1 and "Kalimantan Timur" in text
    refused = desk.operator.post(path(desk.budi), {"same": "1"} | WHY)
    assert refused.status_code == 403
    assert "gabungkan" in desk.staff.get(path(desk.budi), lang="id").get_data(as_text=True)


def test_without_a_reason_nothing_is_decided_and_what_was_typed_stays(desk: Desk) -> None:
    answer = desk.operator.post(path(desk.hayati), {"same": "1", "reason": "  "})
    assert answer.status_code == 422 and 'role="alert"' in answer.get_data(as_text=True)
    answer = desk.operator.post(path(desk.hayati), {"reason": "kembar"})
    assert answer.status_code == 422 and 'value="kembar"' in answer.get_data(as_text=True)


def test_a_reason_that_names_one_of_the_two_is_sent_back_since_it_would_outlive_an_erasure(desk: Desk) -> None:
    for reason in ("NUR HAYATI didata dua kali", "NIK 6402115207909001 salah satu angka"):
        answer = desk.operator.post(path(desk.hayati), {"same": "1", "reason": reason})
        assert answer.status_code == 422 and "tanpa nama dan NIK: alasan" in answer.get_data(as_text=True)


def test_a_join_is_taken_back_and_the_pair_says_so(desk: Desk) -> None:
    joined = desk.operator.post(path(desk.hayati), {"same": "1"} | WHY)
    assert joined.status_code == 303
    assert "sudah digabung" in desk.operator.get(path(desk.hayati), lang="id").get_data(as_text=True)
    assert "Nur Hayati" in desk.operator.get("/console/duplicates", state="joined").get_data(as_text=True)
    assert desk.operator.post(path(desk.hayati), {"same": "0"} | WHY).status_code == 303
    assert "bukan ganda" in desk.operator.get(path(desk.hayati), lang="id").get_data(as_text=True)
    again = desk.operator.get("/console/duplicates").get_data(as_text=True)
    assert "Nur Hayati" not in again


def test_after_deciding_the_next_pair_comes_with_a_way_back(desk: Desk) -> None:
    third = desk._registered(VILLAGE)
    with desk.server.app.app_context():
        people_index.follow(desk.server.settings, now_ms())
        duplicates.find_duplicates(desk.server.settings, now_ms())
    first = sorted([third, desk.hayati[0]])
    answer = desk.operator.post(path(first), {"same": "0", "kind": "nik"} | WHY)
    there = answer.headers["Location"]
    assert there.partition("?")[0] in {path(desk.eko), path(sorted([third, desk.hayati[1]]))} and "kind=nik" in there
    text = desk.operator.client.get(there).get_data(as_text=True)
    assert path(first) in text


def test_an_auditor_looks_and_is_offered_no_decision_and_a_viewer_sees_nothing(desk: Desk) -> None:
    auditor, viewer = Sitting(desk.server, "auditor", "64"), Sitting(desk.server, "viewer", "64")
    assert 'name="same"' not in auditor.get(path(desk.budi)).get_data(as_text=True)
    assert viewer.get("/console/duplicates").status_code == 403


def test_the_search_of_everybody_runs_beside_the_work_and_not_twice(desk: Desk, monkeypatch) -> None:
    begun = []
    monkeypatch.setattr(on_demand, "begin", lambda job, app, settings: begun.append(job.name) or len(begun) == 1)
    for _ in range(2):
        assert desk.staff.post("/console/duplicates/search").status_code == 303
    assert begun == ["linkage", "linkage"]


def test_the_search_tells_how_it_stands_while_the_page_is_open(desk: Desk, monkeypatch) -> None:
    run = Run(1, "linkage", now_ms(), None, None, None)
    monkeypatch.setattr(on_demand, "at_work", lambda job: run)
    text = desk.staff.client.get("/console/duplicates", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert text.startswith("<article") and 'hx-trigger="every 5s"' in text and "<progress" in text
    monkeypatch.setattr(on_demand, "at_work", lambda job: None)
    text = desk.staff.client.get("/console/duplicates", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "every 5s" not in text


def test_where_the_search_is_not_installed_the_page_says_what_to_install(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr("server.linkage.available", lambda: False)
    text = desk.staff.get("/console/duplicates").get_data(as_text=True)
    assert "pip install --require-hashes -r requirements/linkage.txt" in text and "Cari sekarang" not in text
