"""Decrees (SK): who is paid for, by which money and for which months; filling the list, signing it, and what follows.

A decree, its names and the scenario whose line it spends lie in one region, under one lock. Lists are filled, and take
effect, in pieces by the job `decrees`: each piece is one transaction that also notes how far it came, so that a kill
costs time and nothing is written twice. A name is never deleted: it is taken off on a day, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from programme import budget, months
from programme.rules import load
from schemas.change import loads
from schemas.kinds import REGIONAL, kind_of
from schemas.region import NATION, within
from server import audit, clock, log
from server.actions import budgets, entries, rankings, settle
from server.actions.budgets import BUDGET, DECREE, PlanRefused
from server.actions.entering import Entering
from server.actions.entries import Entry
from server.actions.settle import desk_writes
from server.clock import day_at
from server.config import Settings
from server.db import Connection, reading, transaction
from server.store import accounts, regions
from server.store import decrees as store
from server.store import entries as entry_store
from server.store import funded as funded_store
from server.store.accounts import Account
from server.store.decrees import Brought, Mark, Name, Work
from server.store.scoping import Scope, for_itself

BENEFICIARY = "beneficiary"
DRAFT, PROPOSED, SIGNED, REVOKED = "draft", "proposed", "signed", "revoked"
AT_ONCE = 100
"""Names written in one transaction: others wait for the region's lock no longer than that takes."""
TOLD_OF = 500
"""How many of those whose funding was left as it is are named; of more only their number is kept."""
HASH_LENGTH = 20
REASONS = ("double", "moved", "deceased", "refused", "mistake", "other")
NOBODY = frozenset({"deceased", "withdrawn", "moved_away"})
ACTIVE = "active"


class TakenOver(Exception):
    """Somebody else went on with the work."""


class Stopped(Exception):
    """The decree is not any more as it was when the work was asked for."""


# The decree -----------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A decree with how its list is, the line that it spends, and what is done for it."""

    entry: Entry
    mark: Mark
    line: Entry | None
    work: list[Work]

    @property
    def state(self) -> str:
        return str(self.entry.fields.get("state") or DRAFT)

    @property
    def is_at_work(self) -> bool:
        return any(each.state in (store.WAITING, store.WORKING) for each in self.work)


def told_of(scope: Scope, record: str) -> Told:
    """Raises settle.NoSuchRecord."""
    entry = entries.one(scope, DECREE, record)
    with reading() as connection:
        line = entry_store.these(connection, scope, [str(entry.fields.get("budget"))])
        mark, work = store.mark(connection, scope, record), store.work_of(connection, scope, record)
    return Told(entry, mark, line.get(str(entry.fields.get("budget"))), work)


def all_of(scope: Scope) -> list[Entry]:
    """The decrees of a region and those below, the newest months first."""
    return sorted(entries.all_of(scope, DECREE), key=lambda each: str(each.fields.get("first_month")), reverse=True)


def begin_decree(region: str, key: str, fields: Mapping[str, Any], account: Account | None, now: int) -> str:
    """A draft. Raises as `entries.begin`, and PlanRefused."""
    return entries.begin(
        DECREE, region, key, {**fields, "state": DRAFT}, account, now, "decree", check=_agrees_with_its_line(region, fields)
    )


def change_decree(
    entry: Entry, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account | None, now: int
) -> None:  # fmt: skip
    """Change what a draft says. Raises as `entries.change`, and PlanRefused."""
    agrees = _agrees_with_its_line(entry.home, {**entry.fields, **fields})

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _must_be(said, DRAFT)
        agrees(connection, said)

    entries.change(DECREE, entry.record, seen, fields, account, now, "decree", check=check)


