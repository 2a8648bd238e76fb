"""The desk of what is to be corrected: what phones sent and could not be taken, with the reason beside each field."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple

from flask import Response, request

from schemas import problem
from schemas.files import files_in
from schemas.kinds import Kind, kind_of
from schemas.problem import complain
from server import audit
from server.actions import deciding, returning, settle
from server.actions.desk_pages import DAY_MS, waiting
from server.actions.merge_received import decide_waiting
from server.actions.returning import LONGEST_NOTE, MOST_COUNTED, Wrong
from server.console import conflicts
from server.console.door import Asking, ToDo, deed, desk, redirect_to, say_on_next, to_do
from server.console.inputs import Input, answered, asked, can_be_typed
from server.console.words import Words
from server.problems import Refusal
from server.store.returning import ORDERS, ToMend

ON_A_PAGE, MOST_WAITING = 50, 20
LEAVE_OUT = "leave"


@to_do
def changes_to_correct(asking: Asking) -> ToDo | None:
    if not asking.may("settle"):
        return None
    says = ("Kiriman HP yang belum bisa diterima.", "What phones sent and could not be taken yet.")
    count = returning.how_many(asking.scope)
    return ToDo(("Perlu dibetulkan", "To be corrected"), count, says, asking.url("corrections"))


# The list -------------------------------------------------------------------------------------------------------------


@desk("/corrections", "see conflicts")
def corrections(asking: Asking) -> Response:
    order = request.args.get("order", "old")
    order = order if order in ORDERS else "old"
    device, answered_ones = request.args.get("device") or None, request.args.get("answered") == "1"
    after = request.args.get("after") or None
    page = returning.to_mend(asking.scope, order, device, after, ON_A_PAGE, answered=answered_ones)
    until = asking.now - asking.settings.waiting_days * DAY_MS
    waits = [] if after or answered_ones else waiting(asking.scope, until, None, MOST_WAITING).entries
    shown = [row.kept.record for row in page.rows] + [kept.record for kept in waits]
    audit.look("list", region=asking.scope, records=shown)
    kept = {"order": order, "device": device, "answered": "1" if answered_ones else None}
    return asking.render(
        "corrections.html", page=page, groups=_by_phone(page.rows) if order == "phone" else [(None, page.rows)],
        order=order, device=device, answered=answered_ones, waits=waits, many=MOST_COUNTED, tone=conflicts.tone,
        reasons=_reasons(asking), name_of=_name_of, more=asking.url("corrections", after=page.next, **kept)
        if page.next else None, may_settle=asking.may("settle"), may_decide=asking.may("decide"),
    )  # fmt: skip


def _by_phone(rows: list[ToMend]) -> list[tuple[ToMend | None, list[ToMend]]]:
    found: list[tuple[ToMend | None, list[ToMend]]] = []
    for _, some in groupby(rows, key=lambda row: row.kept.device):
        those = list(some)
        found.append((those[0], those))
    return found


def _name_of(row: ToMend) -> str | None:
    """What the person is called, as it was sent."""
    said = returning.fields_of(row.kept)
    name = said.get("full_name")
    return name[:100] if isinstance(name, str) and name.strip() else None


def _reasons(asking: Asking) -> Any:
    def reasons(errors: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
        return [(field, [complain(code, asking.lang) for code in codes]) for field, codes in errors.items()]

    return reasons


# One change -----------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A field that was sent: what asks for it, what is wrong with it, and what the record holds. photo: a SHA-256."""

    field: str
    input: Input
    sent: Any
    now: Any
    faults: list[str]
    is_left_out: bool
    can_leave_out: bool
    photo: str | None


@desk("/corrections/<device>/<int:seq>", "see conflicts")
def correction(asking: Asking, device: str, seq: int) -> Response:
    return _page(asking, _wrong(asking, device, seq))


