"""The desk of lists: a file is brought, its columns named, its rows laid beside the records, and what is right accepted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson
from flask import Response, request, stream_with_context

from schemas import problem
from schemas.problem import ENGLISH, Both
from server import audit
from server.actions import lists as acts
from server.actions.lists import ListError, NoSuchList, PART_BYTES, Wanted
from server.actions.lists_match import differs_of
from server.actions.lists_work import reader_of
from server.actions.regions import region_names
from server.clock import day_at
from server.console import words
from server.console.door import Asking, ToDo, deed, desk, fingerprint, redirect_to, to_do, unchanged, whole_number
from server.export.csv_file import safe
from server.imports.faults import file_sentence, sentence
from server.imports.purposes import COLUMNS, FOR_ALL, PURPOSES, WORKERS
from server.linkage.model import Comparison, in_words
from server.problems import Refusal
from server.store import lists as store
from server.store.lists import ListFile, Row

ON_A_PAGE = 50
LIKELY_ON_A_PAGE = 10
NOTED_AT_ONCE = 10_000  # people in one entry of the audit log
WHOLE_BYTES = 8 * 1024 * 1024
"""What comes without a script comes in one form; above that a cut line would cost too much."""

STATES: dict[str, tuple[Both, str]] = {
    store.UPLOADING: (("Unggahan belum selesai", "Upload not finished"), "warn"),
    store.MAPPING: (("Menunggu kolom dipastikan", "Columns to be checked"), "warn"),
    store.READING: (("Sedang dibaca", "Being read"), "info"),
    store.MATCHING: (("Sedang dicocokkan", "Being matched"), "info"),
    store.READY: (("Menunggu keputusan", "Waits for decisions"), "warn"),
    store.ACCEPTING: (("Sedang ditulis", "Being written"), "info"),
    store.DONE: (("Selesai", "Done"), "good"),
    store.FAILED: (("Gagal dibaca", "Could not be read"), "bad"),
}
STEPS: tuple[tuple[Both, tuple[str, ...]], ...] = (
    (("Unggah", "Upload"), (store.UPLOADING,)),
    (("Kolom", "Columns"), (store.MAPPING, store.FAILED)),
    (("Periksa", "Check"), (store.READING, store.MATCHING)),
    (("Terima", "Accept"), (store.READY, store.ACCEPTING)),
    (("Selesai", "Done"), (store.DONE,)),
)


class Tab(NamedTuple):
    verdict: str
    name: Both
    says: Both


ONLY_HERE = "only_here"
TABS = (
    Tab(store.SAFE, ("Cocok, siap diterima", "Matched, safe"), (
        "Nomor dan namanya cocok, tidak ada yang bertentangan. Boleh diterima semuanya sekaligus.",
        "Number and name agree, nothing is in conflict. All of them may be accepted at once.")),
    Tab(store.DIFFERS, ("Ada yang berbeda", "Something differs"), (
        "Orangnya dikenal, tetapi isi daftarnya berbeda. Diterima berarti catatan di sini menjadi seperti di daftar.",
        "The person is known, but the list says otherwise. To accept means that the record becomes as the list has it.")),
    Tab(store.LIKELY, ("Mirip, perlu dipastikan", "Alike, to be confirmed"), (
        "Nomornya tidak cocok dengan siapa pun, atau dengan lebih dari satu orang. Pilih siapa orangnya.",
        "The number is nobody's here, or more than one person's. Say who it is.")),
    Tab(store.ONLY_THERE, ("Hanya di daftar", "Only in the list"), (
        "Tidak ada orang seperti ini di wilayah ini.", "Nobody like this is known in this region.")),
    Tab(ONLY_HERE, ("Hanya di sini", "Only here"), (
        "Ada di sini, tetapi tidak disebut dalam daftar. Tanyakan kepada pembuat daftar, atau ke desanya.",
        "Known here, and not named in the list. Ask who made the list, or the village.")),
    Tab(store.WRONG, ("Salah baca", "Errors"), (
        "Baris ini tidak dipakai. Betulkan di berkas asal, lalu unggah lagi: baris lain tidak akan tertulis dua kali.",
        "These rows are not used. Mend them in the original file, and bring it again: nothing is written twice.")),
    Tab(store.SAME, ("Sudah sama", "Already the same"), (
        "Tidak ada yang perlu ditulis.", "Nothing needs to be written.")),
)  # fmt: skip
WRITES: dict[str, tuple[Both, Both]] = {
    "confirm": (("iuran dikonfirmasi", "contribution confirmed"), ("iuran dikonfirmasi", "contributions confirmed")),
    "new": (("iuran baru yang belum dilaporkan di sini", "contribution that nobody here had reported"),
            ("iuran baru yang belum dilaporkan di sini", "contributions that nobody here had reported")),
    "worker": (("pekerja baru", "new worker"), ("pekerja baru", "new workers")),
}  # fmt: skip
"""What is written, told of one and of several."""
WHY_NOT: dict[str, Both] = {
    "no-such-list": ("Tidak ada daftar seperti itu.", "There is no such list."),
    "purpose": ("Pilih untuk apa daftar ini.", "Say what this list is for."),
    "title": ("Beri nama, paling banyak 120 huruf.", "Give it a name, of at most 120 characters."),
    "as-of": ("Tulis per tanggal berapa daftar ini; tidak boleh besok.", "Say of which day the list is; not of tomorrow."),
    "size": ("Berkasnya terlalu besar; paling besar {most} MB. Bagi menjadi beberapa berkas.",
             "The file is too large; at most {most} MB. Cut it into several."),
    "empty": ("Pilih berkasnya dulu; berkas kosong tidak bisa.", "Choose the file first; it can't be empty."),
    "region": ("Wilayah ini bukan wilayah Anda.", "This region is not yours."),
    "offset": ("Unggahan tidak bersambung. Muat ulang halaman, lalu lanjutkan.",
               "The upload does not continue where it was. Reload the page, and go on."),
    "state": ("Daftar ini sudah di langkah lain. Muat ulang halamannya.",
              "The list is at another step by now. Reload the page."),
    "column-twice": ("Dua kolom dipilih untuk isian yang sama. Pilih satu saja.",
                     "Two columns are said to be the same. Choose one of them."),
    "columns": ("Pilihan kolom tidak bisa dipakai. Muat ulang halamannya.", "These columns can't be. Reload the page."),
    "lacking": ("Kolom yang wajib belum ditunjuk: {lacking}.", "Columns that are needed are not named yet: {lacking}."),
    "already-accepted": ("Sebagian baris sudah diterima. Unggah berkasnya lagi sebagai daftar baru.",
                         "Some of its rows were accepted already. Bring the file again as a new list."),
    "one-by-one": ("Ini tidak bisa diterima sekaligus.", "These can't be accepted all at once."),
    "no-rows-chosen": ("Centang dulu barisnya.", "Tick the rows first."),
}  # fmt: skip


@to_do
def lists_to_decide(asking: Asking) -> ToDo | None:
    if not asking.may("bring lists"):
        return None
    waiting = acts.waiting(asking.scope)
    failed = sum(1 for each in waiting if each.state == store.FAILED and each.gone_at is None)
    count = sum(1 for each in waiting if each.state != store.FAILED) + failed
    says = ("Daftar yang menunggu keputusan Anda.", "Lists that wait for your decision.")
    if failed:
        says = (f"{failed} di antaranya gagal dibaca.", f"{failed} of them could not be read.")
    return ToDo(("Daftar untuk dicocokkan", "Lists to reconcile"), count, says, asking.url("lists"), bool(failed))


# All lists ------------------------------------------------------------------------------------------------------------


@desk("/lists", "see lists")
def lists(asking: Asking) -> Response:
    return _overview(asking)


def _overview(asking: Asking, status: int = 200, errors: Mapping[str, Both] | None = None) -> Response:
    shown, last = acts.page(asking.scope, whole_number(request.args.get("before")), 20)
    mark = fingerprint([(each.id, each.state, each.done_rows, each.rows) for each in shown])
    if asking.is_partial and request.args.get("was") == mark:
        return unchanged()
    places = region_names(sorted({each.region for each in shown}))
    return asking.render(
        "lists.html", part="rows", status=status, shown=shown, places=places, states=STATES, purposes=PURPOSES, mark=mark,
        errors=errors or {}, given=request.form, today=day_at(asking.now, asking.scope).isoformat(), at_work=store.AT_WORK,
        older=asking.url("lists", before=last) if last else None, part_bytes=PART_BYTES,
        most_mb=asking.settings.max_list_bytes // 1024**2, whole_mb=WHOLE_BYTES // 1024**2, says_progress=_progress,
    )  # fmt: skip


def _progress(found: ListFile) -> tuple[int, int]:
    """How much of the step at hand is done, of how much."""
    if found.state == store.UPLOADING:
        return found.got, max(found.size, 1)
    if found.state == store.ACCEPTING:
        return found.done_rows, max(_to_accept(found), found.done_rows, 1)
    return min(found.done_rows, found.rows), max(found.rows, 1)


def _to_accept(found: ListFile) -> int:
    verdict = (found.accepts or {}).get("verdict")
    return int(_counts(found).get(verdict or "", {}).get(store.OPEN, 0))


def _counts(found: ListFile) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = found.totals.get("rows", {})
    return counts


@deed("/lists", "bring lists", largest=WHOLE_BYTES + 64 * 1024)
def bring_list(asking: Asking) -> Response:
    """Begin a list. By script its size alone comes first, and its parts afterwards; without one the file comes along."""
    given, file = request.form, request.files.get("file")
    content = file.read() if file and not _is_script() else b""
    size = given.get("size", "")
    wanted = Wanted(
        given.get("purpose", ""), given.get("title", ""), str(asking.scope), given.get("as_of", ""),
        whole_number(size) or 0 if _is_script() else len(content),
    )  # fmt: skip
    try:
        number = acts.begin(wanted, asking.account, asking.settings, asking.now)
    except ListError as error:
        if _is_script():
            return _told(asking, error, 422)
        field = {"size": "file", "empty": "file", "as-of": "as_of", "region": "file"}.get(error.why, error.why)
        return _overview(asking, 422, {field: why_not(error)})
    to = asking.url("list_page", listed=number)
    if _is_script():
        return _json({"list": number, "got": 0, "page": to, "part": asking.url("list_part", listed=number)}, 201)
    _take_whole(asking, number, content)
    return redirect_to(to)


def _take_whole(asking: Asking, number: int, content: bytes) -> None:
    for offset in range(0, len(content), PART_BYTES):
        acts.add_part(asking.scope, number, offset, content[offset : offset + PART_BYTES], asking.settings, asking.now)


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _json(told: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(told), status, content_type="application/json", headers=headers)


def why_not(error: ListError) -> Both:
    indonesian, english = WHY_NOT[error.why]
    values = dict(error.values)
    if "most" in values:
        values["most"] = values["most"] // 1024**2
    lacks = values.pop("lacking", ())
    groups = [
        "; ".join("/".join(COLUMNS[field].name[n] for field in group) for group in lacks) for n in (0, 1)
    ]  # fmt: skip
    return indonesian.format(lacking=groups[0], **values), english.format(lacking=groups[1], **values)


def _told(asking: Asking, error: ListError, status: int) -> Response:
    return _json({"says": asking.t(*why_not(error)), "why": error.why, **error.values}, status)


# One upload -----------------------------------------------------------------------------------------------------------


@deed("/lists/<int(max=999999999999):listed>/part", "bring lists", largest=PART_BYTES + 1024)
def list_part(asking: Asking, listed: int) -> Response:
    """One part of a file, from `offset` on; answers how far the file is here."""
    offset = whole_number(request.args.get("offset"))
    try:
        if offset is None:
            raise ListError("offset", got=acts.one(asking.scope, listed).got)
        content = request.get_data()
        got = acts.add_part(asking.scope, listed, offset, content, asking.settings, asking.now)
    except NoSuchList:
        raise Refusal(problem.NOT_FOUND) from None
    except ListError as error:
        return _told(asking, error, 409)
    return _json({"got": got})


@deed("/lists/<int(max=999999999999):listed>/whole", "bring lists", largest=WHOLE_BYTES + 64 * 1024)
def send_whole(asking: Asking, listed: int) -> Response:
    """The whole file once more, where its upload was cut and there is no script to go on with."""
    found = _one(asking, listed)
    file = request.files.get("file")
    content = file.read() if file else b""
    try:
        if len(content) != found.size:
            raise ListError("empty" if not content else "offset", got=found.got)
        _take_whole(asking, listed, content)
    except ListError as error:
        return _page(asking, found, 422, {"file": why_not(error)})
    return redirect_to(asking.url("list_page", listed=listed))


# One list -------------------------------------------------------------------------------------------------------------


@desk("/lists/<int(max=999999999999):listed>", "see lists")
def list_page(asking: Asking, listed: int) -> Response:
    return _page(asking, _one(asking, listed))


def _one(asking: Asking, number: int) -> ListFile:
    try:
        return acts.one(asking.scope, number)
    except NoSuchList:
        raise Refusal(problem.NOT_FOUND) from None


def _page(
    asking: Asking, found: ListFile, status: int = 200, errors: Mapping[str, Both] | None = None, **more: Any
) -> Response:
    mark = fingerprint(found.state, found.done_rows, found.rows, found.got)
    if asking.is_partial and request.args.get("was") == mark:
        return unchanged()
    if asking.is_partial and found.state not in store.AT_WORK and request.args.get("was"):
        # What was at work is done: the whole page has changed, not only the part that looks again.
        return Response(status=204, headers={"HX-Refresh": "true"})
    context: dict[str, Any] = {
        "found": found, "purpose": PURPOSES.get(found.purpose), "states": STATES, "steps": _steps(found), "mark": mark,
        "errors": errors or {}, "place": region_names([found.region]).get(found.region, found.region),
        "progress": _progress(found), "at_work": store.AT_WORK, "column": column_name, "writes": writes_in_words,
        "may_bring": asking.may("bring lists"), "whole_mb": WHOLE_BYTES // 1024**2, "part_bytes": PART_BYTES,
        "file_days": asking.settings.list_days,
    }  # fmt: skip
    context |= _of_state(asking, found)
    return asking.render("list.html", part="progress", status=status, **(context | more))


def _steps(found: ListFile) -> list[tuple[Both, str]]:
    """Each step's name, and whether it is done, at hand or still to come."""
    at = next((number for number, (_, states) in enumerate(STEPS) if found.state in states), 0)
    return [
        (name, "done" if number < at or found.state == store.DONE else "now" if number == at else "")
        for number, (name, _) in enumerate(STEPS)
    ]


