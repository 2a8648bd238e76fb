"""How two people are compared: the fields, the levels of each, and the weight of each level; one definition for all engines.

A level is said twice, side by side: as SQL that DuckDB and Spark both know, over the columns of `people.Traits`, and
in Python for who is compared at entry. The first that holds is the pair's. Its weight is in bits, log2(m / u): m is how
often two records of one person are there, u how often two people who are not one are. Weights are added to the prior.

Adding them is right only for what is independent, and here much is not: a NIK contains the birth date, a family card
the family. So what another field has said already is left unsaid (`nothing`): the birth date beside one NIK, the
mother, the phone and the village beside one family card. Otherwise brothers would come out as one person.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein

from server.linkage.people import Traits, swapped

WEIGHTS = Path(__file__).parent / "weights.json"
Known = Any  # Traits, of which the columns that a level speaks of are known
Test = Callable[[Known, Known], bool]
Words = tuple[str, str]  # Indonesian, English


class Comparison(NamedTuple):
    """What came of comparing one field: which level, and its weight in bits; for one person above 0, against below.

    Never the values themselves. `in_words` says it to people.
    """

    field: str
    level: str
    weight: float


class Level(NamedTuple):
    """sql: over `column_l` and `column_r`, with {levenshtein} for what engines name differently.

    rarity: a column whose frequency counts beside u, where there are people enough to know it. fixed: its u is not
    learnt, since at random pairs one can't learn how often it is so among those who live side by side.
    """

    name: str
    says: Words
    sql: str
    test: Test
    rarity: str | None = None
    fixed: bool = False


class Field(NamedTuple):
    """nothing, silent: when the field says nothing, as SQL and in Python; the last of levels is for all the others."""

    name: str
    title: Words
    nothing: str
    silent: Test
    levels: tuple[Level, ...]


class Definition(NamedTuple):
    """columns: of the table that is compared, `record` the first. blocking: pairs that no rule names are not compared.

    strict: the rules whose pairs are few enough even where the people are a nation's.
    """

    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    blocking: tuple[str, ...]
    strict: tuple[str, ...]


def _else(name: str, says: Words) -> Level:
    return Level(name, says, "ELSE", lambda a, b: True)


DIFFERENT = _else("different", ("berbeda", "different"))


def unknown(*columns: str) -> str:
    """SQL: one of two records lacks one of these."""
    return " OR ".join(f"{column}_l IS NULL OR {column}_r IS NULL" for column in columns)


# --- The NIK and the family card ---

# Both numbers are a region of six digits, a date of six and a serial of four; one slip leaves two of the three as they were.
_REGION, _DATE, _SERIAL = (f"substr(nik_l, {at}) = substr(nik_r, {at})" for at in ("1, 6", "7, 6", "13, 4"))


def _region(a: str, b: str) -> bool:
    return a[:6] == b[:6]


def _date(a: str, b: str) -> bool:
    return a[6:12] == b[6:12]


def _serial(a: str, b: str) -> bool:
    return a[12:] == b[12:]


def _date_and_more(a: str, b: str) -> bool:
    return _date(a, b) and (_region(a, b) or _serial(a, b))


def _one_card(a: Traits, b: Traits) -> bool:
    return a.kk is not None and a.kk == b.kk


def _one_day(a: Traits, b: Traits) -> bool:
    return a.day is not None and a.day == b.day


# A NIK is hardly more than a kecamatan, a birth date and a low number: children are counted from 0001 each day. So two
# people of one birthday and one kecamatan, above all twins, have NIKs that differ in a digit, and so have two of one
# birthday in two kecamatan: beside the same birth date a NIK with a slip says nearly nothing.
NIK = Field(
    "nik", ("NIK", "NIK"), unknown("nik"), lambda a, b: not (a.nik and b.nik),
    (
        Level("same", ("sama", "the same"), "nik_l = nik_r", lambda a, b: a.nik == b.nik, fixed=True),
        Level(
            "twins", ("beda di 4 angka terakhir, seperti anak kembar", "differs in its last four digits, as twins' do"),
            f"kk_l = kk_r AND day_l = day_r AND {_REGION} AND {_DATE}",
            lambda a, b: _one_card(a, b) and _one_day(a, b) and a.nik[:12] == b.nik[:12], fixed=True,
        ),
        Level(
            "date_slip", ("beda pada tanggalnya saja", "differs in its date only"),
            f"day_l = day_r AND sex_l = sex_r AND {_REGION} AND {_SERIAL}",
            lambda a, b: _one_day(a, b) and a.sex == b.sex is not None and _region(a.nik, b.nik) and _serial(a.nik, b.nik),
            fixed=True,
        ),
        Level(
            "slip", ("beda di satu bagian", "differs in one part"),
            f"day_l = day_r AND {_DATE} AND ({_REGION} OR {_SERIAL})",
            lambda a, b: _one_day(a, b) and _date_and_more(a.nik, b.nik), fixed=True,
        ),
        # The birth dates differ, or one is not known, and the NIKs say the same date.
        Level(
            "date_same", ("tanggal di dalamnya sama", "the date in it is the same"),
            f"{_DATE} AND ({_REGION} OR {_SERIAL})", lambda a, b: _date_and_more(a.nik, b.nik), fixed=True,
        ),
        Level(
            "place_same", ("asal dan nomor urutnya sama", "its region and its serial are the same"),
            f"{_REGION} AND {_SERIAL}", lambda a, b: _region(a.nik, b.nik) and _serial(a.nik, b.nik), fixed=True,
        ),
        DIFFERENT,
    ),
)  # fmt: skip


def _slips(a: str, b: str) -> int:
    """How many digits two numbers differ in; two that are exchanged are two, more than two are three."""
    return Levenshtein.distance(a, b, score_cutoff=2)


# Of three parts two are as they were; asked first, since counting slips is dear.
_KK_PARTS = [part.replace("nik", "kk") for part in (_REGION, _DATE, _SERIAL)]
_KK_SLIP = (
    "(" + " OR ".join(f"({one} AND {other})" for one, other in combinations(_KK_PARTS, 2)) + ")"
    " AND {levenshtein}(kk_l, kk_r) <= 2"
)  # fmt: skip


def _kk_slip(a: str, b: str) -> bool:
    return _region(a, b) + _date(a, b) + _serial(a, b) >= 2 and _slips(a, b) <= 2


KK = Field(
    "kk_number", ("Nomor KK", "Family card number"), unknown("kk"), lambda a, b: not (a.kk and b.kk),
    (
        Level("same", ("sama", "the same"), "kk_l = kk_r", _one_card, fixed=True),
        Level(
            "slip", ("beda satu atau dua angka", "one or two digits differ"),
            _KK_SLIP, lambda a, b: _kk_slip(a.kk, b.kk), fixed=True,
        ),
        DIFFERENT,
    ),
)  # fmt: skip


# --- Names ---


def _sql_slips(column: str, letters: int) -> str:
    """Not more than one slip to so many letters of the two together.

    Not Jaro-Winkler: the one that Splink brings to Spark counts letters that changed places otherwise than all others do.
    """
    left, right = f"{column}_l", f"{column}_r"
    return f"{{levenshtein}}({left}, {right}) * {letters} <= length({left}) + length({right})"


def _few_slips(a: str, b: str, letters: int) -> bool:
    most = (len(a) + len(b)) // letters
    return Levenshtein.distance(a, b, score_cutoff=most) <= most


def _holds(a: str, b: str) -> bool:
    """Whether all words of one are words of the other, side by side."""
    return f" {b} " in f" {a} " or f" {a} " in f" {b} "


def _sql_holds(column: str) -> str:
    left, right = f"concat(' ', {column}_l, ' ')", f"concat(' ', {column}_r, ' ')"
    return f"({left} LIKE concat('%', {right}, '%') OR {right} LIKE concat('%', {left}, '%'))"


def _sql_word_of(word: str, name: str) -> str:
    return f"concat(' ', {name}, ' ') LIKE concat('% ', {word}, ' %')"


def _initials(a: Known, b: Known) -> bool:
    """`S. Nur` beside `Siti Nur Hayati`, or nothing but an `S.`; and a slip in one of the words."""
    if a.initials == b.initials and (_few_slips(a.first, b.first, 6) or _few_slips(a.last, b.last, 6)):
        return True
    a_word = f" {a.last} " in f" {b.name} " or f" {b.last} " in f" {a.name} "
    return a.name[0] == b.name[0] and (a_word or len(a.name) == 1 or len(b.name) == 1)


def _a_part(a: Known, b: Known) -> bool:
    ends = a.first == b.first or a.last == b.last
    return ends and a.first != a.last and b.first != b.last and _holds(a.name, b.name)


def _a_word(a: Known, b: Known) -> bool:
    return a.first == b.first or a.last == b.last or a.first == b.last or a.last == b.first


NAME = Field(
    "full_name", ("Nama", "Name"), unknown("name"), lambda a, b: not (a.name and b.name),
    (
        Level(
            "same", ("sama", "the same"),
            "key_l = key_r AND key_l LIKE '% %'", lambda a, b: a.key == b.key and " " in a.key, rarity="key",
        ),
        Level(
            "same_word", ("sama, satu kata", "the same, one word"),
            "key_l = key_r", lambda a, b: a.key == b.key, rarity="key",
        ),
        Level(
            "near", ("hampir sama", "nearly the same"),
            _sql_slips("name", 10), lambda a, b: _few_slips(a.name, b.name, 10),
        ),
        Level(
            "part", ("bagian dari nama yang lain", "a part of the other"),
            f"(first_l = first_r OR last_l = last_r) AND first_l <> last_l AND first_r <> last_r AND {_sql_holds('name')}",
            _a_part,
        ),
        Level(
            "part_word", ("satu kata dari nama yang lain", "one word of the other"),
            "name_l = first_r OR name_l = last_r OR name_r = first_l OR name_r = last_l",
            lambda a, b: a.name in (b.first, b.last) or b.name in (a.first, a.last),
        ),
        Level(
            "initials", ("satu kata hampir sama, huruf depan cocok", "a word is nearly the same, the initials agree"),
            f"(initials_l = initials_r AND ({_sql_slips('first', 6)} OR {_sql_slips('last', 6)}))"
            f" OR (substr(name_l, 1, 1) = substr(name_r, 1, 1) AND ({_sql_word_of('last_l', 'name_r')}"
            f" OR {_sql_word_of('last_r', 'name_l')} OR length(name_l) = 1 OR length(name_r) = 1))",
            _initials,
        ),
        Level(
            "alike", ("mirip", "alike"),
            _sql_slips("name", 5), lambda a, b: _few_slips(a.name, b.name, 5),
        ),
        Level(
            "word", ("satu kata sama", "a word is the same"),
            "first_l = first_r OR last_l = last_r OR first_l = last_r OR last_l = first_r", _a_word,
        ),
        DIFFERENT,
    ),
)  # fmt: skip

# Brothers of whose family card one was typed wrong are still brothers.
_FAMILY = f"kk_l = kk_r OR ({_KK_SLIP})"


def _one_family(a: Traits, b: Traits) -> bool:
    return a.kk is not None and b.kk is not None and (a.kk == b.kk or _kk_slip(a.kk, b.kk))


MOTHER = Field(
    "mother_name", ("Nama ibu", "Mother's name"),
    f"{unknown('mother')} OR {_FAMILY}", lambda a, b: not (a.mother and b.mother) or _one_family(a, b),
    (
        Level(
            "same", ("sama", "the same"),
            "mother_key_l = mother_key_r AND mother_key_l LIKE '% %'",
            lambda a, b: a.mother_key == b.mother_key and " " in a.mother_key,
        ),
        Level(
            "same_word", ("sama, satu kata", "the same, one word"),
            "mother_key_l = mother_key_r", lambda a, b: a.mother_key == b.mother_key,
        ),
        Level(
            "near", ("hampir sama", "nearly the same"),
            _sql_slips("mother", 8), lambda a, b: _few_slips(a.mother, b.mother, 8),
        ),
        Level(
            "part", ("bagian dari nama yang lain", "a part of the other"),
            _sql_holds("mother"), lambda a, b: _holds(a.mother, b.mother),
        ),
        DIFFERENT,
    ),
)  # fmt: skip


# --- The birth date ---

_FIRST = "-01-01"  # the day of those who don't know theirs


def _said_by_nik(a: Traits, b: Traits) -> bool:
    return a.nik is not None and a.nik == b.nik and a.day == b.day


def _january(a: Known, b: Known) -> bool:
    return a.day[:4] == b.day[:4] and (a.day[4:] == _FIRST or b.day[4:] == _FIRST)


def _two_parts(a: Known, b: Known) -> bool:
    return (a.day[:4] == b.day[:4]) + (a.day[5:7] == b.day[5:7]) + (a.day[8:] == b.day[8:]) == 2


BORN = Field(
    "birth_date", ("Tanggal lahir", "Birth date"),
    f"{unknown('day')} OR (nik_l = nik_r AND day_l = day_r)", lambda a, b: not (a.day and b.day) or _said_by_nik(a, b),
    (
        Level(
            "same", ("sama", "the same"),
            f"day_l = day_r AND substr(day_l, 5, 6) <> '{_FIRST}'", lambda a, b: a.day == b.day and a.day[4:] != _FIRST,
        ),
        Level(
            "same_january", ("sama, 1 Januari", "the same, 1 January"), "day_l = day_r", lambda a, b: a.day == b.day,
        ),
        Level(
            "swapped", ("hari dan bulan tertukar", "day and month are exchanged"),
            "substr(day_l, 1, 4) = substr(day_r, 1, 4) AND substr(day_l, 6, 2) = substr(day_r, 9, 2)"
            " AND substr(day_l, 9, 2) = substr(day_r, 6, 2)", lambda a, b: a.day == swapped(b.day),
        ),
        Level(
            "january", ("tahun sama, salah satu 1 Januari", "the same year, one is 1 January"),
            "substr(day_l, 1, 4) = substr(day_r, 1, 4)"
            f" AND (substr(day_l, 5, 6) = '{_FIRST}' OR substr(day_r, 5, 6) = '{_FIRST}')", _january,
        ),
        Level(
            "near", ("hari, bulan, atau tahunnya saja beda", "only day, month or year differs"),
            "(substr(day_l, 1, 7) = substr(day_r, 1, 7) OR substr(day_l, 5, 6) = substr(day_r, 5, 6)"
            " OR (substr(day_l, 1, 4) = substr(day_r, 1, 4) AND substr(day_l, 9, 2) = substr(day_r, 9, 2)))", _two_parts,
        ),
        Level(
            "year", ("tahun sama", "the same year"),
            "substr(day_l, 1, 4) = substr(day_r, 1, 4)", lambda a, b: a.day[:4] == b.day[:4],
        ),
        DIFFERENT,
    ),
)  # fmt: skip


# --- The rest ---

SEX = Field(
    "sex", ("Jenis kelamin", "Sex"), unknown("sex"), lambda a, b: not (a.sex and b.sex),
    (Level("same", ("sama", "the same"), "sex_l = sex_r", lambda a, b: a.sex == b.sex), DIFFERENT),
)  # fmt: skip

VILLAGE = Field(
    "village", ("Desa", "Village"),
    f"{unknown('village')} OR (kk_l = kk_r AND village_l = village_r)",
    lambda a, b: not (a.village and b.village) or (_one_card(a, b) and a.village == b.village),
    (
        Level("same", ("sama", "the same"), "village_l = village_r", lambda a, b: a.village == b.village),
        Level(
            "district", ("sekecamatan", "the same kecamatan"),
            "substr(village_l, 1, 8) = substr(village_r, 1, 8)", lambda a, b: a.village[:8] == b.village[:8],
        ),
        DIFFERENT,
    ),
)  # fmt: skip

PHONE = Field(
    "phone", ("Nomor HP", "Phone number"),
    f"{unknown('phone')} OR kk_l = kk_r", lambda a, b: not (a.phone and b.phone) or _one_card(a, b),
    (Level("same", ("sama", "the same"), "phone_l = phone_r", lambda a, b: a.phone == b.phone, fixed=True), DIFFERENT),
)  # fmt: skip

# What more people share is nobody's own: the village office's phone, a number written down for want of one. It is taken
# as not known, or one such phone would make millions of pairs.
OWN, MOST_WITH_ONE = ("nik", "kk", "phone"), 50

WORKERS = Definition(
    columns=Traits._fields,
    fields=(NIK, NAME, BORN, SEX, KK, MOTHER, VILLAGE, PHONE),
    # Each finds what slips in the others' fields hide; where the pairs would grow with the square of a nation, one thing
    # more has to agree.
    blocking=(
        "l.nik = r.nik",
        "l.day = r.day AND l.first = r.first",
        "l.day = r.day AND l.last = r.last AND l.sex = r.sex",
        "l.day = r.day AND l.village = r.village",
        "l.day = r.day AND l.mother_key = r.mother_key",
        "l.day = concat(substr(r.day, 1, 5), substr(r.day, 9, 2), '-', substr(r.day, 6, 2)) AND l.initials = r.initials",
        "l.village = r.village AND l.key = r.key",
        "l.village = r.village AND l.mother_key = r.mother_key",
        "l.village = r.village AND substr(l.day, 1, 4) = substr(r.day, 1, 4)"
        " AND substr(l.name, 1, 1) = substr(r.name, 1, 1)",
        "l.key = r.key AND substr(l.day, 1, 7) = substr(r.day, 1, 7) AND l.key LIKE '% %'",
        "l.kk = r.kk AND substr(l.name, 1, 1) = substr(r.name, 1, 1)",
        "l.phone = r.phone AND l.sex = r.sex AND substr(l.name, 1, 1) = substr(r.name, 1, 1)",
        "substr(l.nik, 7, 10) = substr(r.nik, 7, 10) AND l.initials = r.initials",
        "substr(l.nik, 1, 12) = substr(r.nik, 1, 12) AND substr(l.name, 1, 1) = substr(r.name, 1, 1)",
    ),
    strict=("l.nik = r.nik", "l.day = r.day AND l.key = r.key", "l.kk = r.kk AND l.sex = r.sex"),
)


# --- Weights ---


class Chance(NamedTuple):
    """How often two records are at a level: of one person (m), of two (u)."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        return math.log2(self.m / self.u)


