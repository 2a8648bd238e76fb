"""A card, from the branch's list to the worker's hand: the desk confirms, the phone lists him, one tap without a line, and
the desk knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from server.clock import day_at, now_ms
from tests.browser.form import Person, register
from tests.browser.handset import Handset
from tests.browser.installation import ServedApp
from tests.browser.test_desks_at_work import Worker, bring, signed_in  # noqa: F401
from tests.browser.words import said


def test_a_confirmed_card_is_handed_over_without_a_line_and_the_desk_knows(
    served: ServedApp, village: str, siti: Handset, signed_in: Callable[[str, str], Worker], tmp_path: Path  # noqa: F811
):
    who = Person(7, village)
    record = register(siti, served.known_form("worker"), who)
    siti.sent()
    file = tmp_path / "cabang.csv"
    file.write_bytes(of_the_branch("26000000777", who, day_at(now_ms(), village)))
    staff = signed_in("staff", village)
    assert served.run("jobs", "run", "people").code == 0
    number = bring(staff, served, file)
    staff.page.locator("details.ask > summary", has_text="Terima semua").click()
    staff.page.get_by_role("button", name="Ya, terima semua").click()
    assert served.run("jobs", "run", "lists").code == 0
    staff.goes_to(f"/console/lists/{number}")
    assert "Sudah ditulis" in staff.reads()

    for job in ("coverage", "people", "coverage"):
        assert served.run("jobs", "run", job).code == 0
    staff.goes_to("/console/followups?what=card")
    assert who.name in staff.reads() and "Siti Aminah" in staff.reads()

    siti.sent()
    siti.home()
    siti.sees(said("home.card"))
    siti.page.locator(".owed a").filter(has_text=said("home.card")).click()
    siti.page.wait_for_selector(".task")
    (task,) = [task for task in siti.page.locator(".task").all_inner_texts() if who.name in task]
    assert said("tasks.given") in task
    siti.go_offline()
    siti.press(said("tasks.given"))
    siti.sees(f"Kartu {who.name} dicatat sudah diserahkan.")
    siti.home()
    siti.page.wait_for_function("() => !document.body.innerText.includes('kartu belum diserahkan')")
    siti.go_online()
    siti.sent()

    for job in ("coverage", "people"):
        assert served.run("jobs", "run", job).code == 0
    staff.goes_to("/console/followups?what=card")
    assert who.name not in staff.reads()
    staff.goes_to(f"/console/workers/{record}")
    story = staff.page.inner_text("#membership")
    assert "Aktif" in story and "daftar" in story and "26000000777" in story and "Siti Aminah" in story


def of_the_branch(number: str, who: Person, today: date) -> bytes:
    """Its list of this month, with one member."""
    heads = "KPJ;NIK;Nama Peserta;Program;Periode;Iuran;Tgl Bayar"
    row = f"{number};{who.nik};{who.name};JKK+JKM;{today:%m-%Y};8400;{today.replace(day=1):%d/%m/%Y}"
    return f"{heads}\r\n{row}\r\n".encode()
