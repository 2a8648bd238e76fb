"""The desk of awards as its people use it: staff publish and score, judges judge apart, a second person seals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from server.actions import awards
from server.actions.listing import Listing, Wanted
from server.clock import now_ms
from server.db import transaction
from server.export.lists import LISTS
from server.sealing import hash_token, new_token
from server.store import accounts
from server.store.accounts import Account
from server.store.scoping import Scope
from tests.server import awards_story as story
from tests.server.awards_story import BIG, PADDED, REGENCY, SECOND, Award, Cast
from tests.server.console.desk import form
from tests.server.console.world import Sitting
from tests.server.installation import DAY_MS, Installation, copied


class Seat(Sitting):
    """An account that there is, at the console."""

    def __init__(self, server: Installation, account: Account) -> None:
        from server.auth import CONSOLE
        from server.console.door import cookie_name

        self.server, self.role, self.region = server, account.role, account.region
        self.client, self.token, self.account = server.app.test_client(), new_token(), account.id
        with server.app.app_context(), transaction() as connection:
            accounts.add_session(connection, hash_token(self.token), account.id, CONSOLE, now_ms() + DAY_MS, now_ms())
        with server.app.test_request_context():
            self.client.set_cookie(cookie_name(), self.token)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.status_code
        return str(answer.get_data(as_text=True))

    def does(self, page: str, deed: str, **fields: str) -> int:
        sent = form(self.text(page), deed) | fields
        return int(self.post(deed, sent).status_code)


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(copied(template, tmp_path_factory.mktemp("awards") / "var"))
    story.fill(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(server: Installation) -> Cast:
    return story.cast(server)


@pytest.fixture(scope="module")
def led(server: Installation, people: Cast) -> str:
    """The address of an award that was led from its beginning to its release at the console alone."""
    staff, second = Seat(server, people.staff), Seat(server, people.second)
    asked = {"title": "Desa pelindung", "first_month": story.FIRST, "last_month": story.LAST, "winners_a_band": "1",
             "prize": "25.000.000", "within": REGENCY}  # fmt: skip
    blank = form(staff.text(f"/console/awards?within={REGENCY}"), "/console/awards/new")
    begun = staff.post("/console/awards/new", blank | asked)
    assert begun.status_code == 303
    page = begun.headers["Location"].partition("?")[0]
    assert staff.does(page, f"{page}/weights", **{"weight.coverage": "26"}) == 303
    assert "harus 100" in staff.text(page) and staff.does(page, f"{page}/publish") == 422
    assert staff.does(page, f"{page}/weights", **{"weight.coverage": "25"}) == 303
    assert staff.does(page, f"{page}/publish") == 303
    assert staff.does(page, f"{page}/score", day=story.FROZEN) == 303
    assert "sedang dihitung" in staff.text(page) and f'action="{page}/score"' not in staff.text(page)
    with server.app.app_context():
        assert awards.score_waiting(server.settings, now_ms()) == 1
    assert "sedang dihitung" not in staff.text(page)
    assert staff.does(page, f"{page}/propose") == 422  # no judge has come yet
    for number, judge in enumerate(people.judges[:2]):
        seat = Seat(server, judge)
        listed = re.findall(rf'{re.escape(page)}/villages/([0-9.]+)"', seat.text(f"{page}/judging"))
        assert len(listed) == 3 and PADDED not in listed
        for village in listed:
            there = f"{page}/villages/{village}"
            assert seat.does(there, f"{there}/judge", **{"points.innovation": f"{60 + 20 * number},5"}) == 303
    there = f"{page}/villages/{PADDED}"
    assert staff.does(there, f"{there}/lift", reason="above_whole", why="sensus baru") == 303
    assert "answer" not in staff.text(there)  # not offered to who asked for it
    assert second.does(there, f"{there}/lift/answer", agreed="no") == 303
    assert staff.does(page, f"{page}/propose") == 303
    assert f"{page}/seal" not in staff.text(page)
    assert second.does(page, f"{page}/seal") == 303
    assert staff.does(page, f"{page}/release") == 303
    return page


def test_an_award_is_led_from_the_draft_to_its_release_at_the_desk(server: Installation, people: Cast, led: str) -> None:
    text = Seat(server, people.staff).text(led)
    assert "Hadiah dicairkan" in text and "Rp25.000.000" in text and "dewi" in text and "rina" in text
    listed = Seat(server, people.staff).text("/console/awards")
    assert "Desa pelindung" in listed


def test_nobody_passes_the_desk_by_with_a_deed_of_his_own(server: Installation, people: Cast) -> None:
    award = Award(server, people, "paksa").begin().publish().score().judged().propose()
    staff = Seat(server, people.staff)
    page = f"/console/awards/{award.record}"
    seen = {"seen": json.dumps(award.entry.seen)}
    assert staff.post(f"{page}/seal", seen).status_code == 403
    assert Seat(server, people.judges[0]).post(f"{page}/seal", seen).status_code == 403
    assert Seat(server, people.second).post(f"{page}/release", seen).status_code == 422  # not sealed yet
    assert award.entry.fields["state"] == "proposed"
    assert staff.does(page, f"{page}/withdraw") == 303 and award.entry.fields["state"] == "scored"


def test_the_dossier_shows_formula_numbers_source_and_scale(server: Installation, people: Cast, led: str) -> None:
    text = Seat(server, people.judges[0]).text(f"{led}/villages/{BIG}")
    assert "70 peserta aktif / 100 pekerja BPU" in text and "87,5" in text and "0 pada 0 %, 100 pada 80 %" in text
    assert "angka yang dibekukan, 5 Nov 2026" in text and "rata-rata 70,5, dari 60,5 sampai 80,5" in text
    out = Seat(server, people.judges[0]).text(f"{led}/villages/{PADDED}")
    assert "99 / 90" in out and "110,0 %" in out and "sensus baru" in out


def test_the_file_that_is_downloaded_has_the_seal_as_its_hash(server: Installation, people: Cast, led: str) -> None:
    seat = Seat(server, people.judges[0])
    told = seat.get(f"{led}/dossier.json").get_data()
    seal = sha256(told).hexdigest()
    checked = seat.text(f"{led}/seal")
    assert checked.count(seal) == 2 and "Cocok" in checked
    assert seal in seat.text(led)


def test_a_certificate_is_printed_for_each_winner(server: Installation, people: Cast, led: str) -> None:
    text = Seat(server, people.staff).text(f"{led}/certificates")
    assert text.count('class="certificate"') == 2 and "Muara Kaman" in text


def test_before_the_release_operators_see_criteria_and_no_scores(server: Installation, people: Cast) -> None:
    award = Award(server, people, "rahasia").begin().publish().score()
    operator, page = Sitting(server, "operator", REGENCY), f"/console/awards/{award.record}"
    text = operator.get(page).get_data(as_text=True)
    assert "Cakupan pekerja BPU" in text and f"{page}/villages" not in text
    assert operator.get(f"{page}/villages/{BIG}").status_code == 404
    assert operator.get(f"{page}/dossier.json").status_code == 403
    assert operator.get(f"{page}/certificates").status_code == 404


def test_a_judge_does_not_find_others_points_on_any_page(server: Installation, people: Cast) -> None:
    award = Award(server, people, "terpisah").begin().publish().score()
    award.give(people.judges[0], BIG, 73.25)
    seat, page = Seat(server, people.judges[1]), f"/console/awards/{award.record}"
    for path in (page, f"{page}/judging", f"{page}/villages/{BIG}"):
        assert "73,25" not in seat.text(path)
    assert seat.get(f"{page}/dossier.json").status_code == 404
    staff = Seat(server, people.staff)  # who runs the award may judge as well, and is shown no more
    assert "73,25" not in staff.text(page) + staff.text(f"{page}/villages/{BIG}")


def test_everybody_sees_criteria_at_once_and_winners_when_released(server: Installation, people: Cast, led: str) -> None:
    asked = {"Accept-Language": "id"}
    page = server.client.get("/publik/penghargaan", headers=asked)
    text = page.get_data(as_text=True)
    assert page.status_code == 200 and "Desa pelindung" in text and "Muara Kaman" in text
    assert "juri satu" not in text and "default-src 'none'" in page.headers["Content-Security-Policy"]
    again = server.client.get("/publik/penghargaan", headers=asked | {"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    with server.app.app_context():
        hidden = [each for each in awards.public_awards() if each.fields["state"] == "scored"]
    assert all(each.fields["title"] in text for each in hidden)


def test_programs_read_criteria_standing_and_seal(server: Installation, people: Cast, led: str) -> None:
    record = led.rpartition("/")[2]
    told = server.person("viewer", REGENCY).get(f"/api/v1/awards/{record}").json
    assert told["state"] == "released" and told["fits"] is True and len(told["seal"]) == 64
    assert [each["weight"] for each in told["criteria"]][:2] == [25, 15] and BIG in told["winners"]
    assert {each["village"] for each in told["standing"]} >= {BIG, SECOND, PADDED}
    assert server.person("viewer", "64.03").get(f"/api/v1/awards/{record}").status_code == 403
    award = Award(server, people, "api").begin().publish().score()
    early = server.person("operator", REGENCY).get(f"/api/v1/awards/{award.record}").json
    assert early["standing"] is None and early["places"] == [] and early["criteria"]


def test_judges_points_leave_by_no_list_before_the_seal(server: Installation, people: Cast) -> None:
    award = Award(server, people, "daftar").begin().publish().score().judged()
    with server.app.app_context():
        panel = awards.panel_id(award.entry, BIG, people.judges[0].id)
    staff = server.person("staff", REGENCY)
    assert staff.get(f"/api/v1/entries/{panel}").status_code == 404
    award.propose().seal()
    assert staff.get(f"/api/v1/entries/{panel}").status_code == 200


def test_every_number_of_the_last_run_is_in_the_list(server: Installation, people: Cast) -> None:
    award = Award(server, people, "angka").begin().publish().score().score()
    with server.app.app_context(), server.reading() as connection:
        listing = Listing(connection, Scope(REGENCY), Wanted("award_scores", "csv"), now_ms())
        names = [column.name for column in LISTS["award_scores"].columns]
        rows = [dict(zip(names, row, strict=True)) for some in listing.rows() for row in some]
    mine = [row for row in rows if row["award"] == award.record]
    assert len(mine) == 4 * 8 and {row["run"] for row in mine} == {2} and len({row["line"] for row in rows}) == len(rows)
    coverage = next(row for row in mine if row["village"] == BIG and row["criterion"] == "coverage")
    assert (coverage["numerator"], coverage["denominator"], coverage["points"], coverage["weight"]) == (70, 100, 87.5, 25)
    assert coverage["criterion_name"] == "Cakupan pekerja BPU" and coverage["village_name"]
    assert next(row for row in mine if row["village"] == PADDED)["out"] == "above_whole"


def test_a_scoring_that_waits_tells_how_it_ended_to_whoever_left_the_page_open(server: Installation, people: Cast) -> None:
    award = Award(server, people, "menunggu").begin().publish()
    staff, page = Seat(server, people.staff), f"/console/awards/{award.record}"

    def part() -> str:
        return str(staff.client.get(page, headers={"HX-Request": "true"}).get_data(as_text=True))

    assert staff.does(page, f"{page}/score", day=story.FROZEN) == 303
    assert "sedang dihitung" in part() and "<h1>" not in part() and 'hx-trigger="every 5s"' in part()
    staff.does(page, f"{page}/edit", notes="disusun ulang")
    seen = award.entry.seen
    with server.app.app_context():
        assert awards.score_waiting(server.settings, now_ms()) == 0
        assert awards.score_waiting(server.settings, now_ms()) == 0  # what was refused is not tried again
    assert "Nilai tidak dihitung" in part() and "sudah berubah" in staff.text(page) and award.entry.seen == seen
    assert staff.does(page, f"{page}/score", day=story.FROZEN) == 303
    with server.app.app_context():
        assert awards.score_waiting(server.settings, now_ms()) == 1
    assert "Lihat hasilnya" in part() and award.entry.fields["run"] == 1