class Weights(NamedTuple):
    """prior: how often any two records are one person. levels: by field and level, in no engine's own words."""

    prior: float
    levels: Mapping[str, Mapping[str, Chance]]

    @property
    def prior_weight(self) -> float:
        return math.log2(self.prior / (1 - self.prior))


def load(path: Path) -> Weights:
    """Raises KeyError, ValueError or TypeError for a file that is none of ours."""
    told = json.loads(path.read_text("utf-8"))
    levels = {
        field: {level: Chance(float(m), float(u)) for level, (m, u) in chances.items()}
        for field, chances in told["levels"].items()
    }
    return Weights(float(told["prior"]), levels)


def save(weights: Weights, path: Path) -> None:
    lines = ",\n".join(
        f"    {json.dumps(field)}: {{\n"
        + ",\n".join(f"      {json.dumps(level)}: [{chance.m:.4g}, {chance.u:.4g}]" for level, chance in chances.items())
        + "\n    }"
        for field, chances in weights.levels.items()
    )
    path.write_text(f'{{\n  "prior": {weights.prior:.4g},\n  "levels": {{\n{lines}\n  }}\n}}\n', "utf-8")


@cache
def shipped() -> Weights:
    """The weights that come along, for a regency of a hundred thousand workers, of whom one in fifty is there twice.

    They hold for a village as well: that two records are of one village is itself weighed.
    """
    return load(WEIGHTS)


def probability(weight: float) -> float:
    """Of a sum of weights, the prior among them."""
    return 1 / (1 + 2.0**-weight) if weight > -1000 else 0.0


def in_words(comparison: Comparison, fields: Iterable[Field] = WORKERS.fields) -> tuple[Words, Words]:
    """The field's title and what was found, each in Indonesian and English."""
    for field in fields:
        if field.name == comparison.field:
            for level in field.levels:
                if level.name == comparison.level:
                    return field.title, level.says
    raise KeyError(f"{comparison.field}: {comparison.level}")
