"""What a record holds: the law against its slow twin, and each sentence of section 4 by itself."""

import pytest
from hypothesis import strategies as st

from schemas.change import canonical
from schemas.kinds import KINDS
from sync.merge import blank, field_as_seen, home_as_seen, made_of, merge_field, merge_record
from tests import reference
from tests.builders import change, held, shown
from tests.laws import in_villages
from tests.strategies import ILIR, SEBERANG, ULU, History, histories


def standing(field, *changes):
    return merge_record(changes[0].record, changes).fields[field]


def test_every_field_decides_as_section_9_says():
    for kind in KINDS.values():
        for field in kind.schema.fields:
            assert kind.policy(field) == reference.policy(kind.name, field), (kind.name, field)


# Laws ---------------------------------------------------------------------------------------------------------------

CYCLE = History((
    change("ani4", 1, {"full_name": "Siti"}, {"dodi5": 1}),
    change("budi7", 1, {"full_name": "Nur"}, {"ani4": 1}),
    change("dodi5", 1, {"full_name": "Siti Rahmah"}, {"budi7": 1}),
))  # fmt: skip

MUTUAL = History(
    (
        change("ani4", 1, {"full_name": "Siti"}, {"budi7": 1}, effective=1),
        change("budi7", 1, {"full_name": "Nur"}, {"ani4": 1}, effective=2),
        change("dodi5", 1, {"full_name": "Siti Rahmah"}, effective=3),
    )
)


@in_villages(histories(), always=[(CYCLE,), (MUTUAL,)])
def test_every_record_holds_what_its_slow_twin_says(history):
    for record in history.records:
        assert shown(held(record, history.changes)) == reference.state_of(record, history.changes)


@in_villages(histories(), st.data(), always=[(CYCLE, None)])
def test_the_order_and_the_repetition_of_arrivals_do_not_matter(history, data):
    arrivals = list(reversed(history.changes))
    if data is not None:
        again = data.draw(st.lists(st.sampled_from(history.changes), max_size=5))
        arrivals = data.draw(st.permutations([*history.changes, *again]))
    for record in history.records:
        assert as_bytes(record, arrivals) == as_bytes(record, history.changes)


def as_bytes(record, changes):
    one = held(record, changes)
    return canonical({name: getattr(one, name) for name in one.__slots__})


@in_villages(histories(), st.sampled_from(["hq9", "zeta9"]))
def test_a_change_that_has_seen_everything_alone_stands_in_its_fields(history, author):
    for record in history.records:
        before = history.of(record)
        state = merge_record(record, before)
        if not state.fields or state.erased:
            continue
        seen = {**state.seen, **{device: max(seq, state.seen.get(device, 0)) for device, seq in state.ahead.items()}}
        settled = change(author, seen.get(author, 0) + 1, {f: s.value for f, s in state.fields.items()}, seen,
                         record=record, kind=before[0].kind)  # fmt: skip
        after = merge_record(record, [*before, settled])
        assert {f: s.value for f, s in after.fields.items()} == dict(settled.fields)
        assert all(s.heads == (settled,) and not s.in_conflict for s in after.fields.values())


@in_villages(histories())
def test_what_a_record_is_made_of_is_never_what_its_changes_claim_to_have_seen(history):
    for record in history.records:
        changes = history.of(record)
        assert merge_record(record, changes).seen == {
            device: max(c.seq for c in changes if c.device == device) for device in {c.device for c in changes}
        }


@in_villages(histories(), st.data())
def test_erasing_the_values_keeps_who_when_and_what_was_seen(history, data):
    record = data.draw(st.sampled_from(history.records))
    before, blanked = history.of(record), [blank(one) for one in history.of(record)]
    assert [one._replace(fields=None) for one in before] == blanked
    was, now = merge_record(record, before), merge_record(record, blanked)
    assert (now.seen, now.ahead, now.creator.dot, now.kind) == (was.seen, was.ahead, was.creator.dot, was.kind)
    assert now.erased and now.fields == {}
    assert [blank(one) for one in blanked] == blanked


# Heads --------------------------------------------------------------------------------------------------------------


def test_two_officers_who_did_not_know_of_each_other_both_stand():
    siti, nur = change("ani4", 1, {"full_name": "Siti"}), change("budi7", 1, {"full_name": "Nur"})
    assert standing("full_name", siti, nur).heads == (siti, nur)


def test_what_the_author_had_on_the_screen_is_replaced():
    siti, nur = change("ani4", 1, {"full_name": "Siti"}), change("budi7", 1, {"full_name": "Nur"}, {"ani4": 1})
    assert standing("full_name", siti, nur).heads == (nur,)


def test_a_phone_has_seen_what_it_wrote_before_and_a_desk_has_not():
    first, second = change("ani4", 1, {"full_name": "Siti"}), change("ani4", 2, {"full_name": "Nur"})
    assert standing("full_name", first, second).heads == (second,)
    left, right = change("hq1", 1, {"full_name": "Siti"}), change("hq1", 2, {"full_name": "Nur"})
    assert standing("full_name", left, right).in_conflict
    assert standing("full_name", left, right._replace(seen={"hq1": 1})).heads[0].seq == 2