def _agrees_with_its_line(region: str, fields: Mapping[str, Any]) -> entries.Check:
    """That the line is of this region, by the same source, and for these months."""

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        first, last = fields.get("first_month"), fields.get("last_month")
        if isinstance(first, str) and isinstance(last, str) and last < first:
            raise PlanRefused(("Bulan terakhir harus sama atau sesudah bulan pertama.",
                               "The last month must not come before the first."), "last_month")  # fmt: skip
        if not fields.get("budget"):
            return
        line = _line(connection, region, str(fields["budget"]))
        if line is None:
            raise PlanRefused(("Pilih baris anggaran dari wilayah ini.", "Choose a budget line of this region."), "budget")
        if line.fields.get("funding") != fields.get("funding"):
            raise PlanRefused(("Sumber dana SK harus sama dengan sumber dana baris anggarannya.",
                               "The decree's source must be that of its budget line."), "funding")  # fmt: skip
        begins, ends = str(line.fields.get("first_month")), str(line.fields.get("last_month"))
        if first and last and not (begins <= first and last <= ends):
            raise PlanRefused((
                f"Baris anggaran ini untuk {begins} sampai {ends}; sesuaikan bulannya.",
                f"This budget line is for {begins} to {ends}; change the months.",
            ), "first_month")  # fmt: skip

    return check


def _line(connection: Connection, region: str, record: str) -> Entry | None:
    with for_itself():  # under the lock of the region that it must be of
        found = entry_store.these(connection, NATION, [record]).get(record)
    return found if found is not None and found.kind == BUDGET and found.home == region else None


def _must_be(said: Mapping[str, Any], state: str) -> None:
    if said.get("state") == state:
        return
    says = {
        DRAFT: ("SK ini bukan konsep lagi, jadi isinya terkunci.", "This decree is no draft any more, so it is locked."),
        PROPOSED: ("SK ini tidak sedang diusulkan. Muat ulang halamannya.",
                   "This decree is not proposed at the moment. Load the page again."),
        SIGNED: ("SK ini belum ditandatangani.", "This decree is not signed."),
    }  # fmt: skip
    raise PlanRefused(says[state])


# Its list -------------------------------------------------------------------------------------------------------------


def limit_of(entry: Entry, line: Entry | None) -> int | None:
    """How many names the decree may have: what it says, and what its line's people and money pay for in its months.

    None where neither says anything.
    """
    limits = [entry.fields.get("people")]
    if line is not None:
        limits.append(line.fields.get("people"))
        said = entry.fields
        if line.fields.get("amount") is not None and said.get("first_month") and said.get("last_month"):
            over = months.span(said["first_month"], said["last_month"])
            if over:
                limits.append(budget.reach(
                    line.fields["amount"], over, line.fields.get("income"), None, said.get("programs") or ("JKK", "JKM"),
                    said["funding"], load(),
                ).people)  # fmt: skip
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def name_of(decree: str, worker: str) -> str:
    """The id of a worker's name on a decree: the same however often it is put there."""
    _, region, key = decree.split(":")
    return REGIONAL[BENEFICIARY].id_of(region, f"{key}.{sha256(worker.encode()).hexdigest()[:HASH_LENGTH]}")


class Names(NamedTuple):
    """A page of a list. next: the name to go on behind. villages: code -> name; counts: village -> names that stand."""

    names: list[Name]
    next: str | None
    villages: dict[str, str]
    counts: dict[str, int]


def names_of(
    scope: Scope, decree: str, village: str | None, after: str | None, most: int, standing: bool = False
) -> Names:  # fmt: skip
    """Names of a decree, by village and name; of people who live in the region that is looked at.

    after: the name that the page before ended with; where nobody bears it any more the list begins anew.
    """
    with reading() as connection:
        place = store.place_of(connection, scope, after) if after else None
        found = store.names(connection, scope, decree, village, place, most + 1, standing)
        counts = store.by_village(connection, scope, [decree])
        villages = regions.names(connection, sorted(counts.keys() | {name.village for name in found if name.village}))
    return Names(found[:most], found[most - 1].record if len(found) > most else None, villages, counts)


def appendix(scope: Scope, decree: str, part: str | None, most: int) -> Names:
    """The list as it is printed: names that stand, by village and name. Of more than `most` none, and `next` is set.

    part: a kecamatan or village that it is cut down to. villages: also the kecamatan that people live in.
    """
    with reading() as connection:
        counts = store.by_village(connection, scope, [decree])
        is_long = sum(count for village, count in counts.items() if not part or within(village, part)) > most
        is_elsewhere = part is not None and not within(part, scope)
        found = [] if is_long or is_elsewhere else store.names(connection, part or scope, decree, standing=True)
        codes = {name.village for name in found if name.village} | counts.keys() | {village[:8] for village in counts}
        villages = regions.names(connection, sorted(codes))
    return Names(found, "more" if is_long else None, villages, counts)


