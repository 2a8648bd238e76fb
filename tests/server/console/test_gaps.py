"""The page of who is not protected: why, what is next, for whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import select

from server.db import transaction
from server.store import rights
from server.store.desk_tables import person
from server.store.gaps import CHECKS, REASONS
from server.store.tables import metadata
from tests.server.console.world import Sitting
from tests.server.gapped import tell
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, copied
from tests.server.village import Days, days_of

HOME = VILLAGE[:5]


@pytest.fixture(scope="module")
def days(template, tmp_path_factory) -> Iterator[Days]:
    made = Installation(copied(template, tmp_path_factory.mktemp("gaps") / "var"))
    with days_of(made) as known:
        tell(known)
        yield known
    made.close()


@pytest.fixture(scope="module")
def operator(days: Days) -> Sitting:
    return Sitting(days.server, "operator", HOME)


def page(sitting: Sitting, path: str = "/console/gaps", **query: str) -> str:
    answer = sitting.get(path, **query)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def test_every_reason_has_its_number_and_a_next_step_for_somebody(operator: Sitting) -> None:
    text = page(operator)
    assert text.count("<strong>Petugas desa</strong>") >= 4 and "<strong>Operator</strong>" in text
    for reason in (*REASONS, *CHECKS):
        assert f"reason={reason}" in text
    assert "Arsyad" not in text, "the page of counts names nobody"


def test_a_list_names_its_people_and_the_audit_log_says_who_looked(days: Days, operator: Sitting) -> None:
    text = page(operator, reason="in_arrears")
    assert "Cahaya Tunggak" in text and "menunggak 2 bulan" in text and "Badrun" not in text
    audit, people = metadata.tables["audit"], metadata.tables["audit_record"]
    with days.server.reading() as connection:
        last = connection.execute(select(audit).where(audit.c.act == "list").order_by(audit.c.id.desc())).first()
        shown = connection.execute(select(people).where(people.c.audit == last.id)).all()
    assert len(shown) == 1 and '"in_arrears"' in last.about


def test_whose_data_is_restricted_is_marked_and_his_nik_left_out(days: Days, operator: Sitting) -> None:
    with days.server.reading() as connection:
        found = connection.execute(select(person.c.record, person.c.home, person.c.nik).where(
            person.c.full_name == "Cahaya Tunggak")).one()  # fmt: skip
    assert found.nik in page(operator, reason="in_arrears") and "dibatasi" not in page(operator, reason="in_arrears")
    with days.server.app.app_context(), transaction() as connection:
        rights.restrict(connection, found.record, found.home, None, "permintaan", days.now)
    text = page(operator, reason="in_arrears")
    assert found.nik not in text and "pemakaian dibatasi" in text
    with days.server.app.app_context(), transaction() as connection:
        rights.lift(connection, found.record, [found.record])


def test_who_is_funded_though_dead_is_shown_until_when(operator: Sitting) -> None:
    text = page(operator, reason="ended_funded")
    assert "Kamsiah Wafat" in text and "Des 2026" in text and "Nawawi" not in text


def test_it_is_cut_down_to_one_village_of_ones_own(operator: Sitting) -> None:
    assert "Cahaya Tunggak" in page(operator, reason="in_arrears", village=VILLAGE)
    assert operator.get("/console/gaps", reason="in_arrears", village=ELSEWHERE).status_code == 404
    assert operator.get("/console/gaps", reason="in_arrears", village="x").status_code == 404
    assert operator.get("/console/gaps", within=ELSEWHERE[:5]).status_code == 403


def test_viewers_see_sums_elsewhere_and_no_list_here(days: Days) -> None:
    assert Sitting(days.server, "viewer", HOME).get("/console/gaps").status_code == 403


def test_officers_see_niks_masked(days: Days) -> None:
    text = page(Sitting(days.server, "officer", VILLAGE), reason="in_arrears")
    assert "6402115207909003" not in text and "640211••••••••••" in text


def test_from_coverage_to_award_one_step_leads_to_the_next(days: Days) -> None:
    staff, viewer = Sitting(days.server, "staff", HOME[:2]), Sitting(days.server, "viewer", HOME[:2])
    steps = re.compile(r'<nav class="thread.*?</nav>', re.S)
    for sitting, number in ((staff, 7), (viewer, 6)):
        strip = steps.search(page(sitting, "/console/coverage", within=HOME))
        assert strip
        links = re.findall(r'href="([^"]*)"', strip[0])
        assert len(links) == number
        for link in links:
            assert f"within={HOME}" in link, "the region that is looked at goes along"
            there = steps.search(page(sitting, unescape(link)))
            assert there and there[0].count("aria-current") == 1
    assert not steps.search(page(staff, "/console/"))


def test_whoever_is_not_protected_has_a_price(days: Days) -> None:
    staff = Sitting(days.server, "staff", HOME)
    link = re.search(r'href="([^"]*what-if[^"]*people=\d+[^"]*)"', page(staff))
    assert link and "Rp" in page(staff, unescape(link[1]))


@pytest.mark.parametrize("role", ["staff", "officer", "auditor"])
def test_no_step_leads_to_a_page_that_is_refused(days: Days, role: str) -> None:
    sitting = Sitting(days.server, role, VILLAGE if role == "officer" else HOME)
    main = page(sitting).partition("<main")[2]
    for link in set(re.findall(r'href="(/console/[^"]*)"', main)):
        assert sitting.get(unescape(link)).status_code in (200, 302, 303), link


def test_where_nobody_is_registered_it_says_what_to_do(days: Days) -> None:
    text = page(Sitting(days.server, "operator", ELSEWHERE[:5]))
    assert "Petugas desa mendata di HP" in text


def test_it_speaks_english(operator: Sitting) -> None:
    assert "Awaiting payment" in page(operator, lang="en")
    page(operator, lang="id")


def test_programs_are_told_numbers_by_reason_and_nobody(days: Days) -> None:
    answer = days.server.person("viewer", HOME).get("/api/v1/gaps")
    assert answer.status_code == 200
    (district,) = answer.json["regions"]
    assert district["reasons"] == answer.json["total"] and answer.json["total"]["in_arrears"] == 1
    assert answer.json["month"] == "2026-06" and "Cahaya" not in answer.get_data(as_text=True)
    viewer = days.server.person("viewer", HOME)
    assert viewer.get("/api/v1/gaps", within=ELSEWHERE[:5]).status_code == 403
    assert viewer.get("/api/v1/gaps", within=f"{HOME}.99").status_code == 404
