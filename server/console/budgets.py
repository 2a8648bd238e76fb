"""The desk of budgets: scenarios side by side, their lines month by month, adopting one, and what is asked beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response, request
from markupsafe import Markup

from programme import months
from programme.contribution import PROGRAMS, Used
from programme.rules import NoRule, Rule, load
from schemas.change import dumps
from schemas.kinds.parts import FUNDING
from schemas.kinds.planning import PAYERS
from schemas.month import is_month
from schemas.problem import Both
from server.actions import budgets as acts
from server.actions import decrees as decree_acts
from server.actions import entries
from server.actions.budgets import (
    ADOPTED,
    BUDGET,
    DRAFT,
    DROPPED,
    PROPOSED,
    SCENARIO,
    PlanRefused,
    Realised,
    Told,
)
from server.actions.entries import Entry
from server.actions.regions import region_names
from server.actions.settle import BadFields, NotSeen
from server.clock import day_at
from server.console.charts import Series, line_chart
from server.console.door import Asking, ToDo, deed, desk, to_do, whole_number
from server.console.entry_forms import EntryForm, entry_form, read_entry, read_seen
from server.console.words import Words

SCENARIO_FORM = ("title", "year", "notes")
LINE_FORM = (
    "title", "funding", "first_month", "last_month", "people", "amount", "programs", "income", "document", "notes",
)  # fmt: skip
MOST_WHAT_IF_MONTHS = 120
MOST_PAID = 20  # adopted budgets of one page that are laid beside what was paid; the others' own pages tell it
STATES: Mapping[str, tuple[Both, str]] = {
    DRAFT: (("Konsep", "Draft"), ""), PROPOSED: (("Diusulkan", "Proposed"), "info"),
    ADOPTED: (("Ditetapkan", "Adopted"), "good"), DROPPED: (("Dibatalkan", "Dropped"), "warn"),
}  # fmt: skip
HINTS: Mapping[str, Both] = {
    "people": ("Berapa orang. Kosongkan bila yang tetap adalah uangnya: dihitung berapa orang yang cukup.",
               "How many people. Leave it empty where the money is fixed: how many it is enough for is worked out."),
    "amount": ("Uang yang tersedia. Kosongkan bila semua biaya ditanggung.",
               "The money there is. Leave it empty where all of the cost is borne."),
    "income": ("Upah sebulan yang dilaporkan; kosong berarti golongan terendah.",
               "The monthly income that is reported; empty means the lowest tier."),
    "document": ("Nomor mata anggaran, misalnya di DPA.", "Its number in the budget document."),
    "first_month": ("Seperti 2027-01.", "Such as 2027-01."), "last_month": ("Seperti 2027-12.", "Such as 2027-12."),
}  # fmt: skip
CHANGED: Both = (
    "Isinya berubah sejak halaman ini dibuka. Yang berlaku sekarang ada di bawah; periksa, lalu ulangi.",
    "It has changed since this page was opened. What stands now is below; look at it, and do it again.",
)
WORDS_OF: Mapping[str, Both] = {
    "self": ("Bayar sendiri", "Pays himself"), "sertakan": ("SERTAKAN / CSR", "SERTAKAN / companies"),
    "other": ("Pembayar lain", "Another payer"),
}  # fmt: skip


@to_do
def budgets_to_adopt(asking: Asking) -> ToDo | None:
    if not asking.may("approve"):
        return None
    waiting = [each for each in entries.all_of(asking.scope, SCENARIO) if each.fields.get("state") == PROPOSED]
    if not waiting:
        return None
    says = ("Anggaran diusulkan dan menunggu ditetapkan oleh orang kedua.",
            "A budget is proposed and waits to be adopted by a second person.")  # fmt: skip
    return ToDo(("Anggaran menunggu penetapan", "Budgets to adopt"), len(waiting), says,
                asking.url("scenario", scenario=waiting[0].record))  # fmt: skip


# Side by side ---------------------------------------------------------------------------------------------------------


@desk("/budgets", "see figures")
def budgets(asking: Asking) -> Response:
    return _show_all(asking)


def _show_all(asking: Asking, status: int = 200, bad: BadFields | None = None) -> Response:
    years = acts.years_of(asking.scope)
    this = day_at(asking.now, asking.scope).year
    year = whole_number(request.values.get("year"), 4) or (this if this in years or not years else years[0])
    found = acts.scenarios_of(asking.scope, year)
    against = next((each for each in found if each.entry.record == request.args.get("against")), found[0] if found else None)
    adopted = [each for each in found if each.state == acts.ADOPTED]
    form = None
    if asking.may("plan"):
        form = entry_form(asking, SCENARIO, SCENARIO_FORM, said=request.form if bad else None, bad=bad,
                          given={"year": this + 1})  # fmt: skip
    return asking.render(
        "budgets.html", status=status, years=sorted({*years, year}, reverse=True), year=year, scenarios=found,
        against=against, more={each.entry.record: acts.difference(each.totals, against.totals) for each in found}
        if against else {}, sources=sorted({source for each in found for source in each.totals.by_funding}, key=_place),
        states=STATES, form=form, is_open=bad is not None, names=region_names(sorted({each.entry.home for each in found})),
        paid={each.entry.record: _paid(each, asking.now) for each in adopted[:MOST_PAID]}, funding=_funding(asking),
        twice=decree_acts.how_many_twice(asking.scope, asking.now) if asking.may("see people")
        else None,
    )  # fmt: skip


def _paid(told: acts.Told, now: int) -> int:
    """What was confirmed of a scenario's lines so far, in rupiah."""
    return sum(each.amount for each in acts.beside(told, now).by_line.values())


