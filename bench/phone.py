"""The phone's app in a real Chromium against a served installation: what it weighs, and how long an officer waits."""

from __future__ import annotations

import gzip
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import urllib3

from bench import in_page
from bench.filling import fill
from bench.phones import Village
from bench.process import ROOT, Process, room_for_the_app
from bench.report import Row, at_most
from bench.served import VILLAGE, Served
from bench.wire import Asked, Wire, weight
from bench.workers import registration
from tests.browser import harness
from tests.browser.handset import Handset, until
from tests.browser.line import CHUNK, Line
from tests.browser.words import said

KB = 1000
SLOW_BYTES_PER_SECOND = 6 * KB
LINE_BYTES_PER_SECOND, ROUND_TRIP_SECONDS = 50_000 / 8, 0.7
SETTLED_SECONDS = 2.5
OPENINGS, QUERIES, RECORDS, KNOWN = 5, 20, 100, 5_000
PHOTO_BYTES, PHOTO_CUT_BYTES = 60 * KB, 20 * KB
FORM = "form.asking #q-card-nik"
WAIT_MS = 90_000
QUIET = {"DEVICE_REQUESTS_PER_MINUTE": "1000000"}


def measure() -> list[Row]:
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory(prefix="sambung-bench-") as name, sync_playwright() as playwright:
        folder = Path(name)
        bench = _Bench(playwright, folder, harness.build(folder / "harness"))
        with Process(folder / "server", bench.room, **QUIET) as server:
            return [
                *_first_start(bench, server), *_opening(bench, server), *_searching(bench),
                *_saving_and_sending(bench, server), *_on_a_bad_line(bench, server), *_photo(bench, server),
            ]  # fmt: skip


class _Bench:
    """Phones to measure, each with nothing on it."""

    def __init__(self, playwright: Any, folder: Path, core: Path) -> None:
        self._playwright, self.folder, self._core = playwright, folder, core
        self.room = room_for_the_app(folder)

    @contextmanager
    def phone(self, url: str) -> Iterator[Handset]:
        with TemporaryDirectory(prefix="phone-", dir=self.folder, ignore_cleanup_errors=True) as profile:
            phone = Handset(self._playwright, url, Path(profile))
            phone.context.set_default_timeout(WAIT_MS)
            yield phone
            phone.close()

    @contextmanager
    def core(self, url: str, code: str) -> Iterator[tuple[Handset, Any]]:
        """An enrolled phone that has synced, without screens: `phone` in the page."""
        with self.phone(url) as handset:
            page = harness.open_in(handset.context, url, self._core)
            page.evaluate(in_page.BEGIN, code)
            yield handset, page


# --- the first start


def _first_start(bench: _Bench, server: Process) -> list[Row]:
    needed = _all_it_asks_for(bench, server)
    later = _what_the_worker_adds(bench, server, {one.path for one in needed["it"]})
    seconds = _seconds_at_6_kb(bench, server)
    whole = weight(needed["it"])
    gzipped = {part: sum(_gzipped(server, one) for one in asked) / KB for part, asked in needed.items() if part not in APART}
    parts = ", ".join(f"{part} {kb:.1f}" for part, kb in gzipped.items())
    floor = (sum(gzipped.values()) * KB + whole.headers) / SLOW_BYTES_PER_SECOND
    return [
        at_most("first start, until a registration form is open: bodies, gzip", sum(gzipped.values()), 40, "kB", parts),
        Row("the same: HTTP headers, both ways", "–", f"{whole.headers / KB:.1f} kB in {whole.requests} requests"),
        Row("what the app asks for by then and no form waits for", "–", _of(needed["others"]) + _largest(needed["others"])),
        Row("what the service worker fetches besides: all other screens", "–", _of(later)),
        Row(f"first start at {SLOW_BYTES_PER_SECOND / KB:.0f} kB/s, until the form is open", "–",
            f"{seconds:.1f} s; what it needs, with headers, alone on the line {floor:.1f} s; ratio {seconds / floor:.1f}"),
    ]  # fmt: skip


APART = ("it", "others")


def _gzipped(server: Process, asked: Asked) -> int:
    """Bytes of its bodies under gzip; the browser may have taken brotli, which is a tenth smaller."""
    if not asked.path.startswith("/app/"):
        return asked.bodies
    headers = {"Accept-Encoding": "gzip"}
    reply = urllib3.request("GET", server.url + asked.path, headers=headers, decode_content=False)
    assert reply.status == 200, asked.path
    return len(reply.data)