def lists_brought(scope: Scope) -> list[Brought]:
    """Lists of the desk of lists from which a decree can be filled."""
    with reading() as connection:
        return store.brought(connection, scope)


def fill(scope: Scope, record: str, most: int, ruled: str, account: Account, now: int) -> None:
    """Have the list filled up to so many names by a ranking's first.

    Raises settle.NoSuchRecord, OutsideRegion, PlanRefused.
    """
    told = told_of(scope, record)
    limit = limit_of(told.entry, told.line)
    if most < 1:
        raise PlanRefused(("Isi berapa orang yang akan dimasukkan.", "Write how many people are to be on it."), "most")
    if limit is not None and most > limit:
        raise PlanRefused((
            f"SK atau anggarannya cukup untuk {limit} orang; isi paling banyak itu.",
            f"The decree or its budget is enough for {limit} people; write no more than that.",
        ), "most")  # fmt: skip
    rankings.ruled_by(ruled, told.entry.home, day_at(now, told.entry.home))  # that there is one
    _ask(record, {"do": "rank", "ranking": ruled, "most": most}, account, now, DRAFT, most)


def take_list(scope: Scope, record: str, number: int, account: Account, now: int) -> None:
    """Have the list filled with the people of a list that was brought.

    Raises settle.NoSuchRecord, OutsideRegion, PlanRefused.
    """
    told_of(scope, record)
    found = next((each for each in lists_brought(scope) if each.id == number), None)
    if found is None:
        raise PlanRefused(("Pilih daftar yang sudah dicocokkan.", "Choose a list that was matched."), "list")
    _ask(record, {"do": "list", "list": number, "after": 0}, account, now, DRAFT, found.known)


def _ask(record: str, asked: dict[str, Any], account: Account, now: int, state: str, rows: int) -> None:
    region = record.split(":")[1]
    with transaction() as connection:
        said = _under_lock(connection, record)
        if said is None:
            raise settle.NoSuchRecord(record)
        _check_region(account, record)
        _must_be(said, state)
        if store.is_at_work(connection, record):
            raise PlanRefused(("Daftar ini sedang diisi. Tunggu sampai selesai.",
                               "This list is being filled. Wait until that is done."))  # fmt: skip
        store.begin_work(connection, record, region, asked, account.id, now, rows)


def _check_region(account: Account, record: str) -> None:
    if not budgets.lies_in(record.split(":")[1], account.region):
        raise settle.OutsideRegion(record)


def _under_lock(connection: Connection, record: str) -> dict[str, Any] | None:
    """What the decree says, with the lock of its region in our hand."""
    entering = Entering(connection)
    entering.prepare([], also=[record], villages=[record.split(":")[1]])
    row = entering.row(record)
    return None if row is None or row.held.erased else dict(row.held.fields)


def take_off(name: str, seen: Mapping[str, int] | None, why: str, account: Account, now: int) -> str:
    """Take a name off its decree's list from today on; gives the decree.

    Raises as `entries.change`, and PlanRefused while somebody decides on the list.
    """
    region, decree = name.split(":")[1], decree_of(name)
    if why not in REASONS:
        raise PlanRefused(("Pilih alasannya.", "Choose why."), "removed_why")

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        with for_itself():  # of the region whose lock we have
            found = entry_store.these(connection, NATION, [decree]).get(decree)
        if found is None:
            raise settle.NoSuchRecord(decree)
        if found.fields.get("state") == PROPOSED:
            raise PlanRefused((
                "SK ini sedang diusulkan, jadi daftarnya terkunci. Kembalikan dulu menjadi konsep.",
                "This decree is proposed, so its list is locked. Send it back to a draft first.",
            ))  # fmt: skip

    said = {"removed_on": day_at(now, region).isoformat(), "removed_why": why}
    entries.change(BENEFICIARY, name, seen, said, account, now, "decree", check=check)
    return decree


