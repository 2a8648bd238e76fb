from itertools import islice

from schemas import nik as niks
from schemas import region
from tests.server.linkage.synthetic import HARD, USUAL, entries


def test_a_seed_gives_the_same_people_again():
    assert list(entries(500, 4)) == list(entries(500, 4)) != list(entries(500, 5))


def test_the_people_are_well_formed_and_nobodys():
    for entry in islice(entries(2000, 6), 2000):
        if entry.damage:
            continue
        person = entry.person
        assert niks.is_nik(person.nik) and person.nik[12] == "9"
        assert niks.agrees_with(person.nik, person.birth_date) and niks.sex(person.nik) == person.sex
        assert region.is_shape(person.village)


def test_the_hard_ones_have_more_namesakes():
    def most_common(country):
        names = [entry.person.full_name for entry in entries(3000, 8, country)]
        return max(names.count(name) for name in set(names))

    assert most_common(HARD) > 2 * most_common(USUAL)