def _all_it_asks_for(bench: _Bench, server: Process) -> dict[str, list[Asked]]:
    """What travels until a form is open, in parts; `it`: all that this needs; `others`: what came by then all the same.

    No service worker is there, so each part of the app is asked for by the page that wants it.
    """
    with bench.phone(server.url) as phone:
        phone.context.route("**/app/sw.js", lambda route: route.abort())
        wire = Wire(phone.context)
        with wire.listening() as before:
            phone.page.goto(f"{server.url}/app/#{server.code(VILLAGE)}")
            phone.page.wait_for_selector("#phone-name")
            time.sleep(0.5)
        with wire.listening() as after:
            _enrol_by_thumb(phone)
            _open_a_form(phone)
            time.sleep(0.5)
    data = {"enrolling": "/enrol", "first sync": "/sync", "worker form": "/forms/worker@1", "rules": "/rules"}
    parts = {"app": before, "form's screen": [one for one in after if one.path.startswith("/app/") and not _is_sealing(one)]}
    parts |= {part: [one for one in after if one.path.endswith(end)] for part, end in data.items()}
    it = [one for asked in parts.values() for one in asked]
    return {**parts, "it": it, "others": [one for one in after if one not in it]}


def _is_sealing(one: Asked) -> bool:
    """The data key is wrapped for the server in the first sync; no form waits for that."""
    return "hpke" in one.path or "browser-external" in one.path


def _what_the_worker_adds(bench: _Bench, server: Process, needed: set[str]) -> list[Asked]:
    with bench.phone(server.url) as phone:
        with Wire(phone.context).listening() as heard:
            phone.page.goto(f"{server.url}/app/#{server.code(VILLAGE)}")
            _enrol_by_thumb(phone)
            _open_a_form(phone)
            phone.home()
            _until_quiet(phone)
        return [one for one in heard if one.by_worker and one.path not in needed]


def _until_quiet(phone: Handset) -> None:
    asked = -1
    while asked != len(phone.asked):
        asked = len(phone.asked)
        time.sleep(2 * SETTLED_SECONDS)


def _seconds_at_6_kb(bench: _Bench, server: Process) -> float:
    """As it goes: with the worker, all that the app asks for, and an officer who types without a pause."""
    line = Line(int(server.url.rpartition(":")[2]))
    line.rate = SLOW_BYTES_PER_SECOND
    with bench.phone(line.url) as phone:
        began = time.monotonic()
        phone.page.goto(f"{line.url}/app/#{server.code(VILLAGE)}")
        _enrol_by_thumb(phone)
        _open_a_form(phone)
        took = time.monotonic() - began
    line.close()
    return took


def _enrol_by_thumb(phone: Handset) -> None:
    phone.press(said("start.name.next"))
    phone.new_pin()
    phone.page.wait_for_selector("main.home")


def _open_a_form(phone: Handset) -> None:
    until(lambda: (phone.stored("forms", "worker@1") or {}).get("newest"), WAIT_MS / 1000)  # from then on it is offered
    phone.page.locator("a.tile.big").click()
    phone.page.wait_for_selector(FORM)


# --- forms open


def _opening(bench: _Bench, server: Process) -> list[Row]:
    with bench.phone(server.url) as phone:
        phone.enrol(server.code(VILLAGE))
        page = harness.open_in(phone.context, server.url, bench._core)
        page.evaluate(in_page.OPEN, "481516")
        record = page.evaluate(in_page.SAVE_ALL, _registrations(1))["records"][0]
        page.close()
        new, edit, empty = [], [], []
        for _ in range(OPENINGS):
            phone.start()
            phone.unlock()
            time.sleep(SETTLED_SECONDS)  # what a phone does after its start is none of the form's
            new.append(_cpu(phone, lambda: phone.page.locator("a.tile.big").click(), FORM))
            phone.home()
            time.sleep(SETTLED_SECONDS / 2)
            edit.append(_cpu(phone, lambda: phone.visit(f"edit/{record}"), "form.asking .turn"))
            empty.append(_cpu(phone, lambda: phone.page.goto(f"{server.url}/api/v1/health"), "body"))
    floor = median(empty)
    remark = f"at worst {max(new):.0f}; another page of one line of text: {floor:.0f} ms"
    return [
        at_most("a registration form opens: main thread, CPU", median(new), 100, "ms", remark),
        Row("a filled worker opens to be changed: the same", "–", f"{median(edit):.0f} ms (at worst {max(edit):.0f})"),
    ]


