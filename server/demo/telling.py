"""What the demo prints: where it is, who may sign in, what to try, and in plain words what happens while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from server.demo.places import MEETING, PLACES
from server.demo.stage import Login
from server.demo.web import Onlooker, Operator, Seen

NAMES = {place.code: place.name for place in PLACES}
WORDS = {
    "full_name": ("nama", "the name"), "birth_date": ("tanggal lahir", "the birth date"), "nik": ("NIK", "the NIK"),
    "village": ("desa", "the village"), "sex": ("jenis kelamin", "the sex"), "status": ("status", "the status"),
}  # fmt: skip
MOST_OPEN = 8  # conflicts; with more the operator settles the oldest
CONFIRMED_AT_ONCE, VERIFIED_AT_ONCE = 6, 4


def say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def show_logins(logins: Iterable[Login]) -> None:
    say("", "Masuk / sign in (rekaan, hanya di sini / invented, for here only):")
    for login in logins:
        say(f"  {login.name:<10} {login.password:<14} {login.role}, {login.region}")


def show_desks(url: str) -> None:
    """Where the desks are, and in which order coverage, budget and award hang together."""
    say(
        "", "Meja kerja / the desks (operator, staf, auditor, admin):", f"  {url}/console/",
        "  Sebagai staf mulai di sini, lalu ikuti baris langkah di atas halaman, dari cakupan sampai penghargaan /",
        "  as staf begin here, and follow the line of steps at the top of the page, from coverage to award:",
        f"  {url}/console/coverage",
        "Yang dilihat semua orang / what everybody sees:", f"  {url}/publik",
    )  # fmt: skip


def show_app(url: str, code: str) -> None:
    """The app first: its address carries the code of a device of its own behind the `#`."""
    say(
        "", "Aplikasi petugas: buka ini di browser / the officer's app: open this in a browser:",
        f"  {url}/app/#{code}",
    )  # fmt: skip


def show_what_to_try(url: str, code: str, operator: Login, command: str) -> None:
    """Lines to paste into another terminal; each works as it stands, from top to bottom."""
    login = f'{{"name":"{operator.name}","password":"{operator.password}"}}'
    as_json = "-H 'Content-Type: application/json'"
    say(
        "", f"Kode pendaftaran perangkat / enrolment code for a device: {code}",
        "", "Coba di terminal lain / try in another terminal:",
        f"  TOKEN=$(curl -s {url}/api/v1/login {as_json} -d '{login}' | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')",
        f"  curl -s -H \"Authorization: Bearer $TOKEN\" '{url}/api/v1/coverage?within=64'",
        f"  curl -s -H \"Authorization: Bearer $TOKEN\" '{url}/api/v1/conflicts?within={MEETING.code}'",
        f"  curl -s {url}/api/v1/enrol {as_json} -d '{{\"code\":\"{code}\"}}'",
        f"  {command} conflicts",
        f"  {command} devices",
        f"  {command} jobs",
        f"  {command} digest --json",
        "", "Ctrl-C: selesai / stops everything", "",
    )  # fmt: skip


class Screen:
    """Looks at what the officers do, as a device and as the operator do, and says what is new since the last look."""

    def __init__(self, onlooker: Onlooker, operator: Operator) -> None:
        self._onlooker, self._operator = onlooker, operator
        self._conflicts: dict[tuple[str, str], Seen] = {}
        self._figures: dict[str, tuple[int, int]] = {}
        onlooker.looks()
        self._conflicts = self._open_conflicts()
        self._look_at_figures(quietly=True)

    def looks(self) -> None:
        """What phones brought: conflicts that arose, and those that somebody has settled."""
        self._onlooker.looks()
        now = self._open_conflicts()
        for record, field in sorted(now.keys() - self._conflicts.keys()):
            say(conflict_in_words(now[record, field], field))
        for record, field in sorted(self._conflicts.keys() - now.keys()):
            say(settled_in_words(self._conflicts[record, field], field))
        self._conflicts = now

    def looks_at_figures(self) -> None:
        self._look_at_figures(quietly=False)

    def desk_works(self) -> None:
        """The operator confirms what the branch's list would, verifies newcomers, settles when too much waits."""
        today = date.today().isoformat()
        for paid in self._onlooker.unconfirmed(CONFIRMED_AT_ONCE):
            self._settle(paid, {"confirmed": True, "confirmed_on": today})
        for worker in self._onlooker.unverified(VERIFIED_AT_ONCE):
            self._settle(worker, {"status": "verified"})
        if len(self._conflicts) > MOST_OPEN:
            (_, field), seen = next(iter(self._conflicts.items()))
            self._settle(seen, {field: seen.conflicts[field][0]["value"]})

    def _settle(self, seen: Seen, fields: dict[str, Any]) -> None:
        self._operator.does("/settle", {"record": seen.record, "seen": seen.seen, "fields": fields})

    def _open_conflicts(self) -> dict[tuple[str, str], Seen]:
        return {(seen.record, field): seen for seen in self._onlooker.conflicts() for field in seen.conflicts}

    def _look_at_figures(self, quietly: bool) -> None:
        for district in sorted({place.code.rpartition(".")[0] for place in PLACES}):
            told = self._operator.sees(f"/coverage?within={district}") or {"regions": []}
            for village in told["regions"]:
                was, now = self._figures.get(village["code"]), (village["active"], village["registered"])
                self._figures[village["code"]] = now
                if was is not None and was != now and not quietly:
                    say(coverage_in_words(village, was))


def conflict_in_words(seen: Seen, field: str) -> str:
    indonesian, english = WORDS.get(field, (field, field))
    said = " ≠ ".join(str(head["value"]) for head in seen.conflicts[field])
    return f"{_where(seen)}: {indonesian} berbeda, menunggu operator / {english} differs, an operator decides: {said}"


def settled_in_words(seen: Seen, field: str) -> str:
    indonesian, english = WORDS.get(field, (field, field))
    return f"{_where(seen)}: {indonesian} sudah diputuskan / {english} is settled"


def _where(seen: Seen) -> str:
    return f"[{NAMES.get(seen.village, seen.village)}] {seen.record}"


def coverage_in_words(village: dict[str, Any], was: tuple[int, int]) -> str:
    eligible, rate, said = village["eligible"], village["rate"], []
    if was[0] != village["active"]:
        share = "" if rate is None else f" = {rate:.1%}"
        of = f" dari / of {eligible['count']}{share}" if eligible else ""
        said.append(f"terlindungi / covered {was[0]} → {village['active']}{of}")
    if was[1] != village["registered"]:
        said.append(f"terdaftar / registered {was[1]} → {village['registered']}")
    return f"[{village['name']}] {'; '.join(said)}"
