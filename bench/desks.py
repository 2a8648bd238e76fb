"""What a desk waits for in a store of a million workers: the server's time for a page, and what it weighs on the line.

One regency has 300,000 of them, the nation all. Names are drawn from some ten thousand words, a few of which very many bear.
"""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from bench.report import Row, at_most
from bench.served import VILLAGE, Cpu, Served
from bench.sync import backends
from bench.workers import FIRST, LAST, worker
from programme.award import default_weights
from programme.rules import load
from schemas.change import Change, content_hash, dumps, from_ms
from schemas.kinds import kind_of
from server.actions import awards, decrees, entries, evaluation
from server.actions.desks import desk_of, log_row
from server.auth import CONSOLE
from server.clock import day_at, now_ms
from server.console.assets import assets
from server.console.door import OFFERED, cookie_name, csrf_of
from server.db import Connection, transaction
from server.jobs.timetable import timetable
from server.sealing import hash_token, new_token
from server.store import accounts, devices, records
from server.store import changes as log
from server.store import desk_tables as d
from server.store import programme_tables as p
from server.store import tables as t
from server.store.bulk import add, put
from server.store.gaps import CHECKS, REASONS
from server.store.life import read_life
from server.store.records import RecordRow
from server.store.scoping import Scope
from server.store.whole import take_stock
from sync.held import first
from tests.postgres import Cluster, Unavailable

WORKERS, IN_REGENCY = 1_000_000, 300_000
REGENCY, NATION = VILLAGE[:5], "id"
ELSEWHERE = 3_000  # villages
AT_ONCE = 10_000
PHONES, CONFLICTS, PAIRS, LOOKS = 400, 2_000, 20_000, 200_000
CLAIMS, VISITS, ENTERED, NAMED = 3_000, 5_000, 20, 15_000
DRAWN = ("coverage", "evaluation", "people", "funded", "decrees", "claims", "clocks", "snapshot")
"""Jobs by which pages' tables are drawn."""
ROUNDS, WARM_UP = 7, 2
DAY_MS = 24 * 60 * 60 * 1000
LONGEST_MS, FIRST_BYTES, LATER_BYTES = 200, 100_000, 20_000
COVERS = ("active",) * 5 + ("in_arrears",) * 2 + ("inactive", "awaiting_payment")

# The store ------------------------------------------------------------------------------------------------------------


class Names:
    """Names of one to four words: a few that very many bear, some thousand that hardly anybody does, and slips."""

    def __init__(self, rng: random.Random, words: int = 12_000) -> None:
        self._rng = rng
        heads = "ba be da du ha hu ja ju ka ku la lu ma mu na nu ra ru sa su ta ti wa ya".split()
        tails = "n r h t s ng k".split()
        made: dict[str, None] = dict.fromkeys([*FIRST, *LAST])
        while len(made) < words:
            made["".join(rng.choices(heads, k=rng.choice([2, 2, 3, 3, 4]))).capitalize() + rng.choice(["", *tails])] = None
        self._words = list(made)
        self._weights = list(accumulate(1 / (5 + place) for place in range(len(self._words))))

    def __call__(self) -> str:
        words = self._rng.choices(self._words, cum_weights=self._weights, k=self._rng.choice([1, 2, 2, 2, 3, 3, 4]))
        if self._rng.random() < 0.03:
            place = self._rng.randrange(len(words[0]))
            words[0] = (words[0][:place] + self._rng.choice("aiuehnr") + words[0][place + 1 :]).capitalize()
        return " ".join(words)


