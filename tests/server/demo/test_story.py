"""The demo's story comes in through the door, and leaves something of everything to look at."""

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from server.actions import desk_pages
from server.actions.figures import current_month, figures_of
from server.actions.people import CannotAdd
from server.actions.replay import replay
from server.cli import sambung
from server.clock import now_ms
from server.demo.places import MEETING, PLACES
from server.demo.story import tell_story
from server.store import tables as t
from tests.server.installation import Installation, copied

DAY_MS = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def server(template, tmp_path_factory):
    """One installation for all who only look."""
    made = Installation(copied(template, tmp_path_factory.mktemp("story") / "var"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def told(server):
    """The story, told on this installation; gives who may sign in."""
    with server.app.app_context():
        return tell_story(server.app, server.settings, now_ms(), lambda village: None)


def month_of(now: int, server) -> dict:
    with server.app.app_context():
        return figures_of("64", current_month("64", now), now)["total"]


def test_the_story_leaves_something_of_everything_to_look_at(server, told):
    figures = month_of(now_ms(), server)
    for state in ("active", "inactive", "awaiting_payment", "proposed", "unconfirmed", "in_arrears"):
        assert figures[state] > 0, (state, figures)
    assert figures["eligible"]["villages"] == len(PLACES) and 0 < figures["rate"] < 1
    with server.app.app_context():
        conflicts = desk_pages.conflicts(MEETING.code, None, 100, 10**6, "id").entries
        quarantined = desk_pages.quarantined(MEETING.code, None, 100).entries
        assert replay(server.settings, now_ms(), check=True).differences == []
    assert len(conflicts) == 3 and len(quarantined) == 1
    counts = server.counts()
    assert counts["pair"] >= 2 and counts["edge"] == 1 and counts["snapshot"] > 0


def test_everybody_of_the_story_signs_in(server, told):
    roles = {}
    for login in told:
        answer = server.client.post("/api/v1/login", json={"name": login.name, "password": login.password})
        assert answer.status_code == 200
        roles[login.name] = answer.json["role"]
    assert roles == {login.name: login.role for login in told} and len(set(roles.values())) == 5


def test_the_story_is_told_once(server, told):
    before = server.counts()
    with server.app.app_context(), pytest.raises(CannotAdd, match="taken"):
        tell_story(server.app, server.settings, now_ms(), lambda village: None)
    again = CliRunner().invoke(sambung, ["init", "--demo"], env={"SAMBUNG_DATA_DIR": str(server.settings.data_dir)})
    assert again.exit_code == 1 and len(again.stderr.splitlines()) == 1
    assert server.counts() == before


@pytest.mark.parametrize("days", [0, 9, 40, 101])
@pytest.mark.slow
def test_the_story_can_be_told_on_any_day(template, tmp_path, days, monkeypatch):
    server = Installation(copied(template, tmp_path / "var"))
    later = now_ms() + days * DAY_MS
    for module in ("server.clock", "server.api.door", "server.api.sync", "server.api.enrol", "server.api.people",
                   "server.api.conflicts", "server.demo.stage"):  # fmt: skip
        monkeypatch.setattr(f"{module}.now_ms", lambda: later)
    with server.app.app_context():
        tell_story(server.app, server.settings, later, lambda village: None)
    assert month_of(later, server)["active"] > 0


def test_no_nik_of_the_story_was_ever_given_out(server, told):
    with server.reading() as connection:
        niks = list(connection.scalars(select(t.record.c.nik).where(t.record.c.nik.is_not(None))))
        workers = connection.scalar(select(func.count()).select_from(t.record).where(t.record.c.kind == "worker"))
    assert workers > 90 and all(nik[12:] >= "9000" for nik in niks)
