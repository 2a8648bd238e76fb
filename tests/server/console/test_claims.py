"""The desk of claims, by its pages: a whole case from a phone off line to closed, and what nobody may see or do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from schemas.change import from_ms, loads
from server.actions import claim_cases, clocks, cover
from server.actions.settle import settle
from server.clock import day_at, now_ms
from server.store import desk_tables as d
from server.store import tables as t
from server.store.programme_tables import claim_case, clock
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, ELSEWHERE, VILLAGE, WORKER, Installation, Phone, copied

STORY = "Jatuh dari perahu saat mengangkut sawit."
HOSTILE = '"><img src=x onerror=alert(1)>'
EVERY_PAPER = ["ktp", "kk", "member_card", "lkk_1", "lkk_2", "chronology", "witness_ids", "doctor_note"]


class Desk:
    """Oki at the desk of claims, an auditor, somebody of another regency, a viewer; Siti's phone."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.siti: Phone = server.enrolled(VILLAGE)
        self.oki, self.far = Sitting(server, "operator", "64.02"), Sitting(server, "operator", "64.03")
        self.viewer, self.officer = Sitting(server, "viewer", "64.02"), Sitting(server, "officer", VILLAGE)
        self.auditor = Sitting(server, "auditor", "64.02")
        self.numbers = iter(range(9000, 9999))

    def worker(self, phone: Phone | None = None, paid: bool = True, **more: Any) -> str:
        phone = phone or self.siti
        fields = WORKER | {"nik": f"640211520790{next(self.numbers)}", "full_name": f"Sarinah {HOSTILE}",
                           "monthly_income": 1_000_000, "registered_at": day(-300)} | more  # fmt: skip
        phone.sync(phone.change(None, fields))
        record = f"{phone.id}-{phone.seq}"
        if paid:
            months = sorted({(date.today().replace(day=1) - timedelta(days=30 * n)).isoformat()[:7] for n in range(8)})
            told = {"worker": record, "months": months, "programs": ["JKK", "JKM"], "amount": 16_800 * 8, "funding": "self",
                    "paid_on": f"{months[0]}-02"}  # fmt: skip
            phone.sync(phone.change(None, told, kind="contribution"))
            with self.server.app.app_context():
                settle(f"{phone.id}-{phone.seq}", None, {"confirmed": True}, None, now_ms())
        return record

    def claim(self, worker: str, phone: Phone | None = None, at: int | None = None, **more: Any) -> str:
        phone = phone or self.siti
        fields = {
            "worker": worker, "program": "JKK", "event": "accident", "event_date": day(-1), "event_time": "07:15",
            "event_place": "Sungai", "chronology": STORY, "documents": ["ktp", "accident_report_1"], "status": "reported",
        } | more  # fmt: skip
        phone.sync(phone.change(None, fields, kind="claim", at=from_ms(at or now_ms() - 1000)))
        self.follow()
        return f"{phone.id}-{phone.seq}"

    def follow(self) -> None:
        with self.server.app.app_context():
            claim_cases.follow(self.server.settings, now_ms())
            cover.refresh(self.server.settings, now_ms())

    def does(self, record: str, step: str, sitting: Sitting | None = None, **typed: Any) -> Any:
        """Fill in a form of the page and send it, as a browser would."""
        sitting = sitting or self.oki
        action = f"/console/claims/{record}/{step}"
        sent = form(text(sitting.get(f"/console/claims/{record}")), action)
        return sitting.post(action, sent | typed)

    def record(self, record: str) -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(t.record).where(t.record.c.id == record)).one()

    def fields(self, record: str) -> dict[str, Any]:
        found: dict[str, Any] = loads(self.record(record).fields)
        return found

    def case(self, record: str) -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(claim_case).where(claim_case.c.record == record)).first()

    def acts(self, record: str) -> list[str]:
        with self.server.reading() as connection:
            query = select(d.audit.c.act).where(d.audit.c.record == record).order_by(d.audit.c.id)
            return list(connection.scalars(query))


def day(days: int) -> str:
    return (day_at(now_ms(), VILLAGE) + timedelta(days=days)).isoformat()


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:2000])
    body: str = answer.get_data(as_text=True)
    assert HOSTILE not in body
    return body


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = Installation(copied(template, tmp_path_factory.mktemp("desk of claims") / "var"))
    yield Desk(server)
    server.close()


