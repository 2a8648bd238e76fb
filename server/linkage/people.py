"""People as they are compared: names as they sound, numbers as digits, nothing of how an officer happened to write them.

One name is written many ways in the villages: with a title or without, in the spelling of before 1972 (Soekarno,
Djumiati, Tjahja), with an Arabic name's many romanisations (Mohammad, Muhammad, Moch.), apart or together (Nur Hayati,
Nurhayati). `skeleton` folds these into one; that folds some different names as well, which the weights know of.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from schemas import nik, phone


class Person(NamedTuple):
    """What is compared of a record, as it is stored. Whatever is not known is None or empty.

    village: its dotted code; birth_date: `YYYY-MM-DD`; sex: `male` or `female`.
    """

    record: str
    village: str | None = None
    nik: str | None = None
    kk_number: str | None = None
    full_name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    mother_name: str | None = None
    phone: str | None = None


class Traits(NamedTuple):
    """A person made ready: the columns that the levels of `model` speak of. None is what is not known.

    name: its words' skeletons in the order written; key: the same, sorted; first, last, initials: of those words.
    day: the birth date.
    """

    record: str
    village: str | None
    nik: str | None
    kk: str | None
    name: str | None
    key: str | None
    first: str | None
    last: str | None
    initials: str | None
    day: str | None
    sex: str | None
    mother: str | None
    mother_key: str | None
    phone: str | None


# --- Names ---

_TITLES = frozenset(
    "H HJ HAJI HAJJAH HAJAH KH KYAI KIAI USTADZ USTAZ USTAD USTADZAH UST DRS DRA IR DR PROF ALM ALMH ALMARHUM "
    "ALMARHUMAH BP BPK BAPAK IBU BU PAK SDR SDRI NY NYONYA TN TUAN NN NONA".split()
)
_DEGREES = frozenset(
    "SPD SPDI SPDSD SAG SE SEI SH SHI SHUT SIP SIKOM SKOM SKEP SKM SKED SPT SPI SSI SSOS SST STP SSTP STH "
    "AMD AMDKEP AMDKEB AMK AMKEB MM MSI MPD MPDI MH MKES MAP BA BSC NERS".split()
)
_OF = frozenset("BIN BINTI BTE BT IBNU IBNI".split())  # the son or daughter of: what follows is the father's name
_MUHAMMAD = frozenset("MUH MUHD MHD MOH MOHD MOCH MUCH MUHAMAD MOHAMAD MOHAMED MUHAMED MUHAMAT MOHAMAT".split())
_SHORT = {"ABD": "ABDUL", "ABDL": "ABDUL", "ST": "SITI", "SITTI": "SITI", "NR": "NUR"}

_APOSTROPHES = re.compile("['’‘ʼ`´]")
_NO_LETTERS = re.compile("[^A-Z]+")
# Each pair turns the older, the Arabic or the village's way into one. J and Y fall together: JUSUF is YUSUF today,
# and DJOKO is JOKO.
_SPELLING = [
    (re.compile(pattern), written)
    for pattern, written in (
        ("OE", "U"), ("TJ", "C"), ("DJ|J", "Y"), ("CH|KH", "H"), ("SY", "S"), ("D[HZ]|TZ", "D"), ("([TBG])H", r"\1"),
        ("[VF]|PH", "P"), ("Z|X", "S"), ("Q", "K"), ("A[EY](?![AIUEO])", "AI"), ("IE", "I"), ("(?<=.)Y(?![AIUEO])", "I"),
        (r"(.)\1+", r"\1"), ("(?<=..)H$", ""),
    )
]  # fmt: skip


@lru_cache(maxsize=100_000)
def skeleton(word: str) -> str:
    """What is left of one word of a name however it is spelt; empty when it has no letter.

    >>> skeleton("Soekarno") == skeleton("Sukarno"), skeleton("Moch.") == skeleton("Muhammad")
    (True, True)
    """
    plain = _NO_LETTERS.sub("", _upper(word))
    if plain in _MUHAMMAD:
        return "MUHAMAD"
    plain = _SHORT.get(plain, plain)
    for pattern, written in _SPELLING:
        plain = pattern.sub(written, plain)
    return "MUHAMAD" if plain in _MUHAMMAD else plain


def words(name: str | None) -> tuple[str, ...]:
    """The words of a name in capitals, without titles, degrees, `bin` and `binti`; a name of titles alone keeps its last.

    >>> words("Hj. Siti Nur'aini binti Djamaluddin, S.Pd.")
    ('SITI', 'NURAINI', 'DJAMALUDDIN')
    """
    return _words(name) if name else ()


def _words(name: str) -> tuple[str, ...]:
    if name.isascii() and name.replace(" ", "").isalpha():  # nearly all, and in a nation that counts
        return _without_titles(name.upper().split())
    # What follows the comma are degrees, unless nothing stands before it.
    before, _, after = _upper(name).partition(",")
    return _without_titles(_NO_LETTERS.sub(" ", before).split() or _NO_LETTERS.sub(" ", after).split())


def _without_titles(found: list[str]) -> tuple[str, ...]:
    while len(found) > 1 and found[0] in _TITLES:
        del found[0]
    while len(found) > 1 and (cut := _degree(found)):
        del found[-cut:]
    return tuple(found) if _OF.isdisjoint(found) else tuple(found[:1] + [word for word in found[1:] if word not in _OF])


def _upper(text: str) -> str:
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
        text = _APOSTROPHES.sub("", text)
    return text.upper().replace("'", "").replace("`", "")


def _degree(found: list[str]) -> int:
    """How many words at the end are a degree: `SPD`, or `S PD`."""
    if found[-1] in _DEGREES:
        return 1
    return 2 if len(found) > 2 and found[-2] + found[-1] in _DEGREES else 0


def skeletons(name: str | None) -> tuple[str, ...]:
    """The skeletons of a name's words, in the order written."""
    return _skeletons(name) if name else ()