def put_back(name: str, seen: Mapping[str, int] | None, account: Account, now: int) -> str:
    """Undo `take_off` while the decree is a draft; gives the decree."""
    decree = decree_of(name)

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        with for_itself():  # of the region whose lock we have
            found = entry_store.these(connection, NATION, [decree]).get(decree)
        _must_be(found.fields if found else {}, DRAFT)

    entries.change(BENEFICIARY, name, seen, {"removed_on": None, "removed_why": None}, account, now, "decree", check=check)
    return decree


def decree_of(name: str) -> str:
    """The decree of a name: `beneficiary:64.02:key.hash` -> `decree:64.02:key`."""
    _, region, key = name.split(":")
    return f"{DECREE}:{region}:{key.rpartition('.')[0]}"


# Four eyes ------------------------------------------------------------------------------------------------------------


def propose(record: str, seen: Mapping[str, int], account: Account, now: int) -> None:
    """Lock the list, and say how many stand on it. Raises as `entries.change`, and PlanRefused for what is lacking."""
    with reading() as connection, for_itself():  # counted again under the lock, where it must be the same
        count = store.mark(connection, NATION, record).standing

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _must_be(said, DRAFT)
        with for_itself():  # of the region whose lock we have
            standing = store.mark(connection, NATION, record).standing
        if standing != count:
            raise settle.NotSeen(record)
        if store.is_at_work(connection, record):
            raise PlanRefused(("Daftar ini masih diisi. Tunggu sampai selesai.",
                               "This list is still being filled. Wait until that is done."))  # fmt: skip
        if not standing:
            raise PlanRefused(("Daftarnya masih kosong. Isi dulu.", "The list is still empty. Fill it first."))
        _check_fits(connection, record, said, standing)

    entries.change(DECREE, record, seen, {"state": PROPOSED, "people": count}, account, now, "decree", check=check)


def sign(
    record: str, seen: Mapping[str, int], mark: str, number: str, signed_on: date, account: Account, now: int
) -> None:  # fmt: skip
    """Sign what somebody else proposed; from then on the job sets who pays for them. mark: of the list as he saw it.

    Raises as `entries.change`, and PlanRefused where the budget is not adopted.
    """
    region = record.split(":")[1]
    if not number.strip():
        raise PlanRefused(("Tulis nomor SK-nya.", "Write the decree's number."), "number")
    if signed_on > day_at(now, region):
        raise PlanRefused(("Tanggal tanda tangan tidak boleh sesudah hari ini.",
                           "The date of signing can't be after today."), "signed_on")  # fmt: skip

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _must_be(said, PROPOSED)
        with for_itself():  # of the region whose lock we have
            now_marked = store.mark(connection, NATION, record)
        if str(now_marked) != mark:
            raise settle.NotSeen(record)
        line = _line(connection, region, str(said.get("budget")))
        scenario = str(line.fields.get("scenario")) if line else None
        if not budgets.is_adopted(connection, scenario):
            raise PlanRefused((
                "Anggarannya belum ditetapkan. Tetapkan dulu skenario anggarannya (oleh dua orang), lalu tandatangani.",
                "Its budget is not adopted. Have the scenario adopted first (by two people), then sign this decree.",
            ))  # fmt: skip
        _check_fits(connection, record, said, now_marked.standing)  # its line may have changed since it was proposed
        asked = {"do": "fund", "after": ""}
        store.begin_work(connection, record, region, asked, account.id, now, now_marked.standing)

    said = {"state": SIGNED, "number": number.strip(), "signed_on": signed_on.isoformat()}
    entries.change(DECREE, record, seen, said, account, now, "approve", others=("state",), whole=True, check=check)


