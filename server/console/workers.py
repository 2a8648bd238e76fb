"""The desk of workers: finding one among many by whatever is known of him, and everything about one on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from flask import Response, request

from schemas import problem
from schemas.change import dumps
from schemas.fields import SENSITIVE
from schemas.kinds import KINDS
from schemas.kinds.parts import FUNDING
from schemas.occupations import OCCUPATIONS
from server import audit
from server.actions import deciding, memberships, settle, worker_pages
from server.actions.returning import LONGEST_NOTE, return_record
from server.actions.worker_pages import Month, Said, Whole
from server.clock import day_at
from server.console.door import Asking, deed, desk, redirect_to
from server.console.inputs import Input, answered, asked, can_be_typed
from server.console.words import Words
from server.problems import Refusal
from server.store.people_index import Asked
from server.store.worker_pages import Look
from server.vocabulary import MEMBERSHIP_WHY

ON_A_PAGE = 25
LONGEST_TEXT = 200  # characters of what is searched for
WORKER = KINDS["worker"]
Kept = dict[str, str]

# Searching ------------------------------------------------------------------------------------------------------------

_QUICK: tuple[tuple[tuple[str, str], Kept], ...] = (
    (("Menunggak", "In arrears"), {"coverage": "in_arrears"}),
    (("Tidak aktif lagi", "No more active"), {"coverage": "inactive"}),
    (("Menunggu bayar", "Awaiting payment"), {"coverage": "awaiting_payment"}),
    (("Data belum lengkap", "Incomplete"), {"incomplete": "yes"}),
    (("Isian berbeda", "Conflicts"), {"waits": "yes"}),
    (("Pemakaian dibatasi", "Restricted"), {"restricted": "yes"}),
)
"""Lists that name no person, so that they may stand in an address."""

COVERAGE: dict[str, tuple[tuple[str, str], str]] = {
    "active": (("Aktif", "Active"), "good"), "in_arrears": (("Menunggak", "In arrears"), "warn"),
    "inactive": (("Tidak aktif", "Inactive"), "bad"), "awaiting_payment": (("Menunggu bayar", "Awaiting payment"), "info"),
    "verified": (("Terverifikasi", "Verified"), "info"), "proposed": (("Diusulkan", "Proposed"), ""),
    "ended": (("Berakhir", "Ended"), ""), "not_yet": (("Belum mulai", "Not begun"), ""),
}  # fmt: skip
"""What a membership's state is called, and the tone of its badge."""

STATUS_TONES = {"verified": "good", "deceased": "bad", "withdrawn": "warn", "moved_away": "info"}
SEGMENTS = ("bpu", "wage_earner", "apparatus")
STATUSES = ("proposed", "verified", "withdrawn", "deceased", "moved_away")


@desk("/workers", "see people")
def workers(asking: Asking) -> Response:
    """The form, and a list where filters alone are asked for. An address that names somebody is left at once."""
    said = request.args.to_dict()
    if said.keys() & NAMING:
        return redirect_to(asking.url("workers", **{name: value for name, value in said.items() if name in _KEPT - NAMING}))
    return _list(asking, said)


@deed("/workers", "see people")
def search_workers(asking: Asking) -> Response:
    """Look for people: by POST, since what is typed names them."""
    return _list(asking, request.form)


def _list(asking: Asking, said: Mapping[str, str]) -> Response:
    text, place = said.get("q", "")[:LONGEST_TEXT].strip(), said.get("place", "")[:LONGEST_TEXT].strip()
    filters = worker_pages.filters_of(said)
    found = None
    if text or place or not filters.is_empty or said.get("all"):
        found = worker_pages.search(asking.scope, Asked(text, filters), place, said.get("after") or None, ON_A_PAGE)
        audit.look("search", region=asking.scope, records=[row.record for row in found.rows])
    kept = {name: value for name, value in said.items() if value and name in _KEPT}
    return asking.render(
        "workers.html", part="found", found=found, text=text, place=place, filters=filters, kept=kept, quick=_QUICK,
        coverage=COVERAGE, statuses=STATUSES, status_tones=STATUS_TONES, segments=SEGMENTS, fundings=FUNDING,
        occupations=_occupations(asking.lang), is_first=not said.get("after"), age=_age_on(asking),
        masked=not asking.may("see whole NIKs"), may_sensitive=asking.may("see sensitive"),
        more_asked=any(name in kept for name in _MORE),
    )  # fmt: skip


NAMING = frozenset({"q", "after"})
"""What names a person: a form may bring it, an address never."""
_MORE = ("occupation", "segment", "funding", "sex", "vulnerable", "decile", "from", "to")
_KEPT = frozenset({"q", "place", "all", "status", "coverage", "incomplete", "waits", "restricted", *_MORE})