def test_a_case_goes_from_a_phone_without_a_line_to_closed_and_into_the_report(desk: Desk) -> None:
    worker = desk.worker()
    record = desk.claim(worker, at=now_ms() - DAY_MS // 2)  # written down without a line, half a day ago
    page = text(desk.oki.get(f"/console/claims/{record}"))
    assert "2x24" in page and "belum; telepon 175 hari ini" in page and "tepat waktu" in page
    assert "Aktif pada hari itu" in page and "perkiraan; keputusan oleh BPJS" in page and "Rp56.000.000" in page
    assert STORY not in page and "Laporan kecelakaan tahap II" in page
    assert "kecelakaan harus dilaporkan ke BPJS" in text(desk.oki.get("/console/"))
    assert "Lapor BPJS" in text(desk.oki.get("/console/claims"))

    assert desk.does(record, "told", branch_told_on=day(0)).status_code == 303
    assert desk.case(record).step == "papers"
    assert desk.does(record, "papers", documents=EVERY_PAPER[:-1]).status_code == 303
    assert (desk.case(record).stage, desk.fields(record)["status"]) == ("incomplete", "incomplete")
    assert "Masih ada berkas yang kurang" in text(desk.does(record, "submit", submitted_on=day(0)), 422)
    desk.does(record, "papers", documents=EVERY_PAPER)
    assert desk.case(record).stage == "ready"
    assert desk.does(record, "submit", submitted_on=day(0)).status_code == 303

    assert desk.does(record, "back", returned_on=day(0), returned_papers=["doctor_note"]).status_code == 303
    page = text(desk.oki.get(f"/console/claims/{record}"))
    assert "diminta cabang" in page and "Dikembalikan cabang" in page
    assert (desk.case(record).stage, desk.fields(record)["status"]) == ("returned", "submitted"), "no status goes down"
    desk.does(record, "papers", documents=EVERY_PAPER)
    desk.does(record, "submit", submitted_on=day(0))
    assert desk.case(record).stage == "submitted" and desk.fields(record).get("returned_on") is None

    decided = {"outcome": "granted", "decided_on": day(0)}
    assert "Tulis jumlah dari surat keputusan" in text(desk.does(record, "decide", **decided), 422)
    assert desk.does(record, "decide", **decided, amount="Rp56.000.000").status_code == 303
    assert desk.fields(record)["amount"] == 56_000_000 and desk.case(record).step == "payment"
    desk.does(record, "pay", paid_on=day(0))
    handed = {"date": day(0), "place": "Kantor desa", "by": "Camat", "recipient": "Keluarga Sarinah"}
    assert "Tanyakan kepada keluarga" in text(desk.does(record, "hand-over", **handed), 422), "consent is asked"
    assert desk.case(record).stage == "paid"
    desk.does(record, "hand-over", **handed, publicity_consent="no")
    assert desk.case(record).stage == "handed_over"
    assert desk.does(record, "close").status_code == 303
    row = desk.case(record)
    assert (row.stage, row.step, row.due_at, row.amount, row.told_in_time) == ("closed", None, None, 56_000_000, "met")
    assert record in text(desk.oki.get("/console/claims", show="closed"))
    assert desk.acts(record).count("claim") == 11
    followed, (told,) = desk.case(record), [each for each in desk.siti.sync()["records"] if each["record"] == record]
    assert told["fields"]["status"] == "closed" and told["fields"]["amount"] == 56_000_000, "it reaches the phone"
    with desk.server.app.app_context():
        claim_cases.draw_all(desk.server.settings, now_ms())
    assert desk.case(record) == followed, "from scratch it is the same"


def test_who_did_not_agree_is_named_neither_on_the_sheet_nor_by_his_sum(desk: Desk) -> None:
    for name, consent in (("Ahli Waris Setuju", "yes"), ("Ahli Waris Diam", "no")):
        record = handed(desk, recipient=name, consent=consent)
        assert desk.case(record).stage == "handed_over"
    sheet = text(desk.oki.get("/console/claims/ceremony", day=day(0)))
    assert "Ahli Waris Setuju" in sheet and "Ahli Waris Diam" not in sheet and "penerima lain" in sheet
    register = text(desk.oki.get("/console/claims/handovers"))
    assert "Ahli Waris Diam" in register and "jangan disebut" in register


def handed(desk: Desk, recipient: str = "Keluarga", consent: str = "no", amount: int = 42_000_000, **more: Any) -> str:
    record = desk.claim(desk.worker(), **{"program": "JKM", "event": "death", "event_date": day(-3)} | more)
    desk.does(record, "submit", submitted_on=day(0), anyway="1")
    desk.does(record, "decide", outcome="granted", decided_on=day(0), amount=str(amount))
    desk.does(record, "pay", paid_on=day(0))
    desk.does(record, "hand-over", date=day(0), place="Kantor desa", by="Camat", recipient=recipient,
              publicity_consent=consent)  # fmt: skip
    return record


def test_what_happened_is_opened_on_request_alone_and_noted(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    assert STORY not in text(desk.oki.get(f"/console/claims/{record}"))
    assert STORY in text(desk.oki.post(f"/console/claims/{record}/show"))
    with desk.server.reading() as connection:
        said = connection.scalars(select(d.audit.c.about).order_by(d.audit.c.id.desc()).limit(1)).one()
    assert "chronology" in said and STORY not in said
    seen = text(desk.officer.get(f"/console/claims/{record}"))
    assert "Kecelakaan" not in seen.split("<main")[1].split("2x24")[0] and "•••••" in seen and "Rp56.000.000" not in seen
    assert desk.officer.post(f"/console/claims/{record}/show").status_code == 403


def test_nobody_of_another_region_or_without_the_role_sees_or_moves_a_claim(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    assert desk.far.get(f"/console/claims/{record}").status_code == 404
    assert desk.viewer.get(f"/console/claims/{record}").status_code == 403
    for sitting in (desk.far, desk.viewer, desk.auditor, desk.officer):
        assert sitting.post(f"/console/claims/{record}/close", {"seen": "{}"}).status_code in (403, 404)
    assert record not in text(desk.far.get("/console/claims"))


def test_what_somebody_else_wrote_meanwhile_is_shown_before_it_is_written_over(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    action = f"/console/claims/{record}/papers"
    sent = form(text(desk.oki.get(f"/console/claims/{record}")), action)
    desk.siti.sync(desk.siti.change(record, {"documents": ["ktp", "kk"]}, kind="claim", seen={desk.siti.id: desk.siti.seq}))
    answer = desk.oki.post(action, sent | {"documents": ["ktp"]})
    assert "baru saja diubah orang lain" in text(answer, 409)
    assert desk.fields(record)["documents"] == ["kk", "ktp"]


def test_days_are_in_the_order_in_which_things_happen_and_none_lies_ahead(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    assert "belum tiba" in text(desk.does(record, "told", branch_told_on=day(1)), 422)
    assert "Tidak mungkin sebelum" in text(desk.does(record, "told", branch_told_on=day(-2)), 422)
    assert "tidak terbaca" in text(desk.does(record, "told", branch_told_on="besok"), 422)
    desk.does(record, "submit", submitted_on=day(0), anyway="1")
    late = text(desk.does(record, "decide", outcome="refused", refused_for="late", decided_on=day(-1)), 422)
    assert "Tidak mungkin sebelum" in late
    assert "Pilih jenis alasannya" in text(desk.does(record, "decide", outcome="refused", decided_on=day(0)), 422)
    assert desk.oki.post(f"/console/claims/{record}/pay", {"seen": "{}", "paid_on": day(0)}).status_code == 422
    assert desk.oki.post(f"/console/claims/{record}/close", {"seen": "{}"}).status_code == 422


def test_a_refused_claim_is_closed_with_its_reason_hidden_until_it_is_opened(desk: Desk) -> None:
    record = desk.claim(desk.worker(paid=False))
    assert "Belum pernah dibayar" in text(desk.oki.get(f"/console/claims/{record}"))
    desk.does(record, "submit", submitted_on=day(0), anyway="1")
    desk.does(record, "decide", outcome="refused", decided_on=day(0), refused_for="not_active", refusal="Iuran tidak ada.")
    page = text(desk.oki.get(f"/console/claims/{record}"))
    assert "Tidak aktif saat kejadian" in page and "Iuran tidak ada." not in page
    desk.does(record, "close")
    assert desk.case(record).stage == "closed" and desk.case(record).paid_on is None


def test_a_family_may_withdraw_before_anything_was_sent_in(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    assert desk.does(record, "decide", outcome="withdrawn", decided_on=day(0)).status_code == 303
    assert desk.case(record).stage == "decided" and desk.case(record).step == "closing"


def test_the_clock_of_an_accident_that_nobody_told_of_is_over_and_urgent(desk: Desk) -> None:
    record = desk.claim(desk.worker(), event_date=day(-4), at=now_ms() - 4 * DAY_MS + DAY_MS // 4)
    page = text(desk.oki.get(f"/console/claims/{record}"))
    assert "belum, dan waktunya sudah lewat" in page
    home = text(desk.oki.get("/console/"))
    assert "lewat 2x24 jam dan cabang belum diberi tahu" in home
    listed = text(desk.oki.get("/console/claims", late="1"))
    assert record in listed and listed.index(record) < listed.index("</tr>", listed.index("<tbody"))
    with desk.server.app.app_context():
        clocks.run(desk.server.settings, now_ms())
        due = desk.case(record).due_at
    with desk.server.reading() as connection:
        term = connection.execute(select(clock).where(clock.c.what == "accident", clock.c.record == record)).one()
    assert (term.region, term.due_at) == (VILLAGE, due) and due < now_ms()


@pytest.mark.parametrize(("village", "hours"), [(VILLAGE, 8), ("31.71.03.1002", 7), ("81.71.01.1001", 9)])
def test_the_clock_runs_by_the_villages_own_zone(village: str, hours: int) -> None:
    wall = datetime(2026, 11, 29, 16, 0)
    assert claim_cases.moment(wall, village) == int(datetime(2026, 11, 29, 16 - hours, tzinfo=UTC).timestamp() * 1000)
    assert claim_cases.local(claim_cases.moment(wall, village), village) == wall


def test_without_the_hour_the_page_tells_both_readings(desk: Desk) -> None:
    record = desk.claim(desk.worker(), event_time=None, event_date=day(-1))
    assert "dihitung dari awal hari itu" in text(desk.oki.get(f"/console/claims/{record}"))


def test_what_a_phone_calls_paid_is_asked_after(desk: Desk) -> None:
    record = desk.claim(desk.worker(), status="paid")
    assert desk.case(record).stage == "submitted"
    assert "Desa menulis" in text(desk.oki.get(f"/console/claims/{record}"))


def test_a_conflict_is_shown_and_leads_to_where_it_is_settled(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    budi = desk.server.enrolled(VILLAGE, officer="Budi Santoso")
    budi.sync()
    seen = {desk.siti.id: desk.siti.seq}
    desk.siti.sync(desk.siti.change(record, {"event_date": day(-2)}, kind="claim", seen=seen))
    budi.sync(budi.change(record, {"event_date": day(-3)}, kind="claim", seen=seen, village=VILLAGE))
    desk.follow()
    page = text(desk.oki.get(f"/console/claims/{record}"))
    assert "Isian yang berbeda" in page and f"/console/conflicts/{record}" in page and desk.case(record).waits


def test_the_event_may_be_corrected_and_an_incomplete_claim_says_what_it_lacks(desk: Desk) -> None:
    worker = desk.worker()
    desk.siti.sync(desk.siti.change(None, {"worker": worker, "program": "JKM", "event": "death"}, kind="claim"))
    record = f"{desk.siti.id}-{desk.siti.seq}"
    desk.follow()
    assert "Belum lengkap" in text(desk.oki.get(f"/console/claims/{record}")) and desk.case(record).step == "papers"
    assert desk.does(record, "correct", event_date=day(-2)).status_code == 303
    assert desk.case(record).event_on == day(-2)
    assert "Belum ada yang berubah" in text(desk.does(record, "correct"), 422)


def test_the_officer_is_asked_for_what_lacks(desk: Desk) -> None:
    record = desk.claim(desk.worker())
    assert desk.does(record, "note", note="Tolong minta surat dokter.").status_code == 303
    assert "Tolong minta surat dokter." in str(desk.siti.sync())
    assert "paling banyak" in text(desk.does(record, "note", note=" "), 422)


def test_the_law_takes_the_case_of_an_erased_claim_with_it(desk: Desk) -> None:
    from server.actions.settle import erase

    record = desk.claim(desk.worker())
    assert desk.case(record) is not None
    with desk.server.app.app_context():
        erase([record], "diminta", None, desk.server.settings, now_ms())
    assert desk.case(record) is None
    desk.follow()
    with desk.server.app.app_context():
        claim_cases.draw_all(desk.server.settings, now_ms())
    assert desk.case(record) is None and desk.oki.get(f"/console/claims/{record}").status_code == 404


def test_the_list_goes_on_from_page_to_page_without_leaving_anybody_out(desk: Desk) -> None:
    from server.actions import claims as acts
    from server.store.claims import Filter
    from server.store.scoping import Scope

    with desk.server.app.app_context():
        whole = [row.case.record for row in acts.page(Scope("64.02"), Filter(), None, 500, now_ms()).rows]
        found, cursor = [], None
        while True:
            page = acts.page(Scope("64.02"), Filter(), cursor, 2, now_ms())
            found += [row.case.record for row in page.rows]
            if not (cursor := page.next):
                break
    assert found == whole and len(whole) > 5
    assert desk.oki.get("/console/claims", after="nonsense").status_code == 400


def test_another_regencys_claims_are_never_in_the_list(desk: Desk) -> None:
    phone = desk.server.enrolled(ELSEWHERE)
    record = desk.claim(desk.worker(phone), phone)
    assert record not in text(desk.oki.get("/console/claims")) and record in text(desk.far.get("/console/claims"))


def test_the_report_hides_few_and_names_nobody(desk: Desk) -> None:
    for _ in range(5):
        handed(desk)
    page = text(desk.viewer.get("/console/claims/outcomes"))
    assert "Sarinah" not in page and "Keluarga Sarinah" not in page
    assert "Hasil klaim" in page and "Manfaat dibayarkan" in page
    assert desk.viewer.get("/console/claims").status_code == 403