def _check_fits(connection: Connection, record: str, said: Mapping[str, Any], standing: int) -> None:
    """That the decree agrees with its line, which pays for so many names beside those of its other decrees.

    Under the lock of their region. Raises PlanRefused.
    """
    region, budget_line = record.split(":")[1], str(said.get("budget"))
    line = _line(connection, region, budget_line)
    if line is None:
        raise PlanRefused(("Pilih dulu baris anggarannya.", "Choose its budget line first."), "budget")
    _agrees_with_its_line(region, said)(connection, said)
    with for_itself():  # of the region whose lock we have
        found = entry_store.these(connection, NATION, [record])[record]
        beside = [
            (each, store.mark(connection, NATION, each.record).standing)
            for each in entry_store.of_region(connection, NATION, DECREE, region)
            if each.record != record and each.fields.get("budget") == budget_line
            and each.fields.get("state") in (PROPOSED, SIGNED)
        ]  # fmt: skip
    limit = limit_of(found, line)
    if limit is not None and standing > limit:
        raise PlanRefused((
            f"Ada {standing} nama, tetapi SK atau anggarannya cukup untuk {limit} orang. Kurangi daftarnya.",
            f"There are {standing} names, but the decree or its budget is enough for {limit}. Shorten the list.",
        ))  # fmt: skip
    people, amount = line.fields.get("people"), line.fields.get("amount")
    taken: Counter[str] = Counter()  # names by month
    for each, names in beside:
        taken.update(dict.fromkeys(_months_of(each.fields), names))
    most = max((taken[month] for month in _months_of(said)), default=0)
    spent = sum(names * _for_one(line, each.fields) for each, names in beside)
    if people is not None and standing + most > people or (
        amount is not None and standing * _for_one(line, said) + spent > amount
    ):
        raise PlanRefused((
            f"Baris anggaran ini juga membiayai SK lain, dan tidak cukup lagi untuk {standing} nama. Kurangi daftarnya.",
            f"This budget line pays for other decrees too, and is not enough for {standing} names more. Shorten the list.",
        ))  # fmt: skip


def _months_of(said: Mapping[str, Any]) -> Sequence[str]:
    return months.span(said["first_month"], said["last_month"])


def _for_one(line: Entry, said: Mapping[str, Any]) -> int:
    """What one person costs in the months of a decree."""
    programs, over = said.get("programs") or ("JKK", "JKM"), _months_of(said)
    return budget.reach(0, over, line.fields.get("income"), None, programs, said["funding"], load()).per_person


def fund_again(record: str, account: Account, now: int) -> None:
    """Go once more through a signed decree's list and set who pays, where that failed, or somebody lost his other payer.

    Raises settle.NoSuchRecord, OutsideRegion, PlanRefused.
    """
    with reading() as connection, for_itself():  # a count, for the progress that is shown
        count = store.mark(connection, NATION, record).standing
    _ask(record, {"do": "fund", "after": ""}, account, now, SIGNED, count)


def send_back(record: str, seen: Mapping[str, int], account: Account, now: int) -> None:
    """From proposed to a draft, so that it can be changed. Raises as `entries.change`, and PlanRefused."""

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _must_be(said, PROPOSED)

    entries.change(DECREE, record, seen, {"state": DRAFT}, account, now, "decree", check=check)


def revoke(record: str, seen: Mapping[str, int], revoked_on: date, account: Account, now: int) -> None:
    """From that month on it pays for nobody. Raises as `entries.change`, and PlanRefused."""

    def check(connection: Connection, said: Mapping[str, Any]) -> None:
        _must_be(said, SIGNED)
        if said.get("signed_on") and revoked_on.isoformat() < said["signed_on"]:
            raise PlanRefused(("Tanggal pencabutan tidak boleh sebelum tanda tangan.",
                               "It can't be revoked before it was signed."), "revoked_on")  # fmt: skip

    said = {"state": REVOKED, "revoked_on": revoked_on.isoformat()}
    entries.change(DECREE, record, seen, said, account, now, "approve", check=check)


# The job --------------------------------------------------------------------------------------------------------------


def work(settings: Settings, now: int) -> int:
    """Go on with all that was asked for; gives the names it was about. Harmless to repeat, or to run twice at once.

    What fails is noted as failed and does not stop the rest; its error rises in the end.
    """
    with reading() as connection:
        waiting = store.work_waiting(connection, now)
    done, failed = 0, None
    for number in waiting:
        try:
            done += _work_on(number, max(now, clock.now_ms()))
        except TakenOver:
            continue
        except Exception as error:
            log.failed(error, work=number)
            failed = failed or error
    if failed:
        raise failed
    return done