@deed("/corrections/<device>/<int:seq>", "settle")
def correct_here(asking: Asking, device: str, seq: int) -> Response:
    """Take up what was sent, corrected, as a change of the desk's."""
    wrong = _wrong(asking, device, seq)
    if not wrong.is_open:
        return _page(asking, wrong, 409, _say("mended", asking))
    fields, left_out = _typed(wrong)
    seen = deciding.seen_of(request.form.get("seen", "{}"))
    if seen is None:
        return _page(asking, wrong, 422, _say("since", asking), fields, left_out)
    if not fields:
        return _page(asking, wrong, 422, _say("nothing", asking), fields, left_out)
    try:
        returning.take_up(wrong, fields, seen, asking.account, asking.now)
    except settle.NotSeen:
        return _page(asking, _wrong(asking, device, seq), 409, _say("since", asking), fields, left_out)
    except settle.BadFields as bad:
        errors = asking.complain(bad.errors)
        if errors.keys() <= {"record", "kind", "village"}:  # not a matter of fields: only the officer can begin anew
            return _page(asking, wrong, 422, " ".join(each for said in errors.values() for each in said), fields, left_out)
        return _page(asking, wrong, 422, _say("bad", asking), fields, left_out, errors)
    except settle.OutsideRegion:
        return _page(asking, wrong, 409, _say("outside", asking), fields, left_out)
    except settle.NoSuchRecord:
        return _page(asking, wrong, 409, _say("gone", asking), fields, left_out)
    return _go_on(asking, wrong, ("Sudah dibetulkan dan diterima. HP petugasnya akan diberi tahu.",
                                  "Corrected and taken. The officer's phone will be told."))  # fmt: skip


@deed("/corrections/<device>/<int:seq>/return", "settle")
def return_correction(asking: Asking, device: str, seq: int) -> Response:
    """Back to the officer, with a note beside his task."""
    wrong, note = _wrong(asking, device, seq), request.form.get("note", "").strip()
    if not wrong.is_open:
        return _page(asking, wrong, 409, _say("mended", asking))
    if not note or len(note) > LONGEST_NOTE:
        return _page(asking, wrong, 422, faults={"note": [_say("note", asking)]})
    returning.return_change(device, seq, note, asking.account, asking.now)
    return _go_on(asking, wrong, ("Dikembalikan. Catatan Anda muncul di HP petugas saat HP itu mengirim.",
                                  "Returned. Your note appears on the officer's phone when it next syncs."))  # fmt: skip


@deed("/corrections/<device>/<int:seq>/answer", "settle")
def answer_correction(asking: Asking, device: str, seq: int) -> Response:
    """It needs no correcting, or does after all."""
    wrong = _wrong(asking, device, seq)
    done = request.form.get("answered") != "0"
    returning.answer(device, seq, done, asking.account, asking.now)
    if not done:
        return asking.done(("Kembali ke daftar yang perlu dibetulkan.", "Back on the list of what is to be corrected."),
                           asking.url("correction", device=device, seq=seq))  # fmt: skip
    return _go_on(asking, wrong, ("Ditandai tidak perlu dibetulkan. Isinya tetap disimpan.",
                                  "Marked as needing nothing more. What was sent is kept."))  # fmt: skip


@deed("/corrections/<device>/<int:seq>/decide", "decide")
def decide_late(asking: Asking, device: str, seq: int) -> Response:
    """A change that waits too long for its record: let it make the record itself, or set it aside."""
    create = request.form.get("do") == "create"
    try:
        status = decide_waiting(device, seq, create, asking.account, asking.settings, asking.now)
    except (settle.NoSuchRecord, settle.OutsideRegion, OverflowError):
        raise Refusal(problem.NOT_FOUND) from None
    says = {
        "merged": ("Kiriman itu sekarang menjadi catatan.", "It is a record now."),
        "quarantined": ("Kiriman itu ditahan dan masuk daftar yang perlu dibetulkan.",
                        "It is set aside, and on the list of what is to be corrected."),
    }.get(status, ("Kiriman itu masih menunggu: desanya bukan desa HP itu.",
                   "It still waits: its village is none of that phone's."))  # fmt: skip
    return asking.done(says, asking.url("corrections"))


def _wrong(asking: Asking, device: str, seq: int) -> Wrong:
    wrong = returning.look(asking.scope, device, seq)
    if wrong is None:
        raise Refusal(problem.NOT_FOUND)
    return wrong


def _kind(wrong: Wrong) -> Kind:
    return kind_of(wrong.row.kept.kind)


def _typed(wrong: Wrong) -> tuple[dict[str, Any], set[str]]:
    """The fields as they are to hold; what can't be typed is taken as it was sent. And those to be left out."""
    kind, form = _kind(wrong), request.form
    left_out = {field for field in wrong.said if form.get(f"{LEAVE_OUT}.{field}") == "1"}
    fields = {
        field: answered(kind, field, form, f"typed.{field}") if can_be_typed(kind, field, value) else value
        for field, value in wrong.said.items() if field not in left_out
    }  # fmt: skip
    return fields, left_out