def fill(server: Served, count: int, in_regency: int, rng: random.Random) -> str:
    """Store the workers with their changes, what desks have to do about some, and the index; gives one of the regency."""
    phone = server.phone(VILLAGE)
    names, homes = Names(rng), _homes(server, count, in_regency, rng)
    positions: dict[str, int] = {}
    for start in range(0, count, AT_ONCE):
        with server.transaction() as connection:
            rows, changes = [], []
            for home in homes[start : start + AT_ONCE]:
                phone.seq += 1
                positions[home] = positions.get(home, 0) + 1
                row, change = _registered(phone.id, phone.seq, home, positions[home], names(), rng)
                rows.append(row)
                changes.append(change)
            log.append(connection, changes)
            records.write_records(connection, rows)
    with server.transaction() as connection:
        devices.change_device(connection, phone.id, acked=phone.seq)
        put(connection, t.stream, [
            {"village": home, "position": last, "desk_seq": 0, "covered": last} for home, last in positions.items()
        ])  # fmt: skip
        for number, state in enumerate(COVERS):
            told = dumps({"state": state, "since": "2026-03-01"})
            connection.execute(
                text("UPDATE record SET derived = :told WHERE position % 10 = :number"), {"told": told, "number": number}
            )
    _give_work(server, phone.id, rng)
    _give_programme(server, homes[:in_regency], positions, rng)
    with server.app.app_context():
        table = timetable(server.settings)
        for name in DRAWN:
            table[name].action(server.settings, now_ms())
        _freeze(server)
        with transaction() as connection:
            take_stock(connection)
    return f"{phone.id}-{in_regency // 2}"


def _homes(server: Served, count: int, in_regency: int, rng: random.Random) -> list[str]:
    with server.reading() as connection:
        villages = list(connection.scalars(select(t.region.c.code).where(func.length(t.region.c.code) == 13)))
    here = [code for code in villages if code.startswith(REGENCY + ".")]
    others = rng.sample([code for code in villages if not code.startswith(REGENCY + ".")], ELSEWHERE)
    return [*(here[n % len(here)] for n in range(in_regency)), *(others[n % ELSEWHERE] for n in range(count - in_regency))]


def _registered(
    device: str, seq: int, home: str, position: int, name: str, rng: random.Random
) -> tuple[RecordRow, dict[str, Any]]:
    now = now_ms() - rng.randrange(300) * DAY_MS
    fields = worker(seq, home, rng) | {"full_name": name}
    if rng.random() < 0.02:
        del fields["nik"]
    if rng.random() < 0.01:
        fields["status"] = rng.choice(["deceased", "withdrawn", "verified"])
    change = Change(device, seq, "worker", f"{device}-{seq}", home, {}, from_ms(now), now, now, fields)
    row = RecordRow(change.record, first(change, kind_of("worker")))
    row.version, row.sole, row.position = 1, device, position
    sent = {"seq": seq, "record": change.record, "fields": fields}
    return row, log.row_of(change, None, "worker@2", content_hash(sent), log.MERGED, 1)


