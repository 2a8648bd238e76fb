"""The desk of monitoring and evaluation: cycles held against their targets, findings and meetings, a report to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request
from markupsafe import Markup

from programme.evaluation import ABOUT, Judged
from schemas import problem
from schemas.change import dumps
from schemas.problem import Both
from schemas.region import NATION, level, within
from server import audit
from server.actions import evaluation as acts
from server.actions import evaluation_report as reports
from server.actions.clocks import counted
from server.actions.entries import Entry, find, new_key
from server.actions.evaluation import CYCLE, FINDING, MEETING, IsClosed, IsFrozen, NoSuchDay, NotFrozen, NotReady, Standing
from server.actions.regions import known_below, region_names
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.charts import Bar, Series, bar_chart, line_chart
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.console.words import Words
from server.problems import Refusal

STATES = ("planned", "running")
MOST_PARTS = 60  # bars of a chart
ROWS_TO_SIGN = 25
LONGEST_LIST = 500  # names of an attendance list
LEVELS: dict[str, Both] = {
    "nation": ("", ""), "province": ("Provinsi", "Province"), "regency": ("", ""),
    "district": ("Kecamatan", "District"), "village": ("Desa", "Village"),
}  # fmt: skip
CLOSED_SAYS: Both = ("Siklus ini sudah ditutup: angkanya, temuannya dan kesimpulannya tidak berubah lagi.",
                     "This cycle is closed: its figures, findings and conclusions change no more.")  # fmt: skip
FROZEN_SAYS: Both = ("Angkanya sudah dibekukan untuk periode ini. Buat siklus baru bila periodenya lain.",
                     "Its figures are frozen for this period. Begin another cycle if the period is another.")  # fmt: skip
NOT_FROZEN_SAYS: Both = ("Bekukan dulu angkanya, baru tutup siklusnya.", "Freeze its figures first, then close it.")
NOT_READY_SAYS: Both = ("Data yang baru masuk masih dihitung. Tunggu beberapa menit, lalu bekukan lagi.",
                        "What has come in is still being worked out. Wait some minutes, then freeze again.")  # fmt: skip
NO_DAY_SAYS: Both = ("Tidak ada angka yang dibekukan hari itu. Pilih hari lain dari daftar.",
                     "No figures were frozen that day. Choose another from the list.")  # fmt: skip
STALE: Both = ("Seseorang baru saja mengubah ini. Periksa isinya lagi, lalu simpan.",
               "Somebody has just changed this. Look at it again, then save.")  # fmt: skip
CYCLE_HINTS: Mapping[str, Both] = {
    "title": ("Misalnya: Monev semester II 2026.", "Such as: Evaluation of the second half of 2026."),
    "first_month": ("Bulan pertama yang dinilai.", "The first month that is evaluated."),
    "last_month": ("Bulan terakhir; angka cakupan diambil dari bulan ini.", "The last one; coverage is told of this month."),
    "conclusions": ("Jangan tulis nama orang: laporan dibaca semua yang boleh melihat angka.",
                    "Name no person: the report is read by all who may see figures."),
}  # fmt: skip
FINDING_HINTS: Mapping[str, Both] = {
    "text": ("Apa yang ditemukan, dengan angkanya. Jangan tulis nama orang.",
             "What was found, with its number. Name no person."),
    "recommendation": ("Apa yang sebaiknya dilakukan.", "What should be done."),
    "responsible": ("Jabatan atau dinas, misalnya DPMD atau Camat Muara Kaman.", "An office, such as DPMD or the camat."),
    "due": ("Lewat hari ini temuan naik ke halaman pertama.", "After this day it stands on the first page."),
    "follow_up": ("Apa yang sudah dilakukan.", "What has been done."),
}  # fmt: skip
MEETING_HINTS: Mapping[str, Both] = {
    "attendance": ("Jumlah orang. Kosongkan bila daftar hadirnya lengkap.",
                   "People. Leave it empty if the list is complete."),
    "minutes": ("Notulen hanya dibaca yang boleh melihat data orang.",
                "Minutes are read by those alone who may see people."),
    "cycle": ("Kosongkan bila rapat ini berdiri sendiri.", "Leave it empty if the meeting stands alone."),
}  # fmt: skip
WHY: dict[str, Both] = {
    "no_denominator": ("Jumlah pekerja desanya belum diisi", "Nobody has entered the number of workers"),
    "nothing_yet": ("Belum ada yang bisa dihitung", "Nothing of the kind yet"),
    "not_kept": ("Tidak disimpan pada hari itu", "Was not kept that day"),
    "small": ("Pekerjanya terlalu sedikit untuk persen", "Too few workers for a percentage"),
}  # fmt: skip
VERDICTS: dict[str, tuple[Both, str]] = {
    "met": (("Tercapai", "Met"), "good"), "missed": (("Belum tercapai", "Not met"), "bad"),
    "unknown": (("Belum bisa dikatakan", "Can't be said"), "warn"),
}  # fmt: skip


@to_do
def findings_to_follow_up(asking: Asking) -> ToDo | None:
    if not asking.may("evaluate"):
        return None
    count, late = counted(asking.scope, FINDING, asking.now)
    says: Both = ("Temuan monev yang menunggu tindak lanjut.", "Findings that wait to be followed up.")
    if late:
        says = (f"{late} sudah lewat tenggatnya.", f"{late} past the due day.")
    address = asking.url("findings", show="late" if late else "open")
    return ToDo(("Temuan monev", "Findings"), count, says, address, urgent=late > 0)


# Cycles --------------------------------------------------------------------------------------------------------------


@desk("/cycles", "see figures")
def cycles(asking: Asking) -> Response:
    found = acts.cycles(asking.scope)
    open_findings = acts.findings(asking.scope, None, asking.now)
    pending = {each.entry.fields.get("cycle"): 0 for each in open_findings}
    for each in open_findings:
        pending[each.entry.fields.get("cycle")] += each.entry.fields.get("state") in acts.PENDING
    return asking.render(
        "cycles.html", cycles=found, names=_names([each.home for each in found]), pending=pending,
        late=sum(each.late for each in open_findings), waiting=sum(pending.values()),
        scope=str(asking.scope),
    )  # fmt: skip


def _names(codes: Sequence[str]) -> dict[str, str]:
    return region_names(sorted(set(codes))) | {NATION: "Indonesia"}


@desk("/cycles/new", "evaluate")
def new_cycle(asking: Asking) -> Response:
    return _cycle_form(asking, None)


@deed("/cycles/new", "evaluate")
def begin_cycle(asking: Asking) -> Response:
    fields, faults = _read_cycle()
    try:
        if faults:
            raise BadFields(faults)
        record = acts.begin_cycle(str(asking.scope), _key(), fields, asking.account, asking.now)
    except BadFields as bad:
        return _cycle_form(asking, None, 422, bad)
    says = ("Siklus dibuat. Catat temuan dan rapatnya, lalu bekukan angkanya.",
            "The cycle is there. Write down findings and meetings, then freeze its figures.")  # fmt: skip
    return asking.done(says, asking.url("cycle", cycle=record))


def _key() -> str:
    return (request.form.get("key") or "").strip() or new_key()


def _read_cycle(entry: Entry | None = None) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed of a cycle; its targets from one box an indicator."""
    names = [name for name in acts.CYCLE_FIELDS if name in request.form]
    fields, faults = read_entry(CYCLE, names, request.form), {}
    goals = []
    for indicator in ABOUT:
        text = (request.form.get(f"goal.{indicator}") or "").strip()
        if text:
            number = _number(text)
            if number is None or number < 0:
                faults["goals"] = ["not-a-number"]
            else:
                goals.append({"indicator": indicator, "target": number})
    if any(f"goal.{indicator}" in request.form for indicator in ABOUT):
        fields["goals"] = goals or None
    return fields, faults