def _work_on(number: int, now: int) -> int:
    with transaction() as connection:
        taken = store.take_work(connection, number, now)
        account = accounts.by_id(connection, taken.account) if taken and taken.account else None
    if taken is None:
        return 0
    if taken.asked["do"] == "preview":
        with transaction() as connection:
            store.keep_work(connection, taken, now, state=store.WAITING)
        return rankings.reckon(number, now)
    turn = _Turn(taken, account, now)
    try:
        return _DOES[taken.asked["do"]](turn)
    except Stopped:
        turn.ends(store.FAILED, "stopped")
        return 0
    except TakenOver:
        raise
    except Exception as error:
        turn.ends(store.FAILED, type(error).__name__)
        raise


class _Turn:
    """Our hold on a work: one transaction a piece, in which it is also noted how far it came."""

    def __init__(self, work: Work, account: Account | None, mine: int) -> None:
        self.work, self.account, self._mine = work, account, mine
        self.asked, self.totals, self.done = dict(work.asked), dict(work.totals), work.done_rows

    def keeps(self, connection: Connection, **values: Any) -> int:
        """In the piece's own transaction: nobody else does the same meanwhile. Raises TakenOver. Gives the moment."""
        now = max(clock.now_ms(), self._mine + 1)
        kept = {"asked": self.asked, "totals": self.totals, "done_rows": self.done, "touched_at": now} | values
        if not store.keep_work(connection, self.work, self._mine, **kept):
            raise TakenOver
        return now

    def keeps_again(self, connection: Connection, mine: int) -> int:
        """At the end of a transaction that `keeps` began: with what was counted in it."""
        now = max(clock.now_ms(), mine + 1)
        kept = {"asked": self.asked, "totals": self.totals, "done_rows": self.done, "touched_at": now}
        if not store.keep_work(connection, self.work, mine, **kept):
            raise TakenOver
        return now

    def went_on(self, now: int) -> None:
        """The piece's transaction was committed."""
        self._mine = now

    def counts(self, word: str, record: str | None = None) -> None:
        """One more of those that came out so; record: whom to name."""
        self.totals[word] = self.totals.get(word, 0) + 1
        if record is not None:
            named = self.totals.setdefault("told", {}).setdefault(word, [])
            if len(named) < TOLD_OF:
                named.append(record)

    def ends(self, state: str, error: str | None = None) -> None:
        with transaction() as connection:
            if error is None:
                self.keeps(connection, state=state)
            # What the piece that failed had counted was never written.
            elif not store.keep_work(connection, self.work, self._mine, state=state, error=error):
                raise TakenOver


def _by_rank(turn: _Turn) -> int:
    """Fill the list with the first of the ranking who are not on it, up to as many as were asked for."""
    decree, region = turn.work.decree, turn.work.region
    with reading() as connection:
        said = entry_store.one(connection, NATION, DECREE, decree)
        standing = store.mark(connection, NATION, decree).standing
        on_it = {worker for _, worker in _all_names(connection, decree)}
    if said is None:
        raise Stopped
    day = day_at(clock.now_ms(), region)
    ruled = rankings.ruled_by(turn.asked["ranking"], region, day)
    wanted = max(0, turn.asked["most"] - standing)
    overlaps = (said.fields["first_month"], said.fields["last_month"])
    # Whoever was taken off this list is not put on it again by the ranking: some more are asked for in his place.
    first = rankings.first_of(region, wanted + len(on_it), ruled.policy, day, decree, overlaps)
    turn.totals |= {"ranked": first.ranked, "out": first.out}
    chosen = [one for one in first.people if one.candidate.record not in on_it][:wanted]
    for start in range(0, len(chosen), AT_ONCE):
        part = chosen[start : start + AT_ONCE]
        lines: dict[str, dict[str, Any]] = {}
        for n, one in enumerate(part):
            parts = rankings.ranking.standing(one.candidate, ruled.policy, load(), day).parts
            lines[one.candidate.record] = {
                "rank": standing + start + n + 1, "score": one.score, "because": rankings.because_of(parts),
            }  # fmt: skip
        _put_on(turn, lines)
    turn.ends(store.DONE)
    return len(chosen)