def test_a_phone_that_names_itself_in_seen_gains_nothing_by_it():
    first = change("ani4", 1, {"full_name": "Siti"}, {"ani4": 9})
    second = change("ani4", 2, {"full_name": "Nur"})
    assert standing("full_name", first, second).heads == (second,)


def test_two_changes_that_claim_to_have_seen_each_other_have_not():
    siti = change("ani4", 1, {"full_name": "Siti"}, {"budi7": 1})
    nur = change("budi7", 1, {"full_name": "Nur"}, {"ani4": 1})
    assert standing("full_name", siti, nur).heads == (siti, nur)


def test_they_stand_beside_a_third_who_knew_of_neither():
    assert standing("full_name", *MUTUAL.changes).heads == MUTUAL.changes


def test_where_wrong_claims_leave_no_head_all_changes_are_heads():
    assert standing("full_name", *CYCLE.changes).heads == CYCLE.changes


def test_a_change_that_comes_after_one_that_had_seen_it_is_replaced_already():
    late = change("ani4", 1, {"phone": "1"})
    seer = change("budi7", 1, {"phone": "2"}, {"ani4": 1})
    newest = change("dodi5", 1, {"phone": "3"}, {"budi7": 1})  # it has seen the seer, and not what the seer had seen
    assert standing("phone", seer, newest, late).heads == (newest,)


def test_fields_are_decided_one_by_one():
    whole = change("ani4", 1, {"full_name": "Siti", "phone": "1"})
    name = change("budi7", 1, {"full_name": "Nur"}, {"ani4": 1})
    state = merge_record("ani4-1", [whole, name])
    assert (state.fields["full_name"].heads, state.fields["phone"].heads) == ((name,), (whole,))


# Policies -----------------------------------------------------------------------------------------------------------


def test_the_latest_phone_number_stands_and_nobody_need_look():
    early, late = change("zeta9", 1, {"phone": "1"}, effective=5), change("ani4", 1, {"phone": "2"}, effective=6)
    assert standing("phone", early, late) == ("2", (late, early), False)


def test_of_equally_late_ones_the_greatest_device_then_the_greatest_seq_wins():
    ani, budi = change("ani4", 9, {"phone": "1"}, effective=5), change("budi7", 1, {"phone": "2"}, effective=5)
    assert standing("phone", ani, budi).value == "2"
    two, three = change("hq1", 2, {"phone": "1"}, effective=5), change("hq1", 3, {"phone": "2"}, effective=5)
    assert standing("phone", three, two).value == "2"


def test_the_earliest_name_stands_until_a_person_looks():
    early, late = (
        change("zeta9", 1, {"full_name": "Siti"}, effective=5),
        change("ani4", 1, {"full_name": "Nur"}, effective=6),
    )
    assert standing("full_name", late, early) == ("Siti", (early, late), True)


def test_of_equally_early_names_the_smallest_device_then_the_smallest_seq_stands():
    ani, budi = change("ani4", 9, {"full_name": "A"}, effective=5), change("budi7", 1, {"full_name": "B"}, effective=5)
    assert standing("full_name", budi, ani).value == "A"
    two, three = change("hq1", 2, {"full_name": "A"}, effective=5), change("hq1", 3, {"full_name": "B"}, effective=5)
    assert standing("full_name", three, two).value == "A"


def test_the_desks_name_stands_before_an_officers_however_late_it_is():
    officer, desk = (
        change("ani4", 1, {"full_name": "Siti"}, effective=5),
        change("hq1", 1, {"full_name": "Nur"}, effective=9),
    )
    assert standing("full_name", officer, desk) == ("Nur", (desk, officer), True)


def test_two_officers_who_wrote_the_same_are_not_in_conflict():
    place = {"lat": -0.5, "lon": 117.1, "accuracy": 5}
    one, other = change("ani4", 1, {"consent": place}), change("budi7", 1, {"consent": dict(reversed(place.items()))})
    assert not standing("consent", one, other).in_conflict and len(standing("consent", one, other).heads) == 2


def test_yes_and_one_are_not_the_same_value():
    one, other = change("ani4", 1, {"kpj": 1}), change("budi7", 1, {"kpj": True})
    assert standing("kpj", one, other).in_conflict


def test_programmes_are_joined_and_one_goes_only_when_its_author_had_seen_all_heads():
    two, three = change("ani4", 1, {"programs": ["JKK", "JKM"]}), change("budi7", 1, {"programs": ["JHT", "JKK"]})
    assert standing("programs", two, three)[::2] == (["JHT", "JKK", "JKM"], False)
    half = change("dodi5", 1, {"programs": ["JKK"]}, {"ani4": 1})
    assert standing("programs", two, three, half).value == ["JHT", "JKK"]
    whole = half._replace(seen={"ani4": 1, "budi7": 1})
    assert standing("programs", two, three, whole).value == ["JKK"]