def _of_state(asking: Asking, found: ListFile) -> dict[str, Any]:
    if found.gone_at is not None:
        return {}
    match found.state:
        case store.UPLOADING:
            return {"standing": acts.standing(asking.scope, found.id, asking.settings)}
        case store.MAPPING:
            return _columns(asking, found)
        case store.READY | store.DONE | store.ACCEPTING:
            return _results(asking, found)
        case store.FAILED:
            return {"says_file": file_sentence(found.error or "internal")}
    return {}


def column_name(field: str) -> Both:
    return COLUMNS[field].name if field in COLUMNS else words.FIELDS.get(field, (field, field))


# Its columns ----------------------------------------------------------------------------------------------------------


def _columns(asking: Asking, found: ListFile) -> dict[str, Any]:
    told = found.columns or {}
    mapping = found.mapping or {"columns": {}}
    sample = [row[1:] for row in told.get("sample", ())]
    heads = [
        {"number": at, "heading": heading, "field": mapping["columns"].get(str(at), ""),
         "sample": [text for row in sample[:12] if at < len(row) and (text := _shown_cell(row[at]))][:3]}
        for at, heading in enumerate(told.get("headings", ()))
    ]  # fmt: skip
    purpose = PURPOSES[found.purpose]
    reader = reader_of(found)
    fields = [field for field in purpose.columns if field in mapping["columns"].values() and field != "district"]
    rows = acts.preview(found, reader)
    if rows:
        audit.look("list", region=asking.scope, list=found.id, rows=len(rows))
    return {
        "heads": heads, "fields": purpose.columns, "needed": {field for group in purpose.needed for field in group},
        "for_all": FOR_ALL.get(found.purpose, ()), "mapping": mapping, "shown_fields": fields,
        "rows": [
            (number, said, [(column_name(field), sentence(code, asking.lang)) for field, code in faults])
            for number, said, faults in rows
        ],
        "any_fault": any(faults for _, _, faults in rows), "before": acts.brought_before(asking.scope, found),
        "fundings": [each for each in _FUNDINGS if each != "self"],
        "is_masked": not asking.may("see whole NIKs"), "shown_value": _value_shower(asking),
    }  # fmt: skip