def _all_names(connection: Connection, decree: str) -> list[tuple[str, str]]:
    """(beneficiary, worker) of all names, also those taken off."""
    return [(name_of(decree, worker), worker) for worker in funded_store.whom_it_names(connection, decree)]


def _from_list(turn: _Turn) -> int:
    """Fill the list with the people whom rows of a brought list stand for, in the order of its rows."""
    done = 0
    while True:
        with reading() as connection:
            rows = store.rows_of(connection, turn.asked["list"], turn.asked["after"], AT_ONCE)
        if not rows:
            turn.ends(store.DONE)
            return done
        turn.asked["after"] = rows[-1][0]
        _put_on(turn, {record: {} for _, record in rows})
        done += len(rows)


def _put_on(turn: _Turn, lines: Mapping[str, Mapping[str, Any]]) -> None:
    """Write names that are not there yet, in one transaction. lines: worker -> what else his name says."""
    decree, region = turn.work.decree, turn.work.region
    with transaction() as connection:
        now = turn.keeps(connection)
        carried = store.derived(connection, list(lines))
        restricted = store.restricted_among(connection, {record for record, _ in carried.values()})
        wanted = {
            name_of(decree, carried[worker][0]): (carried[worker][0], said)
            for worker, said in lines.items() if worker in carried
        }  # fmt: skip
        entering = Entering(connection)
        entering.prepare([], also=[decree, *wanted], villages=[region])
        row = entering.row(decree)
        if row is None or row.held.fields.get("state") != DRAFT:
            raise Stopped
        for name, (worker, said) in sorted(wanted.items(), key=lambda each: each[1][1].get("rank", 0)):
            turn.done += 1
            if worker in restricted:
                turn.counts("restricted")
            elif entering.row(name) is not None or entering.is_erased(name):
                turn.counts("there")
            else:
                judged = kind_of(BENEFICIARY).judge({"worker": worker, "decree": decree, **said}, desk=True,
                                                    today=day_at(now, region))  # fmt: skip
                desk_writes(
                    connection, entering, "decree", BENEFICIARY, name, region, {}, judged.fields, turn.account, now,
                    people=(worker,), source=f"work:{turn.work.id}",
                )  # fmt: skip
                turn.counts("added")
        for _ in range(len(lines) - len(wanted)):
            turn.counts("gone")
        now = turn.keeps_again(connection, now)
    turn.went_on(now)


def _fund(turn: _Turn) -> int:
    """Set who pays for the people of a signed decree, where nobody else does; who else pays is told, and left as it is."""
    done = 0
    while True:
        with reading() as connection:
            said = entry_store.one(connection, NATION, DECREE, turn.work.decree)
            names = store.next_names(connection, turn.work.decree, turn.asked["after"], AT_ONCE)
        if said is None or said.fields.get("state") != SIGNED:
            raise Stopped
        if not names:
            turn.ends(store.DONE)
            return done
        _fund_some(turn, str(said.fields["funding"]), names)
        done += len(names)


def _fund_some(turn: _Turn, funding: str, names: Sequence[tuple[str, str]]) -> None:
    with transaction() as connection:
        turn.asked["after"] = names[-1][0]
        turn.done += len(names)
        now = turn.keeps(connection)
        carried = store.derived(connection, [worker for _, worker in names])
        homes = {record for record, _ in carried.values()}
        restricted = store.restricted_among(connection, homes)
        entering = Entering(connection)
        entering.prepare([], also=homes)
        for _, worker in names:
            record, derived = carried.get(worker, (worker, {}))
            row = entering.row(record) if worker in carried else None
            if row is None or row.held.erased or row.held.fields.get("status") in NOBODY:
                turn.counts("gone")
                continue
            why = _left_alone(row.held.fields.get("funding"), derived, funding)
            if record in restricted or "funding" in (row.held.conflicts or ()):
                why = "waits"
            if why:
                turn.counts(why, record if why != "already" else None)
                continue
            desk_writes(
                connection, entering, "decree", "worker", row.id, row.held.home, dict(row.held.seen), {"funding": funding},
                turn.account, now, source=f"work:{turn.work.id}",
            )  # fmt: skip
            turn.counts("set")
        now = turn.keeps_again(connection, now)
    turn.went_on(now)


