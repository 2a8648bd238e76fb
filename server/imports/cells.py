"""What a cell says: dates, months, amounts and words as offices write them. What is not sure is refused, never guessed.

A cell comes as a workbook or text file has it: text, a number, a truth, a day or time, or nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from schemas import digits, month, nik
from schemas.occupations import OCCUPATIONS
from server.imports.faults import BadCell

Cell = str | int | float | bool | date | datetime | None

EXACT_DIGITS = 15  # so many Excel keeps of a number; the rest it writes as zeros
MOST_MONTHS = 24
MOST_RUPIAH = 10**12
_EXCEL_BEGAN = date(1899, 12, 30)
_SERIALS = range(3654, 73051)  # 1910 to 2099
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+]?[0-9]+")
_WORDS = re.compile(r"[^a-z0-9]+")

_MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january", "feb peb februari pebruari february", "mar maret march mrt", "apr april", "mei may",
            "jun juni june", "jul juli july", "agu ags agt aug agustus august", "sep sept september",
            "okt oct oktober october", "nov nop november nopember", "des dec desember december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ].*)?")
_USUAL = re.compile(r"([0-9]{1,2})[-/. ]+([0-9]{1,2})[-/. ]+([0-9]{4}|[0-9]{2})(?: +[0-9]{1,2}[:.][0-9]{2}.*)?")
_NAMED = re.compile(r"([0-9]{1,2})[-/. ]*([a-z]{3,9})[-/., ]*([0-9]{4}|[0-9]{2})")
_PRESSED = re.compile(r"(19|20)([0-9]{2})([01][0-9])([0-3][0-9])")
_ISO_MONTH = re.compile(r"([0-9]{4})[-/. ]*([0-9]{1,2})")
_USUAL_MONTH = re.compile(r"([0-9]{1,2})[-/. ]+([0-9]{4})")
_NAMED_MONTH = re.compile(r"([a-z]{3,9})[-/., ]*([0-9]{4}|[0-9]{2})")
_MONTH_ALONE = re.compile(r"([a-z]{3,9})")
_UNTIL = re.compile(r" *(?:s/d|s\.d\.?|sd|sampai(?: dengan)?|hingga|to|–|—| - ) *")
_SHORT_SPAN = re.compile(r"([a-z]{3,9})-([a-z]{3,9})[-/., ]*([0-9]{4})")


def text(cell: Cell) -> str:
    """As it reads; empty where nothing stands. A whole number has no decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return " ".join(unicodedata.normalize("NFC", str(cell)).replace("\0", "").split())


def plain(written: str) -> str:
    """Words alone, in lower case without accents: how headings, villages and choices are compared."""
    flat = "".join(sign for sign in unicodedata.normalize("NFKD", written.lower()) if not unicodedata.combining(sign))
    return _WORDS.sub(" ", flat).strip()


def number(cell: Cell, fault: str = "number-lost") -> str:
    """Digits of a NIK, card or member number. Raises BadCell where a spreadsheet has eaten some of them."""
    if isinstance(cell, bool):
        raise BadCell("nik-digits")
    if isinstance(cell, int | float):
        whole = int(cell)
        # Programs write a number whole; Excel itself keeps 15 digits, and a zero is what is left of the others.
        if whole != cell or (len(str(whole)) > EXACT_DIGITS and (whole % 10 == 0 or isinstance(cell, float))):
            raise BadCell(fault)
        return str(whole)
    written = text(cell).lstrip("'`").strip()
    if _SCIENTIFIC.fullmatch(written):
        raise BadCell(fault)
    return digits.read(written) or written


def nik_of(cell: Cell) -> str:
    """Sixteen digits of the form of a NIK. Raises BadCell."""
    found = number(cell, "nik-precision")
    if found and (code := nik.fault(found)):
        raise BadCell(code)
    return found