def _go_on(asking: Asking, wrong: Wrong, says: tuple[str, str]) -> Response:
    if wrong.later is None:
        return asking.done(says, asking.url("corrections"))
    device, seq = wrong.later
    return say_on_next(redirect_to(asking.url("correction", device=device, seq=seq)), says)


def _page(
    asking: Asking, wrong: Wrong, status: int = 200, says: str | None = None, typed: Mapping[str, Any] | None = None,
    left_out: set[str] | None = None, faults: Mapping[str, list[str]] | None = None,
) -> Response:  # fmt: skip
    kept = wrong.row.kept
    audit.look("open", region=kept.village, record=kept.record)
    told = {field: [complain(code, asking.lang) for code in codes] for field, codes in kept.errors.items()}
    # What was typed has been judged anew; until then the complaints are those of what was sent.
    complaints = faults if faults is not None and "note" not in faults else told
    rows = [_row(asking, wrong, field, typed, left_out or set(), complaints) for field in wrong.said]
    return asking.render(
        "correction.html", status=status, wrong=wrong, kept=kept, rows=rows, says=says,
        general=[(field, said) for field, said in told.items() if field not in wrong.said],
        note_faults=(faults or {}).get("note"), longest_note=LONGEST_NOTE, tone=conflicts.tone, LEAVE_OUT=LEAVE_OUT,
        name=_name_of(wrong.row), may_settle=asking.may("settle"), hints=_hints(wrong),
    )  # fmt: skip


def _row(
    asking: Asking, wrong: Wrong, field: str, typed: Mapping[str, Any] | None, left_out: set[str],
    complaints: Mapping[str, list[str]],
) -> Row:  # fmt: skip
    sent, kind = wrong.said[field], _kind(wrong)
    value = typed.get(field, sent) if typed is not None else sent
    control = asked(kind, field, value, f"typed.{field}", Words(asking.lang))
    if not can_be_typed(kind, field, sent):
        control = control._replace(shape="kept")
    photo = next((file.sha256 for file in files_in(sent)), None)
    can_leave = field in wrong.row.kept.errors or control.shape == "kept"
    now = wrong.now.get(field) if wrong.now else None
    return Row(field, control, sent, now, list(complaints.get(field, [])), field in left_out, can_leave, photo)


def _hints(wrong: Wrong) -> list[str]:
    """Notes that are soon chosen: what is wrong, said to the officer."""
    words = Words("id")  # as officers read it, whoever writes it
    said = [(field, complain(codes[0], "id")) for field, codes in wrong.row.kept.errors.items() if codes]
    return [text if field in ("record", "fields") else f"{words.field(field)}: {text}" for field, text in said]


_SAYS = {
    "nothing": ("Semua isian ditinggalkan. Isi sedikitnya satu.", "Every field is left out. Fill in at least one."),
    "bad": ("Belum bisa diterima. Betulkan yang bertanda merah, lalu simpan lagi.",
            "It can't be taken yet. Correct what is marked in red, then save again."),
    "outside": ("Catatan ini milik wilayah lain. Kembalikan kepada petugas, atau sampaikan kepada operator wilayah itu.",
                "This record belongs to another region. Return it to the officer, or tell that region's operator."),
    "gone": ("Catatannya tidak ada lagi, atau jenisnya lain. Kembalikan kepada petugas.",
             "Its record is no longer there, or of another kind. Return it to the officer."),
    "since": ("Catatan ini baru saja diubah orang lain. Lihat isinya sekarang, lalu simpan lagi bila tetap perlu.",
              "Somebody has just changed this record. Look at what it holds now, then save again if it is still needed."),
    "mended": ("Ini sudah dibetulkan orang lain sementara itu. Tidak ada yang perlu dikerjakan lagi.",
               "Somebody has corrected this meanwhile. Nothing is left to do."),
    "note": ("Tulis apa yang harus dibetulkan petugas, paling banyak 500 huruf.",
             "Write what the officer is to correct, 500 characters at most."),
}  # fmt: skip


def _say(what: str, asking: Asking) -> str:
    return asking.t(*_SAYS[what])