def _give_work(server: Served, device: str, rng: random.Random) -> None:
    """Phones, conflicts, pairs that may be one, and a log of looks: each desk has a full list."""
    for _ in range(PHONES // 100):
        server.phone(VILLAGE)
    with server.transaction() as connection:
        whom = select(t.record.c.id, t.record.c.home).where(t.record.c.kind == "worker").limit(50_000)
        some = connection.execute(whom).all()
        for record, _ in rng.sample(some, CONFLICTS):
            connection.execute(t.record.update().where(t.record.c.id == record).values(
                waiting_since=now_ms() - rng.randrange(30) * DAY_MS, conflicts=dumps({"full_name": {"values": []}}),
            ))  # fmt: skip
        homes = dict(map(tuple, some))
        keys = {tuple(sorted(rng.sample(sorted(homes), 2))) for _ in range(PAIRS)}
        weights = dumps([["full_name", "exact", 6.1], ["birth_date", "swapped", 4.2]])
        add(connection, d.pair, [
            {"a": a, "b": b, "home_a": homes[a], "home_b": homes[b], "same_nik": False, "probability": rng.random(),
             "by": "model", "comparisons": weights, "state": "open", "found_at": now_ms(), "judged_at": now_ms()}
            for a, b in sorted(keys)
        ])  # fmt: skip
        last = connection.scalar(select(func.max(d.audit.c.id))) or 0
        looks = [
            {"id": last + n, "at": now_ms() - (LOOKS - n) * 1000, "who": f"account:{n % 50 + 1}", "act": "open",
             "region": REGENCY, "record": some[n % len(some)][0], "about": "{}", "hash": b"\0" * 32}
            for n in range(1, LOOKS + 1)
        ]  # fmt: skip
        for start in range(0, LOOKS, AT_ONCE):
            part = looks[start : start + AT_ONCE]
            add(connection, d.audit, part)
            add(connection, d.audit_record, [{"record": row["record"], "audit": row["id"]} for row in part])
        connection.execute(d.audit_head.update().values(last=last + LOOKS))


def _give_programme(server: Served, homes: Sequence[str], positions: dict[str, int], rng: random.Random) -> None:
    """The regency's workers paid, had accidents and were visited; its desks have decrees, budgets, cycles and awards."""
    phone = server.phone(VILLAGE)
    workers = [(n, home) for n, home in enumerate(homes, 1)]
    others = "bench"

    def told() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for n, home in workers:
            if n % 2:
                yield home, "contribution", _paid(f"{first_phone}-{n}", rng)
        for n, home in rng.sample(workers, min(CLAIMS, len(workers))):
            yield home, "claim", _claimed(f"{first_phone}-{n}", rng)
        for home in sorted(set(homes)):
            yield home, "eligible", {"workers": homes.count(home) * 2, "source": "Pendataan", "as_of": "2026-01-10"}
        for home in rng.choices(homes, k=VISITS):
            yield home, "visit", {
                "village": home, "date": f"2026-{rng.randint(1, 11):02d}-{rng.randint(1, 28):02d}", "state": "open",
                "purpose": rng.choice(["outreach", "feedback", "monitoring"]), "attendance": 20, "theme": "iuran",
                "by": "kades", "text": "Jadwal bayar belum jelas.",
            }  # fmt: skip

    with server.reading() as connection:
        first_phone = connection.scalar(select(t.record.c.id).where(t.record.c.kind == "worker")).rpartition("-")[0]
    each = told()
    while some := list(islice(each, AT_ONCE)):
        with server.transaction() as connection:
            rows, changes = [], []
            for home, kind, fields in some:
                phone.seq += 1
                positions[home] = positions.get(home, 0) + 1
                now, record = now_ms() - DAY_MS, f"{phone.id}-{phone.seq}"
                if kind == "eligible":
                    record = f"eligible:{home}:2026-01"
                change = Change(phone.id, phone.seq, kind, record, home, {}, from_ms(now), now, now, fields)
                row = RecordRow(change.record, first(change, kind_of(kind)))
                row.version, row.sole, row.position = 1, phone.id, positions[home]
                rows.append(row)
                changes.append(log.row_of(change, None, others, content_hash(fields), log.MERGED, 1))
            log.append(connection, changes)
            records.write_records(connection, rows)
    with server.transaction() as connection:
        devices.change_device(connection, phone.id, acked=phone.seq)
        put(connection, t.stream, [
            {"village": home, "position": last, "desk_seq": 0, "covered": 0} for home, last in positions.items()
        ])  # fmt: skip
    with server.app.app_context():
        _enter(sorted(set(homes)))


def _paid(worker_id: str, rng: random.Random) -> dict[str, Any]:
    return {
        "worker": worker_id, "months": [f"2026-{month:02d}" for month in range(rng.randint(1, 10), 12)],
        "programs": ["JKK", "JKM"], "amount": 16_800, "funding": rng.choice(["self", "apbd_regency"]),
        "paid_on": "2026-11-02", "confirmed": rng.random() < 0.9,
    }  # fmt: skip


def _claimed(worker_id: str, rng: random.Random) -> dict[str, Any]:
    """Most are paid, some refused, and some wait for what comes next."""
    program, event = rng.choice([("JKK", "accident"), ("JKM", "death"), ("JHT", "age"), ("JKM", "death")])
    day = f"2026-{rng.randint(1, 9):02d}-{rng.randint(1, 20):02d}"
    told: dict[str, Any] = {
        "worker": worker_id, "program": program, "event": event, "event_date": day, "documents": ["ktp"],
        "status": "reported",
    }  # fmt: skip
    comes_to = rng.random()
    if comes_to < 0.8:
        told |= {"branch_told_on": day, "submitted_on": day, "decided_on": day[:8] + "25", "status": "decided"}
        told["outcome"] = "refused" if comes_to < 0.1 else "granted"
    if comes_to < 0.1:
        told["refused_for"] = "papers"
    elif comes_to < 0.7:
        told |= {"status": "paid", "paid_on": day[:8] + "27", "amount": 42_000_000}
    return told


def _freeze(server: Served) -> None:
    """A cycle whose figures are frozen, an award that was scored twice, and a decree of very many names."""
    with server.transaction() as connection:
        number = accounts.add_account(connection, "staf", "-", "staff", NATION, now_ms())
        account = accounts.by_id(connection, number)
        _name(connection, f"decree:{REGENCY}:decree1")
    assert account is not None
    now, scope = now_ms(), Scope(REGENCY)
    cycle, award = f"cycle:{REGENCY}:c1", f"award:{REGENCY}:w1"
    evaluation.freeze_cycle(cycle, entries.one(scope, "cycle", cycle).seen, None, account, server.settings, now)
    weights = default_weights(load(), day_at(now, REGENCY))
    awards.publish(award, entries.one(scope, "award", award).seen, weights, account, now)
    day = awards.days_for(entries.one(scope, "award", award))[0]
    for _ in range(2):
        awards.score(award, entries.one(scope, "award", award).seen, day, account, now)


def _name(connection: Connection, decree: str) -> None:
    """Put some thousand workers of the regency on a decree's list."""
    is_here = t.record.c.home.startswith(REGENCY)
    whom = select(t.record.c.id).where(t.record.c.kind == "worker", is_here).order_by(t.record.c.id).limit(NAMED)
    device, now = desk_of(read_life(connection).epoch, REGENCY), now_ms()
    last = connection.scalar(select(t.stream.c.desk_seq).where(t.stream.c.village == REGENCY)) or 0
    position = connection.scalar(select(t.stream.c.position).where(t.stream.c.village == REGENCY)) or 0
    rows, changes = [], []
    for n, worker_id in enumerate(connection.scalars(whom), 1):
        fields = {"worker": worker_id, "decree": decree, "rank": n, "score": 70.5}
        record = decrees.name_of(decree, worker_id)
        change = Change(device, last + n, "beneficiary", record, REGENCY, {}, from_ms(now), now, now, fields)
        row = RecordRow(record, first(change, kind_of("beneficiary")))
        row.version, row.sole, row.position = 1, device, position + n
        rows.append(row)
        changes.append(log_row(change, None, log.MERGED, 1))
    log.append(connection, changes)
    records.write_records(connection, rows)
    connection.execute(t.stream.update().where(t.stream.c.village == REGENCY).values(
        position=position + len(rows), desk_seq=last + len(rows),
    ))  # fmt: skip


def _enter(villages: Sequence[str]) -> None:
    """What desks entered: a head count of each village, and some of each kind."""
    now = now_ms()
    for village in villages:
        entries.begin("profile", village, "2026", {"remoteness": 3, "signal": "weak", "apparatus": 8}, None, now)
    for n in range(ENTERED):
        scenario = entries.begin("scenario", REGENCY, f"s{n}", {
            "title": f"Rencana {n}", "year": 2026, "state": "draft",
        }, None, now)  # fmt: skip
        line = entries.begin("budget", REGENCY, f"b{n}", {
            "scenario": scenario, "title": "Pekerja rentan", "funding": "apbd_regency", "first_month": "2026-01",
            "last_month": "2026-12", "people": 15_000, "programs": ["JKK", "JKM"], "amount": 3_024_000_000,
        }, None, now)  # fmt: skip
        entries.begin("decree", REGENCY, f"decree{n}", {
            "title": f"SK {n}", "state": "draft", "funding": "apbd_regency", "first_month": "2026-01",
            "last_month": "2026-12", "programs": ["JKK", "JKM"], "people": 15_000, "budget": line,
        }, None, now)  # fmt: skip
        cycle = entries.begin("cycle", REGENCY, f"c{n}", {
            "title": f"Monev {n}", "state": "running", "first_month": "2026-01", "last_month": "2026-10",
            "goals": [{"indicator": "rate", "target": 40}],
        }, None, now)  # fmt: skip
        entries.begin("finding", REGENCY, f"f{n}", {"cycle": cycle, "text": "Iuran terlambat.", "state": "open"}, None, now)
        entries.begin("agreement", REGENCY, f"a{n}", {
            "title": f"PKS {n}", "form": "pks", "parties": "Kabupaten; cabang", "starts_on": "2026-01-01",
            "ends_on": "2026-12-31", "state": "in_force",
        }, None, now)  # fmt: skip
        entries.begin("award", REGENCY, f"w{n}", {
            "title": f"Desa terbaik {n}", "first_month": "2026-01", "last_month": "2026-10", "state": "draft",
        }, None, now)  # fmt: skip
        entries.begin("meeting", REGENCY, f"m{n}", {
            "title": f"Rapat {n}", "date": "2026-10-12", "cycle": cycle, "attendance": 30,
        }, None, now)  # fmt: skip
        entries.begin("feedback", REGENCY, f"k{n}", {
            "date": "2026-10-12", "theme": "iuran", "text": "Jadwal bayar belum jelas.", "by": "kades", "state": "open",
        }, None, now)  # fmt: skip
        entries.begin("solution", REGENCY, f"o{n}", {
            "title": f"Arisan {n}", "theme": "iuran", "challenge": "Lupa bayar.", "what_worked": "Diingatkan tiap arisan.",
            "published": True,
        }, None, now)  # fmt: skip


# Pages ----------------------------------------------------------------------------------------------------------------


ENTERED_AS = (
    ("scenario", "s1"), ("budget", "b1"), ("decree", "decree1"), ("cycle", "c1"), ("award", "w1"), ("agreement", "a1"),
    ("finding", "f1"), ("meeting", "m1"), ("feedback", "k1"), ("solution", "o1"),
)  # fmt: skip
TO_DO = ("due_soon", "arrears_1", "arrears_2", "lapsed", "reactivated", "card")


class Asked(NamedTuple):
    """One page. sent: of a form; None: it is only looked at."""

    what: str
    path: str
    sent: dict[str, str] | None = None


class Sitting:
    """Somebody at the console, in process."""

    def __init__(self, server: Served, role: str, region: str) -> None:
        self.client: FlaskClient = server.app.test_client()
        token, self.region = new_token(), region
        with server.transaction() as connection:
            account = accounts.add_account(connection, f"{role} {region}", "-", role, region, now_ms())
            accounts.add_session(connection, hash_token(token), account, CONSOLE, now_ms() + DAY_MS, now_ms())
        with server.app.test_request_context():
            self.client.set_cookie(cookie_name(), token)
        self._csrf = csrf_of(token)

    def ask(self, page: Asked, **headers: str) -> Any:
        headers = {"Accept-Encoding": "gzip"} | headers
        if page.sent is None:
            return self.client.get(page.path, headers=headers)
        return self.client.post(page.path, data={"csrf": self._csrf} | page.sent, headers=headers)


FLOOR = Asked("an empty page in the same frame", "/console/password")


def _pages(server: Served, record: str) -> Iterator[Asked]:
    """Every page that needs no part, those of one worker, and searches of each kind."""
    with server.reading() as connection:
        known = connection.execute(select(d.person).where(d.person.c.record == record)).one()
        common = connection.execute(
            select(d.word.c.word).join(d.person_word, d.person_word.c.word == d.word.c.id)
            .group_by(d.word.c.word).order_by(func.count().desc()).limit(2)
        ).scalars().all()  # fmt: skip
        is_here = t.record.c.home.startswith(REGENCY)
        waits = connection.scalar(select(t.record.c.id).where(t.record.c.waiting_since.is_not(None), is_here))
        pair = connection.execute(select(d.pair.c.a, d.pair.c.b).limit(1)).one()
        phone = connection.scalar(select(t.device.c.id).limit(1))
    parts = {"record": record, "device": phone, "a": pair.a, "b": pair.b}
    entered = {kind: f"{kind}:{REGENCY}:{key}" for kind, key in ENTERED_AS}
    with server.reading() as connection:
        for part, kind in (("claim", "claim"), ("visit", "visit")):
            entered[part] = str(connection.scalar(select(t.record.c.id).where(t.record.c.kind == kind, is_here)))
        day = connection.scalar(select(func.max(p.snapshot_day.c.day)))
    entered |= {"village": VILLAGE, "region": REGENCY, "profile": f"profile:{VILLAGE}:2026", "ranking": "default",
                "duty": f"duty:{REGENCY}:2026-2.regent-budget"}  # fmt: skip
    for each in OFFERED:
        names = {step[1:-1].rpartition(":")[2] for step in each.rule.split("/") if step[:1] == "<"}
        is_whole_list = each.name == "decree_print"  # hundreds of sheets of paper; a village's is asked for below
        if each.method == "GET" and each.act and names and names <= entered.keys() and not is_whole_list:
            yield Asked(f"{each.name}, one", "/".join(
                entered[step[1:-1].rpartition(":")[2]] if step[:1] == "<" else step for step in each.rule.split("/")
            ))  # fmt: skip
    for what, rule in (
        *((f"what to do: {name.replace('_', ' ')}", f"followups?what={name}") for name in TO_DO),
        ("what to do: paid", "followups?paid=yes"), ("what to do: of desks", "followups?officer=0"),
        ("sheet of what to do", f"followups/paper?within={VILLAGE}"), ("findings that are late", "findings?show=late"),
        ("claims that are late", "claims?late=1"), ("closed claims", "claims?show=closed"),
        ("outcomes of a year", "claims/outcomes?year=2026"), ("a frozen day", f"coverage/days?day={day}"),
        ("coverage by programme", "coverage?program=JKK&length=24&sort=gap"), ("all feedback", "feedback?show=all"),
        ("feedback of a theme", "feedback?theme=iuran"), ("all solutions of a theme", "solutions?theme=iuran"),
        ("coverage of a village", f"coverage?within={VILLAGE}"), ("gaps of a village", f"gaps?within={VILLAGE}"),
        ("a decree's sheet of a village", f"decrees/{entered['decree']}/print?village={VILLAGE}"),
        ("a decree's names of a village", f"decrees/{entered['decree']}?village={VILLAGE}"),
    ):  # fmt: skip
        yield Asked(what, f"/console/{rule}")
    for each in OFFERED:
        if each.method == "GET" and each.act and "<" not in each.rule and each.name not in ("password", "second"):
            yield Asked(each.name, each.rule)
    for reason in (*REASONS, *CHECKS):
        yield Asked(f"gaps: {reason.replace('_', ' ')}", f"/console/gaps?reason={reason}")
    for name, rule, said in (
        ("worker", "/console/workers/<record>", parts), ("pair", "/console/duplicates/<a>/<b>", parts),
        ("conflict", "/console/conflicts/<record>", parts | {"record": waits}),
        ("device", "/console/devices/<device>", parts),
    ):  # fmt: skip
        if any(each.rule == rule for each in OFFERED):
            steps = (str(said[step[1:-1]]) if step[:1] == "<" else step for step in rule.split("/"))
            yield Asked(f"{name}, one", "/".join(steps))
    words = known.full_name.split()
    for what, sent in (
        ("name", {"q": known.full_name}), ("one word that very many bear", {"q": common[0]}),
        ("two words that very many bear", {"q": " ".join(common)}), ("misspelt name", {"q": _slip(known.full_name)}),
        ("misspelt word", {"q": _slip(max(words, key=len))}), ("part of a word", {"q": max(words, key=len)[1:5]}),
        ("nobody's name", {"q": "Qqxzw Vvkpt"}), ("NIK", {"q": known.nik or "6402115207909001"}),
        ("first four digits", {"q": "6402"}), ("phone", {"q": known.phone}),
        ("village, misspelt", {"place": "Muara Kman Ulu"}), ("word and status", {"q": common[0], "status": "deceased"}),
        ("word and village", {"q": common[0], "place": "Muara Kaman"}), ("in arrears", {"coverage": "in_arrears"}),
        ("conflicts", {"waits": "yes"}), ("few of many", {"sex": "male", "funding": "dbh_sawit"}),
        ("registered in two days", {"from": "2026-11-19", "to": "2026-11-19"}), ("all", {"all": "1"}),
    ):  # fmt: skip
        yield Asked(f"workers: {what}", "/console/workers", sent)


def _slip(text_: str) -> str:
    place = len(text_) // 2
    return text_[:place] + ("h" if text_[place] != "h" else "k") + text_[place + 1 :]


class Cost(NamedTuple):
    cpu_ms: float
    wall_ms: float
    bytes: int


def _cost(sitting: Sitting, page: Asked, cpu: Cpu) -> Cost | None:
    """None where it is not for him."""
    spent, waited, size = [], [], 0
    for _ in range(WARM_UP + ROUNDS):
        began, before = time.perf_counter(), cpu.spent()
        answer = sitting.ask(page)
        body = answer.get_data()
        spent.append((cpu.spent() - before) * 1000)
        waited.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            return None
        size = len(body) if answer.headers.get("Content-Encoding") == "gzip" else len(gzip.compress(body, 6))
    return Cost(median(spent[WARM_UP:]), median(waited[WARM_UP:]), size)


def measure_store(server: Served, record: str, where: str, cpu: Cpu) -> list[Row]:
    """Each page as somebody of a regency and somebody of the nation gets it; the slower one counts."""
    told: dict[str, dict[str, Cost]] = {}
    floors = {}
    for role, region, called in (("operator", REGENCY, "regency"), ("admin", NATION, "nation")):
        sitting = Sitting(server, role, region)
        floor = _cost(sitting, FLOOR, cpu)
        assert floor is not None
        floors[called] = floor
        for page in _pages(server, record):
            if (cost := _cost(sitting, page, cpu)) is not None:
                told.setdefault(page.what, {})[called] = cost
    lines = sorted(told.items(), key=lambda each: -max(cost.cpu_ms for cost in each[1].values()))
    return [*(_line(what, costs, floors, where) for what, costs in lines), _heaviest(told, where)]


def _line(what: str, costs: dict[str, Cost], floors: dict[str, Cost], where: str) -> Row:
    shown = "; ".join(
        f"{called} {cost.cpu_ms:.0f} ms, {cost.cpu_ms / floors[called].cpu_ms:.1f} × the empty page, "
        f"{cost.wall_ms:.0f} ms on the clock"
        for called, cost in costs.items()
    )
    return at_most(f"{what}, {where}", max(cost.cpu_ms for cost in costs.values()), LONGEST_MS, "ms", shown)


def _heaviest(told: dict[str, dict[str, Cost]], where: str) -> Row:
    what, size = max(
        ((what, cost.bytes) for what, costs in told.items() for cost in costs.values()), key=lambda each: each[1]
    )
    return at_most(f"heaviest page after the first, {where}", size / 1000, LATER_BYTES / 1000, "kB", what)


def _first_page(server: Served) -> Row:
    sitting = Sitting(server, "operator", VILLAGE[:8])
    page = sitting.ask(Asked("home", "/console/")).get_data()
    pressed = sum(len(each.pressed) for name, each in assets().items() if name in FRAME)
    return at_most("first page with styles and scripts", (len(page) + pressed) / 1000, FIRST_BYTES / 1000, "kB", "gzip")


FRAME = ("pico.css", "console.css", "htmx.js", "console.js")


def _with(
    folder: Path, url: str, where: str, count: int, in_regency: int, backends_of: Callable[[Served], Sequence[int]]
) -> list[Row]:
    folder.mkdir(parents=True, exist_ok=True)
    server = Served(folder, url)
    try:
        began = time.monotonic()
        record = fill(server, count, in_regency, random.Random(4))
        print(f"{where}: filled in {time.monotonic() - began:.0f} s", flush=True)
        rows = measure_store(server, record, where, Cpu(*backends_of(server)))
        return [*rows, _first_page(server)] if not url else rows
    finally:
        server.close()


def measure(count: int = WORKERS, in_regency: int = IN_REGENCY) -> list[Row]:
    with TemporaryDirectory(prefix="sambung-bench-") as folder:
        rows = _with(Path(folder) / "sqlite", "", "SQLite", count, in_regency, lambda server: ())
    try:
        with TemporaryDirectory(prefix="sambung-bench-") as folder, Cluster(durable=True) as cluster:
            rows += _with(Path(folder) / "postgresql", cluster.database(), "PostgreSQL", count, in_regency, backends)
    except Unavailable as why:
        rows.append(Row("PostgreSQL", "–", f"not measured: {why}"))
    return rows
