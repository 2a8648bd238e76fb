import subprocess
import sys

import pytest

from server.linkage import model
from server.linkage.online import blocks, compare, likely, likeness
from server.linkage.people import Person, traits
from tests.server.linkage.story import DAMAGED, JOKO, OTHERS, SITI, again
from tests.server.linkage.synthetic import USUAL, Country, Damage, entries


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_worker_is_known_again_when(kind):
    assert likeness(*DAMAGED[kind]).score >= 0.5


@pytest.mark.parametrize("who", OTHERS)
def test_the_worker_is_not_taken_for(who):
    assert likeness(*OTHERS[who]).score < 0.5


def test_the_forty_of_a_womans_nik_is_no_slip_of_her_twin_brothers():
    found = {each.field: each.level for each in likeness(*OTHERS["her twin brother"]).comparisons}
    assert found["nik"] == "place_same"


@pytest.mark.parametrize("pair", [*DAMAGED.values(), *OTHERS.values()])
def test_it_does_not_matter_who_was_entered_first(pair):
    assert likeness(*pair) == likeness(*reversed(pair))


def test_a_first_of_january_weighs_less_than_another_day():
    def weight_of(day):
        a = Person("a", birth_date=day)
        return likeness(a, a._replace(record="b")).weight

    assert weight_of("1990-07-12") > weight_of("1990-01-01") + 3


def test_a_name_of_one_word_weighs_less_than_one_of_two():
    def weight_of(name):
        a = Person("a", full_name=name)
        return likeness(a, a._replace(record="b")).weight

    assert weight_of("Siti Nur") > weight_of("Siti")


def test_what_a_card_has_said_is_not_said_twice():
    whole = likeness(SITI, SITI._replace(record="b"))
    assert {each.field for each in whole.comparisons} == {"nik", "full_name", "sex", "kk_number"}


def test_the_weights_add_up_and_tell_no_values():
    found = likeness(*DAMAGED["a digit of the NIK is wrong"])
    assert found.weight == pytest.approx(model.shipped().prior_weight + sum(each.weight for each in found.comparisons))
    told = repr(found)
    assert not any(value in told for value in SITI if value and value != "female")
    assert all(len(model.in_words(each)) == 2 for each in found.comparisons)


def test_of_a_village_the_likely_ones_are_found_the_likeliest_first():
    village = [entry.person for entry in entries(400, 3, Country(village=400, twice=0))]
    slip, poor = again(SITI, record="slip"), again(SITI, record="poor", nik=None, kk_number=None, birth_date="1990-01-01")
    found = likely(SITI, [*village[:200], poor, SITI, JOKO, slip, *village[200:]])
    assert [each.person.record for each in found] == ["slip", "poor"]


@pytest.mark.parametrize("kind", DAMAGED)
def test_who_is_looked_for_is_not_lost_before_the_weighing(kind):
    one, other = DAMAGED[kind]
    assert [each.person for each in likely(one, [other])] == [other]


def test_leaving_candidates_out_early_loses_next_to_no_likely_one():
    people = [entry.person for entry in entries(1500, 5, USUAL._replace(village=1500, twice=0.5))]
    ready, weights, lost, found = [traits(each) for each in people], model.shipped(), 0, 0
    for at in range(0, len(people), 40):
        whole = {
            other.record for other in ready
            if other.record != people[at].record and compare(ready[at], other, weights).score >= 0.5
        }  # fmt: skip
        some = {each.person.record for each in likely(people[at], people)}
        assert some <= whole
        lost, found = lost + len(whole - some), found + len(whole)
    assert found > 20 and lost <= found * 0.03


@pytest.mark.parametrize("kind", Damage._fields)
def test_one_slip_does_not_hide_a_record_from_what_is_asked_of_the_store(kind):
    only = Damage(**{each: float(each == kind) for each in Damage._fields})
    asked = hidden = 0
    first: dict[int, Person] = {}
    for entry in entries(600, 7, Country(village=60, twice=0.5, damage=only)):
        if entry.who in first:
            asked += 1
            hidden += not _asks_for(first[entry.who], entry.person)
        else:
            first[entry.who] = entry.person
    assert asked > 100 and hidden == 0


def _asks_for(one: Person, other: Person) -> bool:
    kept = traits(other)._asdict() | {"year": (other.birth_date or "")[:4]}
    return any(all(kept[column] == value for column, value in block.values) for block in blocks(one))


def test_of_an_empty_record_nothing_is_asked_and_nothing_is_likely():
    empty = Person("empty")
    assert blocks(empty) == []
    assert likely(empty, [SITI, empty._replace(record="other")]) == []


def test_at_entry_nothing_is_loaded_that_only_bulk_needs():
    code = (
        "import sys; from server.linkage import available, online; available(); "
        "print({'splink', 'duckdb', 'pyarrow', 'pyspark'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