def _number(text: str) -> float | None:
    """12,5 % and 12.5 are one; 1.200 people are twelve hundred."""
    plain = text.replace("%", "").replace(" ", "")
    if "," not in plain and plain.count(".") >= 1 and all(len(part) == 3 for part in plain.split(".")[1:]):
        plain = plain.replace(".", "")
    else:
        plain = plain.replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if plain.isascii() and number == number and abs(number) <= 10**9 else None


def _cycle_form(
    asking: Asking, entry: Entry | None, status: int = 200, bad: BadFields | None = None, says: Both | None = None
) -> Response:
    frozen = bool(entry and entry.fields.get("frozen_on"))
    fields = [name for name in acts.CYCLE_FIELDS
              if not (frozen and name in ("first_month", "last_month")) and not (entry is None and name == "conclusions")]
    form = entry_form(
        asking, CYCLE, fields, entry, said=request.form if bad else None, bad=bad, hints=CYCLE_HINTS,
        choices={"state": [(state, Words(asking.lang).value("state", state)) for state in STATES]},
        given={"state": "planned", "first_month": f"{day_at(asking.now, asking.scope).year}-01",
               "last_month": f"{day_at(asking.now, asking.scope).year}-12"},
    )  # fmt: skip
    targets = {name: _typed(number) for name, number in (acts.goals_of(entry) if entry else {}).items()}
    if bad:
        targets = {name: request.form.get(f"goal.{name}", "") for name in ABOUT}
    return asking.render(
        "cycle_form.html", status=status, entry=entry, form=form, about=ABOUT, targets=targets, says=says, frozen=frozen,
        goal_faults=asking.complain(bad.errors).get("goals", []) if bad else [],
        name=_names([str(asking.scope)]).get(str(asking.scope), str(asking.scope)),
    )  # fmt: skip


