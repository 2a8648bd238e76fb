"""The desk of the audit log: who looked at and changed what, in plain words, and whether the chain holds."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, request

from schemas.problem import Both
from schemas.region import zone
from server import log
from server.actions import auditing, trail
from server.actions.auditing import WHY
from server.actions.rights import KINDS
from server.actions.trail import Line
from server.audit import ACTS, acting
from server.console.door import Asking, ToDo, deed, desk, redirect_to, say_on_next, to_do
from server.console.words import Words
from server.store.auditing import Asked

LONGEST = 100  # characters of a filter
WAITED_SECONDS = 2.0
_RECORD = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9:_.-]{1,64}\Z")
NO_NAME: Both = ("Tidak ada nama itu.", "There is no such name.")
NO_RECORD: Both = ("Tulis nomor catatan, bukan nama atau NIK: nomor itu ada di halaman orangnya (Cari pekerja).",
                   "Write a record's number, no name and no NIK: it stands on the person's page (Workers).")  # fmt: skip
_checking = threading.Lock()


@to_do
def chain_to_mend(asking: Asking) -> ToDo | None:
    if not asking.may("see audit"):
        return None
    last = auditing.last_check()
    if last is None or last["holds"]:
        return None
    says = ("Rantai catatan jejak putus: ada yang mengubah data di luar program.",
            "The audit log's chain is broken: somebody altered data behind the program's back.")  # fmt: skip
    return ToDo(("Catatan jejak", "Audit log"), 1, says, asking.url("audit_log"), urgent=True)


@desk("/audit", "see audit")
def audit_log(asking: Asking) -> Response:
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in ("record", "who", "act", "since", "until")}
    who = trail.who_is(given["who"]) if given["who"] else None
    faults = {name for name, known in (("who", who), ("record", is_record(given["record"]))) if given[name] and not known}
    if faults:  # it may be somebody's name or NIK: it leaves the address at once, and no entry says it
        kept = {name: value for name, value in given.items() if value and name not in faults}
        return say_on_next(redirect_to(asking.url("audit_log", **kept)), NO_RECORD if "record" in faults else NO_NAME)
    asked = Asked(
        given["record"] or None, who, given["act"] if given["act"] in ACTS else None,
        _midnight(given["since"], asking), _midnight(given["until"], asking, days=1),
    )  # fmt: skip
    before = request.args.get("before", "")
    read = trail.read(asking.scope, asked, int(before) if before.isdecimal() and len(before) < 16 else None)
    kept = {name: value for name, value in given.items() if value}
    return asking.render(
        "audit_log.html", given=given, lines=read.lines, names=read.names, acts=ACTS,
        says_who=lambda line: who_in_words(line.who, read.who, asking), about=lambda line: about_in_words(line, asking),
        worker="console.worker" in current_app.view_functions, length=trail.length(), last=auditing.last_check(),
        why=_why(asking), more=asking.url("audit_log", before=read.next, **kept) if read.next else None,
    )  # fmt: skip


def is_record(text: str) -> bool:
    """Whether this may be a record's number. A name or a NIK must not get into the log, nor into the pages' addresses."""
    return _RECORD.match(text) is not None


def _midnight(day: str, asking: Asking, days: int = 0) -> int | None:
    """When a day began in the region's own time; None for what is no day."""
    try:
        begun = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone(asking.scope)))
        return int((begun + timedelta(days=days)).timestamp() * 1000)
    except (ValueError, OverflowError):  # what is no day, or the last one that there can be
        return None


def _why(asking: Asking) -> dict[str, str]:
    return {code: asking.t(*both) for code, both in WHY.items()}


@deed("/audit/verify", "see audit")
def verify_chain(asking: Asking) -> Response:
    """Check the whole chain. A large one takes a minute: it goes on behind, and the page shows what came of it."""
    app, who = current_app._get_current_object(), f"account:{asking.account.id}"  # type: ignore[attr-defined]

    def check() -> None:
        with app.app_context(), acting(who):
            try:
                auditing.check(asking.settings, asking.now)
            except auditing.Broken:
                pass  # stands in the log, and on the page
            except Exception as error:
                log.failed(error)
            finally:
                _checking.release()

    if not _checking.acquire(blocking=False):
        return asking.done(("Pemeriksaan masih berjalan; lihat lagi nanti.", "A check is running; look again later."),
                           asking.url("audit_log"))  # fmt: skip
    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    thread.join(WAITED_SECONDS)
    says = ("Pemeriksaan berjalan; hasilnya muncul di sini.", "The check is running; its result will appear here.")
    if not thread.is_alive():
        says = ("Rantai sudah diperiksa.", "The chain was checked.")
    return asking.done(says, asking.url("audit_log"))


# In plain words -------------------------------------------------------------------------------------------------------

_WHO: dict[str, Both] = {
    "machine": ("Pengelola server", "Whoever runs the server"), "nobody": ("Tanpa nama masuk", "Nobody known"),
}  # fmt: skip