def test_no_set_at_all_is_the_empty_set_beside_another():
    none, some = (
        change("ani4", 1, {"documents": None}, kind="claim"),
        change("budi7", 1, {"documents": ["ktp"]}, kind="claim"),
    )
    assert standing("documents", none, some).value == ["ktp"]
    assert standing("documents", none).value is None


@pytest.mark.parametrize(
    ("kind", "field", "lower", "higher"),
    [
        ("claim", "status", "handed_over", "closed"), ("claim", "status", "decided", "paid"),
        ("claim", "status", None, "reported"), ("contribution", "confirmed", False, True),
        ("contribution", "confirmed", None, False), ("contribution", "confirmed_on", "2026-09-30", "2026-10-01"),
    ],
)  # fmt: skip
def test_what_goes_only_up_stands_highest_and_who_has_seen_it_may_lower_it(kind, field, lower, higher):
    high = change("ani4", 1, {field: higher}, kind=kind, effective=1)
    low = change("budi7", 1, {field: lower}, kind=kind, effective=9)
    assert standing(field, high, low)[::2] == (higher, False)
    assert standing(field, high, low._replace(seen={"ani4": 1})).value == lower


# Home ---------------------------------------------------------------------------------------------------------------


def test_a_record_is_at_home_where_its_creator_was_while_no_village_is_set():
    second = change("ani4", 2, {"phone": "1"}, village=ILIR)
    first = change("ani4", 1, {"phone": "2"}, village=ULU, effective=99)
    other = change("budi7", 1, {"phone": "3"}, village=SEBERANG, effective=0)
    assert merge_record("ani4-1", [second, other, first]).home == ULU


def test_a_village_that_is_set_is_the_home_and_one_that_is_cleared_is_none():
    made = change("ani4", 1, {"village": ILIR})
    assert merge_record("ani4-1", [made]).home == ILIR
    assert merge_record("ani4-1", [made, change("ani4", 2, {"village": None})]).home == ULU


def test_the_village_of_a_visit_is_no_home():
    assert merge_record("ani4-1", [change("ani4", 1, {"village": ILIR}, kind="visit")]).home == ULU


def test_a_denominator_is_at_home_in_the_village_of_its_id():
    counted = change("ani4", 1, {"workers": 9}, kind="eligible", record=f"eligible:{ILIR}:2026-11", village=ULU)
    assert merge_record(counted.record, [counted]).home == ILIR


def test_a_device_whose_id_begins_like_another_did_not_create_its_records():
    longer = change("ani4x", 1, {}, village=ILIR, effective=0)
    creator = change("ani4", 1, {}, village=ULU, effective=9)
    assert merge_record("ani4-1", [longer, creator]).home == ULU


def test_the_home_that_an_author_saw_is_made_of_what_he_had_seen():
    made, moved = change("ani4", 1, {"village": ULU}), change("budi7", 1, {"village": ILIR}, {"ani4": 1})
    knows_the_first = change("dodi5", 1, {"phone": "1"}, {"ani4": 1})
    knows_both = change("dodi5", 1, {"phone": "1"}, {"ani4": 1, "budi7": 1})
    assert home_as_seen("ani4-1", [made, moved], knows_the_first) == ULU
    assert home_as_seen("ani4-1", [made, moved], knows_both) == ILIR
    assert home_as_seen("ani4-1", [made, moved], change("dodi5", 1, {})) is None


def test_the_seen_of_changes_names_each_device_once():
    assert made_of([change("b", 2, {}), change("a", 3, {}), change("b", 1, {})]) == {"a": 3, "b": 2}


# What an author had before him ----------------------------------------------------------------------------------------


@in_villages(histories(), st.data())
def test_what_an_author_saw_of_a_field_is_what_the_changes_before_him_add_up_to(history, data):
    author = data.draw(st.sampled_from(history.changes))
    before = [each for each in history.changes if each.dot != author.dot and author.has_seen(each)]
    for field in author.fields or ():
        seen = field_as_seen(history.changes, author, field, KINDS["worker"])
        setters = [each for each in before if field in (each.fields or ())]
        assert (seen is None) == (not setters)
        if seen is not None:
            assert seen.value == merge_field(setters, field, KINDS["worker"]).value


def test_who_writes_without_having_seen_the_other_had_what_stood_before_both():
    first = change("ani4", 1, {"full_name": "Siti"})
    ani = change("ani4", 2, {"full_name": "Siti Rahmah"}, record=first.record)
    budi = change("budi7", 1, {"full_name": "Sitti"}, {"ani4": 1}, record=first.record)
    seen = field_as_seen([first, ani, budi], budi, "full_name", KINDS["worker"])
    assert seen is not None and seen.value == "Siti"