def _place(source: str) -> int:
    return FUNDING.index(source) if source in FUNDING else len(FUNDING)


def _funding(asking: Asking) -> Any:
    words = Words(asking.lang)

    def said(source: str) -> str:
        return words.pick(WORDS_OF[source]) if source in WORDS_OF else words.value("funding", source)

    return said


@deed("/scenarios/new", "plan")
def begin_scenario(asking: Asking) -> Response:
    said = read_entry(SCENARIO, SCENARIO_FORM, request.form)
    try:
        record = acts.begin_scenario(asking.scope, request.form.get("key", ""), said, asking.account, asking.now)
    except BadFields as bad:
        return _show_all(asking, 422, bad)
    return asking.done(("Skenario dimulai. Isi baris anggarannya.", "The scenario is begun. Fill in its budget lines."),
                       asking.url("scenario", scenario=record))  # fmt: skip


# One scenario ---------------------------------------------------------------------------------------------------------


@desk("/scenarios/<scenario>", "see figures")
def scenario(asking: Asking, scenario: str) -> Response:
    return _show(asking, scenario)


def _show(
    asking: Asking, record: str, status: int = 200, refused: Both | None = None,
    line_bad: BadFields | PlanRefused | None = None, bad: BadFields | None = None,
) -> Response:  # fmt: skip
    told = acts.scenario_told(asking.scope, record)
    others = [each for each in acts.scenarios_of(asking.scope, told.entry.fields.get("year")) if each.entry.record != record]
    against = next((each for each in others if each.entry.record == request.args.get("against")), None)
    may_plan, line_form, form = asking.may("plan"), None, None
    if may_plan and told.state == DRAFT:
        line_form = _line_form(asking, told, line_bad)
        form = entry_form(asking, SCENARIO, SCENARIO_FORM, told.entry, said=request.form if bad else None, bad=bad)
    return asking.render(
        "scenario.html", status=status, told=told, states=STATES, others=others, against=against,
        more=acts.difference(told.totals, against.totals) if against else None, paid=acts.beside(told, asking.now),
        endings=acts.endings(asking.scope, told), expected=acts.expected(told, asking.now), form=form,
        is_open=bad is not None, line_form=line_form, line_is_open=line_bad is not None or not told.lines, refused=refused,
        line_refused=line_bad.says if isinstance(line_bad, PlanRefused) else None, hands=_hands(asking, told),
        mark=acts.lines_mark(told.lines), seen=_seen(told.entry), is_own=_is_own(asking, told), programs=PROGRAMS,
        rules=rules_of(asking, [used for line in told.lines if line.plan for used in line.plan.rules]),
        funding=_funding(asking), charts=_charts(asking, told), region=region_names([told.entry.home]).get(told.entry.home),
        key=entries.new_key(),
    )  # fmt: skip


