"""A list from its first byte to the last change that comes of it: once, whatever is cut, repeated or done meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from schemas.change import loads
from server.actions import cover, lists, lists_work
from server.actions.lists import PART_BYTES, ListError, NoSuchList, Wanted
from server.actions.settle import erase, link
from server.clock import now_ms
from server.db import transaction
from server.store import lists as store
from server.store import desk_tables as d
from server.store import tables as t
from server.store.desk_tables import audit, list_row
from server.store.lists import ListFile
from server.store.scoping import Scope
from tests.server.installation import DAY_MS, ELSEWHERE, NEIGHBOUR, VILLAGE, WORKER, Installation, Phone, copied
from tests.server.story import check

REGENCY = Scope("64.02")
AS_OF = "2026-11-20"
HEADS = ("NIK", "Nama Peserta", "KPJ", "Tgl Lahir", "BLTH", "Iuran", "Tgl Bayar")
SITI, BUDI, RINA = "6402115207909001", "6402111207909002", "6402115507929003"


def person(nik: str, name: str, born: str = "1990-07-12", **more: Any) -> dict[str, Any]:
    return WORKER | {"nik": nik, "full_name": name, "birth_date": born} | more


def line(
    nik: str, name: str, kpj: str = "", month: str = "Okt 2026", amount: str = "16800", born: str = ""
) -> tuple[str, ...]:
    return nik, name, kpj, born, month, amount, "05/11/2026"


def as_csv(rows: Iterable[Sequence[str]], heads: Sequence[str] = HEADS) -> bytes:
    return "\r\n".join(";".join(row) for row in (heads, *rows)).encode()


class Desk:
    """Somebody who brings lists for a region."""

    def __init__(self, server: Installation, scope: Scope = REGENCY) -> None:
        self.server, self.scope = server, scope

    def do(self, act: Any, *given: Any, **more: Any) -> Any:
        with self.server.app.app_context():
            return act(*given, **more)

    def work(self) -> int:
        return int(self.do(lists_work.work, self.server.settings, now_ms()))

    def sent(self, content: bytes, purpose: str = "members", title: str = "Oktober") -> int:
        wanted = Wanted(purpose, title, str(self.scope), AS_OF, len(content))
        number = self.do(lists.begin, wanted, None, self.server.settings, now_ms())
        for offset in range(0, len(content), PART_BYTES):
            self.part(number, offset, content[offset : offset + PART_BYTES])
        return int(number)

    def part(self, number: int, offset: int, content: bytes) -> int:
        return int(self.do(lists.add_part, self.scope, number, offset, content, self.server.settings, now_ms()))

    def start(self, number: int, **more: Any) -> None:
        found = self.one(number)
        assert found.mapping is not None, found.error
        columns = {int(at): field for at, field in found.mapping["columns"].items()}
        self.do(lists.map_columns, self.scope, number, columns, more.get("month"), more.get("funding"), now_ms())

    def brought(self, content: bytes, purpose: str = "members", **more: Any) -> int:
        number = self.sent(content, purpose)
        self.start(number, **more)
        self.work()
        return number

    def one(self, number: int) -> ListFile:
        found: ListFile = self.do(lists.one, self.scope, number)
        return found

    def verdicts(self, number: int) -> dict[str, int]:
        return {verdict: sum(counts.values()) for verdict, counts in self.one(number).totals["rows"].items()}

    def rows(self, number: int, verdict: str) -> list[store.Row]:
        with self.server.app.app_context():
            return list(lists.every_row(self.scope, lists.one(self.scope, number), verdict))

    def accept_all(self, number: int, verdict: str = store.SAFE) -> None:
        self.do(lists.accept_all, self.scope, number, verdict, None, now_ms())
        self.work()

    def decide(
        self, number: int, verdict: str, rows: Sequence[int], who: Mapping[int, str] | None = None, accepts: bool = True
    ) -> int:
        count = self.do(lists.decide, self.scope, number, verdict, rows, accepts, None, now_ms(), who)
        self.work()
        return int(count)


@pytest.fixture
def desk(server: Installation) -> Desk:
    return Desk(server)


def village(server: Installation) -> tuple[Phone, str, str]:
    """Siti, who has paid for October, and Budi, who has not."""
    phone = server.enrolled(VILLAGE, NEIGHBOUR)
    siti, budi = phone.change(None, person(SITI, "Nur Hayati")), phone.change(None, person(BUDI, "Budi Santoso", sex="male"))
    paid = phone.change(
        None, {"worker": siti["record"], "months": ["2026-10"], "programs": ["JKK", "JKM"], "amount": 16800,
               "funding": "self", "paid_on": "2026-10-09"}, kind="contribution",
    )  # fmt: skip
    answer = phone.sync(siti, budi, paid)
    assert {result["status"] for result in answer["results"]} == {"merged"}
    return phone, siti["record"], budi["record"]


def fields_of(server: Installation, record: str) -> dict[str, Any]:
    with server.reading() as connection:
        return loads(connection.scalar(select(t.record.c.fields).where(t.record.c.id == record)) or "{}")


def contributions(server: Installation) -> list[dict[str, Any]]:
    with server.reading() as connection:
        rows = connection.scalars(select(t.record.c.fields).where(t.record.c.kind == "contribution").order_by(t.record.c.id))
        return [loads(row) for row in rows]


def changes(server: Installation) -> int:
    return server.counts()["change"]


MONTH_END = [line(SITI, "Nurhayati", "21001"), line(BUDI, "BUDI SANTOSO", "21002")]


def test_the_month_end_of_a_branch_confirms_what_was_reported_and_adds_what_was_not(either_server):
    desk = Desk(either_server)
    _, siti, budi = village(either_server)
    number = desk.brought(as_csv(MONTH_END))
    assert desk.verdicts(number) == {"safe": 2}
    assert desk.one(number).totals["writes_safe"] == {"confirm": 1, "kpj": 2, "new": 1}
    desk.accept_all(number)
    assert (fields_of(either_server, siti)["kpj"], fields_of(either_server, budi)["kpj"]) == ("21001", "21002")
    paid = {each["worker"]: each for each in contributions(either_server)}
    assert paid[siti]["confirmed"] and paid[siti]["confirmed_on"] == "2026-11-05"
    assert paid[budi] == {
        "worker": budi, "months": ["2026-10"], "programs": ["JKK", "JKM"], "amount": 16800, "funding": "self",
        "paid_on": "2026-11-05", "confirmed": True, "confirmed_on": "2026-11-05",
    }  # fmt: skip
    assert desk.one(number).state == store.DONE and check(either_server) == []


def test_every_accepted_row_names_the_list_and_the_row_as_its_source(server, desk):
    village(server)
    number = desk.brought(as_csv(MONTH_END))
    desk.accept_all(number)
    with server.reading() as connection:
        forms = set(connection.scalars(select(t.change.c.form).where(t.change.c.device.like("hq%"))))
        acts = list(connection.scalars(select(audit.c.act).order_by(audit.c.id)))
    assert forms == {f"list:{number}:2", f"list:{number}:3"}
    assert acts.count("list-in") == 1 and acts.count("accept-list") == 1 + 4


def test_the_same_file_again_changes_nothing(server, desk):
    village(server)
    desk.accept_all(desk.brought(as_csv(MONTH_END)))
    before = changes(server)
    again = desk.brought(as_csv(MONTH_END))
    assert desk.verdicts(again) == {"same": 2} and desk.one(again).state == store.DONE
    assert desk.do(lists.brought_before, REGENCY, desk.one(again)) is not None
    desk.accept_all(again)
    assert changes(server) == before


def test_another_file_with_more_rows_writes_only_what_is_new(server, desk):
    village(server)
    desk.accept_all(desk.brought(as_csv(MONTH_END)))
    before = changes(server)
    more = [line(BUDI, "Budi Santoso", "21002", "Okt s/d Nov 2026", "33600"), *MONTH_END[:1]]
    number = desk.brought(as_csv(more))
    assert desk.verdicts(number) == {"safe": 1, "same": 1}
    desk.accept_all(number)
    assert changes(server) == before + 1
    assert sorted((each["months"], each["amount"]) for each in contributions(server))[-1] == (["2026-11"], 16800)


def test_accepting_twice_writes_once(server, desk):
    village(server)
    number = desk.brought(as_csv(MONTH_END))
    desk.accept_all(number)
    before = changes(server)
    desk.accept_all(number)
    assert changes(server) == before


def test_the_order_of_rows_does_not_matter(template, tmp_path):
    rows = [
        *MONTH_END, line(SITI, "Nurhayati", "21001", "Nov 2026"), line(BUDI, "Budi Santoso", "21002", "Okt 2026", "9"),
        line(RINA, "Orang Baru", "21003"),
    ]  # fmt: skip
    base = Installation(copied(template, tmp_path / "base"))
    _, siti, budi = village(base)
    base.close()
    ends = []
    for turn in range(3):
        shuffled = list(rows)
        random.Random(turn).shuffle(shuffled)
        server = Installation(copied(tmp_path / "base", tmp_path / f"turn{turn}"))
        desk = Desk(server)
        number = desk.brought(as_csv(shuffled))
        desk.accept_all(number)
        ends.append((desk.verdicts(number), fields_of(server, siti), fields_of(server, budi), contributions(server)))
        server.close()
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0] == {"safe": 2, "wrong": 2, "only_there": 1}  # Budi's two rows can't both be true


def test_rows_that_can_not_be_read_say_why_and_hold_up_no_other(server, desk):
    village(server)
    rows = [line(SITI, "Nurhayati", born="31/02/1990"), line("6,40212E+15", "Budi"), line("", "Tanpa Nomor"), MONTH_END[1]]
    number = desk.brought(as_csv(rows))
    told = {row.number: row.about["errors"] for row in desk.rows(number, store.WRONG)}
    assert told == {2: [["birth_date", "bad-date"]], 3: [["nik", "nik-precision"]], 4: [["nik", "no-number"]]}
    assert desk.verdicts(number) == {"wrong": 3, "safe": 1}
    assert desk.rows(number, store.WRONG)[0].record is not None, "whom it names by number is not missing in the list"


def test_what_differs_waits_for_a_person_and_becomes_as_the_list_has_it(server, desk):
    _, siti, _ = village(server)
    number = desk.brought(as_csv([line(SITI, "Sulaiman", "21001", amount="36800")]))
    row = desk.rows(number, store.DIFFERS)[0]
    assert [each[0] for each in row.about["differs"]] == ["full_name", "amount"]
    with pytest.raises(ListError):
        desk.do(lists.accept_all, REGENCY, number, store.DIFFERS, None, now_ms())
    assert fields_of(server, siti)["full_name"] == "Nur Hayati"
    assert desk.decide(number, store.DIFFERS, [2]) == 1
    assert fields_of(server, siti)["full_name"] == "Sulaiman" and contributions(server)[0]["amount"] == 36800
    assert desk.rows(number, store.DIFFERS)[0].decision == store.ACCEPTED


def test_rows_where_one_field_alone_differs_are_accepted_together(server, desk):
    _, siti, budi = village(server)
    desk.accept_all(desk.brought(as_csv(MONTH_END)))
    number = desk.brought(as_csv([line(SITI, "Nurhayati", "31001"), line(BUDI, "Sulaiman", "31002")]))
    assert desk.do(lists.accept_where_only, REGENCY, number, "kpj", None, now_ms()) == 1
    desk.work()
    assert (fields_of(server, siti)["kpj"], fields_of(server, budi)["kpj"]) == ("31001", "21002")


def test_what_a_phone_changed_meanwhile_is_not_overwritten_but_comes_back(server, desk):
    phone, siti, _ = village(server)
    number = desk.brought(as_csv(MONTH_END))
    phone.sync(phone.change(siti, {"kpj": "99999"}, seen={phone.id: phone.seq}))
    desk.accept_all(number)
    assert fields_of(server, siti)["kpj"] == "99999"
    row = desk.rows(number, store.DIFFERS)[0]
    assert (row.decision, row.about["differs"]) == (store.OPEN, [["kpj", "99999", "21001", None]])
    assert desk.one(number).state == store.READY
    phone.sync(phone.change(siti, {"kpj": "88888"}, seen={phone.id: phone.seq}))
    desk.decide(number, store.DIFFERS, [2])
    assert fields_of(server, siti)["kpj"] == "88888", "who accepted had seen another value"
    desk.decide(number, store.DIFFERS, [2])
    assert fields_of(server, siti)["kpj"] == "21001"


def test_who_is_only_alike_is_confirmed_by_a_person(server, desk):
    _, siti, _ = village(server)
    slip = SITI[:4] + "99" + SITI[6:]
    number = desk.brought(as_csv([line(slip, "Nur Hayati", "21001", born="12/07/1990")]))
    row = desk.rows(number, store.LIKELY)[0]
    assert lists.candidates(row)[0] == siti and not desk.verdicts(number).get("safe")
    with pytest.raises(ListError):
        desk.decide(number, store.LIKELY, [2], {2: "somebody-1"})
    desk.decide(number, store.LIKELY, [2], {2: siti})
    row = desk.rows(number, store.DIFFERS)[0]  # now that it is she, her NIK is what differs
    assert [each[0] for each in row.about["differs"]] == ["nik"]
    desk.decide(number, store.DIFFERS, [2], accepts=False)
    assert fields_of(server, siti)["nik"] == SITI and desk.one(number).state == store.DONE


def test_people_of_another_region_are_counted_and_nothing_else(server):
    other = server.enrolled(ELSEWHERE)
    other.sync(other.change(None, person("6403115207909004", "Orang Jauh"), village=ELSEWHERE))
    village(server)
    desk = Desk(server)
    number = desk.brought(as_csv([line("6403115207909004", "Orang Jauh", "21009"), *MONTH_END]))
    assert desk.verdicts(number) == {"outside": 1, "safe": 2}
    with server.reading() as connection:
        row = connection.execute(select(list_row).where(list_row.c.verdict == "outside")).one()
    assert (row.said, row.record, row.about, row.person) == (None, None, None, None)
    with pytest.raises(NoSuchList):
        Desk(server, Scope("64.03")).one(number)
    with pytest.raises(NoSuchList):
        Desk(server, Scope("64.03")).accept_all(number)


def test_who_is_here_and_not_in_the_list_is_told(server, desk):
    village(server)
    desk.do(cover.refresh, server.settings, now_ms())
    number = desk.brought(as_csv(MONTH_END[1:]))
    found = desk.one(number)
    assert found.totals["months"] == ["2026-10"]
    people, more = desk.do(lists.only_here, REGENCY, found, None, 10)
    assert (found.totals["only_here"], [each.record for each in people], more) == (
        len(people),
        [each.record for each in people],
        None,
    )


WORKER_HEADS = ("NIK", "Nama", "Tgl Lahir", "JK", "Desa", "Kecamatan", "Pekerjaan")


def worker_line(nik: str, name: str, place: str = "Muara Kaman Ulu") -> tuple[str, ...]:
    return nik, name, "15-07-1992", "P", place, "Muara Kaman", "Petani"


def test_a_first_load_makes_workers_once_whatever_file_names_them(either_server):
    desk = Desk(either_server)
    village(either_server)
    rows = [worker_line(RINA, "Rina Marlina"), worker_line(SITI, "Nur Hayati"), worker_line("", "Tanpa Kartu")]
    number = desk.brought(as_csv(rows, WORKER_HEADS), "workers")
    assert desk.verdicts(number)["only_there"] == 2
    desk.accept_all(number, store.ONLY_THERE)
    with either_server.reading() as connection:
        made = connection.execute(select(t.record).where(t.record.c.nik == RINA)).one()
    fields = loads(made.fields)
    assert (made.home, fields["status"], fields["occupation"], made.incomplete) == (VILLAGE, "proposed", "farmer", True)
    before = changes(either_server)
    again = desk.brought(as_csv([*reversed(rows)], WORKER_HEADS), "workers")
    assert "only_there" not in desk.verdicts(again)
    desk.accept_all(again)
    assert either_server.counts()["record"] == 3 + 2 and changes(either_server) <= before + 1
    assert check(either_server) == []


def test_who_was_registered_while_the_list_lay_there_is_not_made_twice(server, desk):
    phone, *_ = village(server)
    number = desk.brought(as_csv([worker_line(RINA, "Rina Marlina")], WORKER_HEADS), "workers")
    phone.sync(phone.change(None, person(RINA, "Rina Marlina", "1992-07-15")))
    desk.accept_all(number, store.ONLY_THERE)
    with server.reading() as connection:
        assert len(connection.execute(select(t.record.c.id).where(t.record.c.nik == RINA)).all()) == 1


def test_what_comes_between_the_look_and_the_lock_is_looked_at_anew(server, desk, monkeypatch):
    _, siti, _ = village(server)
    number = desk.brought(as_csv(MONTH_END))
    looked, real = [], lists_work._Writing._touched

    def touched(writing: Any, *given: Any) -> Any:
        ids, homes = real(writing, *given)
        looked.append(ids)
        return (ids | {"somebody-1"} if len(looked) == 2 else ids), homes

    monkeypatch.setattr(lists_work._Writing, "_touched", touched)
    before = changes(server)
    desk.accept_all(number)
    assert len(looked) == 4 and changes(server) == before + 4 and fields_of(server, siti)["kpj"] == "21001"


def test_whom_the_law_erased_no_list_brings_back(server, desk):
    content = as_csv([worker_line(RINA, "Rina Marlina")], WORKER_HEADS)
    number = desk.brought(content, "workers")
    desk.accept_all(number, store.ONLY_THERE)
    record = desk.rows(number, store.ONLY_THERE)[0].record
    desk.do(erase, [record], "diminta", None, server.settings, now_ms())
    assert desk.rows(number, store.ONLY_THERE)[0].said is None
    desk.do(lists.tidy, server.settings, now_ms())
    assert not [path for path in server.settings.lists.rglob("*") if path.is_file()], "the file named her as well"
    again = desk.brought(content, "workers")
    assert desk.verdicts(again) == {"wrong": 1}


def test_nothing_of_a_list_tells_of_her_whom_the_law_erased_though_nobody_had_said_yet_that_it_is_she(server, desk):
    _, siti, _ = village(server)
    slip = SITI[:4] + "99" + SITI[6:]
    number = desk.brought(as_csv([line(slip, "Nur Hayati", "21001", born="12/07/1990"), line(SITI, "Nur Hayati", "21001")]))
    assert desk.rows(number, store.LIKELY)[0].said is not None
    desk.do(erase, [siti], "diminta", None, server.settings, now_ms())
    with server.reading() as connection:
        left = [repr(row) for table in (d.list_file, d.list_row) for row in connection.execute(select(table))]
    assert not [row for row in left if "Nur Hayati" in row or SITI in row or slip in row]


def test_deciles_decrees_and_match_results_take_the_same_road(server, desk):
    _, siti, budi = village(server)
    deciles = desk.brought(as_csv([(SITI, "2", "01/10/2026"), (BUDI, "11", "")], ("NIK", "Desil", "Per tanggal")), "deciles")
    desk.accept_all(deciles)
    assert (fields_of(server, siti)["dtsen_decile"], fields_of(server, siti)["dtsen_at"]) == (2, "2026-10-01")
    assert desk.verdicts(deciles) == {"safe": 1, "wrong": 1}
    decree = desk.brought(as_csv([(SITI, "Nur Hayati")], ("NIK", "Nama")), "decree", funding="apbd_regency")
    desk.accept_all(decree)
    assert fields_of(server, siti)["funding"] == "apbd_regency" and fields_of(server, siti)["vulnerable"] is True
    heads = ("NIK", "Hasil", "Nama Dukcapil")
    match = desk.brought(as_csv([(SITI, "SESUAI", ""), (BUDI, "Nama berbeda", "Budi Susanto")], heads), "population")
    desk.accept_all(match)
    assert fields_of(server, siti)["status"] == "verified" and fields_of(server, siti)["extra.nik_check"] == "matched"
    desk.decide(match, store.DIFFERS, [3])
    assert fields_of(server, budi)["full_name"] == "Budi Susanto" and "status" not in fields_of(server, budi)


# Bringing it ----------------------------------------------------------------------------------------------------------


def test_a_cut_upload_goes_on_and_comes_out_the_same(server, desk):
    village(server)
    content = as_csv([*MONTH_END, *[line(SITI, "Nurhayati", "21001", "Nov 2026")]]) + b"\r\n" * (PART_BYTES + 5)
    number = desk.do(lists.begin, Wanted("members", "Besar", "64.02", AS_OF, len(content)), None, server.settings, now_ms())
    assert desk.part(number, 0, content[:PART_BYTES]) == PART_BYTES
    assert desk.part(number, 0, content[:PART_BYTES]) == PART_BYTES  # its answer was lost
    with pytest.raises(ListError):
        desk.part(number, 2 * PART_BYTES, content[2 * PART_BYTES :])  # a part between is missing
    assert desk.do(lists.standing, REGENCY, number, server.settings).got == PART_BYTES
    desk.part(number, PART_BYTES, content[PART_BYTES : 2 * PART_BYTES])
    assert desk.one(number).state == store.UPLOADING
    desk.part(number, 2 * PART_BYTES, content[2 * PART_BYTES :])
    assert desk.one(number).state == store.MAPPING
    desk.start(number)
    desk.work()
    assert desk.verdicts(number) == {"safe": 3}


def test_a_file_lies_sealed_and_goes_in_time_with_all_that_its_rows_say(server, desk):
    village(server)
    number = desk.brought(as_csv(MONTH_END))
    files = [path for path in server.settings.lists.rglob("*") if path.is_file()]
    assert files and all(SITI.encode() not in path.read_bytes() for path in files)
    later = now_ms() + 91 * DAY_MS
    assert desk.do(lists.tidy, server.settings, now_ms()) == 0
    assert desk.do(lists.tidy, server.settings, later) == 1
    assert not [path for path in server.settings.lists.rglob("*") if path.is_file()]
    assert {row.said for row in desk.rows(number, store.SAFE)} == {None}
    assert desk.one(number).columns is None and desk.do(lists.tidy, server.settings, later) == 0


def test_columns_that_were_named_once_are_known_again(server, desk):
    odd = ("Nomor Induk", "Nama Orang", "Kode", "Lahirnya", "Untuk", "Uang", "Kapan")
    number = desk.sent(as_csv(MONTH_END, odd))
    with pytest.raises(ListError) as refused:
        desk.do(lists.map_columns, REGENCY, number, {0: "nik", 1: "full_name"}, None, None, now_ms())
    assert refused.value.values["lacking"] == [("months",), ("amount",)]
    named = {0: "nik", 1: "full_name", 2: "kpj", 3: "birth_date", 4: "months", 5: "amount", 6: "paid_on"}
    desk.do(lists.map_columns, REGENCY, number, named, None, None, now_ms())
    again = desk.one(desk.sent(as_csv(MONTH_END, odd)))
    assert again.mapping is not None and again.mapping["remembered"]
    assert again.mapping["columns"] == {str(at): field for at, field in named.items()}


def test_what_is_no_list_says_so_and_can_be_tried_again(server, desk):
    number = desk.sent(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert (desk.one(number).state, desk.one(number).error) == (store.FAILED, "old-excel")
    desk.do(lists.open_again, REGENCY, number, server.settings, now_ms())
    assert desk.one(number).state == store.FAILED


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("gossip", "x", "64.02", AS_OF, 10), "purpose"), (Wanted("members", " ", "64.02", AS_OF, 10), "title"),
        (Wanted("members", "x", "64.02", "2099-01-01", 10), "as-of"),
        (Wanted("members", "x", "64.02", "kemarin", 10), "as-of"),
        (Wanted("members", "x", "64.02", AS_OF, 0), "empty"), (Wanted("members", "x", "64.02", AS_OF, 2**40), "size"),
        (Wanted("members", "x", "99.99", AS_OF, 10), "region"),
    ],
)  # fmt: skip
def test_a_list_is_not_begun_without_what_it_needs(server, desk, wanted, why):
    with pytest.raises(ListError) as refused:
        desk.do(lists.begin, wanted, None, server.settings, now_ms())
    assert refused.value.why == why


def test_two_nodes_do_not_work_on_one_list_until_one_falls_silent(server, desk):
    village(server)
    number = desk.sent(as_csv(MONTH_END))
    desk.start(number)
    with server.app.app_context(), transaction() as connection:
        assert store.take(connection, number, now_ms(), now_ms() + lists_work.LEASE_MS)
        assert not store.take(connection, number, now_ms(), now_ms() + lists_work.LEASE_MS)
    assert desk.work() == 0, "another holds it"
    later = now_ms() + lists_work.LEASE_MS + 1000
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("server.clock.now_ms", lambda: later)
        desk.do(lists_work.work, server.settings, later)
    assert desk.verdicts(number) == {"safe": 2}


@pytest.mark.postgres
@pytest.mark.parametrize("step", ["matching", "writing"])
def test_two_who_are_joined_while_a_list_is_laid_beside_them_are_one_in_it(postgres_settings, monkeypatch, step):
    made = Installation(postgres_settings)
    desk, (_, siti, budi) = Desk(made), village(made)
    first, second = sorted([siti, budi])
    rows = [line(SITI if second == siti else BUDI, "Nur Hayati" if second == siti else "Budi Santoso", "21001")]
    look, waits = store.by_nik, [True]

    def join_behind(connection: Any, niks: Any) -> Any:
        found = look(connection, niks)
        if waits and waits.pop():
            link(first, second, True, "NIK sama", None, now_ms())
        return found

    number = desk.sent(as_csv(rows))
    desk.start(number)
    if step == "writing":
        desk.work()
        desk.do(lists.decide, REGENCY, number, "safe", [2], True, None, now_ms())
    monkeypatch.setattr(store, "by_nik", join_behind)
    desk.work()
    assert not waits and desk.one(number).error is None
    written = fields_of(made, first).get("kpj")
    assert (desk.one(number).state, written) == (("done", "21001") if step == "writing" else ("ready", None))
    assert check(made) == []
    made.close()


def test_a_list_with_the_day_of_the_card_notes_that_it_was_handed_over(server, desk):
    _, siti, _ = village(server)
    heads = (*HEADS, "Tgl Serah Kartu")
    number = desk.brought(as_csv([(*line(SITI, "Nur Hayati", "21001"), "10/11/2026")], heads))
    desk.accept_all(number)
    assert fields_of(server, siti)["card_given_on"] == "2026-11-10" and fields_of(server, siti)["kpj"] == "21001"


def test_a_month_that_a_phone_added_to_a_confirmed_payment_is_still_confirmed_by_the_next_list(server, desk):
    """October was confirmed; the phone writes November into it; the branch's list of November counts all the same."""
    phone, siti, _ = village(server)
    desk.accept_all(desk.brought(as_csv([line(SITI, "Nur Hayati", "21001")])))
    (paid,) = [each for each in records_of(server, "contribution") if each[1]["worker"] == siti]
    phone.sync(phone.change(
        paid[0], {"months": ["2026-10", "2026-11"]}, kind="contribution", seen={**paid[2], phone.id: phone.seq}
    ))  # fmt: skip
    number = desk.brought(as_csv([line(SITI, "Nur Hayati", "21001", month="Nov 2026")]))
    assert desk.one(number).totals["writes_safe"] == {"new": 1}
    desk.accept_all(number)
    assert sorted(tuple(each["months"]) for each in contributions(server) if each.get("confirmed")) == [
        ("2026-10", "2026-11"), ("2026-11",),
    ]  # fmt: skip


def records_of(server: Installation, kind: str) -> list[tuple[str, dict[str, Any], dict[str, int]]]:
    with server.reading() as connection:
        rows = connection.execute(select(t.record.c.id, t.record.c.fields, t.record.c.seen).where(t.record.c.kind == kind))
        return [(record, loads(fields), loads(seen)) for record, fields, seen in rows]