_FUNDINGS = ("self", "apbd_province", "apbd_regency", "apbdes", "dana_desa", "dbh_sawit", "sertakan", "other")


def _shown_cell(cell: Any) -> str:
    text = "" if cell is None else str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return text if len(text) <= 40 else text[:39] + "…"


def _value_shower(asking: Asking) -> Callable[[str, Any], str]:
    """How a value of a list is written: months as months, NIKs as this reader may see them."""
    said = words.Words(asking.lang)
    masked = not asking.may("see whole NIKs")

    def show(field: str, value: Any) -> str:
        if field == "village" and value is None:
            return asking.t("wilayah lain", "another region")
        if field == "months" and isinstance(value, list):
            return ", ".join(said.month(each) for each in value)
        if field == "is_active":
            return asking.t("aktif", "active") if value else asking.t("tidak aktif", "not active")
        if field in ("result", "nik_check", "extra.nik_check"):
            return said.pick(RESULTS.get(str(value), (str(value), str(value))))
        return said.value(field, value, masked)

    return show


RESULTS: dict[str, Both] = {
    "matched": ("sesuai", "matched"), "not_found": ("tidak ditemukan", "not found"),
    "name_differs": ("nama berbeda", "the name differs"),
    "date_differs": ("tanggal lahir berbeda", "the birth date differs"),
}  # fmt: skip


