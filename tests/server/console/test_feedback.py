"""The desk of feedback: a list with its themes, one page a voice, a board, and outreach by village and officer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from server.actions import clocks
from server.clock import now_ms
from tests.server.actions.test_evaluation import ago, follows, registers, visits
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, Installation, Phone, copied

REGENCY, DISTRICT, OTHER = "64.02", "64.02.11", "64.03"
CONSOLE = "/console"


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("voices") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def phone(server: Installation) -> Phone:
    made = server.enrolled(VILLAGE)
    visits(made, "outreach", 12, attendance=8, theme="manfaat JKM")
    registers(made, 10)
    visits(made, "feedback", 20, by="kades", theme="Sinyal", text="Pak Darmawan mengeluh sinyal.", state="open")
    follows(server)
    return made


@pytest.fixture(scope="module")
def operator(server: Installation) -> Sitting:
    return Sitting(server, "operator", REGENCY)


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def send(sitting: Sitting, page: str, act: str, **fields: str) -> Any:
    found = re.search(r'name="seen" value="([^"]*)"', sitting.get(page).get_data(as_text=True))
    assert found
    return sitting.post(f"{page}/{act}", {"seen": unescape(found[1])} | fields)


def test_an_operator_answers_what_a_phone_sent_and_the_phone_hears_it(
    server: Installation, operator: Sitting, phone: Phone
) -> None:
    listed = text_of(operator.get(f"{CONSOLE}/feedback"))
    assert "Pak Darmawan" in listed and "terlalu lama" in listed and "Desa Muara Kaman Ulu" in listed
    page = re.search(r'href="(/console/feedback/visits/[^"?]*)', listed)
    assert page
    phone.sync()
    assert send(operator, page[1], "answer", answer=" ").status_code == 422
    assert send(operator, page[1], "escalate").status_code == 303
    assert "Kecamatan Muara Kaman, sejak" in text_of(operator.get(page[1]))
    assert send(operator, page[1], "answer", answer="Menara menyusul.").status_code == 303
    told = text_of(operator.get(page[1]))
    assert "Menara menyusul." in told and "operator 64.02" in told
    record = page[1].rpartition("/")[2]
    assert next(each for each in phone.sync()["records"] if each["record"] == record)["fields"]["state"] == "answered"


def test_what_comes_by_letter_is_noted_answered_by_a_solution_and_done(operator: Sitting, phone: Phone) -> None:
    solution = operator.post(f"{CONSOLE}/solutions/new", {
        "title": "Kolektor dusun", "theme": "iuran", "challenge": "Jauh.", "what_worked": "Waktu posyandu.",
        "published": "yes",
    }).headers["Location"].rpartition("/")[2]  # fmt: skip
    refused = operator.post(f"{CONSOLE}/feedback/new", {"by": "camat", "date": ago(1), "theme": "iuran"})
    assert refused.status_code == 422 and "wajib" in text_of(refused)
    made = operator.post(f"{CONSOLE}/feedback/new", {
        "by": "camat", "date": ago(1), "theme": "iuran", "text": "Bayarnya jauh.", "within": DISTRICT,
    })  # fmt: skip
    page = made.headers["Location"].split("?")[0]
    assert "Kolektor dusun (iuran)" in text_of(operator.get(page))
    assert send(operator, page, "answer", solution=solution).status_code == 303
    assert "Kolektor dusun: Waktu posyandu." in text_of(operator.get(page))
    assert send(operator, page, "finish").status_code == 303
    assert "Kirim jawaban" not in text_of(operator.get(page))


def test_who_may_see_sums_alone_reads_no_words(server: Installation, operator: Sitting, phone: Phone) -> None:
    viewer = Sitting(server, "viewer", REGENCY)
    told = text_of(viewer.get(f"{CONSOLE}/feedback"))
    assert "Sinyal" in told and "Darmawan" not in told
    held = text_of(viewer.get(f"{CONSOLE}/outreach"))
    assert "Muara Kaman" in held and "12,5 %" in held and "Siti Aminah" not in held
    assert viewer.get(f"{CONSOLE}/feedback/new").status_code == 403
    shown = text_of(operator.get(f"{CONSOLE}/outreach"))
    assert "Siti Aminah" in shown and "manfaat JKM" in shown


def test_a_board_is_everybodys_and_a_draft_the_regions_own(server: Installation, operator: Sitting) -> None:
    for title, published in (("Sinkron hari pasar", "yes"), ("Belum selesai", "no")):
        operator.post(f"{CONSOLE}/solutions/new", {
            "title": title, "theme": "sinyal", "challenge": "Tidak ada sinyal.", "what_worked": "Hari pasar.",
            "published": published,
        })  # fmt: skip
    far = Sitting(server, "viewer", OTHER)
    board = text_of(far.get(f"{CONSOLE}/solutions", words="pasar"))
    assert "Sinkron hari pasar" in board and "Kutai Kartanegara" in board and "Belum selesai" not in board
    page = re.search(r'href="(/console/solutions/solution[^"?]*)', board)
    assert page and far.get(page[1]).status_code == 200
    assert Sitting(server, "staff", OTHER).get(f"{page[1]}/edit").status_code == 404
    assert "Tidak ada solusi yang cocok" in text_of(far.get(f"{CONSOLE}/solutions", words="kapal selam"))
    own = text_of(operator.get(f"{CONSOLE}/solutions"))
    assert "Belum selesai" in own and "konsep" in own


def test_what_waits_too_long_stands_on_the_first_page(server: Installation, operator: Sitting, phone: Phone) -> None:
    visits(phone, "feedback", 16, by="camat", theme="kartu", text="Kartu belum sampai.", state="open")
    follows(server)
    with server.app.app_context():
        clocks.run(server.settings, now_ms())
    assert "menunggu lebih dari 14 hari" in text_of(operator.get(f"{CONSOLE}/"))


def test_a_list_goes_on_where_it_ended_and_shows_everything_once(
    server: Installation, operator: Sitting, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        visits(phone, "feedback", 40 + number % 2, by="kades", theme="antrean", text=f"Antrean {number}.", state="open")
    follows(server)
    monkeypatch.setattr("server.actions.feedback.heard.__kwdefaults__", {
        "only": "open", "theme": None, "here": False, "after": None, "between": None, "most": 2,
    })  # fmt: skip
    found: list[str] = []
    address: str | None = f"{CONSOLE}/feedback?theme=antrean"
    while address:
        page = text_of(operator.get(address))
        found += re.findall(r"Antrean \d\.", page)
        more = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
        address = more[1] if more else None
    assert sorted(found) == [f"Antrean {number}." for number in range(5)]