def _line_form(asking: Asking, told: Told, bad: BadFields | PlanRefused | None) -> EntryForm:
    year = told.entry.fields.get("year")
    return entry_form(
        asking, BUDGET, LINE_FORM, said=request.form if bad else None, bad=bad if isinstance(bad, BadFields) else None,
        hints=HINTS, given={"first_month": f"{year}-01", "last_month": f"{year}-12", "programs": ["JKK", "JKM"]},
    )  # fmt: skip


def _seen(entry: Entry) -> str:
    return dumps(entry.seen)


def _is_own(asking: Asking, told: Told) -> bool:
    return told.state == PROPOSED and entries.is_by(asking.account, told.entry.record, ("state",))


def _hands(asking: Asking, told: Told) -> list[entries.Hand]:
    return entries.written_by(asking.scope, told.entry.record, "state")


class Charts(NamedTuple):
    """Pictures of a scenario: people and rupiah by month, and coverage as it would become (empty without a denominator)."""

    money: Markup
    people: Markup
    coverage: Markup


def _charts(asking: Asking, told: Told) -> Charts | None:
    paid, expected = acts.beside(told, asking.now), acts.expected(told, asking.now)
    over = list(told.totals.by_month)
    if not over:
        return None
    words = Words(asking.lang)
    by_month: dict[str, list[int]] = {month: [0, 0, 0, 0] for month in over}
    for one in paid.by_funding.values():
        for spent in one.months:
            held = by_month.setdefault(spent.month, [0, 0, 0, 0])
            for n, number in enumerate((spent.planned, spent.amount, spent.planned_people, spent.people)):
                held[n] += number
    over = sorted(by_month)
    long = [words.month(month) for month in over]
    short = [name.split(" ")[0] for name in long]
    until = [month <= paid.this_month for month in over]
    t = asking.t

    def series(planned: int, real: int) -> list[Series]:
        return [
            Series(t("Rencana", "Planned"), [by_month[month][planned] for month in over]),
            Series(t("Terkonfirmasi", "Confirmed"), [
                by_month[month][real] if is_past or by_month[month][real] else None
                for month, is_past in zip(over, until, strict=True)
            ]),
        ]  # fmt: skip

    money = line_chart(
        series(0, 1), short, t("Rupiah per bulan", "Rupiah by month"), lambda value: short_sum(words, value),
        lang=asking.lang, long=long,
    )  # fmt: skip
    people = line_chart(
        series(2, 3), short, t("Orang per bulan", "People by month"), lambda value: words.number(round(value)),
        lang=asking.lang, long=long,
    )  # fmt: skip
    covered = Markup("")
    if expected.eligible:
        shown = {each.month: each.rate for each in expected.months}
        covered = line_chart(
            [Series(t("Dengan skenario ini", "With this scenario"), [shown.get(month) for month in over])], short,
            t("Cakupan yang diperkirakan", "Coverage to expect"), words.percent, lang=asking.lang, long=long,
        )  # fmt: skip
    return Charts(money, people, covered)


def _attempt(asking: Asking, record: str, act: Any, says: Both) -> Response:
    """Do it to a scenario; what is refused is said on its page, beside what stands now."""
    entries.one(asking.scope, SCENARIO, record)
    try:
        act()
    except PlanRefused as refused:
        return _show(asking, record, 409, refused.says)
    except NotSeen:
        return _show(asking, record, 409, CHANGED)
    return asking.done(says, asking.url("scenario", scenario=record))


@deed("/scenarios/<scenario>/edit", "plan")
def change_scenario(asking: Asking, scenario: str) -> Response:
    said = read_entry(SCENARIO, SCENARIO_FORM, request.form)

    def act() -> None:
        acts.change_scenario(scenario, read_seen(request.form), said, asking.account, asking.now)

    try:
        return _attempt(asking, scenario, act, ("Skenario diperbarui.", "The scenario is changed."))
    except BadFields as bad:
        return _show(asking, scenario, 422, bad=bad)