@deed("/lists/<int(max=999999999999):listed>/columns", "bring lists")
def map_list(asking: Asking, listed: int) -> Response:
    """Which column is which: to look at first, or to begin with."""
    found = _one(asking, listed)
    named = {name.removeprefix("column-"): field for name, field in request.form.items() if name.startswith("column-")}
    columns = {at: field for name, field in named.items() if field and (at := whole_number(name, 3)) is not None}
    starts = request.form.get("do") == "start"
    month, funding = request.form.get("month", ""), request.form.get("funding", "")
    try:
        pays = funding if funding in _FUNDINGS else None
        acts.map_columns(asking.scope, listed, columns, month, pays, asking.now, starts)
    except NoSuchList:
        raise Refusal(problem.NOT_FOUND) from None
    except ListError as error:
        if error.why == "state":
            return _clash(asking, found, error)
        try:
            acts.map_columns(asking.scope, listed, columns, None, None, asking.now, starts=False)  # what was chosen stays
        except ListError:
            pass
        return _page(asking, _one(asking, listed), 422, {"columns": why_not(error)})
    to = asking.url("list_page", listed=listed)
    if starts:
        return asking.done(("Daftar mulai dibaca.", "The list is being read."), to)
    return redirect_to(to + "#preview")


def _clash(asking: Asking, found: ListFile, error: ListError) -> Response:
    """Somebody else was quicker, or the page was old."""
    return _page(asking, _one(asking, found.id), 409, {"list": why_not(error)})