def _occupations(lang: str) -> list[tuple[str, str]]:
    return sorted(((code, each.label(lang)) for code, each in OCCUPATIONS.items()), key=lambda each: each[1].lower())


def _age_on(asking: Asking) -> Any:
    today = day_at(asking.now, "64" if asking.scope == "id" else asking.scope)

    def age(born: str | None) -> int | None:
        try:
            day = date.fromisoformat(born or "")
        except ValueError:
            return None
        return today.year - day.year - ((today.month, today.day) < (day.month, day.day))

    return age


# One worker -----------------------------------------------------------------------------------------------------------

GROUPS: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = (
    (("Identitas", "Identity"), (
        "nik", "nik_reason", "kk_number", "full_name", "birth_place", "birth_date", "sex", "mother_name",
    )),
    (("Tempat tinggal dan kontak", "Home and contact"), (
        "village", "address", "rt", "rw", "postcode", "gps", "phone", "email",
    )),
    (("Pekerjaan", "Work"), (
        "occupation", "occupation_text", "second_occupation", "work_village", "work_place", "segment", "monthly_income",
    )),
    (("Kepesertaan", "Membership"), (
        "status", "kpj", "card_given_on", "programs", "payment_months", "funding", "vulnerable", "dtsen_decile", "dtsen_at",
        "registered_at",
    )),
    (("Keluarga dan berkas", "Family and papers"), (
        "heirs", "consent", "photo_ktp", "photo_person", "signature", "notes",
    )),
)  # fmt: skip
"""The fields as the form asks for them."""


class Fact(NamedTuple):
    """A field on the page. text: its value as it is shown. said: all that was ever written there, the newest first."""

    field: str
    value: Any
    text: str
    is_hidden: bool
    is_empty: bool
    lacks: bool
    differs: bool
    may_correct: bool
    said: list[Said]


class Correcting(NamedTuple):
    """A field that is being corrected. seen: what the page was made of."""

    field: str
    input: Input
    seen: str
    faults: list[str]


@desk("/workers/<record>", "see people")
def worker(asking: Asking, record: str) -> Response:
    return _page(asking, _whole(asking, record))


@deed("/workers/<record>/show", "see sensitive")
def show_sensitive(asking: Asking, record: str) -> Response:
    """The same page with what is sensitive open; the log says so."""
    return _page(asking, _whole(asking, record), is_open=True)


@desk("/workers/<record>/correct/<field>", "settle")
def correct_worker(asking: Asking, record: str, field: str) -> Response:
    whole = _whole(asking, record)
    _check_field(whole, field)
    value = whole.fields.get(field)
    return _page(asking, whole, correcting=_correcting(asking, field, value, dumps(whole.seen), []))


@deed("/workers/<record>/correct/<field>", "settle")
def write_worker(asking: Asking, record: str, field: str) -> Response:
    """One field, as one change of the desk's. What came in since the page was opened is shown before it is replaced."""
    whole = _whole(asking, record)
    _check_field(whole, field)
    value, seen = answered(WORKER, field, request.form, "value"), deciding.seen_of(request.form.get("seen", ""))
    t = asking.t
    try:
        if seen is None:
            raise settle.NotSeen(record)
        settle.settle(whole.record, seen, {field: value}, asking.account, asking.now)
    except settle.NotSeen:
        said = [t("Isian ini baru saja diubah orang lain. Lihat isinya yang sekarang, lalu simpan lagi.",
                  "Somebody has just changed this. Look at what it says now, then save again.")]  # fmt: skip
        return _page(asking, whole, correcting=_correcting(asking, field, value, dumps(whole.seen), said), status=409)
    except settle.OwnEntry:
        said = [t("Isian ini berbeda, dan Anda sendiri menulis salah satunya: minta orang lain memutuskan.",
                  "This differs, and you wrote one of the values yourself: ask somebody else to decide.")]  # fmt: skip
        return _page(asking, whole, correcting=_correcting(asking, field, value, dumps(whole.seen), said), status=409)
    except settle.BadFields as bad:
        said = [each for told in asking.complain(bad.errors).values() for each in told]
        return _page(asking, whole, correcting=_correcting(asking, field, value, request.form["seen"], said), status=422)
    return asking.done(
        ("Tersimpan, dan akan sampai ke semua HP desa itu.", "Saved; it goes to all phones of that village."),
        asking.url("worker", record=whole.record),
    )