def _typed(number: float) -> str:
    return f"{number:g}" if number < 10**6 else str(int(number))


def _seen(asking: Asking, cycle: str) -> Entry:
    entry = acts.find_cycle(asking.scope, cycle)
    if entry is None:
        raise Refusal(problem.NOT_FOUND)
    return entry


def _may_write(asking: Asking, entry: Entry) -> bool:
    """A cycle is its own region's; who sees a part of it alone adds findings and meetings of that part."""
    return asking.may("evaluate") and within(entry.home, asking.account.region)


@desk("/cycles/<cycle>", "see figures")
def cycle(asking: Asking, cycle: str) -> Response:
    return _cycle_page(asking, _seen(asking, cycle))


def _cycle_page(
    asking: Asking, entry: Entry, status: int = 200, says: Both | None = None, faults: Mapping[str, list[str]] | None = None
) -> Response:
    standing = acts.stands(asking.scope, entry, asking.now)
    found = acts.findings(asking.scope, entry, asking.now)
    is_open = entry.fields.get("state") != acts.CLOSED
    may = asking.may("evaluate")
    offered = acts.candidates(asking.scope, entry, found) if may and asking.may("see people") and is_open else []
    if offered:
        audit.look("list", region=str(asking.scope), records=[row.record for row, _ in offered])
    codes = [each.entry.fields.get("about") or each.entry.home for each in found] + [row.home for row, _ in offered]
    return asking.render(
        "cycle.html", status=status, entry=entry, standing=standing, found=found, offered=offered, about=ABOUT, why=WHY,
        verdicts=VERDICTS, meetings=acts.meetings(asking.scope, entry), names=_names([*codes, entry.home]),
        may_write=_may_write(asking, entry), may_add=may, is_open=is_open, days=acts.kept_days() if is_open else [],
        seen=dumps(entry.seen), says=says, faults=faults or {}, count=acts.count_present, shown=shown, target=target_text,
        readable=lambda each: readable(asking, each), level_of=level, kind=LEVELS[level(standing.region)],
        rate_chart=parts_chart(asking, standing), typed=request.form,
    )  # fmt: skip