# What was found -------------------------------------------------------------------------------------------------------


def _results(asking: Asking, found: ListFile) -> dict[str, Any]:
    counts = _counts(found)
    tabs = [(tab, _count_of(found, tab.verdict)) for tab in TABS]
    wanted = request.args.get("tab", "")
    asks = [verdict for verdict in store.ACCEPTABLE if verdict != store.ONLY_THERE or found.purpose == WORKERS]
    waits = [tab for tab, _ in tabs if tab.verdict in asks and counts.get(tab.verdict, {}).get(store.OPEN)]
    tab = next((tab for tab, _ in tabs if tab.verdict == wanted), (waits or TABS)[0])
    shows = request.args.get("shows", store.OPEN)
    shows = shows if shows in (store.OPEN, store.ACCEPTED, store.LEAVE) else store.OPEN
    told: dict[str, Any] = {
        "tabs": tabs, "tab": tab, "shows": shows, "counts": counts.get(tab.verdict, {}), "total_of": _count_of,
        "outside": sum(counts.get(store.OUTSIDE, {}).values()), "written": found.totals.get("written", {}),
        "shown_value": _value_shower(asking), "is_masked": not asking.may("see whole NIKs"), "WORKERS": WORKERS,
        "after_said": request.args.get("after", ""), "decidable": found.state in (store.READY, store.DONE),
        "writes_of_tab": found.totals.get(f"writes_{tab.verdict}", {}), "report": REPORTS.get(tab.verdict),
    }  # fmt: skip
    if tab.verdict == ONLY_HERE:
        return told | _only_here(asking, found)
    return told | _rows_told(asking, found, tab.verdict, shows)