def _cpu(phone: Handset, act: Callable[[], object], shown: str) -> float:
    """Milliseconds of the page's main thread from an act until it is shown and drawn."""
    devtools = phone.context.new_cdp_session(phone.page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _tasks(devtools)
    act()
    phone.page.wait_for_selector(shown)
    phone.page.evaluate(in_page.DRAWN)
    spent = _tasks(devtools) - before
    devtools.detach()
    return spent * 1000


def _tasks(devtools: Any) -> float:
    told = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in told if one["name"] == "TaskDuration")


# --- many records


def _searching(bench: _Bench) -> list[Row]:
    folder = bench.folder / "full"
    folder.mkdir()
    # In a process of its own: an installation made here would share this one's database engine.
    subprocess.run([sys.executable, "-m", "bench.phone", str(folder), str(KNOWN)], cwd=ROOT, check=True)
    with Process(folder, bench.room, **QUIET) as server, bench.phone(server.url) as phone:
        began = time.monotonic()
        phone.enrol(server.code(VILLAGE))
        until(lambda: phone.count("home.records") == KNOWN, 120)
        told = time.monotonic() - began
        opened, derived = [], []
        for _ in range(OPENINGS):
            phone.start()
            time.sleep(0.5)
            opened.append(_until_home(phone))
            derived.append(phone.page.evaluate(in_page.DERIVE))
        keys, texts = _keys(phone)
    listed, drawn = [one["listed"] for one in keys], [one["drawn"] for one in keys]
    what = f"searching {KNOWN:,} sealed records, from the key to the list"
    return [
        at_most(f"{what}: median of {len(keys)} keys of {len(texts)} queries", median(listed), 30, "ms",
                f"p95 {_at(listed, 95):.0f}, worst {max(listed):.0f}; drawn: {median(drawn):.0f}, worst {max(drawn):.0f}"),
        Row(f"unlocking with {KNOWN:,} records, until the first screen", "–",
            f"{median(opened):.0f} ms; deriving a key, alone {median(derived):.0f} ms; "
            f"ratio {median(opened) / median(derived):.1f}"),
        Row(f"a new phone is told {KNOWN:,} records, typing and all", "–", f"{told:.1f} s"),
    ]  # fmt: skip


def _until_home(phone: Handset) -> float:
    phone.page.fill("#pin", "481516")
    phone.page.evaluate(in_page.WATCH_HOME)
    phone.page.click(".keys .ok")
    return float(phone.page.evaluate("window.home"))