def readable(asking: Asking, finding: Entry) -> bool:
    """What an officer wrote on a visit may name people, until somebody who may see them has looked it through."""
    return asking.may("see people") or not finding.fields.get("visit")


def shown(words: Words, judged: Judged) -> str:
    """An indicator's value as it is read: a share in percent, of few workers as an interval, active members as a number."""
    told = judged.result
    if told.interval is not None:
        return f"{words.percent(told.interval[0])} – {words.percent(told.interval[1])}"
    if told.value is None:
        return "–"
    return words.percent(told.value) if ABOUT[told.indicator].is_share else words.number(int(told.value))


def target_text(words: Words, indicator: str, target: float | None) -> str:
    if target is None:
        return "–"
    about = ABOUT[indicator]
    told = words.percent(target / 100) if about.is_share else words.number(int(target))
    return ("≤ " if about.low_is_good else "≥ ") + told


def parts_chart(asking: Asking, standing: Standing, with_links: bool = True) -> Markup | None:
    """The rate of each region below as bars, against the target."""
    parts = [each for each in standing.parts if each.counted.eligible][:MOST_PARTS]
    if not parts:
        return None
    words, goal = Words(asking.lang), acts.goals_of(standing.entry).get("rate")
    bars = [_bar(asking, words, each.name, each.judged["rate"],
                 asking.url("cycle", cycle=standing.entry.record, within=each.code) if with_links else None)
            for each in parts]  # fmt: skip
    return bar_chart(bars, asking.t("Cakupan wilayah di bawahnya", "Coverage of the regions below"), lang=asking.lang,
                     top=1.0, goal=None if goal is None else goal / 100)  # fmt: skip


def _bar(asking: Asking, words: Words, name: str, judged: Judged, href: str | None) -> Bar:
    told = judged.result
    value = told.value if told.value is not None else sum(told.interval) / 2 if told.interval else None
    tone = VERDICTS[judged.verdict][1] if judged.verdict else ""
    said = f"{words.number(told.numerator or 0)} {asking.t('dari', 'of')} {words.number(told.denominator or 0)}"
    return Bar(name, value, shown(words, judged), href, said, "" if tone == "warn" else tone)


