"""A membership's story as a program reads it, the phone's lists of contributions and cards, and both as lists that leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.actions import people_index
from server.actions.listing import Listing, Wanted
from server.store.scoping import Scope
from tests.server.installation import VILLAGE, Installation, copied
from tests.server.village import Days, days_of

REGENCY, FAR = "64.02", "64.03"
TODAY = "2026-11-20"


@pytest.fixture(scope="module")
def days(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    server = Installation(copied(template, tmp_path_factory.mktemp("memberships") / "var"))
    with days_of(server) as known:
        yield known.day("2026-09-05")
    server.close()


@pytest.fixture(scope="module")
def people(days: Days) -> dict[str, str]:
    """One in arrears, one whose card lies here, one who came back, one whose contribution is due."""
    names = ("late", "card", "back", "due")
    found = {name: days.register(full_name=name.title(), registered_at="2026-06-05") for name in names}
    days.pay(found["late"], "2026-10")
    days.pay(found["back"], "2026-03", collected_by="Siti")
    days.pay(found["due"], "2026-11")
    for name in ("late", "back", "due"):
        days.desk(found[name], card_given_on="2026-06-05")
    days.day("2026-11-10")
    days.pay(found["back"], "2026-11", "2026-12")
    days.pay(found["card"], "2026-11", "2026-12")
    days.desk(found["card"], kpj="21001")
    days.day(TODAY).refresh()
    days.do(people_index.follow, days.settings, days.now)
    return found


def worklists(days: Days) -> dict[str, list[str]]:
    days.refresh()
    answer = days.server.client.get("/api/v1/worklists", headers=days.phone().headers)
    assert answer.status_code == 200
    return {name: answer.json[name] for name in ("in_arrears", "lapsed", "due_soon", "reactivated", "cards")}


def test_a_phone_is_told_all_five_lists(days, people):
    assert worklists(days) == {
        "in_arrears": [people["late"]], "lapsed": [], "due_soon": [], "reactivated": [people["back"]],
        "cards": [people["card"]],
    }  # fmt: skip


def test_the_story_is_told_to_programs_with_who_said_so(days, people):
    told = days.server.person("staff", "64").get(f"/api/v1/workers/{people['late']}/membership").json
    assert [(step["state"], step["since"], step["why"], step["month"]) for step in told["now"]] == [
        ("proposed", "2026-06-05", "registered", None), ("active", "2026-10-01", "paid", "2026-10"),
        ("in_arrears", "2026-11-16", "overdue", "2026-11"),
    ]  # fmt: skip
    assert told["now"][0]["facts"][0]["by"] == "Siti Aminah" and told["now"][0]["known_on"] == "2026-09-05"
    assert told["payments"][0]["confirmed"]["at_desk"] and "amount" not in told["payments"][0]
    assert told["card_given_on"] == "2026-06-05" and told["first_active"] == "2026-10-01" and told["active_since"] is None


def test_another_regency_and_a_viewer_are_told_nothing(days, people):
    path = f"/api/v1/workers/{people['late']}/membership"
    assert days.server.person("operator", FAR).get(path).status_code == 404
    assert days.server.person("viewer", REGENCY).get(path).status_code == 403


def rows(days: Days, what: str, scope: str = REGENCY) -> list[dict[str, object]]:
    wanted = Wanted(what, "csv", "id")
    names = [column.name for column in wanted.columns]
    with days.server.reading() as connection:
        listing = Listing(connection, Scope(scope), wanted, days.now)
        told = [dict(zip(names, row, strict=True)) for some in listing.rows() for row in some]
        assert listing.people == {str(row["record"]) for row in told}
    return told


def test_what_is_to_be_done_leaves_as_a_list(days, people):
    told = {(row["worker_name"], row["what"]): row for row in rows(days, "followups")}
    assert told.keys() == {("Late", "arrears_1"), ("Card", "card"), ("Back", "reactivated")}
    late = told["Late", "arrears_1"]
    assert (late["what_words"], late["since"], late["officer"], late["village"]) == (
        "Menunggak bulan ke-1", "2026-11-16", "Siti Aminah", VILLAGE,
    )  # fmt: skip
    assert rows(days, "followups", FAR) == []


def test_stories_leave_as_a_list_a_row_a_change_of_state(days, people):
    told = [row for row in rows(days, "memberships") if row["record"] == people["late"]]
    assert [(row["state"], row["since"], row["until"], row["stands"]) for row in told] == [
        ("proposed", "2026-06-05", "2026-10-01", False), ("active", "2026-10-01", "2026-11-16", False),
        ("in_arrears", "2026-11-16", None, True),
    ]  # fmt: skip
    assert told[2]["why"] == "Lewat jatuh tempo, belum dibayar: 2026-11" and told[2]["arrears"] == 1
    assert told[0]["by"] == "Siti Aminah" and rows(days, "memberships", FAR) == []


def test_a_contribution_is_due_soon_until_the_fifteenth(days, people):
    days.day("2026-12-10")
    assert people["due"] in worklists(days)["due_soon"]
    days.day("2026-12-16")
    assert people["due"] in worklists(days)["in_arrears"]
