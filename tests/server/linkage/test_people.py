import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.linkage.people import Person, skeleton, skeletons, swapped, traits, words


@pytest.mark.parametrize(
    "one, other",
    [
        ("Soekarno", "Sukarno"), ("Djoko Soesilo", "Joko Susilo"), ("Tjahjadi", "Cahyadi"), ("Jusuf", "Yusuf"),
        ("Sjarifuddin", "Syarifudin"), ("Wahjuni", "Wahyuni"), ("Achmad", "Akhmad"), ("Achmad", "Ahmad"),
        ("Zaenal", "Zainal"), ("Muhammad", "Mohamad"), ("Moch. Yusuf", "Muhammad Jusuf"), ("Abd. Rahman", "Abdul Rachman"),
        ("St. Aminah", "Siti Aminah"), ("Ma'ruf", "Maruf"), ("Fitri", "Pitri"), ("Arief", "Arip"),
        ("Martha", "Marta"), ("Hendry", "Hendri"),
        ("Annisa", "Anisa"), ("Aisyah", "Aisya"), ("Yoséf", "Yosef"),
    ],
)  # fmt: skip
def test_a_name_is_known_again_however_it_is_spelt(one, other):
    assert skeletons(one) == skeletons(other)


@pytest.mark.parametrize("one, other", [("Siti", "Sri"), ("Rahmat", "Rohmat"), ("Hasan", "Husin"), ("Ani", "Ina")])
def test_two_names_stay_two(one, other):
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    "written, meant",
    [
        ("Drs. H. Ahmad Yusuf, M.Si", ("AHMAD", "YUSUF")), ("Hj. Siti Nur'aini binti Djamal", ("SITI", "NURAINI", "DJAMAL")),
        ("Ny. Ijah", ("IJAH",)), ("Ahmad Yusuf S.Pd", ("AHMAD", "YUSUF")), ("AHMAD YUSUF SPD", ("AHMAD", "YUSUF")),
        ("Haji", ("HAJI",)), ("Hj.", ("HJ",)), ("Bin", ("BIN",)), ("  siti   nur ", ("SITI", "NUR")), ("", ()), ("123", ()),
        (None, ()),
    ],
)  # fmt: skip
def test_titles_and_degrees_are_no_part_of_a_name(written, meant):
    assert words(written) == meant


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_name_can_be_made_ready(text):
    found = traits(Person("a", full_name=text, mother_name=text))
    assert found.name is None or found.name.replace(" ", "").isalpha()
    assert found.key is None or sorted(found.key.split()) == sorted(found.name.split())


@given(st.text(max_size=40))
def test_whatever_is_typed_as_a_number_is_sixteen_digits_or_unknown(text):
    found = traits(Person("a", nik=text, kk_number=text))
    assert found.nik == found.kk
    assert found.nik is None or (len(found.nik) == 16 and found.nik.isdigit())


def test_numbers_are_read_as_they_are_typed():
    found = traits(Person("a", nik="6402 1152.0790-9OOl", kk_number="0000000000000000", phone="0812 3456 789"))
    assert (found.nik, found.kk, found.phone) == ("6402115207909001", None, "+628123456789")


@pytest.mark.parametrize("text", ["1980-13-01", "1980-1-1", "01-01-1980", "0000-00-00", ""])
def test_a_birth_date_that_is_none_is_unknown(text):
    assert traits(Person("a", birth_date=text)).day is None


def test_day_and_month_are_exchanged_only_where_that_is_another_day():
    assert [swapped(day) for day in ("1980-02-11", "1980-02-13", "1980-02-02")] == ["1980-11-02", None, None]