def _left_alone(pays: str | None, derived: Mapping[str, Any], funding: str) -> str | None:
    """Why somebody's funding is left as it is: it says so already, he pays himself, or somebody else pays for him."""
    if pays == funding:
        return "already"
    if derived.get("state") != ACTIVE:
        return None
    others = [payer for payer in derived.get("payers") or [] if payer != funding]
    if pays not in (None, "self") or any(payer != "self" for payer in others):
        return "other_funder"
    return "pays_himself"


_DOES: dict[str, Callable[[_Turn], int]] = {"rank": _by_rank, "list": _from_list, "fund": _fund}


class Left(NamedTuple):
    """Somebody whose funding a signed decree did not change. why: pays_himself | other_funder | waits."""

    record: str
    full_name: str
    village: str
    funding: str | None
    coverage: str
    why: str


def left_alone(scope: Scope, told: Told) -> list[Left]:
    """Whom the newest work of a signed decree told of, as far as they live in the region."""
    newest = next((each for each in told.work if each.asked["do"] == "fund"), None)
    named = newest.totals.get("told", {}) if newest else {}
    why_of = {record: why for why, some in named.items() for record in some}
    with reading() as connection:
        rows = rankings.store.these(connection, scope, sorted(why_of))
    return [
        Left(record, row.full_name, row.home, row.funding, row.coverage, why_of[record])
        for record, row in sorted(rows.items(), key=lambda each: (each[1].home, each[1].full_name))
    ]


# Funded twice ---------------------------------------------------------------------------------------------------------


class Twice(NamedTuple):
    """Somebody for whom two pay. names: of decrees, each with the decree (None where another region's desk keeps it)."""

    record: str
    full_name: str | None
    nik: str | None
    village: str
    first: str
    last: str
    names: list[tuple[str, Entry | None]]
    paid: list[tuple[str, list[str]]]


class Doubles(NamedTuple):
    people: list[Twice]
    villages: dict[str, str]
    next: tuple[str, str] | None


def funded_twice(scope: Scope, after: tuple[str, str] | None, most: int, now: int, with_past: bool = False) -> Doubles:
    """Whom two pay for from last month on (or ever), by village."""
    since = 0 if with_past else months.of_day(day_at(now, scope)) - 1
    with reading() as connection:
        rows = funded_store.doubled(connection, scope, since, after, most + 1)
        abouts = [loads(row.about) for row in rows[:most]]
        ids = {name for about in abouts for one, other, _, _ in about["decrees"] for name in (one, other)}
        decrees = entry_store.these(connection, scope, {decree_of(name) for name in ids})
        villages = regions.names(connection, sorted({row.home for row in rows}))
    people = []
    for row, about in zip(rows[:most], abouts, strict=True):
        named = list(dict.fromkeys(name for one, other, _, _ in about["decrees"] for name in (one, other)))
        paid = [(months.text(month), payers) for month, payers in about["paid"]]
        hidden, on = bool(row.restricted), [(name, decrees.get(decree_of(name))) for name in named]
        people.append(Twice(
            row.record, None if hidden else row.full_name, None if hidden else row.nik, row.home,
            months.text(row.first_month), months.text(row.last_month), on, paid,
        ))  # fmt: skip
    following = (rows[most - 1].home, rows[most - 1].record) if len(rows) > most else None
    return Doubles(people, villages, following)


def how_many_twice(scope: Scope, now: int, most: int = 1000) -> int:
    """How many two pay for from last month on; `most` stands for that and more."""
    since = months.of_day(day_at(now, scope)) - 1
    with reading() as connection:
        return funded_store.how_many_doubled(connection, scope, since, most)


def note_looked(scope: Scope, records: Collection[str], act: str = "list") -> None:
    """Before people of a list are shown."""
    if records:
        audit.look(act, region=scope, records=sorted(records))