@desk("/cycles/<cycle>/edit", "evaluate")
def edit_cycle(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    _refuse_others(asking, entry)
    if entry.fields.get("state") == acts.CLOSED:
        return _cycle_page(asking, entry, 409, CLOSED_SAYS)
    return _cycle_form(asking, entry)


def _refuse_others(asking: Asking, entry: Entry) -> None:
    if not _may_write(asking, entry):
        raise Refusal(problem.OUTSIDE_REGION)


@deed("/cycles/<cycle>/edit", "evaluate")
def change_cycle(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    _refuse_others(asking, entry)
    fields, faults = _read_cycle(entry)
    try:
        if faults:
            raise BadFields(faults)
        acts.change_cycle(entry.record, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _cycle_form(asking, entry, 422, bad)
    except NotSeen:
        return _cycle_form(asking, _seen(asking, cycle), 409, says=STALE)
    except IsClosed:
        return _cycle_page(asking, _seen(asking, cycle), 409, CLOSED_SAYS)
    except IsFrozen:
        return _cycle_page(asking, _seen(asking, cycle), 409, FROZEN_SAYS)
    return asking.done(("Siklus disimpan.", "The cycle is saved."), asking.url("cycle", cycle=cycle))


@deed("/cycles/<cycle>/freeze", "evaluate")
def freeze_cycle(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    _refuse_others(asking, entry)
    day = (request.form.get("day") or "").strip() or None
    try:
        acts.freeze_cycle(cycle, read_seen(request.form), day, asking.account, asking.settings, asking.now)
    except (IsClosed, IsFrozen, NoSuchDay, NotReady, NotSeen) as error:
        both = {IsClosed: CLOSED_SAYS, NoSuchDay: NO_DAY_SAYS, NotReady: NOT_READY_SAYS}.get(type(error), STALE)
        return _cycle_page(asking, _seen(asking, cycle), 422 if type(error) is NoSuchDay else 409, both)
    except BadFields:
        return _cycle_page(asking, entry, 422, NO_DAY_SAYS)
    says = ("Angkanya dibekukan. Sekarang laporan bisa dicetak.", "Its figures are frozen. The report can be printed now.")
    return asking.done(says, asking.url("cycle", cycle=cycle))


@deed("/cycles/<cycle>/close", "evaluate")
def close_cycle(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    _refuse_others(asking, entry)
    try:
        conclusions = read_entry(CYCLE, ["conclusions"], request.form)["conclusions"]
        acts.close_cycle(cycle, read_seen(request.form), conclusions, asking.account, asking.now)
    except BadFields as bad:
        return _cycle_page(asking, entry, 422, faults=asking.complain(bad.errors))
    except (IsClosed, NotFrozen, NotSeen) as error:
        both = {IsClosed: CLOSED_SAYS, NotFrozen: NOT_FROZEN_SAYS}.get(type(error), STALE)
        return _cycle_page(asking, _seen(asking, cycle), 409, both)
    says = ("Siklus ditutup. Laporannya tetap seperti hari ini.", "The cycle is closed. Its report stays as it is today.")
    return asking.done(says, asking.url("cycle", cycle=cycle))


# Its report ----------------------------------------------------------------------------------------------------------


@desk("/cycles/<cycle>/report", "see figures")
def cycle_report(asking: Asking, cycle: str) -> Response:
    """The whole cycle to print on A4, or to keep as a PDF by the browser's print."""
    entry = _seen(asking, cycle)
    may_see = asking.may("see people")
    told = reports.report(asking.scope, entry, asking.now, may_see)
    if may_see and told.people:
        audit.look("list", region=told.standing.region, records=told.people)
    words = Words(asking.lang)
    series = [(month, active, rate) for month, active, rate in told.history]
    trend = line_chart(
        [Series(asking.t("Cakupan", "Coverage"), [rate for _, _, rate in series])],
        [words.month(month) for month, _, _ in series], asking.t("Cakupan dari bulan ke bulan", "Coverage by month"),
        words.percent, goal=_share(acts.goals_of(entry).get("rate")), lang=asking.lang,
    ) if sum(rate is not None for _, _, rate in series) > 1 else None  # fmt: skip
    return asking.render(
        "cycle_report.html", told=told, entry=entry, standing=told.standing, about=ABOUT, why=WHY, verdicts=VERDICTS,
        shown=shown, target=target_text, count=acts.count_present, goals=goals_chart(asking, told.standing), trend=trend,
        parts=parts_chart(asking, told.standing, with_links=False), kind=LEVELS[level(told.standing.region)],
        readable=lambda each: readable(asking, each), may_see=may_see, level_of=level,
        prepared=words.day(day_at(asking.now, told.standing.region)),
    )  # fmt: skip


def _share(target: float | None) -> float | None:
    return None if target is None else target / 100


def goals_chart(asking: Asking, standing: Standing) -> Markup | None:
    """Each share that has a target as a bar: the whole width is the target reached."""
    words = Words(asking.lang)
    bars = []
    for name, judged in standing.total.judged.items():
        if judged.target is None or judged.result.value is None or not ABOUT[name].is_share:
            continue
        tone = VERDICTS[judged.verdict or "unknown"][1]
        said = f"{asking.t('target', 'target')} {target_text(words, name, judged.target)}"
        bars.append(Bar(words.pick(ABOUT[name].name), judged.result.value, shown(words, judged), None, said,
                        "" if tone == "warn" else tone))  # fmt: skip
    if not bars:
        return None
    return bar_chart(bars, asking.t("Capaian terhadap target", "Reached, against the targets"), lang=asking.lang, top=1.0)


# Findings ------------------------------------------------------------------------------------------------------------


@desk("/findings", "see figures")
def findings(asking: Asking) -> Response:
    show = request.args.get("show", "open")
    every = acts.findings(asking.scope, None, asking.now)
    kept = [
        each for each in every
        if show == "all" or (each.late if show == "late" else each.entry.fields.get("state") in acts.PENDING)
    ]  # fmt: skip
    of = {each.record: each for each in acts.cycles(asking.scope)}
    return asking.render(
        "findings.html", found=kept[:300], show=show, names=_names([each.entry.fields.get("about") or each.entry.home
        for each in kept[:300]]), cycles=of, late=sum(each.late for each in every), all=len(every),
        pending=sum(each.entry.fields.get("state") in acts.PENDING for each in every),
        readable=lambda each: readable(asking, each),
    )  # fmt: skip


@desk("/cycles/<cycle>/finding", "evaluate")
def new_finding(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    if entry.fields.get("state") == acts.CLOSED:
        return _cycle_page(asking, entry, 409, CLOSED_SAYS)
    return _finding_form(asking, entry, None)


@deed("/cycles/<cycle>/finding", "evaluate")
def begin_finding(asking: Asking, cycle: str) -> Response:
    entry = _seen(asking, cycle)
    fields = read_entry(FINDING, _finding_fields(None, entry), request.form)
    try:
        acts.begin_finding(asking.scope, entry, _key(), fields, asking.account, asking.now)
    except BadFields as bad:
        return _finding_form(asking, entry, None, 422, bad)
    except IsClosed:
        return _cycle_page(asking, _seen(asking, cycle), 409, CLOSED_SAYS)
    return asking.done(("Temuan dicatat.", "The finding is noted."), asking.url("cycle", cycle=cycle))


@deed("/cycles/<cycle>/take/<visit>", "evaluate")
def take_finding(asking: Asking, cycle: str, visit: str) -> Response:
    """What an officer found on a visit becomes a finding of the cycle."""
    entry = _seen(asking, cycle)
    try:
        acts.take_finding(asking.scope, entry, visit, asking.account, asking.now)
    except BadFields as bad:
        return _cycle_page(asking, entry, 422, faults=asking.complain(bad.errors))
    except IsClosed:
        return _cycle_page(asking, entry, 409, CLOSED_SAYS)
    says = ("Temuan petugas masuk ke siklus ini.", "The officer's finding is in this cycle now.")
    return asking.done(says, asking.url("cycle", cycle=cycle) + "#findings")


def _finding_fields(finding: Entry | None, cycle: Entry | None) -> list[str]:
    is_closed = cycle is not None and cycle.fields.get("state") == acts.CLOSED
    names = acts.FOLLOW_UP_FIELDS if is_closed else acts.FINDING_FIELDS
    return [name for name in names if finding is not None or name not in ("state", "follow_up", "followed_up_on")]


def _finding_form(
    asking: Asking, cycle: Entry | None, finding: Entry | None, status: int = 200, bad: BadFields | None = None,
    says: Both | None = None,
) -> Response:  # fmt: skip
    home = finding.home if finding else acts.desk_home(asking.scope, cycle) if cycle else str(asking.scope)
    below = [(each.code, each.name) for each in known_below(home) if each.ended_on is None]
    about = finding.fields.get("about") if finding else None
    named = _names([home, *([about] if about else [])])
    own = [(home, named.get(home, home))] + ([(about, named.get(about, about))] if about else [])
    words = Words(asking.lang)
    form: EntryForm | None = None
    if asking.may("evaluate"):
        form = entry_form(
            asking, FINDING, _finding_fields(finding, cycle), finding, said=request.form if bad else None, bad=bad,
            hints=FINDING_HINTS, choices={
                "about": list(dict((*own, *below)).items()),
                "indicator": [(name, words.pick(told.name)) for name, told in ABOUT.items()],
            }, given={"about": home},
        )  # fmt: skip
    return asking.render(
        "finding.html", status=status, cycle=cycle, finding=finding, form=form, says=says, names=named, about=ABOUT,
        readable=finding is None or readable(asking, finding), visit=bool(finding and finding.fields.get("visit")),
        late=finding is not None and acts.is_late(finding, asking.now),
    )  # fmt: skip


def _finding(asking: Asking, record: str) -> tuple[Entry, Entry | None]:
    entry = find(asking.scope, FINDING, record)
    if entry is None:
        raise Refusal(problem.NOT_FOUND)
    return entry, acts.find_cycle(asking.scope, str(entry.fields.get("cycle") or ""))


@desk("/findings/<finding>", "see figures")
def finding(asking: Asking, finding: str) -> Response:
    entry, cycle = _finding(asking, finding)
    return _finding_form(asking, cycle, entry)


@deed("/findings/<finding>", "evaluate")
def change_finding(asking: Asking, finding: str) -> Response:
    entry, cycle = _finding(asking, finding)
    fields = read_entry(FINDING, _finding_fields(entry, cycle), request.form)
    try:
        acts.change_finding(entry, cycle, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _finding_form(asking, cycle, entry, 422, bad)
    except (NotSeen, IsClosed) as error:
        return _finding_form(asking, cycle, entry, 409, says=STALE if isinstance(error, NotSeen) else CLOSED_SAYS)
    to = asking.url("cycle", cycle=cycle.record) if cycle else asking.url("findings")
    return asking.done(("Temuan disimpan.", "The finding is saved."), to)


# Meetings ------------------------------------------------------------------------------------------------------------


@desk("/meetings", "see figures")
def meetings(asking: Asking) -> Response:
    found = acts.meetings(asking.scope)[:300]
    noted = acts.meetings_of_phones(asking.scope) if asking.may("see people") else []
    if noted:
        audit.look("list", region=str(asking.scope), records=[row.record for row, _ in noted])
    return asking.render(
        "meetings.html", meetings=found, noted=noted, count=acts.count_present,
        names=_names([each.home for each in found] + [row.home for row, _ in noted]),
        cycles={each.record: each.fields["title"] for each in acts.cycles(asking.scope)},
    )  # fmt: skip


@desk("/meetings/new", "evaluate")
def new_meeting(asking: Asking) -> Response:
    return _meeting_form(asking, None, chosen=request.args.get("cycle"))


@deed("/meetings/new", "evaluate")
def begin_meeting(asking: Asking) -> Response:
    fields, faults = _read_meeting()
    cycle = acts.find_cycle(asking.scope, fields["cycle"]) if fields.get("cycle") else None
    try:
        if fields.get("cycle") and cycle is None:
            faults["cycle"] = ["unknown-record"]
        if faults:
            raise BadFields(faults)
        home = acts.desk_home(asking.scope, cycle) if cycle else str(asking.scope)
        record = acts.keep_meeting(home, _key(), None, fields, asking.account, asking.now)
    except BadFields as bad:
        return _meeting_form(asking, None, 422, bad)
    return asking.done(("Rapat dicatat.", "The meeting is noted."), asking.url("meeting", meeting=record))


def _read_meeting() -> tuple[dict[str, Any], dict[str, list[str]]]:
    fields = read_entry(MEETING, [*acts.MEETING_FIELDS, "cycle"], request.form)
    people = read_attendees(request.form.get("attendees") or "")
    faults = {"attendees": [f"too-many:{LONGEST_LIST}"]} if len(people) > LONGEST_LIST else {}
    return fields | {"attendees": people or None}, faults


def read_attendees(text: str) -> list[dict[str, Any]]:
    """One person a line: name; office; and `ttd` if it was signed. A list out of a table has tabs between."""
    people = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.replace("\t", ";").split(";")]
        parts = [part for part in parts if part]
        if not parts:
            continue
        signed = len(parts) > 1 and parts[-1].casefold() in ("ttd", "signed", "ya", "yes", "v", "x", "✓")
        if signed:
            parts = parts[:-1]
        told: dict[str, Any] = {"name": parts[0], "signed": signed}
        if len(parts) > 1:
            told["office"] = ", ".join(parts[1:])
        people.append(told)
    return people


def write_attendees(people: Sequence[Mapping[str, Any]] | None) -> str:
    return "\n".join(
        "; ".join(part for part in (each["name"], each.get("office"), "ttd" if each.get("signed") else None) if part)
        for each in people or ()
    )


def _meeting_form(
    asking: Asking, entry: Entry | None, status: int = 200, bad: BadFields | None = None, says: Both | None = None,
    chosen: str | None = None,
) -> Response:  # fmt: skip
    offered = [(each.record, each.fields["title"]) for each in acts.cycles(asking.scope)]
    form = entry_form(
        asking, MEETING, [*acts.MEETING_FIELDS, "cycle"], entry, said=request.form if bad else None, bad=bad,
        hints=MEETING_HINTS, choices={"cycle": offered},
        given={"cycle": chosen, "date": day_at(asking.now, asking.scope).isoformat()},
    )  # fmt: skip
    people = request.form.get("attendees", "") if bad else write_attendees(entry.fields.get("attendees") if entry else None)
    return asking.render(
        "meeting_form.html", status=status, entry=entry, form=form, people=people, says=says,
        people_faults=asking.complain(bad.errors).get("attendees", []) if bad else [],
    )  # fmt: skip


def _meeting(asking: Asking, record: str) -> Entry:
    entry = find(asking.scope, MEETING, record)
    if entry is None:
        raise Refusal(problem.NOT_FOUND)
    return entry


@desk("/meetings/<meeting>", "see figures")
def meeting(asking: Asking, meeting: str) -> Response:
    entry = _meeting(asking, meeting)
    cycle = acts.find_cycle(asking.scope, str(entry.fields.get("cycle") or ""))
    may_see = asking.may("see people")
    if may_see:
        audit.look("open", region=entry.home, record=entry.record)
    return asking.render("meeting.html", entry=entry, cycle=cycle, may_see=may_see, names=_names([entry.home]),
                         count=acts.count_present)  # fmt: skip


@desk("/meetings/<meeting>/edit", "evaluate")
def edit_meeting(asking: Asking, meeting: str) -> Response:
    return _meeting_form(asking, _meeting(asking, meeting))


@deed("/meetings/<meeting>/edit", "evaluate")
def change_meeting(asking: Asking, meeting: str) -> Response:
    entry = _meeting(asking, meeting)
    fields, faults = _read_meeting()
    try:
        if fields.get("cycle") and acts.find_cycle(asking.scope, fields["cycle"]) is None:
            faults["cycle"] = ["unknown-record"]
        if faults:
            raise BadFields(faults)
        acts.keep_meeting(entry.home, entry.key, read_seen(request.form), fields, asking.account, asking.now)
    except BadFields as bad:
        return _meeting_form(asking, entry, 422, bad)
    except NotSeen:
        return _meeting_form(asking, _meeting(asking, meeting), 409, says=STALE)
    return asking.done(("Rapat disimpan.", "The meeting is saved."), asking.url("meeting", meeting=meeting))


@desk("/meetings/<meeting>/attendance", "see people")
def attendance_list(asking: Asking, meeting: str) -> Response:
    """The list to print and to sign: those that are known, and empty rows."""
    entry = _meeting(asking, meeting)
    audit.look("open", region=entry.home, record=entry.record)
    people = entry.fields.get("attendees") or []
    return asking.render("attendance_list.html", entry=entry, people=people, names=_names([entry.home]),
                         empty=max(5, ROWS_TO_SIGN - len(people)))  # fmt: skip