def kpj_of(cell: Cell) -> str:
    """A member number: digits, in old ones a letter among them; without spaces, dots and dashes."""
    if isinstance(cell, int | float):
        return number(cell)
    written = text(cell).lstrip("'`")
    if _SCIENTIFIC.fullmatch(written):
        raise BadCell("number-lost")
    return re.sub(r"[\s.\-]", "", written).upper()[:40]


def day_of(cell: Cell, latest: date) -> str:
    """`YYYY-MM-DD`. latest: a year of two digits is the last such that is not after it. Raises BadCell("bad-date")."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool) or cell is None:
        raise BadCell("bad-date")
    if isinstance(cell, int | float):
        if int(cell) in _SERIALS:
            return (_EXCEL_BEGAN + timedelta(days=int(cell))).isoformat()
        return day_of(str(int(cell)), latest)
    return _written_day(text(cell).lower().lstrip("'"), latest)


@lru_cache(maxsize=50_000)
def _written_day(written: str, latest: date) -> str:
    if found := _ISO.fullmatch(written):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _USUAL.fullmatch(written):
        return _day(_year(found[3], latest), int(found[2]), int(found[1]))
    if found := _PRESSED.fullmatch(written):
        return _day(int(found[1] + found[2]), int(found[3]), int(found[4]))
    if (found := _NAMED.fullmatch(written)) and found[2] in _MONTH_NAMES:
        return _day(_year(found[3], latest), _MONTH_NAMES[found[2]], int(found[1]))
    if written.isdigit() and int(written) in _SERIALS:
        return (_EXCEL_BEGAN + timedelta(days=int(written))).isoformat()
    raise BadCell("bad-date")


def _day(year: int, number_: int, day: int) -> str:
    try:
        return date(year, number_, day).isoformat()
    except ValueError:
        raise BadCell("bad-date") from None


def _year(written: str, latest: date) -> int:
    if len(written) == 4:
        return int(written)
    year = latest.year - latest.year % 100 + int(written)
    return year if year <= latest.year else year - 100


def months_of(cell: Cell, latest: date) -> list[str]:
    """Months in their order: `11/2026`, `Jan s/d Mar 2026`, `Okt, Nov 2026`. Raises BadCell."""
    if isinstance(cell, datetime | date):
        return [month.of(cell.date() if isinstance(cell, datetime) else cell)]
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        return [day_of(cell, latest)[:7]]
    return list(_written_months(text(cell).lower().lstrip("'"), latest))


@lru_cache(maxsize=10_000)
def _written_months(written: str, latest: date) -> tuple[str, ...]:
    found: list[str] = []
    waiting: list[int] = []  # months by name alone: their year comes with a later one
    for part in re.split(r"[,;&+]| dan | and ", written):
        part = part.strip()
        if not part:
            continue
        if (alone := _MONTH_ALONE.fullmatch(part)) and alone[1] in _MONTH_NAMES:
            waiting.append(_MONTH_NAMES[alone[1]])
            continue
        span = _span(part, latest)
        found += [f"{span[0][:4]}-{number_:02d}" for number_ in waiting] + span
        waiting.clear()
    if waiting or not found:
        raise BadCell("bad-month")
    if len(set(found)) > MOST_MONTHS:
        raise BadCell("too-many-months")
    return tuple(sorted(set(found)))


def _span(part: str, latest: date) -> list[str]:
    if (short := _SHORT_SPAN.fullmatch(part)) and short[1] in _MONTH_NAMES and short[2] in _MONTH_NAMES:
        part = f"{short[1]} s/d {short[2]} {short[3]}"
    ends = _UNTIL.split(part)
    if len(ends) == 1:
        return [_month(part, latest)]
    if len(ends) != 2:
        raise BadCell("bad-month")
    last = _month(ends[1], latest)
    first = _month(f"{ends[0]} {last[:4]}" if _MONTH_ALONE.fullmatch(ends[0]) else ends[0], latest)
    if first > last:
        raise BadCell("bad-month")
    if month.between(first, last) >= MOST_MONTHS:
        raise BadCell("too-many-months")
    return list(month.span(first, last))


def _month(written: str, latest: date) -> str:
    written = written.strip()
    year, number_ = 0, 0
    if found := _ISO_MONTH.fullmatch(written):
        year, number_ = int(found[1]), int(found[2])
    elif found := _USUAL_MONTH.fullmatch(written):
        year, number_ = int(found[2]), int(found[1])
    elif (found := _NAMED_MONTH.fullmatch(written)) and found[1] in _MONTH_NAMES:
        year, number_ = _year(found[2], latest), _MONTH_NAMES[found[1]]
    else:
        try:
            return _written_day(written, latest)[:7]
        except BadCell:
            pass
    if not (1 <= number_ <= 12 and 2000 <= year <= 2099):
        raise BadCell("bad-month")
    return f"{year:04d}-{number_:02d}"


def rupiah_of(cell: Cell) -> int:
    """Whole rupiah: `Rp 16.800,00`, `16,800`, 16800.0. Raises BadCell("bad-amount")."""
    if isinstance(cell, bool):
        raise BadCell("bad-amount")
    if isinstance(cell, int | float):
        if int(cell) != cell or not 0 <= cell <= MOST_RUPIAH:
            raise BadCell("bad-amount")
        return int(cell)
    written = re.sub(r"^(rp|idr)\.?|\s|,-$|\.-$", "", text(cell).lower().lstrip("'"))
    written = re.sub(r"[.,]00?$", "", written)
    if not re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+", written):
        raise BadCell("bad-amount")
    amount = int(re.sub(r"[.,]", "", written))
    if amount > MOST_RUPIAH:
        raise BadCell("bad-amount")
    return amount


def whole_of(cell: Cell, low: int, high: int, fault: str) -> int:
    written = text(cell)
    found = re.fullmatch(r"(?:desil|decile|d)? *([0-9]{1,4})(?:[.,]0+)?", written.lower())
    if not found or not low <= int(found[1]) <= high:
        raise BadCell(fault)
    return int(found[1])


_SEXES = {"male": "l|lk|laki|laki laki|laki2|laki 2|lelaki|pria|male|m", "female": "p|pr|perempuan|wanita|w|female|f"}
_SEX = {word: sex for sex, words in _SEXES.items() for word in words.split("|")}


def sex_of(cell: Cell) -> str:
    found = _SEX.get(plain(text(cell)))
    if not found:
        raise BadCell("bad-sex")
    return found


def programs_of(cell: Cell) -> list[str]:
    """`JKK, JKM`, `JKK+JKM+JHT`, `2 program`."""
    said = plain(text(cell))
    found = [name for name in ("JHT", "JKK", "JKM") if name.lower() in said]
    if not found and (count := re.fullmatch(r"([23])(?: program\w*)?", said)):
        found = ["JKK", "JKM"] if count[1] == "2" else ["JHT", "JKK", "JKM"]
    if not found:
        raise BadCell("bad-programs")
    return found


_YES = frozenset({"ya", "y", "yes", "true", "1", "v", "x", "benar", "rentan", "ada"})
_NO = frozenset({"tidak", "t", "no", "n", "false", "0", "bukan", "salah", "tidak rentan"})


def truth_of(cell: Cell) -> bool:
    said = plain(text(cell))
    if said in _YES or text(cell) in ("✓", "√", "✔"):
        return True
    if said in _NO or said == "":
        return False
    raise BadCell("bad-choice")


_FUNDING = {
    "self": "mandiri|sendiri|self|pribadi|peserta",
    "apbd_province": "apbd provinsi|apbd prov|apbd province|provinsi|apbd i|apbd 1|apbd kaltim|provincial budget",
    "apbd_regency": "apbd kabupaten|apbd kab|apbd kota|apbd|apbd ii|apbd 2|kabupaten|regency budget|pemda|pemkab|pemkot",
    "apbdes": "apbdes|apb desa|apbdesa|add|alokasi dana desa|village budget",
    "dana_desa": "dana desa|dd|village fund",
    "dbh_sawit": "dbh sawit|dbh|sawit|palm oil fund",
    "sertakan": "sertakan|csr|donatur|perusahaan",
    "other": "lain|lainnya|lain lain|other",
}
_FUNDS = {plain(word): fund for fund, words in _FUNDING.items() for word in words.split("|")} | {
    fund.replace("_", " "): fund for fund in _FUNDING
}


def funding_of(cell: Cell) -> str:
    found = _FUNDS.get(plain(text(cell)))
    if not found:
        raise BadCell("bad-choice")
    return found


_SEGMENTS = {
    "bpu": "bpu", "bukan penerima upah": "bpu", "mandiri": "bpu", "informal": "bpu", "penerima upah": "wage_earner",
    "pu": "wage_earner", "wage earner": "wage_earner", "perangkat desa": "apparatus", "aparatur desa": "apparatus",
    "apparatus": "apparatus",
}  # fmt: skip


def segment_of(cell: Cell) -> str:
    found = _SEGMENTS.get(plain(text(cell)))
    if not found:
        raise BadCell("bad-choice")
    return found


_ACTIVE = frozenset({"aktif", "active", "a", "lunas", "sudah bayar", "1", "ya", "paid", "berjalan"})
_INACTIVE = frozenset({
    "nonaktif", "non aktif", "tidak aktif", "inactive", "na", "0", "tidak", "belum bayar", "menunggak", "tunggak", "keluar",
    "berhenti", "unpaid", "in arrears", "grace", "masa tenggang", "grace period",
})  # fmt: skip


def is_active(cell: Cell) -> bool:
    """Whether the branch calls the member active; who is not has paid nothing that could be confirmed."""
    said = plain(text(cell))
    if said in _ACTIVE:
        return True
    if said in _INACTIVE:
        return False
    raise BadCell("bad-choice")


MATCHED, NOT_FOUND, NAME_DIFFERS, DATE_DIFFERS = "matched", "not_found", "name_differs", "date_differs"
_RESULTS = {
    MATCHED: "sesuai|padan|cocok|valid|ditemukan|matched|match|ok|sama|nik sesuai|data sesuai|data ditemukan|aktif",
    NOT_FOUND: "tidak ditemukan|tidak padan|tidak ada|tidak valid|invalid|not found|nik tidak ditemukan|nik tidak valid|"
               "data tidak ditemukan|tidak terdaftar|tidak sesuai",
    NAME_DIFFERS: "nama berbeda|nama tidak sesuai|beda nama|nama tidak padan|name differs|nama tidak cocok",
    DATE_DIFFERS: "tanggal lahir berbeda|tgl lahir berbeda|tanggal lahir tidak sesuai|tgl lahir tidak sesuai|beda tanggal "
                  "lahir|beda tgl lahir|date differs|birth date differs|tanggal berbeda",
}  # fmt: skip
_RESULT = {plain(word): result for result, words in _RESULTS.items() for word in words.split("|")} | {
    result.replace("_", " "): result for result in _RESULTS
}


def result_of(cell: Cell) -> str:
    found = _RESULT.get(plain(text(cell)))
    if not found:
        raise BadCell("bad-result")
    return found


@lru_cache
def _jobs() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for job in OCCUPATIONS.values():
        for word in (job.code.replace("_", " "), job.id, job.en, *job.words):
            found.setdefault(plain(word), job.code)
            for part in word.split("/"):
                found.setdefault(plain(part), job.code)
    return found


def occupation_of(cell: Cell) -> tuple[str, str | None]:
    """The list's code; `other` with what was written where the list has no such word."""
    written = text(cell)
    code = _jobs().get(plain(written))
    return (code, None) if code else ("other", written[:200])
