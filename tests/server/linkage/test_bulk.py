from itertools import combinations

import pytest

pytest.importorskip("splink", reason="the extra `linkage` is not installed")

from server.linkage import bulk, engine, online, ready  # noqa: E402
from server.linkage.people import Person  # noqa: E402
from tests.server.linkage.story import DAMAGED, JOKO, OTHERS, SITI  # noqa: E402
from tests.server.linkage.synthetic import HARD, USUAL, entries  # noqa: E402


@pytest.fixture(scope="module")
def people():
    return [entry.person for entry in entries(3000, 11, USUAL._replace(twice=0.3))]


@pytest.fixture(scope="module")
def pairs(people):
    return list(bulk.find_pairs(people))


def by_name(pairs):
    return {(pair.a, pair.b): pair for pair in pairs}


def test_in_bulk_and_at_entry_two_workers_are_weighed_alike(people, pairs):
    known = {person.record: person for person in people}
    assert len(pairs) > 500
    for pair in pairs:
        at_entry = online.likeness(known[pair.a], known[pair.b])
        assert [each[:2] for each in pair.comparisons] == [each[:2] for each in at_entry.comparisons]
        assert pair.weight == pytest.approx(at_entry.weight)
        assert pair.probability == pytest.approx(at_entry.score)


def one_person(made):
    """The pairs of records that are one person."""
    who: dict[int, list[str]] = {}
    for entry in made:
        who.setdefault(entry.who, []).append(entry.person.record)
    return {pair for records in who.values() for pair in combinations(sorted(records), 2)}


def test_nearly_all_who_are_there_twice_are_found_and_hardly_anyone_else(pairs):
    true, found = one_person(entries(3000, 11, USUAL._replace(twice=0.3))), by_name(pairs).keys()
    assert len(found & true) >= 0.97 * len(true)
    assert len(found & true) >= 0.98 * len(found)


def test_in_bulk_a_worker_is_known_again_whatever_befell_her():
    found = by_name(bulk.find_pairs([SITI, JOKO, *(other._replace(record=kind) for kind, (_, other) in DAMAGED.items())]))
    for kind, (one, _) in DAMAGED.items():
        assert tuple(sorted((kind, one.record))) in found, kind


def test_in_bulk_nobody_is_taken_for_a_relative_or_a_namesake():
    found = by_name(bulk.find_pairs([SITI, JOKO, *(other._replace(record=who) for who, (_, other) in OTHERS.items())]))
    assert not {SITI.record, JOKO.record} & {record for pair in found for record in pair}


def test_people_come_from_files_as_from_memory_and_in_parts_as_in_one(people, pairs, tmp_path):
    assert ready.write(people, tmp_path / "people") == len(people)
    assert by_name(bulk.find_pairs(tmp_path / "people", chunks=3)) == by_name(pairs)


def test_a_higher_threshold_gives_some_of_the_same_pairs(people, pairs):
    sure = by_name(bulk.find_pairs(people, threshold=0.99))
    assert 0 < len(sure) < len(pairs)
    assert sure.items() <= by_name(pairs).items()
    assert all(pair.probability >= 0.99 for pair in sure.values())


def test_with_people_enough_a_rare_name_weighs_more_than_a_common_one(monkeypatch):
    monkeypatch.setattr(engine, "ENOUGH_FOR_RARITY", 10)
    rare, common = (Person(name, full_name=name, birth_date="1980-02-20") for name in ("Belareq Njau", "Siti Aminah"))
    crowd = [common._replace(record=f"s{at}", birth_date=f"19{at:02d}-05-05") for at in range(20, 70)]
    twice = [rare, common, rare._replace(record="r2"), common._replace(record="c2")]
    found = by_name(bulk.find_pairs([*twice, *crowd], threshold=1e-9))
    weight = {pair.a: dict((each.field, each.weight) for each in pair.comparisons)["full_name"] for pair in found.values()}
    assert weight["Belareq Njau"] > weight["Siti Aminah"] + 2


def test_the_village_offices_phone_makes_nobody_one_person():
    names = (f"Siti {a}u{b}a" for a in "abdgik" for b in "klmnprstwy")
    crowd = [Person(name, full_name=name, sex="female", phone=SITI.phone) for name in names]
    found = list(bulk.find_pairs([SITI, SITI._replace(record="again"), *crowd], threshold=1e-9))
    assert {each.field for pair in found for each in pair.comparisons} >= {"full_name"}
    assert "phone" not in {each.field for pair in found for each in pair.comparisons}


@pytest.mark.parametrize("people", [[], [SITI]])
def test_without_two_people_there_is_no_pair(people):
    assert list(bulk.find_pairs(people)) == []


def test_nothing_of_anybody_is_left_behind(people, tmp_path):
    some = bulk.find_pairs(people[:500], folder=tmp_path)
    next(some)
    some.close()
    assert list(tmp_path.iterdir()) == []


def test_what_is_learnt_keeps_namesakes_apart_and_finds_more():
    """Half of them have one word for a name: maximising expectations took those of one village for one person."""
    country = HARD._replace(twice=0.1)
    others, learnt_from = list(entries(3000, 22, country)), [entry.person for entry in entries(3000, 21, country)]

    learnt = bulk.train(learnt_from, random_pairs=1e5)

    people, true = [entry.person for entry in others], one_person(others)
    as_shipped, found = (by_name(bulk.find_pairs(people, weights=each)).keys() for each in (None, learnt))
    assert len(found ^ true) < len(as_shipped ^ true)
    assert len(found & true) >= 0.93 * len(found)