@deed("/scenarios/<scenario>/lines", "plan")
def begin_line(asking: Asking, scenario: str) -> Response:
    entry = entries.one(asking.scope, SCENARIO, scenario)
    said = read_entry(BUDGET, LINE_FORM, request.form)
    try:
        acts.begin_line(entry, request.form.get("key", ""), said, asking.account, asking.now)
    except (BadFields, PlanRefused) as bad:
        return _show(asking, scenario, 422, line_bad=bad)
    to = asking.url("scenario", scenario=scenario)
    return asking.done(("Baris anggaran ditambahkan.", "The budget line is added."), to)


@deed("/scenarios/<scenario>/copy", "plan")
def copy_scenario(asking: Asking, scenario: str) -> Response:
    entry = entries.one(asking.scope, SCENARIO, scenario)
    title = request.form.get("title", "").strip() or f"{entry.fields.get('title')} (2)"
    try:
        copied = acts.copy_scenario(
            asking.scope, scenario, request.form.get("key", ""), title[:200], asking.account, asking.now
        )
    except PlanRefused as refused:
        return _show(asking, scenario, 409, refused.says)
    except BadFields:
        return _show(asking, scenario, 422, ("Judulnya tidak dapat dipakai. Tulis judul lain.",
                                             "That title can't be used. Write another one."))  # fmt: skip
    to = asking.url("scenario", scenario=copied)
    return asking.done(("Salinannya siap diubah.", "The copy is ready to be changed."), to)


@deed("/scenarios/<scenario>/propose", "plan")
def propose_scenario(asking: Asking, scenario: str) -> Response:
    def act() -> None:
        acts.propose(scenario, read_seen(request.form), asking.account, asking.now)

    return _attempt(asking, scenario, act, ("Diusulkan. Orang lain yang menetapkannya.",
                                            "It is proposed. Somebody else adopts it."))  # fmt: skip


@deed("/scenarios/<scenario>/adopt", "approve")
def adopt_scenario(asking: Asking, scenario: str) -> Response:
    def act() -> None:
        acts.adopt(scenario, read_seen(request.form), request.form.get("mark", ""), asking.account, asking.now)

    return _attempt(asking, scenario, act, ("Anggaran ditetapkan.", "The budget is adopted."))


@deed("/scenarios/<scenario>/reopen", "plan")
def reopen_scenario(asking: Asking, scenario: str) -> Response:
    def act() -> None:
        acts.reopen(scenario, read_seen(request.form), asking.account, asking.now)

    return _attempt(asking, scenario, act, ("Dibuka kembali menjadi konsep.", "It is a draft again."))


@deed("/scenarios/<scenario>/drop", "plan")
def drop_scenario(asking: Asking, scenario: str) -> Response:
    def act() -> None:
        acts.drop(scenario, read_seen(request.form), asking.account, asking.now)

    return _attempt(asking, scenario, act, ("Skenario dibatalkan.", "The scenario is dropped."))


@desk("/scenarios/<scenario>/print", "see figures")
def scenario_print(asking: Asking, scenario: str) -> Response:
    """The proposal as it is handed to the village-empowerment office: A4, by the browser's print."""
    told = acts.scenario_told(asking.scope, scenario)
    return asking.render(
        "scenario_print.html", told=told, states=STATES, paid=acts.beside(told, asking.now), programs=PROGRAMS,
        endings=acts.endings(asking.scope, told), expected=acts.expected(told, asking.now), hands=_hands(asking, told),
        rules=rules_of(asking, [used for line in told.lines if line.plan for used in line.plan.rules]),
        funding=_funding(asking), region=region_names([told.entry.home]).get(told.entry.home),
        today=day_at(asking.now, told.entry.home),
    )  # fmt: skip


# One line -------------------------------------------------------------------------------------------------------------


@desk("/budgets/<budget>", "see figures")
def budget(asking: Asking, budget: str) -> Response:
    return _show_line(asking, budget)


