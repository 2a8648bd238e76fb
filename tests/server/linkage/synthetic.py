"""Invented Indonesian workers, some of them there twice, the second time damaged as work in the field is; by a seed.

They live in households: spouses, siblings and twins share a village, a family card, often a mother and a phone, and are
different people. NIKs are put together as the ministry does it, in serials of 9000 and above, one after the other as
children were registered, so that twins' NIKs are neighbours. The name lists are short and skewed; real names are more
various, and villages have more namesakes than this: `HARD` is there for that.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from server.linkage.people import Person

_MEN = (
    "Ahmad Muhammad Abdul Rudi Agus Bambang Sugeng Hendra Dedi Eko Slamet Joko Andi Budi Yusuf Rahmat Ridwan Syamsul "
    "Zainal Fauzi Iwan Hasan Husin Usman Umar Ali Ibrahim Ismail Sulaiman Syarifuddin Jamaluddin Kamaruddin Nasrun "
    "Sofyan Herman Yohanes Petrus Paulus Markus Stefanus Yosef Antonius Lawing Ding Bit Juk Ngau Lejau Uluk Belareq "
    "Awang Aji Encik Mansyur Tarmizi Saiful Arifin Wahyu Teguh Sutrisno Suparman Supriyadi Mulyono Sukardi Wagiman "
    "Tukiman Paiman Darwis Baharuddin Faisal Rizal Irfan Fikri Ilham Reza Dimas Galih Bagus Nanang Asep Ujang Dadang "
    "Tatang Made Wayan Nyoman Ketut"
).split()
_WOMEN = (
    "Siti Nur Sri Dewi Ani Rina Yuni Wati Endang Sulastri Suparti Tuminah Ngatinah Painah Aminah Fatimah Khadijah "
    "Aisyah Maryam Zubaidah Rohana Hajrah Juhrah Maspah Norsinah Mariana Kristina Martha Lusia Veronika Theresia "
    "Agustina Yuliana Hanye Bulan Dayang Lung Hunai Tipung Urai Idang Rusmini Sumarni Kartini Lestari Indah Ratna "
    "Fitri Nita Lina Mega Ayu Putri Intan Diah Rahmawati Hasnah Halimah Salmah Rosmini Asiah Jamilah Maimunah Nuraini "
    "Hartati Wahyuni Susanti Yanti Ema Neneng Euis Cucu Imas Luh Komang Kadek Rabiah Masitah Salbiah"
).split()
_LAST = (
    "Hayati Saputra Lejau Usat Rahmah Kuleh Sari Jalung Bayau Irang Lahang Nurdin Wahyuni Ajang Hibau Tekwan Maulana "
    "Imang Merang Bahri Anyeq Luhat Hidayat Setiawan Santoso Wijaya Kurniawan Susanto Prasetyo Nugroho Utomo Hartono "
    "Gunawan Siregar Nasution Lubis Simanjuntak Hutapea Sitorus Ginting Tarigan Pane Harahap Rangkuti Effendi "
    "Firmansyah Ramadhan Hakim Karim Rahim Razak Latif Salam Samad Basri Sani Thamrin Tahir Idris Yunus Yahya Zakaria "
    "Ilyas Anwar Akbar Amin Aziz Fadli Halim Handayani Lestari Rahayu Utami Astuti Puspita Anggraini Permata Maharani "
    "Safitri Oktaviani Wulandari Kusuma Purnama Jannah Hasanah Khasanah Nurhaliza Azizah Zahra Salsabila Ningsih "
    "Suryani Mulyani Haryati Kumpai Ipui Apui Lawai Njau Lencau Jau Bilung Ubang Wan Laing Kuling Dengah Ului Musnad "
    "Situmorang Manurung Sihombing Tampubolon Pohan Daulay Batubara Pulungan"
).split()
_OLD = (("u", "oe"), ("j", "dj"), ("y", "j"), ("c", "tj"), ("sy", "sj"), ("kh", "ch"), ("f", "p"), ("z", "s"), ("i", "y"))
_DIGITS, _LETTERS = "0123456789", "abcdefghijklmnoprstuwy"
_YOUNGEST = 2008


class Damage(NamedTuple):
    """How often each kind befalls the second entry of a person."""

    nik_typo: float = 0.35
    nik_missing: float = 0.15
    name_typo: float = 0.35
    first_name_cut: float = 0.10
    last_name_lost: float = 0.12
    day_and_month_swapped: float = 0.15
    january: float = 0.07
    mother_typo: float = 0.25
    mother_missing: float = 0.15
    moved: float = 0.10
    kk_new: float = 0.15
    kk_typo: float = 0.08
    kk_missing: float = 0.20
    phone_other: float = 0.30


class Country(NamedTuple):
    """village: workers in one, on average. one_word: men and women of one name alone. january: born on the 1st of
    January, as they were registered. names: how many of each list are in use, of 1; the fewer, the more namesakes."""

    village: int = 700
    one_word: float = 0.12
    january: float = 0.04
    names: float = 1.0
    twice: float = 0.05
    has_phone: float = 0.6
    damage: Damage = Damage()


USUAL = Country()
HARD = Country(village=2500, one_word=0.45, january=0.2, names=0.35)


class Entry(NamedTuple):
    """One record; who: the person behind it; damage: what befell it, empty for who was entered first."""

    person: Person
    who: int
    damage: tuple[str, ...] = ()


def entries(count: int, seed: int = 1, country: Country = USUAL) -> Iterator[Entry]:
    """`count` records, household by household; a second entry stands behind the first, which no engine makes use of."""
    made = _Maker(seed, country, count)
    given = 0
    while given < count:
        for entry in made.household():
            if given < count:
                yield entry
                given += 1


class _Maker:
    def __init__(self, seed: int, country: Country, count: int) -> None:
        self.rng, self.country = random.Random(seed), country
        villages = max(count // country.village, 1)
        self.villages = [
            f"{64 + at // 2000}.{1 + at // 200 % 10:02d}.{1 + at // 12 % 17:02d}.{2001 + at:04d}" for at in range(villages)
        ]
        self.serials: defaultdict[str, int] = defaultdict(int)
        self.who = self.records = self.cards = 0
        self.men, self.women, self.last = (_skewed(names, country.names) for names in (_MEN, _WOMEN, _LAST))

    # --- Who there is ---

    def household(self) -> Iterator[Entry]:
        """A family: husband, wife or both, and grown children with her as their mother."""
        rng = self.rng
        village = rng.choice(self.villages)
        card = self.card(village)
        phone = self.phone() if rng.random() < self.country.has_phone else None
        wife = self.name(woman=True)
        born = self.born(1955, 1985)
        family = []
        if rng.random() < 0.8:
            family.append((self.name(woman=False), "male", self.born(1950, 1985), self.name(woman=True), self.home(village)))
        if rng.random() < 0.6 or not family:
            family.append((wife, "female", born, self.name(woman=True), self.home(village)))
        for name, sex, day, mother, home in [*family, *self.children(wife, born, village)]:
            own = self.phone() if rng.random() < 0.3 else phone
            yield from self.entered(Person("", village, self.nik(home, day, sex), card, name, day, sex, mother, own))

    def home(self, village: str) -> str:
        """Where somebody was registered first: a fifth of all elsewhere."""
        return village if self.rng.random() < 0.8 else self.rng.choice(self.villages)

    def children(self, mother: str, born: str, village: str) -> list[tuple[str, str, str, str, str]]:
        rng, found, year = self.rng, [], int(born[:4])
        for _ in range(rng.choices((0, 1, 2, 3), (55, 25, 14, 6))[0]):
            day, home = self.born(year + 18, year + 40), self.home(village)
            for _ in range(2 if rng.random() < 0.012 else 1):  # twins
                sex = rng.choice(("male", "female"))
                found.append((self.name(woman=sex == "female"), sex, day, mother, home))
        return found

    def entered(self, person: Person) -> Iterator[Entry]:
        self.who += 1
        yield Entry(person._replace(record=self.record()), self.who)
        while self.rng.random() < self.country.twice:
            yield self.again(person)

    # --- Their traits ---

    def record(self) -> str:
        self.records += 1
        return f"w{self.records:07d}"

    def name(self, *, woman: bool) -> str:
        rng = self.rng
        names, weights = self.women if woman else self.men
        first = rng.choices(names, cum_weights=weights)[0]
        if rng.random() < self.country.one_word:
            return first
        words = [first, rng.choices(self.last[0], cum_weights=self.last[1])[0]]
        if rng.random() < 0.2:
            words.insert(1, rng.choices(names, cum_weights=weights)[0])
        return " ".join(words)

    def born(self, since: int, until: int) -> str:
        day = date(since, 1, 1) + timedelta(self.rng.randrange(365 * (min(until, _YOUNGEST) - since + 1)))
        return f"{day.year}-01-01" if self.rng.random() < self.country.january else day.isoformat()

    def nik(self, home: str, born: str, sex: str) -> str:
        day = int(born[8:]) + 40 * (sex == "female")
        twelve = f"{home[:8].replace('.', '')}{day:02d}{born[5:7]}{born[2:4]}"
        self.serials[twelve] += 1
        return f"{twelve}{9000 + self.serials[twelve] % 1000:04d}"

    def card(self, village: str) -> str:
        self.cards += 1
        rng = self.rng
        recorded = f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(8, 25):02d}"
        return f"{village[:8].replace('.', '')}{recorded}{9000 + self.cards % 1000:04d}"

    def phone(self) -> str:
        return f"+628{self.rng.choice('12357')}{self.rng.randrange(10**8):08d}"

    # --- What befalls them ---

    def again(self, person: Person) -> Entry:
        rng, done = self.rng, []
        for kind, often in zip(Damage._fields, self.country.damage, strict=True):
            if rng.random() < often:
                damaged = getattr(self, f"_{kind}")(person)
                if damaged != person:
                    done.append(kind)
                    person = damaged
        return Entry(person._replace(record=self.record()), self.who, tuple(done))

    def _nik_typo(self, person: Person) -> Person:
        return person._replace(nik=self.slip(person.nik, _DIGITS))

    def _nik_missing(self, person: Person) -> Person:
        return person._replace(nik=None)

    def _name_typo(self, person: Person) -> Person:
        return person._replace(full_name=self.misspelt(person.full_name))

    def _first_name_cut(self, person: Person) -> Person:
        first, _, rest = person.full_name.partition(" ")
        return person._replace(full_name=f"{first[0]}. {rest}") if rest else person

    def _last_name_lost(self, person: Person) -> Person:
        return person._replace(full_name=person.full_name.rpartition(" ")[0] or person.full_name)

    def _day_and_month_swapped(self, person: Person) -> Person:
        year, month, day = person.birth_date.split("-")
        return person._replace(birth_date=f"{year}-{day}-{month}") if day <= "12" else person

    def _january(self, person: Person) -> Person:
        return person._replace(birth_date=f"{person.birth_date[:4]}-01-01")

    def _mother_typo(self, person: Person) -> Person:
        return person._replace(mother_name=self.misspelt(person.mother_name))

    def _mother_missing(self, person: Person) -> Person:
        return person._replace(mother_name=None)

    def _moved(self, person: Person) -> Person:
        village = self.rng.choice(self.villages)
        return person._replace(village=village, kk_number=self.card(village))

    def _kk_new(self, person: Person) -> Person:
        return person._replace(kk_number=self.card(person.village))

    def _kk_typo(self, person: Person) -> Person:
        return person._replace(kk_number=self.slip(person.kk_number, _DIGITS))

    def _kk_missing(self, person: Person) -> Person:
        return person._replace(kk_number=None)

    def _phone_other(self, person: Person) -> Person:
        return person._replace(phone=self.rng.choice((None, self.phone())))

    def misspelt(self, name: str) -> str:
        """As it was spelt once or is said here, or a slip of the thumb."""
        older = [(new, old) for new, old in _OLD if new in name[1:]]
        if older and self.rng.random() < 0.4:
            new, old = self.rng.choice(older)
            return name[0] + name[1:].replace(new, old, 1)
        return name[0] + self.slip(name[1:], _LETTERS)

    def slip(self, text: str, signs: str) -> str:
        """One sign wrong, two exchanged, one left out, or one twice."""
        at = self.rng.randrange(len(text))
        kind = self.rng.choices(("wrong", "exchanged", "left out", "twice"), (5, 3, 1, 1))[0]
        if kind == "exchanged" and at:
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        if kind == "left out":
            return text[:at] + text[at + 1 :]
        if kind == "twice":
            return text[:at] + text[at] + text[at:]
        return text[:at] + self.rng.choice(signs) + text[at + 1 :]


def _skewed(names: list[str], share: float) -> tuple[list[str], list[float]]:
    """The head of a list, each name rarer than the one before it."""
    used = names[: max(int(len(names) * share), 2)]
    return used, list(accumulate(1 / (at + 3) for at in range(len(used))))