def who_in_words(who: str, names: dict[str, str], asking: Asking) -> str:
    kind, _, name = who.partition(":")
    if who in _WHO:
        return asking.t(*_WHO[who])
    if kind == "account":
        return names.get(who, asking.t("akun", "account") + " " + name)
    if kind == "device":
        return Words(asking.lang).phone(f"{names[who]} ({name})" if who in names else name)
    return asking.t("tugas", "job") + " " + name


Say = Callable[[Any, Asking], str]


def about_in_words(line: Line, asking: Asking) -> str:
    """What an entry says besides: how many people, which fields, which list; codes as words."""
    parts = [say(line.about[name], asking) for name, say in _SAID.items() if name in line.about]
    return "; ".join(part for part in parts if part)


def _count(indonesian: str, one: str, several: str) -> Say:
    return lambda value, asking: Words(asking.lang).counted(value, indonesian, one, several)


def _named(indonesian: str, english: str) -> Say:
    return lambda value, asking: f"{asking.t(indonesian, english)} {value}"


def _if_so(indonesian: str, english: str) -> Say:
    return lambda value, asking: asking.t(indonesian, english) if value else ""


def _fields(value: Any, asking: Asking) -> str:
    words = Words(asking.lang)
    return asking.t("isian", "fields") + " " + ", ".join(words.field(str(name)) for name in value)


def _became(value: Any, asking: Asking) -> str:
    words = {"merged": ("diterima", "merged"), "quarantined": ("ditahan", "set aside")}
    told = {status: sum(last - first + 1 for first, last in runs) for status, runs in value.items()}
    return ", ".join(f"{count} {asking.t(*words.get(status, (status, status)))}" for status, count in sorted(told.items()))


def _broken(value: Any, asking: Asking) -> str:
    return f"{asking.t(*WHY[value['why']])} ({value['entry']})" if value else ""


_LISTS: dict[str, Both] = {
    "conflicts": ("isian berbeda", "conflicts"), "quarantine": ("kiriman yang ditahan", "what was set aside"),
    "waiting": ("kiriman yang menunggu", "what waits"), "devices": ("HP petugas", "officers' phones"),
    "beneficiary": ("nama dalam SK", "names of decrees"),
    "rights": ("hak atas data", "people's rights"), "restricted": ("data yang dibatasi", "restricted data"),
    "breach": ("orang terdampak kebocoran", "people affected by a breach"), "retention": ("masa simpan", "retention"),
}  # fmt: skip
_STEPS: dict[str, Both] = {
    "asked": ("permintaan diterima", "the request came in"), "done": ("dikerjakan", "carried through"),
    "refused": ("ditolak", "refused"), "noted": ("dicatat", "noted"), "written": ("dilengkapi", "written up"),
    "added": ("orang ditambahkan", "persons added"), "closed": ("ditutup", "closed"),
    "people-told": ("orangnya diberi tahu", "the persons were told"),
    "authority-told": ("lembaga diberi tahu", "the agency was told"),
}  # fmt: skip


def _list(value: Any, asking: Asking) -> str:
    return asking.t("daftar", "list") + " " + asking.t(*_LISTS.get(str(value), (str(value), str(value))))


_SAID: dict[str, Say] = {
    "list": _list,
    "what": _named("isi", "of"),
    "people": _count("orang", "person", "people"),
    "changes": _count("perubahan", "change", "changes"),
    "fields": _fields,
    "device": _named("HP", "phone"),
    "became": _became,
    "devices": lambda value, asking: f"{value if isinstance(value, int) else len(value)} {asking.t('HP', 'phones')}",
    "villages": lambda value, asking: f"{len(value)} {asking.t('desa', 'villages')}" if isinstance(value, list) else "",
    "door": lambda value, asking: asking.t("lewat program", "by a program") if value == "api" else "",
    "by_hand": _if_so("dibawa dengan tangan", "carried by hand"),
    "form": _named("formulir", "form"),
    "version": _named("versi", "version"),
    "format": _named("bentuk", "format"),
    "rows": _count("baris", "row", "rows"),
    "request": _named("permintaan no.", "request no."),
    "kind": lambda value, asking: asking.t(*KINDS[value]).lower() if value in KINDS else "",
    "step": lambda value, asking: asking.t(*_STEPS[value]) if value in _STEPS else "",
    "breach": _named("kebocoran no.", "breach no."),
    "late": _if_so("terlambat", "late"),
    "on": lambda value, asking: asking.t("dibatasi", "restricted") if value else asking.t("dicabut", "lifted"),
    "holds": lambda value, asking: asking.t(*(("rantai utuh", "the chain holds") if value else ("PUTUS", "IT BREAKS"))),
    "broken": _broken,
    "entries": _count("catatan", "entry", "entries"),
    "carried": _count("catatan dibawa serta", "entry carried over", "entries carried over"),
    "lost": lambda value, asking: f"{value} {asking.t('catatan hilang', 'entries lost')}" if value else "",
    "job": _named("tugas", "job"),
    "shown": lambda value, asking: f"{value[0]}–{value[1]}" if value else "",
    "bytes": lambda value, asking: f"{round(value / 1024)} kB",
}  # fmt: skip
"""Parts of an entry, in the order in which they are told; what has no row here stands in the page's details."""
