"""Records that are one person: joined, parted, joined again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.change import Dot
from sync.links import Joined, Link, group, link_id
from sync.merge import merge_record
from tests import reference
from tests.builders import change, held, shown
from tests.laws import in_villages
from tests.strategies import histories

links = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda pair: pair[0] != pair[1]), max_size=7
)


@in_villages(histories(40))
def test_joined_records_hold_what_the_slow_twin_says(history):
    links = reference.standing_links(history.changes)
    for record, state in reference.world(history.changes).items():
        if not isinstance(state, str):
            assert shown(held(record, history.changes, links)) == state


@in_villages(histories(40), st.data())
def test_the_order_of_changes_and_of_links_does_not_matter(history, data):
    links = reference.standing_links(history.changes)
    shuffled = data.draw(st.permutations(links)), data.draw(st.permutations(history.changes))
    for record in {min(reference.one_with(record, links)) for record in history.records}:
        assert held(record, shuffled[1], shuffled[0]) == held(record, history.changes, links)


@in_villages(histories(), st.data())
def test_a_link_and_its_undoing_leave_every_record_as_it_was(history, data):
    """Though more is written while the two are one: each id is again made of the changes addressed to it."""
    people = history.people
    if len(people) < 2:
        return
    a, b = sorted(data.draw(st.permutations(people))[:2])
    links = reference.standing_links(history.changes)
    if (a, b) in {link[:2] for link in links}:
        return
    about = f"link:{a}:{b}"
    seen = {one.device: one.seq for one in history.of(about)}
    said = change("hq9", 1, {"same": True}, seen, kind="link", record=about, effective=10**9)
    undone = said._replace(seq=2, seen={**seen, "hq9": 1}, fields={"same": False})
    was, after = reference.world(history.changes), [*history.changes, said, undone]
    if not any(one.fields is None for one in [*history.of(a), *history.of(b), *history.of(about)]):
        assert b in reference.one_with(a, reference.standing_links([*history.changes, said]))
    assert reference.world(after) == was | {about: reference.state_of(about, after)}
    assert reference.standing_links(after) == links
    for record in (a, b):
        carrier = min(reference.one_with(record, links))
        assert held(carrier, after, links) == held(carrier, history.changes, links)


@given(links)
def test_records_are_one_when_a_chain_of_links_connects_them(pairs):
    standing = [Link(a, b, Dot("hq1", n)) for n, (a, b) in enumerate(pairs)]
    plain = [(link.a, link.b, *link.dot) for link in standing]
    found = group("abcdef", standing)
    assert {record: set(found[record]) for record in "abcdef"} == {r: reference.one_with(r, plain) for r in "abcdef"}


def test_links_have_no_direction():
    assert link_id("b-1", "a-1") == link_id("a-1", "b-1") == "link:a-1:b-1"
    with pytest.raises(ValueError):
        link_id("a-1", "a-1")


# Across ids ---------------------------------------------------------------------------------------------------------

ANI = change("ani4", 1, {"full_name": "Siti"}, record="ani4-1")
BUDI = change("budi7", 1, {"full_name": "Nur"}, record="budi7-1")
LINK = ("ani4-1", "budi7-1", "hq1", 1)


def standing(*changes, links=(LINK,)):
    return held("ani4-1", changes, links)


def test_the_smallest_id_carries_what_two_hold_and_the_link_is_in_its_seen():
    one = standing(ANI, BUDI)
    assert one.seen == {"ani4": 1, "budi7": 1, "hq1": 1}
    assert [told["value"] for told in one.conflicts["full_name"]] == ["Siti", "Nur"]


def test_a_change_has_seen_one_of_the_other_id_only_if_it_has_seen_the_link():
    blind = change("dodi5", 1, {"full_name": "Rahmah"}, {"ani4": 1, "budi7": 1}, record="ani4-1")
    assert len(standing(ANI, BUDI, blind).conflicts["full_name"]) == 2
    knowing = blind._replace(seen={**blind.seen, "hq1": 1})
    assert standing(ANI, BUDI, knowing).conflicts == {}
    assert standing(ANI, BUDI, knowing).fields == {"full_name": "Rahmah"}


def test_a_phone_too_must_have_seen_the_link_to_replace_what_it_wrote_to_the_other_id():
    again = change("ani4", 2, {"full_name": "Rahmah"}, record="budi7-1")
    assert len(standing(ANI, again).conflicts["full_name"]) == 2
    assert standing(ANI, again._replace(seen={"hq1": 1})).fields == {"full_name": "Rahmah"}


def test_of_a_desk_nothing_is_understood_in_joined_records_either():
    first = change("hq1", 2, {"full_name": "Rahmah"}, {"ani4": 1, "budi7": 1, "hq1": 1})
    second = change("hq1", 3, {"full_name": "Rahma"}, {"ani4": 1, "budi7": 1, "hq1": 1})
    assert len(standing(ANI, BUDI, first, second).conflicts["full_name"]) == 2
    assert standing(ANI, BUDI, first, second._replace(seen={**first.seen, "hq1": 2})).conflicts == {}


def test_the_aliases_stay_understood_in_later_changes():
    to_alias = change("dodi5", 1, {"full_name": "Rahmah"}, {"ani4": 1, "budi7": 1, "hq1": 1}, record="budi7-1")
    assert standing(ANI, BUDI, to_alias).fields == {"full_name": "Rahmah"}


def test_a_chain_of_links_that_the_author_had_seen_is_enough_whatever_else_joins_them():
    third = change("dodi5", 1, {"full_name": "Rahmah"}, {"ani4": 1, "budi7": 1, "hq1": 2}, record="dodi5-1")
    chain = [LINK, ("budi7-1", "dodi5-1", "hq1", 2)]
    assert standing(ANI, BUDI, third, links=chain).conflicts == {}
    assert standing(ANI, BUDI, third, links=[*chain, ("ani4-1", "dodi5-1", "hq1", 3)]).conflicts == {}


def test_a_link_made_again_is_another_link():
    knew_the_first = change("dodi5", 1, {"full_name": "Rahmah"}, {"ani4": 1, "budi7": 1, "hq1": 1}, record="ani4-1")
    assert len(standing(ANI, BUDI, knew_the_first, links=[(*LINK[:3], 3)]).conflicts["full_name"]) == 2


def test_a_link_stands_until_one_who_has_seen_it_undoes_it_or_a_later_word_says_otherwise():
    said = change("hq1", 1, {"same": True}, record="link:a:b", kind="link", effective=5)
    undone = change("hq2", 1, {"same": False}, record="link:a:b", kind="link", effective=4)
    assert merge_record("link:a:b", [said, undone]).fields["same"].value is True
    assert merge_record("link:a:b", [said, undone._replace(seen={"hq1": 1})]).fields["same"].value is False


def test_a_joined_record_is_at_home_where_the_person_is():
    ani = change("ani4", 1, {"village": "64.02.11.2006"}, record="ani4-1", effective=9)
    budi = change("budi7", 1, {"village": "64.02.12.2001"}, record="budi7-1", effective=5)
    assert standing(ani, budi).home == "64.02.12.2001"
    assert held("ani4-1", [ani, budi]).home == "64.02.11.2006"


def test_links_among_others_do_not_count():
    joined = Joined({"a", "b"}, [Link("a", "b", Dot("hq1", 1)), Link("c", "d", Dot("hq1", 2))])
    assert (joined.carrier, joined.dots) == ("a", (Dot("hq1", 1),))