def _show_line(
    asking: Asking, record: str, status: int = 200, refused: Both | None = None, bad: BadFields | None = None
) -> Response:  # fmt: skip
    entry = entries.one(asking.scope, BUDGET, record)
    parent = entries.find(asking.scope, SCENARIO, str(entry.fields.get("scenario")))
    told = acts.scenario_told(asking.scope, parent.record) if parent else None
    paid = acts.beside(told, asking.now).by_line.get(record) if told else None
    form = None
    is_draft = parent is not None and parent.fields.get("state") == DRAFT
    if asking.may("plan") and is_draft:
        again = request.form if bad or (refused and status == 422) else None
        form = entry_form(asking, BUDGET, LINE_FORM, entry, said=again, bad=bad, hints=HINTS)
    plan = acts.plan_of(entry)
    decrees = [each for each in decree_acts.all_of(asking.scope) if each.fields.get("budget") == record]
    ending = next((each for each in acts.endings(asking.scope, told) if each.line.record == record), None) if told else None
    return asking.render(
        "budget.html", status=status, entry=entry, parent=parent, plan=plan, paid=paid, form=form, refused=refused,
        is_open=status != 200, decrees=decrees, ending=ending, is_draft=is_draft, states=STATES, programs=PROGRAMS,
        funding=_funding(asking), rules=rules_of(asking, plan.rules if plan else ()),
        chart=_line_chart(asking, paid) if paid else None, may_decree=asking.may("plan"),
    )  # fmt: skip


def _line_chart(asking: Asking, paid: Realised) -> Markup:
    words, over = Words(asking.lang), [each.month for each in paid.months]
    this = months.text(months.of_day(day_at(asking.now, asking.scope)))
    long = [words.month(month) for month in over]
    return line_chart(
        [
            Series(asking.t("Rencana", "Planned"), [each.planned for each in paid.months]),
            Series(asking.t("Terkonfirmasi", "Confirmed"), [
                each.amount if each.month <= this or each.amount else None for each in paid.months
            ]),
        ],
        [name.split(" ")[0] for name in long], asking.t("Rupiah per bulan", "Rupiah by month"),
        lambda value: short_sum(words, value), lang=asking.lang, long=long,
    )  # fmt: skip


@deed("/budgets/<budget>/edit", "plan")
def change_line(asking: Asking, budget: str) -> Response:
    entry = entries.one(asking.scope, BUDGET, budget)
    said = read_entry(BUDGET, LINE_FORM, request.form)
    try:
        acts.change_line(entry, read_seen(request.form), said, asking.account, asking.now)
    except BadFields as bad:
        return _show_line(asking, budget, 422, bad=bad)
    except PlanRefused as refused:
        return _show_line(asking, budget, 422, refused.says)
    except NotSeen:
        return _show_line(asking, budget, 409, CHANGED)
    return asking.done(("Baris anggaran diperbarui.", "The budget line is changed."), asking.url("budget", budget=budget))


@deed("/budgets/<budget>/set-aside", "plan")
def set_line_aside(asking: Asking, budget: str) -> Response:
    entry = entries.one(asking.scope, BUDGET, budget)
    try:
        acts.set_aside(entry, asking.account, asking.now)
    except PlanRefused as refused:
        return _show_line(asking, budget, 409, refused.says)
    return asking.done(("Baris ini dikosongkan: untuk nol orang.", "The line is set aside: it is for nobody."),
                       asking.url("scenario", scenario=entry.fields["scenario"]))  # fmt: skip


# What if --------------------------------------------------------------------------------------------------------------


class Wanted(NamedTuple):
    """What the form was asked: as it was typed where it could not be read."""

    people: str
    amount: str
    first: str
    length: str
    source: str
    income: str
    sector: str
    jht: bool
    second: str
    second_amount: str


@desk("/what-if", "see figures")
def what_if(asking: Asking) -> Response:
    """A plain GET form: what so many people cost, or how far a sum goes."""
    this = months.text(months.of_day(day_at(asking.now, asking.scope)) + 1)
    args = request.args
    wanted = Wanted(
        args.get("people", ""), args.get("amount", ""), args.get("first", "") or this, args.get("length", "") or "12",
        args.get("source", "apbd_regency"), args.get("income", ""), args.get("sector", "other"), "jht" in args,
        args.get("second", ""), args.get("second_amount", ""),
    )  # fmt: skip
    faults: dict[str, Both] = {}
    answer = None
    if wanted.people or wanted.amount:
        answer = _answer(wanted, faults)
    rules = []
    if answer:
        used = answer.plan.rules if answer.plan else answer.reach.rules if answer.reach else ()
        rules = rules_of(asking, [*used, *(answer.alone.rules if answer.alone else ())])
    return asking.render(
        "what_if.html", wanted=wanted, answer=answer, faults=faults, rules=rules, sources=FUNDING, payers=PAYERS,
        funding=_funding(asking), status=200 if not faults else 422, programs=PROGRAMS,
    )  # fmt: skip


