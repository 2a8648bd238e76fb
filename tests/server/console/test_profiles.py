"""Villages' profiles: entered by staff, read by rankings and awards, last year's money never taken for this year's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.region import NATION
from server.actions import profiles
from server.actions.settle import OutsideRegion
from server.clock import now_ms
from server.store.accounts import by_name
from server.store.scoping import Scope
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import ELSEWHERE, NEIGHBOUR, VILLAGE, Installation, copied

THIS = f"profile:{VILLAGE}:2026"
DISTRICT = VILLAGE.rpartition(".")[0]


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("profiles") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(server: Installation) -> Sitting:
    return Sitting(server, "staff", "64.02")


def page(sitting: Sitting, record: str) -> str:
    answer = sitting.get(f"/console/profiles/{record}")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def fill(sitting: Sitting, record: str, **fields: str) -> int:
    sent = form(page(sitting, record), f"/console/profiles/{record}") | fields
    return int(sitting.post(f"/console/profiles/{record}", sent).status_code)


def told(server: Installation, year: int, scope: str = NATION) -> dict[str, dict[str, object]]:
    with server.app.app_context():
        return profiles.latest(Scope(scope), year)


def test_staff_enter_a_village_and_see_it_in_the_list(server: Installation, staff: Sitting) -> None:
    assert fill(staff, THIS, remoteness="4", signal="weak", travel_hours="3.5", apparatus="11", village_budget="2.016.000",
                source="Prodeskel") == 303  # fmt: skip
    staff.get("/console/")  # which says what was done last
    assert 'role="status"' not in page(staff, THIS)
    listed = staff.get("/console/profiles", within=DISTRICT, year="2026").get_data(as_text=True)
    assert "4 / 5" in listed and "Rp2.016.000" in listed and "3,5" in listed
    assert told(server, 2026)[VILLAGE] == {
        "remoteness": 4, "signal": "weak", "travel_hours": 3.5, "apparatus": 11, "village_budget": 2_016_000,
        "source": "Prodeskel", "year": 2026,
    }  # fmt: skip


def test_what_lies_in_the_land_holds_on_and_last_years_money_does_not(server: Installation, staff: Sitting) -> None:
    record = f"profile:{NEIGHBOUR}:2025"
    assert fill(staff, record, remoteness="2", village_budget="900000") == 303
    assert told(server, 2026)[NEIGHBOUR] == {"remoteness": 2, "year": 2025}
    assert told(server, 2025)[NEIGHBOUR]["village_budget"] == 900_000
    assert NEIGHBOUR not in told(server, 2024)
    begun = form(page(staff, f"profile:{NEIGHBOUR}:2026"), f"/console/profiles/profile:{NEIGHBOUR}:2026")
    assert begun["remoteness"] == "2" and begun["village_budget"] == ""


def test_a_wrong_number_comes_back_into_the_form(staff: Sitting) -> None:
    sent = form(page(staff, THIS), f"/console/profiles/{THIS}") | {"remoteness": "9"}
    answer = staff.post(f"/console/profiles/{THIS}", sent)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True) and 'value="9"' in answer.get_data(as_text=True)


def test_two_who_save_at_once_do_not_write_over_each_other(staff: Sitting) -> None:
    first = form(page(staff, THIS), f"/console/profiles/{THIS}")
    assert staff.post(f"/console/profiles/{THIS}", first | {"electricity": "part"}).status_code == 303
    assert staff.post(f"/console/profiles/{THIS}", first | {"electricity": "full"}).status_code == 409


def test_a_village_of_another_regency_is_not_there(server: Installation, staff: Sitting) -> None:
    assert staff.get(f"/console/profiles/profile:{ELSEWHERE}:2026").status_code == 404
    assert staff.post(f"/console/profiles/profile:{ELSEWHERE}:2026", {"remoteness": "1"}).status_code == 404
    with server.app.app_context(), server.reading() as connection:
        account = by_name(connection, _name(server, staff))
    assert account is not None
    with server.app.app_context(), pytest.raises(OutsideRegion):
        profiles.keep(f"profile:{ELSEWHERE}:2026", {}, {"remoteness": 1}, account, now_ms())


def _name(server: Installation, sitting: Sitting) -> str:
    from sqlalchemy import select

    from server.store import tables as t

    with server.reading() as connection:
        return str(connection.scalar(select(t.account.c.name).where(t.account.c.id == sitting.account)))


def test_a_viewer_sees_what_is_known_and_enters_nothing(server: Installation) -> None:
    viewer = Sitting(server, "viewer", "64.02")
    assert "<form method" not in page(viewer, THIS).partition("<main")[2]
    assert viewer.post(f"/console/profiles/{THIS}", {"remoteness": "1"}).status_code == 403


def test_a_province_is_told_how_far_its_regencies_are(server: Installation) -> None:
    text = Sitting(server, "staff", "64").get("/console/profiles", year="2026").get_data(as_text=True)
    assert "Kutai Kartanegara" in text and "237" in text  # 193 desa and 44 kelurahan


def test_a_kecamatan_is_filled_in_at_once_and_what_is_wrong_comes_back(server: Installation, staff: Sitting) -> None:
    """Neither a village that was left as it is nor one that is faulty keeps the others from being saved."""
    there, third = f"/console/profiles/sheet?within={DISTRICT}&year=2027", "64.02.11.2001"
    sent = form(staff.get(there).get_data(as_text=True), "/console/profiles/sheet/2027")
    assert sent[f"{VILLAGE}.remoteness"] == "4" and sent[f"{VILLAGE}.village_budget"] == ""
    sent |= {f"{VILLAGE}.village_budget": "3.000.000", f"{third}.remoteness": "9", "source": "Prodeskel"}
    answer = staff.post("/console/profiles/sheet/2027", sent)
    assert answer.status_code == 422 and 'role="alert"' in answer.get_data(as_text=True)
    known = told(server, 2027)
    assert known[VILLAGE]["village_budget"] == 3_000_000 and known[VILLAGE]["remoteness"] == 4 and third not in known
    assert known[NEIGHBOUR]["year"] == 2025  # nobody touched its row
    again = form(answer.get_data(as_text=True), "/console/profiles/sheet/2027") | {f"{third}.remoteness": "5"}
    assert staff.post("/console/profiles/sheet/2027", again).status_code == 303
    assert told(server, 2027)[third]["remoteness"] == 5 and told(server, 2027)[VILLAGE]["village_budget"] == 3_000_000