def _count_of(found: ListFile, verdict: str) -> int:
    if verdict == ONLY_HERE:
        return int(found.totals.get("only_here", 0))
    return sum(_counts(found).get(verdict, {}).values())


def _only_here(asking: Asking, found: ListFile) -> dict[str, Any]:
    people, last = acts.only_here(asking.scope, found, request.args.get("after") or None, ON_A_PAGE)
    more = asking.url("list_page", listed=found.id, tab=ONLY_HERE, after=last) if last else None
    return {"people": people, "more": more, "places": region_names(sorted({each.home for each in people})),
            "months": found.totals.get("months", [])}  # fmt: skip


def _rows_told(asking: Asking, found: ListFile, verdict: str, shows: str) -> dict[str, Any]:
    village, _, told = request.args.get("after", "").partition("~")
    number = whole_number(told, 9)
    after = (village, number) if number is not None else None
    decisions = (store.OPEN, store.ACCEPT) if shows == store.OPEN else (shows,)
    most = LIKELY_ON_A_PAGE if verdict == store.LIKELY else ON_A_PAGE
    page = acts.rows_found(asking.scope, found, verdict, decisions, after, most)
    kept = {"listed": found.id, "tab": verdict} | ({"shows": shows} if shows != store.OPEN else {})
    more = asking.url("list_page", after=f"{page.next[0]}~{page.next[1]}", **kept) if page.next else None
    homes = {stands.home for stands in page.people.values()} | {row.village for row in page.rows if row.village}
    fields = _differing(found) if verdict == store.DIFFERS and shows == store.OPEN else {}
    return {
        "rows": page.rows, "people": page.people, "more": more, "places": region_names(sorted(homes)),
        "differs_of": lambda row: differs_of(row.about), "faults_of": lambda row: _faults(row, asking.lang),
        "candidates_of": _candidates, "differing": fields, "who": _who_fields(found), "in_words": in_words,
    }  # fmt: skip


def _differing(found: ListFile) -> dict[str, int]:
    """Fields of which one may accept all rows where they alone differ; who somebody is one decides by himself."""
    told = found.totals.get(f"writes_{store.DIFFERS}", {})
    return {name: told[name] for name in ("kpj", "funding", "vulnerable", "dtsen_decile", "birth_date") if name in told} | (
        {"amount": told["confirm"], "programs": told["confirm"]} if "confirm" in told else {}
    )


def _who_fields(found: ListFile) -> tuple[str, ...]:
    """What is told of a row beside its difference."""
    base = ("full_name", "nik", "kpj", "birth_date")
    more = {"members": ("months", "amount"), "workers": ("sex", "village", "mother_name"), "deciles": ("dtsen_decile",),
            "decree": ("funding",), "population": ("result", "found_name", "found_date")}  # fmt: skip
    return base + more.get(found.purpose, ())


def _faults(row: Row, lang: str) -> list[tuple[Both, str]]:
    return [(column_name(field), sentence(code, lang)) for field, code in row.about.get("errors", ())]