@deed("/workers/<record>/return", "settle")
def return_worker(asking: Asking, record: str) -> Response:
    """Ask the officer to look again: a note that his phone shows as a task."""
    whole, note, t = _whole(asking, record), request.form.get("note", "").strip(), asking.t
    fault = None
    if not note or len(note) > LONGEST_NOTE:
        fault = t(f"Tulis catatan untuk petugas, paling banyak {LONGEST_NOTE} huruf.",
                  f"Write a note to the officer, {LONGEST_NOTE} characters at most.")  # fmt: skip
    elif not (told := return_record(asking.scope, whole.record, note, asking.account, asking.now)):
        fault = t("Tidak ada HP yang memegang desa ini. Daftarkan HP petugas dulu.",
                  "No phone holds this village. Enrol an officer's phone first.")  # fmt: skip
    if fault:
        return _page(asking, whole, note=(note, fault), status=422)
    return asking.done(
        (f"Catatan Anda akan tampil di HP petugas ({len(told)} HP).",
         f"Your note will show on the officer's phone ({len(told)} phones)."),
        asking.url("worker", record=whole.record),
    )  # fmt: skip


@desk("/workers/<record>/looks", "see conflicts")
def worker_looks(asking: Asking, record: str) -> Response:
    """Who has looked at him, further back."""
    whole = _whole(asking, record)
    before = request.args.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 16 else None
    looks, goes_on = worker_pages.looks(asking.scope, whole.record, number, most=100)
    audit.look("open", region=whole.home, record=whole.record, part="looks")
    more = asking.url("worker_looks", record=whole.record, before=goes_on) if goes_on else None
    return asking.render("worker_looks.html", whole=whole, looks=[_look(each, asking) for each in looks], more=more)


def _whole(asking: Asking, record: str) -> Whole:
    whole = worker_pages.look(asking.scope, record)
    if whole is None:
        raise Refusal(problem.NOT_FOUND)
    return whole


def _check_field(whole: Whole, field: str) -> None:
    """Raises Refusal (404) for what no form of ours asks for, or nobody can type."""
    known = field in WORKER.schema.fields or field in whole.fields
    if not known or not can_be_typed(WORKER, field, whole.fields.get(field)):
        raise Refusal(problem.NOT_FOUND)


def _correcting(asking: Asking, field: str, value: Any, seen: str, faults: list[str]) -> Correcting:
    return Correcting(field, asked(WORKER, field, value, "value", Words(asking.lang)), seen, faults)


def _page(
    asking: Asking, whole: Whole, *, is_open: bool = False, correcting: Correcting | None = None,
    note: tuple[str, str] = ("", ""), status: int = 200,
) -> Response:  # fmt: skip
    page = _Page(asking, whole, is_open)
    opened = {"sensitive": page.sensitive} if is_open else {"field": correcting.field} if correcting else {}
    audit.look("open", region=whole.home, record=whole.record, **opened)
    looks, goes_on = worker_pages.looks(asking.scope, whole.record) if asking.may("see conflicts") else ([], None)
    membership = memberships.story_of(asking.scope, whole.record, asking.now)
    return asking.render(
        "worker.html", status=status, membership=membership, membership_why=MEMBERSHIP_WHY,
        paid={each.record: each for each in membership.paid} if membership else {},
        whole=whole, page=page, groups=page.groups(), is_open=is_open, correcting=correcting,
        note=note, longest_note=LONGEST_NOTE, years=_years(whole.months), legend=_legend(whole.months), coverage=COVERAGE,
        status_tones=STATUS_TONES, age=_age_on(asking), looks=[_look(each, asking) for each in looks],
        looks_more=asking.url("worker_looks", record=whole.record, before=goes_on) if goes_on else None,
        state=whole.derived.get("state", "proposed"), may_settle=asking.may("settle"), masked=page.masked,
    )  # fmt: skip


