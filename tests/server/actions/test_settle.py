"""What a desk enters by `settle.enter`: four eyes, nothing unseen, and what is looked up under the lock stands still."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.region import NATION
from server.actions import settle
from server.actions.settle import BadFields, NotSeen, OwnEntry
from server.clock import now_ms
from server.store import changes as log
from server.store import entries as store
from server.store.accounts import Account
from server.store.changes import Hand
from server.store.scoping import for_itself
from tests.server.installation import Installation

REGENCY = "64.02"
PLAN = {"title": "APBD 2027", "year": 2027, "state": "draft"}


def somebody(server: Installation) -> Account:
    person = server.person("staff", REGENCY)
    return Account(person.id, f"staf {person.id}", "-", "staff", REGENCY)


def enter(
    server: Installation, who: Account | None, key: str, seen: Mapping[str, int] | None, fields: dict[str, Any], **how: Any
) -> str:  # fmt: skip
    with server.app.app_context():
        return settle.enter("scenario", f"scenario:{REGENCY}:{key}", seen, fields, who, now_ms(), "plan", **how)


def told(server: Installation, key: str) -> store.Entry:
    with server.reading() as connection, for_itself():
        found = store.one(connection, NATION, "scenario", f"scenario:{REGENCY}:{key}")
    assert found is not None
    return found


def test_others_asks_who_wrote_what_stands_in_each_of_the_fields_that_there_are(server: Installation) -> None:
    dewi, bayu = somebody(server), somebody(server)
    enter(server, dewi, "a", {}, PLAN)
    for fields in (("state",), ("title", "state"), ("title", "ranking")):
        with pytest.raises(OwnEntry):
            enter(server, dewi, "a", None, {"state": "adopted"}, others=fields)
    enter(server, dewi, "a", None, {"notes": "x"}, others=("ranking",))  # a field that nobody wrote asks for nobody
    enter(server, None, "a", None, {"notes": "y"}, others=("state",))  # the administrator at the machine is nobody's twin
    enter(server, bayu, "a", None, {"state": "adopted"}, others=("state", "title"))
    assert told(server, "a").fields["state"] == "adopted"


def test_whole_asks_that_no_field_changed_since_it_was_seen(server: Installation) -> None:
    enter(server, None, "a", {}, PLAN)
    seen = told(server, "a").seen
    enter(server, None, "a", seen, {"notes": "x"})
    enter(server, None, "a", seen, {"title": "Lain"})
    with pytest.raises(NotSeen):
        enter(server, None, "a", seen, {"ranking": "ranking:64.02:a"}, whole=True)
    with pytest.raises(NotSeen):
        enter(server, None, "a", {}, {"ranking": "ranking:64.02:a"}, whole=True)
    enter(server, None, "a", told(server, "a").seen, {"ranking": "ranking:64.02:a"}, whole=True)


def test_nothing_is_written_when_the_check_refuses(server: Installation) -> None:
    def refuse(connection: Any, known: Mapping[str, Any]) -> None:
        assert dict(known) == {}
        raise BadFields({"year": ["required"]})

    before = server.counts()
    with pytest.raises(BadFields):
        enter(server, None, "a", {}, PLAN, check=refuse)
    assert server.counts() == before


@pytest.mark.parametrize(
    ("mine", "theirs", "is_since"),
    [
        (("hq1", 5, 10), ("hq1", 4, 10), True), (("hq1", 4, 99), ("hq1", 5, 10), False),
        (("hq1", 4, 10), ("hq1", 4, 10), True),
        (("hq2", 1, 11), ("hq1", 900, 10), True), (("hq1", 900, 9), ("hq2", 1, 10), False),
    ],
)  # fmt: skip
def test_one_desk_counts_and_after_a_restore_the_clock_tells_what_came_later(
    mine: tuple[str, int, int], theirs: tuple[str, int, int], is_since: bool
) -> None:
    hands = {each[:2]: Hand(1, each[2]) for each in (mine, theirs)}
    assert settle._is_since(mine[:2], theirs[:2], hands) is is_since


def test_who_made_a_change_and_when_it_came_in_is_told_by_its_dot(server: Installation) -> None:
    dewi = somebody(server)
    enter(server, dewi, "a", {}, PLAN)
    ((device, seq),) = told(server, "a").seen.items()
    with server.reading() as connection:
        found = log.hands(connection, {(device, seq), (device, seq + 1)})
    assert list(found) == [(device, seq)] and found[device, seq].author == dewi.id


def test_of_two_who_adopt_in_one_moment_one_is_refused_by_what_he_finds_under_the_lock(either_server: Installation) -> None:
    for key in ("a", "b"):
        enter(either_server, None, key, {}, PLAN | {"state": "proposed"})

    def only_one(connection: Any, known: Mapping[str, Any]) -> None:
        if any(each.fields["state"] == "adopted" for each in store.of_region(connection, NATION, "scenario", REGENCY)):
            raise BadFields({"state": ["not-one-of:proposed"]})

    barrier, ends = threading.Barrier(2), []

    def adopt(key: str) -> None:
        barrier.wait()
        try:
            ends.append(enter(either_server, None, key, None, {"state": "adopted"}, check=only_one))
        except BadFields as bad:
            ends.append(bad)

    threads = [threading.Thread(target=adopt, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told(either_server, key).fields["state"] for key in ("a", "b")) == ["adopted", "proposed"]
    assert sum(isinstance(end, BadFields) for end in ends) == 1