@lru_cache(maxsize=100_000)
def _skeletons(name: str) -> tuple[str, ...]:
    return tuple(bones for word in _words(name) if (bones := skeleton(word)))


# --- Numbers and days ---

_DAY = re.compile(r"(?:1[89]|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


def _number(text: str | None) -> str | None:
    """A NIK or family card number of sixteen digits; a row of one digit is what people type when they have none."""
    if not text:
        return None
    plain = text if len(text) == 16 and text.isdigit() and text.isascii() else nik.normalise(text)
    return plain if len(plain) == 16 and plain.isdigit() and plain.strip(plain[0]) else None


def _day(text: str | None) -> str | None:
    return text if text and _DAY.fullmatch(text) else None


def swapped(day: str) -> str | None:
    """A birth date with its day and month exchanged, where that can be written and is another."""
    month, number = day[5:7], day[8:]
    return f"{day[:5]}{number}-{month}" if number <= "12" and number != month else None


def _phone(text: str) -> str | None:
    return text if phone.E164.fullmatch(text) else phone.normalise(text)


_Named = tuple[str | None, str | None, str | None, str | None, str | None]
_NAMELESS: _Named = (None, None, None, None, None)


@lru_cache(maxsize=100_000)
def _named(full_name: str) -> _Named:
    found = _skeletons(full_name)
    if not found:
        return _NAMELESS
    if len(found) == 1:
        return found[0], found[0], found[0], found[0], found[0][0]
    return " ".join(found), " ".join(sorted(found)), found[0], found[-1], "".join([word[0] for word in found])


def traits(person: Person) -> Traits:
    """Make one person ready. Whatever can't be read is as if it were not known."""
    record, village, nik_, kk, full_name, day, sex, mother_name, phone_ = person
    mother = _named(mother_name) if mother_name else _NAMELESS
    return Traits(
        record, village or None, _number(nik_), _number(kk), *(_named(full_name) if full_name else _NAMELESS),
        _day(day), sex or None, mother[0], mother[1], _phone(phone_) if phone_ else None,
    )  # fmt: skip
