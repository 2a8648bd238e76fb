"""The sync cockpit: an operator sees who needs him, tells the officer what to press, and hands phones out
and takes them back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import url_for
from sqlalchemy import select

from server.actions import phones
from server.clock import now_ms
from server.console import phone_talk
from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone, copied

APP = Path(__file__).resolve().parents[3] / "field_forms" / "client" / "src"
REGENCY = "64.02"
FINE = {"app": "0.1.0", "queued": 0, "persisted": True, "free_bytes": 2 * 10**9, "drafts": 0, "files": 0}
DEEDS = (("name", {"name": "x"}), ("revoke", {}), ("recovery", {}), ("hand-over", {"officer": "x"}))
CODE = re.compile(r'class="code">([0-9A-Z]{4}-[0-9A-Z]{4})<')


class Desk(NamedTuple):
    """siti's phone is fine, budi's has changes of every fate, wati's is silent; far lies elsewhere, both serves two
    regencies.
    """

    server: Installation
    siti: Phone
    budi: Phone
    wati: Phone
    far: Phone
    both: Phone
    operator: Sitting

    def page(self, path: str, **query: Any) -> str:
        answer = self.operator.get(f"/console/devices{path}", **query)
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)

    def post(self, path: str, sitting: Sitting | None = None, **data: Any) -> Any:
        return (sitting or self.operator).post(f"/console/devices{path}", data)

    def set(self, phone: Phone, **values: Any) -> None:
        with self.server.app.app_context(), transaction() as connection:
            connection.execute(t.device.update().where(t.device.c.id == phone.id).values(**values))

    def acts(self, act: str, about: str = "") -> list[Any]:
        with self.server.reading() as connection:
            rows = connection.execute(select(d.audit).where(d.audit.c.act == act).order_by(d.audit.c.id)).all()
        return [row for row in rows if about in row.about]


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("devices") / "var"))
    siti, budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE, NEIGHBOUR, officer="Budi Santoso")
    wati, far = server.enrolled(NEIGHBOUR, officer="Wati Lestari"), server.enrolled(ELSEWHERE, officer="Petugas Jauh")
    both = server.enrolled(VILLAGE, ELSEWHERE, officer="Dua Kabupaten")
    siti.sync(siti.change(), siti.change(fields=WORKER | {"nik": "6402115207909003"}), status=FINE | {"queued": 2})
    siti.sync(siti.change(1, {"full_name": "Nurhayati"}), status=FINE | {"queued": 1})
    budi.sync(
        budi.change(f"{siti.id}-1", {"full_name": "Nur Hayat"}, seen={siti.id: 1}),
        budi.change(fields={"full_name": "Rahasia Betul", "sex": "?"}), budi.change(f"{siti.id}-77", {"notes": "x"}),
        budi.change(fields=WORKER | {"nik": "6402115207909004", "full_name": "Galuh Apui"}),
        status=FINE | {"queued": 11, "oldest": "2020-11-18T01:00:00.000Z", "drafts": 1, "files": 3},
    )  # fmt: skip
    wati.sync(status=FINE)
    far.sync(far.change(fields=WORKER | {"full_name": "Orang Jauh"}), status=FINE)
    both.sync(status=FINE)
    made = Desk(server, siti, budi, wati, far, both, Sitting(server, "operator", REGENCY))
    made.set(wati, contact_at=now_ms() - 12 * DAY_MS, enrolled_at=now_ms() - 60 * DAY_MS)
    yield made
    server.close()


# The list -------------------------------------------------------------------------------------------------------------


def test_the_phone_that_needs_somebody_most_stands_first_with_what_to_do(desk: Desk) -> None:
    text = desk.page("")
    places = [text.index(f"phone-{phone.id}") for phone in (desk.wati, desk.budi, desk.siti)]
    assert places == sorted(places)
    assert "Telepon petugas, minta cari sinyal dan kirim" in text and "Lama tertahan" in text
    assert f"phone-{desk.far.id}" not in text and "Petugas Jauh" not in text


def test_what_was_sent_in_the_last_call_is_not_left_on_the_phone(desk: Desk) -> None:
    row = desk.page("").split(f"phone-{desk.siti.id}")[1].split("</tr>")[0]
    assert "kosong" in row
    row = desk.page("").split(f"phone-{desk.budi.id}")[1].split("</tr>")[0]
    assert "<strong>7</strong> belum terkirim" in row and "3 foto" in row and "1 draf" in row


def test_the_list_is_cut_by_state_by_silence_and_by_village(desk: Desk) -> None:
    assert f"phone-{desk.wati.id}" in (text := desk.page("", state="silent")) and f"phone-{desk.siti.id}" not in text
    assert f"phone-{desk.wati.id}" in (text := desk.page("", silent="11")) and f"phone-{desk.budi.id}" not in text
    assert f"phone-{desk.wati.id}" not in desk.page("", silent="13")
    assert f"phone-{desk.siti.id}" in (text := desk.page("", village="kaman ulu")) and f"phone-{desk.wati.id}" not in text
    assert "Tidak ada HP seperti itu" in desk.page("", village="100%_")
    assert f"phone-{desk.siti.id}" in desk.page("", within="64.02.11")
    for wrong in ({"state": "x"}, {"cursor": "x"}, {"cursor": "1~1~x' OR 1"}):
        assert desk.operator.get("/console/devices", **wrong).status_code == 400


def test_an_officers_name_is_looked_for_without_standing_in_an_address(desk: Desk) -> None:
    answer = desk.post("/find", who="wati les")
    text = answer.get_data(as_text=True)
    assert f"phone-{desk.wati.id}" in text and f"phone-{desk.siti.id}" not in text
    addresses = re.findall(r'(?:href|hx-get|action)="([^"]*)"', text + desk.page(""))
    assert addresses and not [each for each in addresses if "wati" in each.lower() or "lestari" in each.lower()]
    assert "Petugas Jauh" not in desk.post("/find", who="jauh").get_data(as_text=True)


def test_page_by_page_every_phone_of_the_region_is_shown_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.console.devices.PAGE", 1)
    seen, address = [], "/console/devices"
    while address:
        text = desk.operator.client.get(address).get_data(as_text=True)
        seen += re.findall(r'id="phone-([a-z0-9]+)"', text)
        following = re.search(r'href="([^"]*)" rel="next"', text)
        address = following[1].replace("&amp;", "&") if following else ""
        assert len(seen) < 20
    assert sorted(seen) == sorted({desk.siti.id, desk.budi.id, desk.wati.id, desk.both.id})


def test_a_page_that_looks_again_costs_nothing_while_nothing_is_new(desk: Desk) -> None:
    ask = re.search(r'hx-get="([^"]*was=[^"]*)"', desk.page(""))
    assert ask
    address = ask[1].replace("&amp;", "&")
    answer = desk.operator.client.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer.data == b""
    desk.set(desk.siti, status=json.dumps(FINE | {"left": 5}))
    answer = desk.operator.client.get(address, headers={"HX-Request": "true"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and text.lstrip().startswith('<div id="fleet"') and "<html" not in text
    assert "<strong>5</strong> belum terkirim" in text and "was=" in text
    desk.set(desk.siti, status=json.dumps(FINE))


def test_the_first_page_counts_those_that_need_help(desk: Desk) -> None:
    text = desk.operator.get("/console/").get_data(as_text=True)
    card = text[text.index("HP perlu ditolong") - 200 : text.index("HP perlu ditolong") + 200]
    assert "state=trouble" in card and "<strong>2</strong>" in card and "1 di antaranya diam" in card


def test_the_script_names_buttons_that_the_app_has() -> None:
    app = " ".join(path.read_text("utf-8") for path in APP.rglob("*.id.json")) + (APP / "i18n/id.json").read_text("utf-8")
    of_android = {"Tanggal & waktu", "Setel waktu secara otomatis", "Tambahkan ke layar utama"}
    templates = Path(phone_talk.__file__).parent / "templates" / "console"
    sheets = [(templates / name).read_text("utf-8") for name in ("enrolment.html", "hand_over.html", "recovery.html")]
    said = [both[0] for talk in phone_talk.TALKS.values() for both in (*talk.ask, *talk.press, *talk.other, talk.short)]
    said += [pair for sheet in sheets for pair in re.findall(r't\("([^"]*)"', sheet)]
    quoted = {word for sentence in said for word in re.findall("“([^”]*)”", sentence)} - of_android
    assert len(quoted) > 20 and {word for word in quoted if f'"{word}"' not in app} == set()


def test_every_cause_has_its_words() -> None:
    assert set(phone_talk.TALKS) == set(phones.CAUSES) and set(phone_talk.STATES) == set(phones.STATES)


# One phone ------------------------------------------------------------------------------------------------------------


def test_a_phones_page_says_what_became_of_each_change(desk: Desk) -> None:
    text = desk.page(f"/{desk.budi.id}")
    for words in ("1 masuk", "1 berbeda", "1 menunggu", "1 perlu dibetulkan"):
        assert words in text
    assert "Galuh Apui" in text and "Catatannya dari ponsel lain belum sampai" in text
    assert "Jenis kelamin: Pilih salah satu dari" in text and "Rahasia Betul" not in text
    with desk.server.app.test_request_context():
        assert url_for("console.conflict", record=f"{desk.siti.id}-1") in text
        assert url_for("console.correction", device=desk.budi.id, seq=2) in text


def test_who_looks_at_a_phones_page_is_written_down_and_looking_again_is_not(desk: Desk) -> None:
    text = desk.page(f"/{desk.siti.id}")
    looks = desk.acts("list", desk.siti.id)
    assert f"{desk.siti.id}-1" in looks[-1].about and looks[-1].who == f"account:{desk.operator.account}"
    again = re.search(r'hx-get="([^"]*was=[^"]*)"', text)
    assert again and desk.operator.client.get(again[1].replace("&amp;", "&")).status_code == 204
    assert len(desk.acts("list", desk.siti.id)) == len(looks)


def test_a_phone_of_another_region_is_not_there(desk: Desk) -> None:
    for path in ("", "/hand-over"):
        assert desk.operator.get(f"/console/devices/{desk.far.id}{path}").status_code == 404
    for path, data in (*DEEDS, ("stay", {})):
        assert desk.post(f"/{desk.far.id}/{path}", **data).status_code == 404


def test_a_phone_that_serves_two_regencies_is_seen_by_both_and_managed_by_neither(desk: Desk) -> None:
    text = desk.page(f"/{desk.both.id}")
    assert "dan 1 di luar wilayah ini" in text and "di luar wilayah Anda" in text and "Cabut HP ini" not in text
    for path, data in DEEDS:
        assert desk.post(f"/{desk.both.id}/{path}", **data).status_code == 403, path
    province = Sitting(desk.server, "operator", "64")
    assert desk.post(f"/{desk.both.id}/name", province, name="HP lintas").status_code == 303


def test_of_a_phone_of_two_regencies_each_sees_what_was_written_in_its_own(desk: Desk) -> None:
    phone = desk.server.enrolled(VILLAGE, ELSEWHERE, officer="Lintas")
    phone.sync(
        phone.change(fields=WORKER | {"nik": "6402115207909031", "full_name": "Warga Sini"}),
        phone.change(fields=WORKER | {"nik": "6402115207909032", "full_name": "Warga Sana"}, village=ELSEWHERE),
    )
    text = desk.page(f"/{phone.id}")
    assert "Warga Sini" in text and "isian nomor 1:" in text
    assert "Warga Sana" not in text and f"{phone.id}-2" not in text and "isian nomor 2:" not in text


def test_an_auditor_looks_and_does_nothing(desk: Desk) -> None:
    auditor = Sitting(desk.server, "auditor", REGENCY)
    text = auditor.get(f"/console/devices/{desk.budi.id}").get_data(as_text=True)
    assert "Galuh Apui" in text and "Cabut HP ini" not in text and "Buat catatannya" not in text
    for path in ("enrol", f"{desk.budi.id}/revoke", f"{desk.budi.id}/name", f"{desk.budi.id}/waiting/3"):
        assert desk.post(f"/{path}", auditor).status_code == 403


def test_an_operator_decides_on_a_change_that_waits(desk: Desk) -> None:
    assert desk.post(f"/{desk.budi.id}/waiting/3", do="x").status_code == 422
    assert desk.post(f"/{desk.budi.id}/waiting/3", do="refuse").status_code == 303
    assert "2 perlu dibetulkan" in desk.page(f"/{desk.budi.id}")
    noted = desk.acts("decide-waiting")[-1]
    assert noted.who == f"account:{desk.operator.account}" and noted.record == f"{desk.siti.id}-77"
    assert desk.post(f"/{desk.budi.id}/waiting/3", do="refuse").status_code == 404


def test_a_twin_and_what_was_lost_are_explained(desk: Desk) -> None:
    joko = desk.server.enrolled(VILLAGE, officer="Joko")
    joko.sync(joko.change(fields=WORKER | {"nik": "6402115207909041"}))
    twin = joko.change(seq=1, fields=WORKER | {"nik": "6402115207909042"})
    assert joko.post({"changes": [twin], "cursors": {}}).status_code == 409
    text = desk.page(f"/{joko.id}")
    assert "Kembar" in text and "1 isian datang dua kali" in text and "mulai dari nomor 1" in text
    dewi = desk.server.enrolled(VILLAGE, officer="Dewi")
    dewi.sync(dewi.change(seq=5, fields=WORKER | {"nik": "6402115207909043"}), lost_to=4)
    text = desk.page(f"/{dewi.id}")
    assert "isian nomor 1 sampai 4" in text and "4 isian tidak ada lagi" in text


# What is done with phones ---------------------------------------------------------------------------------------------


def test_a_code_is_made_for_an_officer_and_his_villages_and_enrols_his_phone(desk: Desk) -> None:
    found = desk.post("/enrol", do="find", q="kaman ulu", officer="Rina Wahyuni").get_data(as_text=True)
    assert VILLAGE in found and 'value="Rina Wahyuni"' in found
    answer = desk.post("/enrol", do="make", officer=" Rina  Wahyuni ", villages=[VILLAGE, NEIGHBOUR])
    text = answer.get_data(as_text=True)
    code = CODE.search(text)
    assert answer.status_code == 200 and code and "<svg" in text and " style=" not in text
    made = desk.server.client.post("/api/v1/enrol", json={"code": code[1]}).json
    assert made["officer"]["name"] == "Rina Wahyuni" and len(made["villages"]) == 2
    assert VILLAGE in desk.acts("enrol-code")[-1].about and desk.acts("enrol")[-1].who == f"device:{made['device']}"
    assert desk.server.client.post("/api/v1/enrol", json={"code": code[1]}).status_code == 403


def test_a_code_is_made_for_ones_own_region_alone(desk: Desk) -> None:
    with desk.server.reading() as connection:
        before = connection.execute(select(t.enrolment)).all()
    assert desk.post("/enrol", do="make", officer="Rina", villages=[VILLAGE, ELSEWHERE]).status_code == 403
    for officer, villages in (
        ("", [VILLAGE]), ("Rina", []), ("Rina", ["64.02.11.9999"]), ("R\x07na", [VILLAGE]), ("R" * 101, [VILLAGE]),
    ):  # fmt: skip
        answer = desk.post("/enrol", do="make", officer=officer, villages=villages)
        assert answer.status_code == 422, (officer, villages)
    with desk.server.reading() as connection:
        assert connection.execute(select(t.enrolment)).all() == before
    assert ELSEWHERE not in desk.post("/enrol", do="find", q="a", villages=[ELSEWHERE]).get_data(as_text=True)


def test_a_code_that_went_astray_is_voided(desk: Desk) -> None:
    code = CODE.search(desk.post("/enrol", do="make", officer="Hilang", villages=[VILLAGE]).get_data(as_text=True))
    text = desk.page("/enrol")
    found = re.search(r'name="officer" value="(\d+)"><input type="hidden" name="expires_at" value="(\d+)"', text)
    assert code and found and "Hilang" in text and code[1] not in text
    asked = {"officer": found[1], "expires_at": found[2]}
    assert desk.post("/codes/void", Sitting(desk.server, "operator", "64.03"), **asked).status_code == 404
    assert desk.post("/codes/void", Sitting(desk.server, "operator", "64.02.10"), **asked).status_code == 404
    assert desk.post("/codes/void", **asked).status_code == 303 and "Hilang" not in desk.page("/enrol").split("</form>")[-1]
    assert desk.server.client.post("/api/v1/enrol", json={"code": code[1]}).status_code == 403
    assert desk.post("/codes/void", **asked).status_code == 404 and '"void":true' in desk.acts("enrol-code")[-1].about


def test_a_phone_is_called_what_the_desk_knows_it_by(desk: Desk) -> None:
    assert desk.post(f"/{desk.siti.id}/name", name="  Samsung  A05 kantor ").status_code == 303
    assert "Samsung A05 kantor" in desk.page("") and desk.siti.id in desk.acts("rename-device")[-1].about
    for wrong in ("", " ", "x" * 101, "a\u0007b"):
        answer = desk.post(f"/{desk.siti.id}/name", name=wrong)
        assert answer.status_code == 422 and "paling banyak 100 huruf" in answer.get_data(as_text=True)


def test_who_forgot_his_pin_gets_a_code_that_is_shown_once(desk: Desk) -> None:
    answer = desk.post(f"/{desk.siti.id}/recovery")
    code = CODE.search(answer.get_data(as_text=True))
    assert answer.status_code == 200 and code and desk.siti.id in desk.acts("recover")[-1].about
    assert code[1] not in desk.page(f"/{desk.siti.id}")


def test_a_phone_is_handed_over_in_one_flow(desk: Desk) -> None:
    ani = desk.server.enrolled(VILLAGE, officer="Ani")
    ani.sync(ani.change(fields=WORKER | {"nik": "6402115207909051"}), status=FINE | {"queued": 3, "drafts": 1})
    assert "<strong>2</strong> belum terkirim" in desk.page(f"/{ani.id}/hand-over")
    for wrong in ("", "Ani", "x" * 101):
        assert desk.post(f"/{ani.id}/hand-over", officer=wrong).status_code == 422
    code = CODE.search(desk.post(f"/{ani.id}/hand-over", officer="Bayu").get_data(as_text=True))
    assert code and "Bayu" in (text := desk.page(f"/{ani.id}/hand-over")) and "Sebaiknya tunggu" in text
    assert f"phone-{ani.id}" in desk.page("", state="handing")
    assert "HP dalam serah terima" in desk.operator.get("/console/").get_data(as_text=True)
    ani.sync(ani.change(2, {"notes": "a"}, seq=2), ani.change(3, {"notes": "b"}, seq=3), status=FINE | {"queued": 2})
    assert "Sebaiknya tunggu" not in (text := desk.page(f"/{ani.id}/hand-over")) and "Kosong saat terakhir" in text
    assert desk.post(f"/{ani.id}/revoke").status_code == 303 and ani.post({"changes": [], "cursors": {}}).status_code == 401
    made = desk.server.client.post("/api/v1/enrol", json={"code": code[1]}).json
    assert made["officer"]["name"] == "Bayu" and made["device"] != ani.id
    assert [village["code"] for village in made["villages"]] == [VILLAGE]
    assert made["device"] in desk.page(f"/{ani.id}/hand-over")
    assert f"phone-{ani.id}" not in desk.page("", state="handing") and f"phone-{ani.id}" in desk.page("", state="revoked")
    with desk.server.reading() as connection:
        who = select(t.officer.c.name).join(t.change, t.change.c.officer == t.officer.c.id)
        assert set(connection.scalars(who.where(t.change.c.device == ani.id))) == {"Ani"}
    assert ani.id in desk.acts("hand-over")[-1].about


def test_a_hand_over_that_is_called_off_leaves_no_code_behind(desk: Desk) -> None:
    code = CODE.search(desk.post(f"/{desk.wati.id}/hand-over", officer="Bayu").get_data(as_text=True))
    assert code and desk.post(f"/{desk.wati.id}/stay").status_code == 303
    assert desk.server.client.post("/api/v1/enrol", json={"code": code[1]}).status_code == 403
    assert desk.post(f"/{desk.wati.id}/stay").status_code == 404


def test_a_revoked_phone_says_so_and_nothing_more_is_done_with_it(desk: Desk) -> None:
    eko = desk.server.enrolled(VILLAGE, officer="Eko")
    assert desk.post(f"/{eko.id}/revoke").status_code == 303
    noted = desk.acts("revoke", eko.id)
    assert desk.post(f"/{eko.id}/revoke").status_code == 303 and len(desk.acts("revoke", eko.id)) == len(noted) == 1
    text = desk.page(f"/{eko.id}")
    assert "HP ini sudah dicabut" in text and "Cabut HP ini" not in text
    for path, data in (("recovery", {}), ("hand-over", {"officer": "x"})):
        assert desk.post(f"/{eko.id}/{path}", **data).status_code == 404
    assert f"phone-{eko.id}" not in desk.page("")


def test_the_same_pages_come_in_english(desk: Desk) -> None:
    text = desk.page("", lang="en") + desk.page(f"/{desk.budi.id}", lang="en")
    assert "Call the officer; have him find signal and send" in text and "Held up" in text and "What it sent" in text
    desk.page("", lang="id")


def test_who_makes_a_code_is_told_when_no_phone_can_open_its_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    warning, extensions = "hanya terbuka di komputer server", desk.server.app.extensions
    for url, is_warned in (("http://127.0.0.1:8000", True), ("http://desa.example", False)):
        monkeypatch.setitem(extensions, "sambung", replace(extensions["sambung"], public_url=url))
        page = desk.post("/enrol", do="make", officer="Rina Wahyuni", villages=[VILLAGE]).get_data(as_text=True)
        assert (warning in page) is is_warned and url in page