class _Page:
    """What one reader is shown of a worker."""

    def __init__(self, asking: Asking, whole: Whole, is_open: bool) -> None:
        self.asking, self.whole, self.is_open = asking, whole, is_open
        self.words, self.masked = Words(asking.lang), not asking.may("see whole NIKs")
        self.may_settle, self.may_open = asking.may("settle"), asking.may("see sensitive")

    @property
    def sensitive(self) -> list[str]:
        """Those of his fields that are hidden until somebody asks for them."""
        return sorted(field for field in self.whole.fields if WORKER.privacy(field) == SENSITIVE)

    def is_hidden(self, field: str, kind: str = "worker") -> bool:
        return not self.is_open and KINDS[kind].privacy(field) == SENSITIVE

    def text(self, field: str, value: Any, kind: str = "worker") -> str:
        if value not in (None, "", []) and self.is_hidden(field, kind):
            return "•••••"
        return self.words.value(field, value, self.masked)

    def groups(self) -> list[tuple[tuple[str, str], list[Fact], list[Fact]]]:
        """Name, facts, and those that nobody filled in."""
        known = {field for _, fields in GROUPS for field in fields}
        own = [field for field in {**self.whole.fields, **self.whole.said} if field not in known]
        groups = [*GROUPS, (("Pertanyaan lain", "Other questions"), tuple(sorted(own)))]
        told = [(name, [self._fact(field) for field in fields]) for name, fields in groups if fields]
        return [
            (name, [fact for fact in facts if _shows(fact)], [fact for fact in facts if not _shows(fact)])
            for name, facts in told
        ]

    def _fact(self, field: str) -> Fact:
        whole, value = self.whole, self.whole.fields.get(field)
        value = whole.home if field == "village" and value is None else value
        is_empty = value is None or value == "" or value == []
        may_correct = self.may_settle and can_be_typed(WORKER, field, value) and field not in whole.conflicts
        return Fact(
            field, value, self.text(field, value), self.is_hidden(field) and not is_empty, is_empty, field in whole.lacks,
            field in whole.conflicts, may_correct, list(whole.said.get(field, ())),
        )  # fmt: skip


def _shows(fact: Fact) -> bool:
    return not fact.is_empty or fact.lacks or fact.differs or len(fact.said) > 1


# Months ---------------------------------------------------------------------------------------------------------------

LETTERS: dict[str, tuple[str, tuple[str, str]]] = {
    "a": ("✓", ("Aktif, bulan ini terbayar", "Active, the month is covered")),
    "b": ("○", ("Masih aktif, bulan ini belum dibayar", "Still active, the month is not paid yet")),
    "r": ("!", ("Menunggak", "In arrears")), "i": ("✕", ("Tidak aktif", "Inactive")),
    "w": ("…", ("Menunggu pembayaran pertama", "Awaiting the first payment")),
    "p": ("–", ("Diusulkan", "Proposed")), "e": ("■", ("Berakhir", "Ended")),
    "?": ("?", ("Tidak dihitung: data belum lengkap", "Not counted: incomplete")),
    "s": ("s", ("Tidak dihitung: bukan pekerja mandiri", "Not counted: not self-employed")),
    "g": ("u", ("Tidak dihitung: usia", "Not counted: age")),
    "-": ("", ("Belum terdata", "Not registered")),
}  # fmt: skip
CLASSES = {"?": "none", "s": "none", "g": "none", "-": "none"}
UNCONFIRMED = ("Dibayar, belum dikonfirmasi BPJS", "Paid, not confirmed by BPJS")


class Cell(NamedTuple):
    """A month on the page. kind: its class; sign: what stands in it; is_paid: paid for, and not confirmed."""

    month: str
    kind: str
    sign: str
    says: tuple[str, str]
    is_paid: bool
    village: str


def _cell(month: Month) -> Cell:
    letter = month.letter.lower()
    sign, says = LETTERS.get(letter, LETTERS["-"])
    return Cell(month.month, CLASSES.get(letter, letter), sign, says, month.letter.isupper(), month.village)


def _years(told: list[Month]) -> list[tuple[str, list[Cell | None]]]:
    """A row of twelve a year, the newest year first."""
    years = []
    for year, some in groupby(told, key=lambda month: month.month[:4]):
        cells = {month.month[5:]: _cell(month) for month in some}
        years.append((year, [cells.get(f"{number:02d}") for number in range(1, 13)]))
    return years[::-1]


def _legend(told: list[Month]) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """class, sign and meaning of those that occur."""
    there = {month.letter.lower() for month in told}
    for letter, (sign, says) in LETTERS.items():
        if letter in there and letter != "-":
            yield CLASSES.get(letter, letter), sign, says
    if any(month.letter.isupper() for month in told):
        yield "paid", "+", UNCONFIRMED


# Who has looked -------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    at: int
    who: str
    role: str | None
    act: str


def _look(look: Look, asking: Asking) -> Seen:
    words, by = Words(asking.lang), look.who.partition(":")
    if by[0] == "account":
        who = look.name or asking.t("Akun nomor ", "Account number ") + by[2]
    elif by[0] == "device":
        who = words.phone(look.name or by[2])
    elif by[0] == "job":
        who = asking.t("Tugas terjadwal", "A scheduled job")
    else:
        who = asking.t("Pengelola server", "The server's administrator")
    act = words.pick(audit.ACTS[look.act]) if look.act in audit.ACTS else look.act
    return Seen(look.at, who, words.role(look.role) if look.role else None, act)