def _candidates(row: Row) -> list[tuple[str, float | None, list[Comparison]]]:
    return [
        (record, score, [Comparison(*each) for each in comparisons])
        for record, score, comparisons in row.about.get("candidates", ())
    ]


def writes_in_words(writes: Mapping[str, int], said: words.Words) -> list[tuple[int, str]]:
    """What would be, or was, written: how many of what."""
    fields = {name: count for name, count in writes.items() if name not in WRITES}
    told = [(writes[name], said.pick(WRITES[name][writes[name] != 1])) for name in WRITES if name in writes]
    filled = ("diisi", "filled in")
    return told + [(count, f"{said.field(name)} {said.pick(filled)}") for name, count in sorted(fields.items())]


# Deciding -------------------------------------------------------------------------------------------------------------


@deed("/lists/<int(max=999999999999):listed>/accept", "bring lists")
def accept_rows(asking: Asking, listed: int) -> Response:
    """All open rows of a verdict, or those of which one field alone differs."""
    verdict, field = request.form.get("verdict", ""), request.form.get("field", "")

    def act() -> Both:
        if field:
            count = acts.accept_where_only(asking.scope, listed, field, asking.account, asking.now)
            return (f"{count} baris sedang ditulis.", f"{count} rows are being written.")
        acts.accept_all(asking.scope, listed, verdict, asking.account, asking.now)
        return ("Baris yang diterima sedang ditulis.", "The accepted rows are being written.")

    return _decided(asking, listed, act, "")  # on to whatever else is open


@deed("/lists/<int(max=999999999999):listed>/rows", "bring lists")
def decide_rows(asking: Asking, listed: int) -> Response:
    """Rows that were ticked, or one likely row: accepted, or left as they are."""
    verdict, accepts = request.form.get("verdict", ""), request.form.get("do") == "accept"
    numbers = [number for each in request.form.getlist("row") if (number := whole_number(each, 9)) is not None]
    who = {number: request.form[f"who-{number}"] for number in numbers if f"who-{number}" in request.form}
    chosen = {number: "" if record == "nobody" else record for number, record in who.items()}

    def act() -> Both:
        rows = [number for number in numbers if not accepts or verdict != store.LIKELY or number in chosen]
        count = acts.decide(asking.scope, listed, verdict, rows, accepts, asking.account, asking.now, chosen)
        if accepts:
            return (f"{count} baris sedang ditulis.", f"{count} rows are being written.")
        return (f"{count} baris dibiarkan.", f"{count} rows are left as they are.")

    return _decided(asking, listed, act, verdict)


def _decided(asking: Asking, listed: int, act: Callable[[], Both], verdict: str) -> Response:
    found = _one(asking, listed)
    try:
        says = act()
    except NoSuchList:
        raise Refusal(problem.NOT_FOUND) from None
    except ListError as error:
        return _page(asking, _one(asking, found.id), 409 if error.why == "state" else 422, {"list": why_not(error)})
    known = [tab.verdict for tab in TABS]
    tab = {"tab": verdict} if verdict in known else {}
    return asking.done(says, asking.url("list_page", listed=listed, **tab))


@deed("/lists/<int(max=999999999999):listed>/finish", "bring lists")
def finish_list(asking: Asking, listed: int) -> Response:
    def act() -> Both:
        acts.finish(asking.scope, listed, asking.now)
        return ("Daftar ini selesai.", "The list is done.")

    return _decided(asking, listed, act, "")


@deed("/lists/<int(max=999999999999):listed>/drop", "bring lists")
def drop_list(asking: Asking, listed: int) -> Response:
    def act() -> Both:
        acts.put_away(asking.scope, listed, asking.settings, asking.now)
        return ("Berkas dan isi daftarnya dihapus.", "The file and what its rows said are gone.")

    return _decided(asking, listed, act, "")


@deed("/lists/<int(max=999999999999):listed>/again", "bring lists")
def read_again(asking: Asking, listed: int) -> Response:
    """Look into the file once more: after a failure of the server, or to name the columns otherwise."""

    def act() -> Both:
        acts.open_again(asking.scope, listed, asking.settings, asking.now)
        return ("Periksa kolomnya sekali lagi.", "Check its columns once more.")

    return _decided(asking, listed, act, "")


