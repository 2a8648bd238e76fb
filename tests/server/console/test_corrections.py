"""The desk of what is to be corrected: what was held and why, corrected here, sent back with a note, or needing nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.clock import now_ms
from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.desk import OTHER_REGENCY, Village, form
from tests.server.console.test_conflicts import acts
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, Installation, Phone, copied


@pytest.fixture(scope="module")
def village(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    server = Installation(copied(template, tmp_path_factory.mktemp("corrections") / "var"))
    yield Village(server)
    server.close()


def at(change: tuple[str, int], deed: str = "") -> str:
    return f"/console/corrections/{change[0]}/{change[1]}{deed}"


def page(sitting: Sitting, change: tuple[str, int]) -> str:
    answer = sitting.get(at(change))
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def listed(sitting: Sitting, **query: Any) -> list[tuple[str, int]]:
    html = sitting.get("/console/corrections", **query).get_data(as_text=True)
    return [(device, int(seq)) for device, seq in re.findall(r'/console/corrections/(\w+)/(\d+)[^"]*" data-row', html)]


def worklist(village: Village, phone: Phone) -> dict[str, Any]:
    answer = village.server.client.get("/api/v1/worklists", headers=phone.headers)
    assert answer.status_code == 200
    return dict(answer.json)


def test_what_was_sent_is_shown_field_by_field_with_the_reason_in_plain_words(village: Village) -> None:
    wrong = village.wrong(village.siti, full_name="Halimah", birth_date="1990-02-30", monthly_income="seribu")
    assert wrong in listed(village.operator)
    html = village.operator.get("/console/corrections").get_data(as_text=True)
    assert "Halimah" in html and "Tanggal ini tidak ada." in html and "Siti Aminah" in html
    html = page(village.operator, wrong)
    assert 'name="typed.birth_date" value="1990-02-30"' in html and html.count('class="wrong"') == 2
    assert "Tanggal lahir: Tanggal ini tidak ada." in html  # as the note to the officer begins
    assert acts(village, f"{wrong[0]}-{wrong[1]}")[-2:] == ["list", "open"]


def test_what_another_officer_wrote_meanwhile_is_shown_before_it_is_written_over(village: Village) -> None:
    record = village.registered()
    answer = village.siti.sync(village.siti.change(record, {"mother_name": "Aminah", "monthly_income": "seribu"}))
    assert answer["results"][0]["status"] == "quarantined"
    wrong = (village.siti.id, village.siti.seq)
    typed = {"typed.monthly_income": "1500000", "typed.mother_name": "Aminah"}
    sent = form(page(village.operator, wrong), at(wrong)) | typed
    village.budi.sync(village.budi.change(record, {"mother_name": "Siti Aisyah"}))
    answer = village.operator.post(at(wrong), sent)
    assert answer.status_code == 409 and "Siti Aisyah" in answer.get_data(as_text=True)
    again = form(page(village.operator, wrong), at(wrong)) | typed
    assert village.operator.post(at(wrong), again).status_code == 303


def test_corrected_at_the_desk_it_is_taken_and_the_phone_is_told(village: Village) -> None:
    wrong = village.wrong(village.siti, nik="640211520790900", monthly_income="seribu")
    html = page(village.operator, wrong)
    sent = form(html, at(wrong)) | {"typed.nik": "6402115207909077", "typed.monthly_income": "Rp1.500.000"}
    sent |= {"typed.programs": ["JKK", "JKM"]}
    answer = village.operator.post(at(wrong), sent)
    assert answer.status_code == 303 and wrong not in listed(village.operator)
    record = f"{wrong[0]}-{wrong[1]}"
    told = village.told(village.siti, record)
    assert told is not None and told["fields"]["nik"] == "6402115207909077"
    assert told["fields"]["monthly_income"] == 1500000 and told["fields"]["consent"]["method"] == "oral"
    assert "take-up" in acts(village, record)
    lists = worklist(village, village.siti)
    assert wrong[1] in lists["corrected"] and wrong[1] not in [one["seq"] for one in lists["to_correct"]]
    html = page(village.operator, wrong)
    assert "Sudah dibetulkan" in html and "Simpan yang sudah dibetulkan" not in html
    assert village.operator.post(at(wrong), sent).status_code == 409


def test_what_is_still_wrong_is_said_beside_its_field_with_what_was_typed(village: Village) -> None:
    wrong = village.wrong(village.siti, nik="640211520790900")
    sent = form(page(village.operator, wrong), at(wrong)) | {"typed.nik": "123", "typed.programs": ["JKK", "JKM"]}
    answer = village.operator.post(at(wrong), sent)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "yang tertulis 3" in html and 'value="123"' in html
    sent["leave.nik"] = "1"
    assert village.operator.post(at(wrong), sent).status_code == 303
    assert "nik" not in (village.told(village.siti, f"{wrong[0]}-{wrong[1]}") or {})["fields"]


def test_a_photo_and_what_a_newer_form_asked_are_taken_as_they_were_sent(village: Village) -> None:
    photo = {"sha256": "d" * 64, "size": 9, "type": "image/png"}
    more = {"photo_ktp": photo, "extra.rumah": {"lantai": 2}, "extra.catatan": "dekat masjid"}
    wrong = village.wrong(village.siti, sex="?", **more)
    sent = form(page(village.operator, wrong), at(wrong)) | {"typed.sex": "female", "typed.programs": ["JKK", "JKM"]}
    assert village.operator.post(at(wrong), sent | {"typed.photo_ktp": "x"}).status_code == 303
    told = village.told(village.siti, f"{wrong[0]}-{wrong[1]}")
    assert told is not None and {name: told["fields"][name] for name in more} == more


def test_returned_with_a_note_the_officer_finds_it_beside_his_task_until_he_sends_it_anew(village: Village) -> None:
    wrong = village.wrong(village.budi, nik="64021")
    record = f"{wrong[0]}-{wrong[1]}"
    assert village.operator.post(at(wrong, "/return"), {"note": ""}).status_code == 422
    assert village.operator.post(at(wrong, "/return"), {"note": "Baca lagi KTP-nya."}).status_code == 303
    assert "Sudah dikembalikan" in page(village.operator, wrong)
    html = village.operator.get("/console/corrections").get_data(as_text=True)
    assert "dikembalikan" in html and acts(village, record).count("return") == 1
    (notice,) = village.budi.sync()["notices"]
    assert notice["text"] == "Baca lagi KTP-nya." and notice["record"] == record
    (task,) = [one for one in worklist(village, village.budi)["to_correct"] if one["seq"] == wrong[1]]
    assert task["note"] == "Baca lagi KTP-nya."
    village.budi.sync(village.budi.change(record, village.server.enrolled(VILLAGE).change()["fields"]))
    assert wrong not in listed(village.operator)
    assert wrong[1] not in [one["seq"] for one in worklist(village, village.budi)["to_correct"]]


def test_one_that_needs_nothing_more_leaves_the_list_and_the_phone_and_may_be_put_back(village: Village) -> None:
    wrong = village.wrong(village.siti, nik="64021")
    answer = at(wrong, "/answer")
    assert village.operator.post(answer, {"answered": "1"}).status_code == 303
    assert wrong not in listed(village.operator) and wrong in listed(village.operator, answered="1")
    assert wrong[1] in worklist(village, village.siti)["corrected"]
    assert "Kembalikan ke daftar" in page(village.operator, wrong)
    assert village.operator.post(answer, {"answered": "0"}).status_code == 303
    assert wrong in listed(village.operator) and wrong[1] not in worklist(village, village.siti)["corrected"]
    assert acts(village, f"{wrong[0]}-{wrong[1]}").count("answer") == 2


def test_the_list_goes_by_age_or_by_phone_a_page_at_a_time(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.console import corrections

    made = [village.wrong(phone, nik="64021") for phone in (village.siti, village.budi, village.siti)]
    monkeypatch.setattr(corrections, "ON_A_PAGE", 2)
    for order in ("old", "new", "phone"):
        path, found = f"/console/corrections?order={order}", []
        for _ in range(40):
            html = village.operator.client.get(path).get_data(as_text=True)
            found += re.findall(r'/console/corrections/(\w+)/(\d+)[^"]*" data-row', html)
            more = re.search(r'href="([^"]*)" rel="next"', html)
            if not more:
                break
            path = more[1].replace("&amp;", "&")
        found = [(device, int(seq)) for device, seq in found]
        assert len(found) == len(set(found)) and set(made) <= set(found), order
        if order == "phone":
            assert found == sorted(found)
        elif order == "old":
            oldest_first = found
        else:
            assert found == oldest_first[::-1]
    assert {device for device, _ in listed(village.operator, device=village.budi.id, order="phone")} == {village.budi.id}
    for cursor in ("x", "1~a", "1~a~99999999999999999999"):
        assert village.operator.get("/console/corrections", after=cursor).status_code in (400, 404)


def test_what_has_waited_too_long_is_shown_and_decided(village: Village) -> None:
    answer = village.budi.sync(village.budi.change(f"{village.siti.id}-7777", {"notes": "belum ada"}))
    assert answer["results"][0]["status"] == "received"
    late = (village.budi.id, village.budi.seq)
    assert at(late, "/decide") not in village.operator.get("/console/corrections").get_data(as_text=True)
    with village.server.app.app_context(), transaction() as connection:
        connection.execute(update(t.waiting).values(since=now_ms() - 30 * DAY_MS))
    html = village.operator.get("/console/corrections").get_data(as_text=True)
    assert at(late, "/decide") in html and "Terlalu lama menunggu" in html
    assert Sitting(village.server, "staff", "64").post(at(late, "/decide"), {"do": "create"}).status_code == 403
    assert village.operator.post(at(late, "/decide"), {"do": "create"}).status_code == 303
    assert village.told(village.siti, f"{village.siti.id}-7777") is not None
    assert village.operator.post(at(late, "/decide"), {"do": "create"}).status_code == 404


def test_another_regency_sees_and_does_nothing_of_it(village: Village) -> None:
    wrong = village.wrong(village.siti, nik="64021")
    other = Sitting(village.server, "operator", OTHER_REGENCY)
    assert listed(other) == [] and other.get(at(wrong)).status_code == 404
    for deed in ("", "/return", "/answer"):
        assert other.post(at(wrong, deed), {"note": "x", "answered": "1"}).status_code == 404
    with village.server.reading() as connection:
        assert connection.scalar(select(d.returned.c.note).where(d.returned.c.seq == wrong[1],
                                                                  d.returned.c.device == wrong[0])) is None  # fmt: skip


def test_a_record_of_another_region_is_sent_back_and_not_taken_up_here(village: Village) -> None:
    far = village.server.enrolled(ELSEWHERE, officer="Petugas Jauh")
    far.sync(far.change())
    answer = village.siti.sync(village.siti.change(f"{far.id}-1", {"phone": "+628125550001"}, village=ELSEWHERE))
    assert answer["results"][0]["status"] == "quarantined"
    wrong = (village.siti.id, village.siti.seq)
    html = page(village.operator, wrong)
    assert "milik desa yang tidak dipegang" in html
    answer = village.operator.post(at(wrong), form(html, at(wrong)))
    assert answer.status_code == 409 and "milik wilayah lain" in answer.get_data(as_text=True)
    assert village.operator.post(at(wrong, "/return"), {"note": "Sampaikan ke desa sebelah."}).status_code == 303


@pytest.mark.parametrize("seq", ["0", "99999999999999999999999", str(2**53)])
def test_there_is_no_such_change(village: Village, seq: str) -> None:
    for sitting in (village.operator, Sitting(village.server, "admin", "id")):
        assert sitting.get(f"/console/corrections/{village.siti.id}/{seq}").status_code == 404
        assert sitting.post(f"/console/corrections/{village.siti.id}/{seq}/decide", {"do": "create"}).status_code == 404


def test_what_an_erasure_takes_is_no_task_and_no_note_any_more(village: Village) -> None:
    from server.actions.settle import erase

    record = village.registered()
    village.budi.sync(village.budi.change(record, {"nik": "64021"}, seen={village.siti.id: village.siti.seq}))
    wrong = (village.budi.id, village.budi.seq)
    village.operator.post(at(wrong, "/return"), {"note": "Nama orangnya di sini."})
    with village.server.app.app_context():
        erase([record], "atas permintaan", None, village.server.settings, now_ms())
    assert wrong not in listed(village.operator) and village.operator.get(at(wrong)).status_code == 404
    assert village.budi.sync()["notices"] == []
    lists = worklist(village, village.budi)
    assert wrong[1] in lists["corrected"] and wrong[1] not in [one["seq"] for one in lists["to_correct"]]
