"""One worker, and what becomes of her in a second entry; and people who are near her and are not she."""

from server.linkage.people import Person

SITI = Person(
    "w1", "64.02.11.2003", "6402115207909001", "6402110302159021", "Siti Nur Hayati", "1990-07-12", "female", "Aminah Lejau",
    "+6281234567890",
)  # fmt: skip
# A village has one Joko after the other.
JOKO = Person("w2", "64.02.11.2003", "6402110503859002", "6402111104129077", "Joko", "1985-03-05", "male", "Sri", None)


def again(person: Person, **other: str | None) -> Person:
    return person._replace(**{"record": "again", "phone": None, **other})


DAMAGED = {
    "a digit of the NIK is wrong": (SITI, again(SITI, nik="6402115207909007", kk_number=None)),
    "two digits of the NIK are exchanged": (SITI, again(SITI, nik="6402115270909001", kk_number=None)),
    "the NIK is missing": (SITI, again(SITI, nik=None)),
    "the NIK is another's": (SITI, again(SITI, nik="6402114509819004")),
    "the name is in the old spelling": (SITI, again(SITI, nik=None, kk_number=None, full_name="Sitti Noerhajati")),
    "the name has a slip": (SITI, again(SITI, nik=None, kk_number=None, full_name="Siti Nur Hyati")),
    "the first name is cut": (SITI, again(SITI, full_name="S. Nur Hayati", kk_number=None, nik=None)),
    "the last name is lost": (SITI, again(SITI, full_name="Siti Nur", nik=None)),
    "a title is before it": (SITI, again(SITI, full_name="Hj. Siti Nur Hayati, S.Pd", nik=None, kk_number=None)),
    "day and month are exchanged": (SITI, again(SITI, birth_date="1990-12-07", nik=None, kk_number=None)),
    "the birthday is 1 January": (SITI, again(SITI, birth_date="1990-01-01", nik=None, kk_number=None)),
    "the birth date is missing": (SITI, again(SITI, birth_date=None, nik=None)),
    "the mother is missing": (SITI, again(SITI, mother_name=None, kk_number=None)),
    "the mother has a slip": (SITI, again(SITI, mother_name="Amina Ledjau", nik=None, kk_number=None)),
    "she moved and has a new family card": (SITI, again(SITI, village="64.02.05.2001", kk_number="6402050807239044")),
    "she moved, and the NIK has a slip": (
        SITI, again(SITI, village="64.02.05.2001", kk_number="6402050807239044", nik="6402115207909010"),
    ),
    "one word is all the name, and the NIK is missing": (JOKO, again(JOKO, nik=None)),
    "one word is all the name, and the card is new": (JOKO, again(JOKO, kk_number="6402112203199001")),
}  # fmt: skip

OTHERS = {
    "her sister": (
        SITI, again(
            SITI, full_name="Siti Aisyah", birth_date="1993-02-03", nik="6402114302939002", phone=SITI.phone,
        ),
    ),
    "her sister, the card mistyped": (
        SITI, again(
            SITI, full_name="Rina Hayati", birth_date="1993-02-03", nik="6402114302939002", phone=SITI.phone,
            kk_number="6402110302159012",
        ),
    ),
    "her twin brother": (SITI, again(SITI, full_name="Ahmad Yusuf", sex="male", nik="6402111207909001", phone=SITI.phone)),
    "her twin sister of another name": (SITI, again(SITI, full_name="Rahmawati", nik="6402115207909002", phone=SITI.phone)),
    "her husband": (
        SITI, again(
            SITI, full_name="Budi Santoso", sex="male", birth_date="1988-09-01", nik="6402110109889001",
            mother_name="Painah", phone=SITI.phone,
        ),
    ),
    "her namesake in the village": (
        SITI, again(
            SITI, birth_date="1971-05-30", nik="6402117005719001", kk_number="6402112508119003",
            mother_name="Norsinah Kumpai",
        ),
    ),
    "one born on her day in her kecamatan": (
        SITI, again(
            SITI, full_name="Dewi Lestari", nik="6402115207909002", kk_number="6402111912179030", mother_name="Sumarni",
        ),
    ),
    "the other Joko": (
        JOKO, again(
            JOKO, birth_date="1979-11-20", nik="6402112011799001", kk_number="6402110506209055", mother_name="Tuminah",
        ),
    ),
    "the other Joko, who knows nothing of himself": (
        JOKO, again(JOKO, birth_date="1985-01-01", nik=None, kk_number=None, mother_name=None, village="64.02.05.2001"),
    ),
}  # fmt: skip