# To download ----------------------------------------------------------------------------------------------------------

REPORTS: dict[str, str] = {
    store.WRONG: "errors", store.DIFFERS: "differences", store.ONLY_THERE: "only-in-list", ONLY_HERE: "only-here",
    store.LIKELY: "likely",
}  # fmt: skip
_VERDICTS = {name: verdict for verdict, name in REPORTS.items()}


@desk("/lists/<int(max=999999999999):listed>/report/<what>", "see lists")
def list_report(asking: Asking, listed: int, what: str) -> Response:
    """Rows of one verdict as CSV, for whoever mends the original file: semicolons and a mark, as Excel reads it here."""
    found = _one(asking, listed)
    verdict = _VERDICTS.get(what)
    if verdict is None or not found.totals:
        raise Refusal(problem.NOT_FOUND)
    _note_people(asking, found, verdict)
    headers = {"Content-Disposition": f'attachment; filename="daftar-{found.id}-{what}.csv"', "Cache-Control": "no-store"}
    told = stream_with_context(_as_csv(_report(asking, found, verdict)))
    return Response(told, content_type="text/csv; charset=utf-8", headers=headers)


def _note_people(asking: Asking, found: ListFile, verdict: str) -> None:
    """The log names everybody of ours whom the file tells of, before the first row leaves: some thousand in an entry."""
    if verdict == ONLY_HERE:
        told = (one.record for one in acts.everybody_only_here(found))
    else:
        told = (row.record for row in acts.every_row(asking.scope, found, verdict) if row.record)
    about: dict[str, Any] = {"list": found.id, "verdict": verdict, "rows": _count_of(found, verdict)}
    people = list(islice(told, NOTED_AT_ONCE))
    audit.look("download", region=asking.scope, records=set(people), **about)
    while people := list(islice(told, NOTED_AT_ONCE)):
        audit.look("download", region=asking.scope, records=set(people), **about)


def _as_csv(rows: Iterable[list[Any]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for count, row in enumerate(rows, start=1):
        writer.writerow([_safe(each) for each in row])
        if count % 500 == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _safe(value: Any) -> Any:
    """No formula; nor does a spreadsheet round a long number."""
    written = "" if value is None else str(value)
    return f"'{written}" if written.isdigit() and len(written) > 11 else safe(written)


def _report(asking: Asking, found: ListFile, verdict: str) -> Iterator[list[Any]]:
    show, said = _value_shower(asking), words.Words(asking.lang)
    if verdict == ONLY_HERE:
        yield [asking.t("Nama", "Name"), "NIK", "KPJ", said.field("birth_date"), asking.t("Kode desa", "Village code"),
               asking.t("Desa", "Village")]  # fmt: skip
        for one in acts.everybody_only_here(found):
            yield [one.full_name, show("nik", one.nik), one.kpj, one.birth_date, one.home, show("village", one.home)]
        return
    who = _who_fields(found)
    names = [said.pick(column_name(field)) for field in who]
    if verdict == store.WRONG:
        yield [asking.t("Baris", "Row"), asking.t("Kolom", "Column"), "Masalah", "Problem"]
        for row in acts.every_row(asking.scope, found, verdict):
            for field, code in row.about.get("errors", ()):
                yield [row.number, said.pick(column_name(field)), sentence(code, "id"), sentence(code, ENGLISH)]
        return
    differs = verdict == store.DIFFERS
    yield [asking.t("Baris", "Row"), *names] + ([asking.t("Isian", "Field"), asking.t("Di sini", "Here"),
                                                 asking.t("Di daftar", "In the list")] if differs else [])  # fmt: skip
    for row in acts.every_row(asking.scope, found, verdict):
        told = [show(field, (row.said or {}).get(field)) if field in (row.said or {}) else "" for field in who]
        if not differs:
            yield [row.number, *told]
        for each in differs_of(row.about) if differs else ():
            yield [row.number, *told, said.field(each.field), show(each.field, each.known), show(each.field, each.said)]