def _keys(phone: Handset) -> tuple[list[dict[str, float]], list[str]]:
    """What each key costs while names, parts of them and NIKs are typed into the search."""
    phone.visit("search")
    phone.page.wait_for_selector("#search")
    phone.page.evaluate(in_page.WATCH_KEYS)
    rng = random.Random(5)
    names = [phone.page.evaluate(in_page.SOME_NAME, rng.randrange(40)) for _ in range(QUERIES // 2)]
    texts = [*names, *(name.split()[-1][:4] for name in names[:6]), "640211", "64021152", "muara", "x"]
    for text in texts:
        phone.page.fill("#search", "")
        phone.page.evaluate(in_page.DRAWN)
        for letter in text:
            phone.page.keyboard.type(letter)
            phone.page.evaluate("window.key")
    return phone.page.evaluate("window.keys"), texts


# --- saving and sending


def _saving_and_sending(bench: _Bench, server: Process) -> list[Row]:
    line = Line(int(server.url.rpartition(":")[2]))
    people = _registrations(RECORDS)
    with bench.core(line.url, server.code(VILLAGE)) as (phone, page):
        wire = Wire(phone.context)
        idle = _sync(page, wire)
        empty = page.evaluate(in_page.DISK)
        with line.lost():
            saved = page.evaluate(in_page.SAVE_ALL, people)
            drafted = page.evaluate(in_page.DRAFT_ALL, people)
        waiting = page.evaluate(in_page.DISK)
        sent = _sync(page, wire)
        _sync(page, wire)
        after = page.evaluate(in_page.DISK)
    line.close()
    plain = len(orjson.dumps([fields for _, fields in people])) / RECORDS
    pressed = len(gzip.compress(orjson.dumps([fields for _, fields in people]), 9))
    up, down = _both_ways(sent)
    nothing = _both_ways(idle)
    least = f"their fields alone, gzip -9: {pressed / KB:.1f} kB; ratio {up / pressed:.2f}"
    took = saved["took"]
    return [
        at_most(f"{RECORDS} registrations sent: body, gzip", up / KB, 12, "kB",
                f"in {len(sent)} requests; down {down / KB:.1f} kB; {least}"),
        Row("a sync with nothing new: bodies up / down", "≤ 200 bytes", "{} / {}".format(*nothing), max(nothing) <= 200),
        Row("a form is saved, sealed and on the disk", "–", f"median {median(took):.1f} ms, p95 {_at(took, 95):.1f} ms"),
        Row("a draft is saved", "–", f"median {median(drafted):.1f} ms, p95 {_at(drafted, 95):.1f} ms"),
        Row("on the disk, sealed: a record that waits / that was sent, with what is kept of that for 30 days", "–",
            f"{(waiting - empty) / RECORDS:.0f} / {(after - empty) / RECORDS:.0f} bytes; its fields as JSON {plain:.0f}"),
    ]  # fmt: skip


def _both_ways(asked: list[Asked]) -> tuple[int, int]:
    return sum(one.up for one in asked), sum(one.down for one in asked)


def _sync(page: Any, wire: Wire) -> list[Asked]:
    with wire.listening() as heard:
        page.evaluate("phone.syncNow()")
    return [one for one in heard if one.path == "/api/v1/sync"]


def _on_a_bad_line(bench: _Bench, server: Process) -> list[Row]:
    rows = []
    for cut in (None, 40 * KB, 8 * KB):
        took, line = _sent_over(bench, server, cut)
        up, down = line.passed
        floor = (up + down) / LINE_BYTES_PER_SECOND + ROUND_TRIP_SECONDS
        if cut is None:
            whole, what = up, f"{RECORDS} registrations at 50 kbit/s with {ROUND_TRIP_SECONDS * 1000:.0f} ms of round trip"
            told = f"{took:.1f} s; the bytes and one round trip: {floor:.1f} s; ratio {took / floor:.2f}"
            rows.append(Row(what, "≤ 7 s", told, took <= 7))
        else:
            twice = max(0, up + line.cuts * CHUNK - whole)
            told = f"{took:.1f} s; {line.cuts} cuts; at most {twice / KB:.1f} kB of {whole / KB:.1f} sent again"
            rows.append(Row(f"the same, the line cut after each {cut // KB} kB", "≤ 7 s" if cut == 40 * KB else "–", told,
                            took <= 7 if cut == 40 * KB else None))  # fmt: skip
    return rows


def _sent_over(bench: _Bench, server: Process, cut: int | None) -> tuple[float, Line]:
    """Seconds until the server has acknowledged all; the line counts from where it came up."""
    line = Line(int(server.url.rpartition(":")[2]))
    with bench.core(line.url, server.code(VILLAGE)) as (_, page):
        with line.lost():
            page.evaluate(in_page.SAVE_ALL, _registrations(RECORDS))
            line.rate, line.trip, line.cut_up, line.passed = LINE_BYTES_PER_SECOND, ROUND_TRIP_SECONDS / 2, cut, [0, 0]
        took = page.evaluate(in_page.ALL_SENT)
        passed = list(line.passed)
    line.close()
    line.passed = passed
    return took / 1000, line


def _photo(bench: _Bench, server: Process) -> list[Row]:
    line = Line(int(server.url.rpartition(":")[2]))
    with bench.core(line.url, server.code(VILLAGE)) as (_, page):
        with line.lost():
            size = page.evaluate(in_page.SAVE_PHOTO, [_registrations(1)[0], PHOTO_BYTES])
            line.cut_up, line.passed = PHOTO_CUT_BYTES, [0, 0]
        page.evaluate(in_page.ALL_SENT)
        sent = line.passed[0] + line.cuts * CHUNK
    line.close()
    what = f"a photo of {size / KB:.0f} kB, the line cut after each {PHOTO_CUT_BYTES // KB} kB: sent, over its size"
    remark = f"at most {sent / KB:.1f} kB with {line.cuts} cuts, its record and all headers within"
    return [Row(what, "–", f"{sent / size:.2f} times ({remark})")]


# --- small things


def _registrations(count: int) -> list[tuple[str, dict[str, Any]]]:
    rng = random.Random(count)
    return [(VILLAGE, registration(number, VILLAGE, rng)) for number in range(1, count + 1)]


def _of(asked: list[Asked]) -> str:
    count, bodies, headers = weight(asked)
    return f"{bodies / KB:.1f} kB, with headers {(bodies + headers) / KB:.1f}, in {count} requests"


def _largest(asked: list[Asked]) -> str:
    largest = sorted(asked, key=lambda one: -one.bodies)[:4]
    return "".join(f", {one.path.rpartition('/')[2].partition('-')[0]} {one.bodies / KB:.1f}" for one in largest)


def _at(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else math.nan


def _fill(folder: Path, records: int) -> None:
    server = Served(folder)
    fill(server, Village(VILLAGE), records, 0, random.Random(5))
    server.close()


if __name__ == "__main__":
    _fill(Path(sys.argv[1]), int(sys.argv[2]))
