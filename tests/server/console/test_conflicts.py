"""The desk of conflicts: what an operator sees of what differs, decides, takes back and asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.clock import now_ms
from server.db import transaction
from server.store import contents, files
from server.store import desk_tables as d
from server.store import tables as t
from server.store.files import File
from tests.server.console.desk import OTHER_REGENCY, REGENCY, Village, form, keys
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, VILLAGE, Installation, copied

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture(scope="module")
def village(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    server = Installation(copied(template, tmp_path_factory.mktemp("conflicts") / "var"))
    yield Village(server)
    server.close()


def page(sitting: Sitting, record: str, **query: Any) -> str:
    answer = sitting.get(f"/console/conflicts/{record}", **query)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def settle(sitting: Sitting, record: str, html: str | None = None, **chosen: str) -> Any:
    """Send the page's form with what is chosen: a field's name, and the place of the value on the page or what is typed."""
    html = html or page(sitting, record)
    sent = form(html, f"/console/conflicts/{record}")
    del sent["csrf"]  # of whoever opened the page; `post` brings his own
    for field, choice in chosen.items():
        if choice in ("1", "2", "3"):
            sent[f"choose.{field}"] = keys(html, field)[int(choice) - 1]
        else:
            sent |= {f"choose.{field}": "typed", f"typed.{field}": choice}
    return sitting.post(f"/console/conflicts/{record}", sent)


def aged(village: Village, record: str, days: int) -> None:
    with village.server.app.app_context(), transaction() as connection:
        since = now_ms() - days * DAY_MS
        connection.execute(update(t.record).where(t.record.c.id == record).values(waiting_since=since))


def acts(village: Village, record: str) -> list[str]:
    """What the audit log says was done about somebody, in order."""
    query = (
        select(d.audit.c.act).join(d.audit_record, d.audit_record.c.audit == d.audit.c.id)
        .where(d.audit_record.c.record == record).order_by(d.audit.c.id)
    )  # fmt: skip
    with village.server.reading() as connection:
        return list(connection.scalars(query))


def holds(village: Village, record: str) -> dict[str, Any]:
    told = village.server.enrolled(VILLAGE).sync()["records"]
    return next(each for each in told if each["record"] == record)


# What is shown --------------------------------------------------------------------------------------------------------


def test_each_value_is_shown_with_who_wrote_it_when_and_what_stood_on_his_screen(village: Village) -> None:
    record = village.registered(full_name="Nur Hayati")
    village.differ(record, {"full_name": "Nurhayati"}, {"full_name": "Nur Hayatin"})
    html = page(village.operator, record)
    assert "Siti Aminah" in html and "Budi Santoso" in html and village.budi.id in html
    assert html.count("Di layarnya waktu itu: <q>Nur Hayati</q> (Siti Aminah)") == 2
    assert "WITA" in html and "Ditulis" in html and "Sampai" in html
    assert "<mark>n</mark>" in html and 'Nur<mark> </mark>Hayati' in html.replace("\n", "")


def test_who_had_not_seen_a_record_or_saw_an_empty_field_is_said_to_have(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    assert page(village.operator, record).count("Di layarnya isian ini kosong") == 2
    blind = village.registered()
    village.siti.sync(village.siti.change(blind, {"kpj": "11"}))
    village.budi.sync(village.budi.change(blind, {"kpj": "12"}, seen={}))
    assert "Ia belum melihat catatan ini" in page(village.operator, blind)


def test_what_the_nik_says_stands_beside_each_value(village: Village) -> None:
    record = village.registered(birth_date="1990-07-12")
    village.differ(record, {"birth_date": "1990-07-12", "sex": "female"}, {"birth_date": "1990-12-07", "sex": "male"})
    html = page(village.operator, record)
    assert html.count("Sama dengan NIK") == 2 and html.count("Tidak sama dengan NIK") == 2
    other = village.registered()
    village.differ(other, {"nik": "6402115207909101"}, {"nik": "6402111207909101"})
    html = page(village.operator, other)
    assert "Lahir 12 Jul 1990" in html and "Laki-laki" in html and "Terdaftar di Muara Kaman" in html
    assert "640211 <mark>5</mark>20790 9101" in html


def test_the_cards_photo_stands_beside_it_and_one_still_on_its_way_is_asked_for(village: Village) -> None:
    body, sha = PNG, sha256(PNG).hexdigest()
    photo = {"size": len(body), "type": "image/png"}
    record = village.registered(photo_ktp=photo | {"sha256": sha}, photo_person=photo | {"sha256": "c" * 64})
    village.differ(record, {"full_name": "Nurhayati"}, {"full_name": "Nur Hayatin"})
    settings = village.server.settings
    with village.server.app.app_context():
        contents.of(settings).put(sha, body)
        with transaction() as connection:
            files.keep(connection, File(sha, len(body), "image/png", village.siti.id, now_ms()))
    html = page(village.operator, record)
    assert f'src="/console/photos/{sha}"' in html
    assert "Foto belum sampai" in html and "Masih di HP Siti Aminah" in html
    answer = village.operator.get(f"/console/photos/{sha}")
    assert answer.data == body and answer.content_type == "image/png"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "photo" in acts(village, record)
    assert Sitting(village.server, "operator", OTHER_REGENCY).get(f"/console/photos/{sha}").status_code == 404
    assert Sitting(village.server, "viewer", REGENCY).get(f"/console/photos/{sha}").status_code == 403


def test_every_look_at_somebody_is_in_the_audit_log(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"full_name": "Nurhayati"}, {"full_name": "Nur Hayatin"})
    page(village.operator, record)
    village.operator.get("/console/conflicts")
    assert acts(village, record)[-2:] == ["open", "list"]


# The list -------------------------------------------------------------------------------------------------------------


def test_the_oldest_comes_first_with_its_age_and_the_list_is_cut_by_kind_field_and_village(
    template: Path, tmp_path: Path
) -> None:
    village = Village(Installation(copied(template, tmp_path / "var")))
    young, old = village.registered(full_name="Muda Sekali"), village.registered(full_name="Tua Sekali")
    village.differ(young, {"full_name": "Muda"}, {"full_name": "Moeda"})
    village.differ(old, {"birth_date": "1990-07-12"}, {"birth_date": "1990-12-07"})
    paid = {"worker": old, "months": ["2026-10"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self"}
    siti = village.siti
    siti.sync(siti.change(None, paid | {"paid_on": "2026-10-02"}, kind="contribution"))
    payment = f"{siti.id}-{siti.seq}"
    village.differ(payment, {"amount": 33600}, {"amount": 36800}, kind="contribution")
    for record, days in ((young, 1), (old, 9), (payment, 4)):
        aged(village, record, days)
    html = village.operator.get("/console/conflicts").get_data(as_text=True)
    listed = re.findall(r'href="/console/conflicts/([^"?]+)" data-row', html)
    assert listed == [old, payment, young]
    assert "9 hari" in html and 'badge bad' in html and 'badge warn' in html and "3 menunggu" in html
    assert html.count("Tua Sekali") == 2  # the payment is his
    for query, left in (
        ({"kind": "contribution"}, [payment]), ({"field": "birth_date"}, [old]), ({"field": "nik"}, []),
        ({"within": VILLAGE}, [old, payment, young]), ({"within": "64.02.11.2004"}, []),
    ):  # fmt: skip
        html = village.operator.get("/console/conflicts", **query).get_data(as_text=True)
        assert re.findall(r'href="/console/conflicts/([^"?]+)[^"]*" data-row', html) == left, query
    html = page(village.operator, payment)
    assert re.search(rf'href="/console/conflicts/{young}" data-key="j"', html)
    assert re.search(rf'href="/console/conflicts/{old}" data-key="k"', html)
    home = village.operator.get("/console/").get_data(as_text=True)
    assert re.search(r'class="card urgent" href="/console/conflicts">\s*<strong>3</strong>', home)
    village.server.close()


def test_a_long_list_goes_on_behind_its_last_and_tells_no_one_twice(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.console import conflicts

    monkeypatch.setattr(conflicts, "ON_A_PAGE", 2)
    village = Village(Installation(copied(template, tmp_path / "var")))
    records = [village.registered() for _ in range(5)]
    for record in records:
        village.differ(record, {"full_name": "Satu"}, {"full_name": "Dua"})
    path, seen = "/console/conflicts", []
    while path and len(seen) < 20:
        html = village.operator.client.get(path).get_data(as_text=True)
        seen += re.findall(r'href="/console/conflicts/([^"?]+)" data-row', html)
        more = re.search(r'href="([^"]*)" rel="next"', html)
        path = more[1].replace("&amp;", "&") if more else ""
    assert sorted(seen) == sorted(records)
    assert village.operator.get("/console/conflicts", after="x").status_code == 400
    village.server.close()


# Deciding -------------------------------------------------------------------------------------------------------------


def test_several_fields_are_settled_in_one_go_and_both_phones_are_told(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"full_name": "Nurhayati", "kpj": "11"}, {"full_name": "Nur Hayatin", "kpj": "12"})
    for phone in (village.siti, village.budi):
        phone.sync()
    answer = settle(village.operator, record, full_name="2", kpj="13")
    assert answer.status_code == 303
    for phone in (village.siti, village.budi):
        told = village.told(phone, record)
        assert told is not None and "conflicts" not in told
        assert told["fields"]["full_name"] == "Nur Hayatin" and told["fields"]["kpj"] == "13"
    assert acts(village, record)[-1] == "settle"


def test_after_a_decision_the_next_one_that_waits_is_shown_with_a_way_back(village: Village) -> None:
    first, second = village.registered(), village.registered(full_name="Orang Kedua")
    for record, days in ((first, 300), (second, 299)):
        village.differ(record, {"full_name": "Satu"}, {"full_name": "Dua"})
        aged(village, record, days)
    answer = settle(village.operator, first, full_name="1")
    assert answer.headers["Location"] == f"/console/conflicts/{second}?settled={first}"
    html = village.operator.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Tersimpan, dan akan sampai ke semua HP desanya" in html
    assert f'action="/console/conflicts/{first}/undo"' in html


def test_the_right_value_is_typed_as_its_field_wants_it(village: Village) -> None:
    record = village.registered()
    village.differ(
        record,
        {"birth_date": "1990-07-12", "sex": "male", "heirs": [{"name": "Ahmad", "relation": "anak"}]},
        {"birth_date": "1990-12-07", "sex": "female", "heirs": [{"name": "Ahmadi", "relation": "anak"}]},
    )
    html = page(village.operator, record)
    assert 'type="date" name="typed.birth_date" value="1990-07-12"' in html and '<select name="typed.sex"' in html
    sent = form(html, f"/console/conflicts/{record}")
    sent |= {f"choose.{field}": "typed" for field in ("birth_date", "sex", "heirs")}
    sent |= {"typed.birth_date": "1991-07-12", "typed.sex": "male", "typed.heirs.0.name": "Ahmad Yani",
             "typed.heirs.1.name": "Siti", "typed.heirs.1.relation": "istri"}  # fmt: skip
    assert village.operator.post(f"/console/conflicts/{record}", sent).status_code == 303
    fields = holds(village, record)["fields"]
    assert fields["birth_date"] == "1991-07-12" and fields["sex"] == "male"
    assert fields["heirs"] == [{"name": "Ahmad Yani", "relation": "anak"}, {"name": "Siti", "relation": "istri"}]


def test_what_was_typed_wrongly_is_shown_again_with_what_is_wrong_and_nothing_is_lost(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"nik": "6402115207909101", "kpj": "11"}, {"nik": "6402111207909101", "kpj": "12"})
    answer = settle(village.operator, record, nik="64021", kpj="2")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "NIK harus 16 angka, yang tertulis 5" in html
    assert 'name="typed.nik" value="64021"' in html
    sent = form(html, f"/console/conflicts/{record}")
    assert sent["choose.kpj"] == f"{village.budi.id}~{village.budi.seq}" and sent["choose.nik"] == "typed"
    assert holds(village, record)["conflicts"].keys() == {"nik", "kpj"}


def test_nothing_chosen_is_said_and_nothing_saved(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    answer = settle(village.operator, record)
    assert answer.status_code == 422 and "Belum ada yang dipilih" in answer.get_data(as_text=True)


def test_what_came_in_since_the_page_was_opened_is_shown_as_new_and_what_was_chosen_stays(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"full_name": "Nurhayati", "kpj": "11"}, {"full_name": "Nur Hayatin", "kpj": "12"})
    html = page(village.operator, record)
    third = village.server.enrolled(VILLAGE, officer="Wati")
    third.sync(third.change(record, {"full_name": "Noor Hayati"}, seen={village.siti.id: 1}))
    answer = settle(village.operator, record, html, full_name="2", kpj="2")
    again = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "Ada isi baru yang masuk" in again and ">baru</span>" in again
    assert form(again, f"/console/conflicts/{record}")["choose.full_name"] == keys(html, "full_name")[1]
    assert "conflicts" in holds(village, record)
    sent = form(again, f"/console/conflicts/{record}")
    assert village.operator.post(f"/console/conflicts/{record}", sent).status_code == 303
    assert holds(village, record)["fields"]["full_name"] == "Nur Hayatin"


def test_one_that_somebody_else_has_settled_meanwhile_is_not_settled_over(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    html = page(village.operator, record)
    assert settle(Sitting(village.server, "staff", "64"), record, html, kpj="1").status_code == 303
    answer = settle(village.operator, record, html, kpj="2")
    assert answer.status_code == 409 and holds(village, record)["fields"]["kpj"] == "11"


@pytest.mark.parametrize("seen", ["", "nonsense", "[1]", '{"x": "y"}', "[" * 100_000])
def test_a_form_that_does_not_say_what_it_showed_settles_nothing(village: Village, seen: str) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    sent = form(page(village.operator, record), f"/console/conflicts/{record}") | {"seen": seen}
    sent["choose.kpj"] = f"{village.siti.id}~{village.siti.seq}"
    assert village.operator.post(f"/console/conflicts/{record}", sent).status_code == 422
    assert "conflicts" in holds(village, record)


def test_nobody_settles_what_he_wrote_himself_as_the_officer_that_he_is(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    both = Sitting(village.server, "operator", REGENCY)
    with village.server.app.app_context(), transaction() as connection:
        officer = connection.scalar(select(t.device.c.officer).where(t.device.c.id == village.siti.id))
        connection.execute(update(t.account).where(t.account.c.id == both.account).values(officer=officer))
    html = page(both, record)
    assert "Anda sendiri yang menulis salah satunya" in html and "Simpan dan lanjut" not in html
    answer = settle(both, record, html, kpj="2")
    assert answer.status_code == 409 and "conflicts" in holds(village, record)
    assert settle(village.operator, record, kpj="2").status_code == 303
    undo = {"decision": "~".join(map(str, decision(village, record)))}
    assert both.post(f"/console/conflicts/{record}/undo", undo).status_code == 409


def test_an_auditor_sees_conflicts_and_decides_none(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    auditor = Sitting(village.server, "auditor", "id")
    html = page(auditor, record)
    assert 'type="radio"' not in html and "Simpan dan lanjut" not in html
    assert auditor.post(f"/console/conflicts/{record}", {"seen": "{}"}).status_code == 403


# Taking it back -------------------------------------------------------------------------------------------------------


def decision(village: Village, record: str) -> tuple[str, int]:
    """The last change that a desk made to a record."""
    query = (
        select(t.change.c.device, t.change.c.seq)
        .where(t.change.c.record == record, t.change.c.device.startswith("hq")).order_by(t.change.c.received, t.change.c.seq)
    )  # fmt: skip
    with village.server.reading() as connection:
        return tuple(connection.execute(query).all()[-1])


def test_a_decision_is_taken_back_by_one_more_change_and_may_be_made_anew(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    settle(village.operator, record, kpj="2")
    html = page(village.operator, record)
    assert "Yang sudah diputuskan" in html
    undo = form(html, f"/console/conflicts/{record}/undo")
    answer = village.operator.post(f"/console/conflicts/{record}/undo", undo)
    assert answer.headers["Location"] == f"/console/conflicts/{record}"
    for phone in (village.siti, village.budi):
        told = village.told(phone, record)
        assert told is not None and told["fields"]["kpj"] == "11" and "conflicts" not in told
    assert "undo" in acts(village, record)
    html = page(village.operator, record)
    assert "keputusan dibatalkan" in html and len(keys(html, "kpj")) == 2
    assert settle(village.operator, record, html, kpj="12").status_code == 303
    assert holds(village, record)["fields"]["kpj"] == "12"
    html = page(village.operator, record)
    assert "Tidak ada yang berbeda lagi" in html and html.count("dibatalkan</span>") == 1


def test_what_somebody_has_written_over_is_not_taken_back_and_why_is_said(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    settle(village.operator, record, kpj="2")
    undo = form(page(village.operator, record), f"/console/conflicts/{record}/undo")
    told = village.told(village.siti, record)
    assert told is not None
    seen = {device: seq for device, seq in told["seen"].items() if device != village.siti.id}
    village.siti.sync(village.siti.change(record, {"kpj": "14"}, seen=seen))
    answer = village.operator.post(f"/console/conflicts/{record}/undo", undo)
    assert answer.status_code == 409 and "sudah ada yang menulis sesudahnya" in answer.get_data(as_text=True)
    assert holds(village, record)["fields"]["kpj"] == "14"
    assert f"/console/conflicts/{record}/undo" not in page(village.operator, record)


@pytest.mark.parametrize("said", ["", "~", "hq~1", "x~99999999999999999999", "hqx~-1"])
def test_only_a_decision_of_a_desk_is_taken_back(village: Village, said: str) -> None:
    record = village.registered()
    answer = village.operator.post(f"/console/conflicts/{record}/undo", {"decision": said})
    assert answer.status_code == 404
    own = {"decision": f"{village.siti.id}~1"}
    assert village.operator.post(f"/console/conflicts/{record}/undo", own).status_code == 404


# Asking the officer ---------------------------------------------------------------------------------------------------


def test_a_record_is_returned_to_the_officer_who_wrote_it_last_with_a_note(village: Village) -> None:
    record = village.registered()
    village.differ(record, {"kpj": "11"}, {"kpj": "12"})
    path = f"/console/conflicts/{record}/return"
    assert village.operator.post(path, {"note": " "}).status_code == 422
    assert village.operator.post(path, {"note": "Cocokkan dengan kartunya."}).status_code == 303
    assert acts(village, record)[-1] == "return"
    assert village.siti.sync()["notices"] == []
    (notice,) = village.budi.sync()["notices"]
    assert notice["text"] == "Cocokkan dengan kartunya." and notice["record"] == record and notice["why"] == "returned"
    assert "sudah ditanyakan" in page(village.operator, record)
    assert village.budi.sync()["notices"] == []


def test_what_joins_two_records_is_no_conflict(village: Village) -> None:
    assert village.operator.get("/console/conflicts/link:a-1:b-1").status_code == 404
    assert village.operator.get("/console/conflicts/zzzzzz-1").status_code == 404