def _answer(wanted: Wanted, faults: dict[str, Both]) -> acts.Answer | None:
    people, amount = _number(wanted.people, "people", faults), _number(wanted.amount, "amount", faults)
    income, second = _number(wanted.income, "income", faults), _number(wanted.second_amount, "second_amount", faults)
    length = whole_number(wanted.length.strip(), 3) or 0
    if not 1 <= length <= MOST_WHAT_IF_MONTHS:
        faults["length"] = (f"Tulis 1 sampai {MOST_WHAT_IF_MONTHS} bulan.", f"Write 1 to {MOST_WHAT_IF_MONTHS} months.")
    if not is_month(wanted.first) or not "2000-01" <= wanted.first <= "2089-12":
        faults["first"] = ("Tulis bulan seperti 2027-01.", "Write a month such as 2027-01.")
    if wanted.source not in FUNDING or (wanted.second and wanted.second not in FUNDING):
        faults["source"] = ("Pilih sumber dana dari daftar.", "Choose a source from the list.")
    if people is not None and people > 10**8:
        faults["people"] = ("Paling banyak 100 juta orang.", "100 million people at most.")
    if faults:
        return None
    programs = PROGRAMS if wanted.jht else PROGRAMS[:2]
    other = (wanted.second, second) if wanted.second and second is not None else None
    try:
        return acts.what_if(
            people, amount, wanted.first, length, wanted.source, income, wanted.sector, programs, other
        )
    except NoRule:
        faults["first"] = ("Belum ada aturan iuran untuk bulan itu. Pilih bulan yang lebih baru.",
                           "No contribution rule is known for that month. Choose a later one.")  # fmt: skip
        return None


def _number(text: str, field: str, faults: dict[str, Both]) -> int | None:
    """3.024.000.000, Rp3.024.000.000 and 3024000000 are what people write."""
    plain = text.strip().removeprefix("Rp").strip().replace(".", "").replace(",", "").replace(" ", "")
    if not plain:
        return None
    number = whole_number(plain)
    if number is None:
        faults[field] = ("Tulis angka bulat, misalnya 15.000.", "Write a whole number, such as 15,000.")
    return number


# The rules that a sum rests on ----------------------------------------------------------------------------------------


class RuleUsed(NamedTuple):
    title: str
    source: str
    confidence: Both
    verified: bool
    until: str | None


SURE: Mapping[str, Both] = {
    "2": ("dua sumber atau diperiksa", "two sources, or checked"), "1": ("satu sumber", "one source"),
    "G": ("tafsiran kami", "our own reading"),
}  # fmt: skip


def rules_of(asking: Asking, used: Sequence[Used]) -> list[RuleUsed]:
    """Each rule once, with how sure it is and until when it holds, the least sure first."""
    by_id: dict[str, Rule] = {rule.id: rule for rule in load()}
    told: dict[str, RuleUsed] = {}
    for one in used:
        rule = by_id.get(one.id.split(":")[0])
        if rule is not None and rule.id not in told:
            until = rule.valid_to.isoformat() if rule.valid_to else None
            told[rule.id] = RuleUsed(rule.title["en" if asking.lang == "en" else "id"], one.source, SURE[one.confidence],
                                     one.verified, until)  # fmt: skip
    return sorted(told.values(), key=lambda each: (each.verified, each.title))


STEPS: Sequence[tuple[int, Both]] = ((10**9, (" M", " bn")), (10**6, (" jt", " m")), (10**3, (" rb", " k")))


def short_sum(words: Words, value: float) -> str:
    """A sum as it fits beside a picture: 3,02 M (milyar), 1,5 jt, 840 rb; the table beside has every rupiah."""
    for size, name in STEPS:
        if abs(value) >= size:
            return f"{value / size:.3g}".replace(".", "," if words.lang == "id" else ".") + words.pick(name)
    return words.number(round(value))
