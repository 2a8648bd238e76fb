"""A server in memory, written slowly and plainly from the protocol: what a device's promises are held against."""

from __future__ import annotations

import copy
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from schemas.change import from_ms, to_ms

REVIEW = {"nik", "full_name", "birth_date", "worker", "amount"}


class No(Exception):
    """A refusal: status, slug, and what else stands in the problem."""

    def __init__(self, status: int, slug: str, **more: Any) -> None:
        self.status, self.body = status, {"type": f"urn:sambung:{slug}", "title": slug, "status": status, **more}


class FakeServer:
    """All it knows is in `state`, so a backup is a deep copy. For few records only: it merges anew always."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {
            "epoch": "E1", "codes": {}, "devices": {}, "log": {}, "stream": [], "gone": {}, "notices": [],
        }  # fmt: skip
        self.next_device = 1  # beside the state: no id is ever given twice, also not across a restore
        self.known_ids: set[str] = set()
        self.revoked: set[str] = set()
        self.max_changes, self.max_bytes = 1000, 200_000
        self.asked: list[dict[str, Any]] = []  # every sync request that arrived whole, for the tests to look at
        self.busy: list[tuple[int, str | None]] = []  # answers to give first: status and Retry-After
        self.hold: set[str] = set()  # records whose changes stay `received`
        self.sizes: list[tuple[int, int]] = []
        self.lock = threading.Lock()

    # Operators

    def code(self, officer: str, villages: list[str]) -> str:
        code = f"CODE-{len(self.state['codes']) + 1}-{self.state['epoch']}"
        self.state["codes"][code] = {"officer": officer, "villages": list(villages), "device": None, "attempt": None}
        return code

    def restore(self, backup: dict[str, Any]) -> None:
        self.state = copy.deepcopy(backup)
        self.state["epoch"] = "E" + str(int(self.state["epoch"][1:]) + 1)
        self.state["codes"] = {}

    def backup(self) -> dict[str, Any]:
        return copy.deepcopy(self.state)

    # Enrolling

    def enrol(self, asked: dict[str, Any]) -> dict[str, Any]:
        devices, attempt = self.state["devices"], asked.get("attempt")
        entry = self.state["codes"].get(asked["code"])
        if entry is None:
            owner = next((d for d in devices.values() if d["token"] == asked["code"] and not d["left"]), None)
            entry = owner and owner.setdefault("reentry", {**owner["entry"], "device": None, "attempt": None})
        if entry is None or (entry["device"] and (attempt is None or attempt != entry["attempt"])):
            raise No(403, "enrolment-refused")
        name = entry["device"] or self._new_device(entry, asked)
        entry.update(device=name, attempt=attempt)
        device = devices[name]
        if device["called"]:
            raise No(403, "enrolment-refused")
        device["token"] = f"token-{name}-{time.time_ns()}"
        return {
            "device": name, "token": device["token"], "officer": {"id": 1, "name": entry["officer"]},
            "epoch": self.state["epoch"], "acked": device["acked"], "server_time": from_ms(self.now()),
            "villages": [{"code": code, "name": f"Desa {code}"} for code in entry["villages"]],
            "limits": {"max_changes": self.max_changes, "max_bytes": self.max_bytes},
        }  # fmt: skip

    def _new_device(self, entry: dict[str, Any], asked: dict[str, Any]) -> str:
        former = asked.get("former")
        if former and former not in self.state["devices"]:
            name = former
        else:
            name, self.next_device = f"d{self.next_device}x", self.next_device + 1
        self.state["devices"][name] = {
            "token": None, "villages": list(entry["villages"]), "acked": 0, "entry": entry, "called": False,
            "left": False, "events": [],
        }  # fmt: skip
        return name

    # Syncing

    def sync(self, token: str, asked: dict[str, Any]) -> dict[str, Any]:
        name = next((n for n, d in self.state["devices"].items() if d["token"] == token), None)
        if name is None:
            raise No(401, "device-unknown")
        if name in self.revoked:
            raise No(401, "device-revoked")
        device = self.state["devices"][name]
        device["called"] = True
        results = self.receive(name, device, asked)
        records, cursors, more = self.tell(name, device, asked)
        heard = asked.get("cursors", {}).get("device", 0) if asked.get("epoch") == self.state["epoch"] else 0
        later = device["events"][heard:]
        told = {result["seq"]: result for result in [*(e for e in later if "seq" in e), *results]}
        return {
            "server_time": from_ms(self.now()), "epoch": self.state["epoch"], "acked": device["acked"],
            "results": list(told.values()), "records": records, "more": more,
            "cursors": {**cursors, "device": len(device["events"])},
            "notices": [event for event in later if "text" in event],
        }  # fmt: skip

    def receive(self, name: str, device: dict[str, Any], asked: dict[str, Any]) -> list[dict[str, Any]]:
        log, changes = self.state["log"], sorted(asked["changes"], key=lambda change: change["seq"])
        acked, lost_to = device["acked"], asked.get("lost_to") or 0
        if changes and changes[0]["seq"] > max(acked, lost_to) + 1:
            raise No(409, "gap", acked=acked, epoch=self.state["epoch"])
        for change in changes:
            known = log.get((name, change["seq"]))
            if known and known["sent"] != {**change, "seen": change.get("seen", {})}:
                raise No(409, "forked", seq=change["seq"])
        for change in changes:
            if change["seq"] == max(device["acked"], min(lost_to, change["seq"] - 1)) + 1:
                self._keep(name, change)
                device["acked"] = change["seq"]
        device["acked"] = max(device["acked"], lost_to if not changes or changes[-1]["seq"] <= lost_to else 0)
        return [self.result(name, change["seq"]) for change in changes if (name, change["seq"]) in log]

    def _keep(self, name: str, sent: dict[str, Any]) -> None:
        entry = {"sent": {**sent, "seen": sent.get("seen", {})}, "device": name, "seq": sent["seq"], "version": None}
        entry["errors"] = {"nik": ["Harus 16 angka."]} if len(str(sent["fields"].get("nik", "0" * 16))) != 16 else {}
        self.state["log"][name, sent["seq"]] = entry
        if not entry["errors"] and sent["record"] not in self.hold:
            self._merge(entry)

    def _merge(self, entry: dict[str, Any]) -> None:
        record = self.smallest(entry["sent"]["record"])
        before = self.show(record)
        entry["version"] = (before["version"] if before else 0) + 1
        after = self.show(record)
        as_sent = all(
            after["fields"].get(f) == v and f not in after["conflicts"] for f, v in entry["sent"]["fields"].items()
        )
        homes = {after["village"], before["village"] if before else after["village"]}
        for village in sorted(homes):
            self.state["stream"].append(
                {"record": record, "village": village, "by": entry["device"] if as_sent else None}
            )

    def release(self, record: str) -> None:
        """The scheduled run: what was only received is merged, and told later."""
        self.hold.discard(record)
        for (name, seq), entry in self.state["log"].items():
            if entry["sent"]["record"] == record and entry["version"] is None and not entry["errors"]:
                self._merge(entry)
                self.state["devices"][name]["events"].append(self.result(name, seq))

    def link(self, one: str, other: str) -> None:
        small, large = sorted((one, other))
        top = max([e["seq"] for (d, _), e in self.state["log"].items() if d == "hq1"], default=0) + 1
        merged = [self.show(record)["version"] for record in (small, large)]
        self.state["gone"][large] = small
        sent = {
            "seq": top,
            "kind": "link",
            "record": small,
            "village": "",
            "at": from_ms(self.now()),
            "fields": {},
            "seen": {},
        }
        self.state["log"]["hq1", top] = {
            "sent": sent,
            "device": "hq1",
            "seq": top,
            "version": sum(merged) + 1,
            "errors": {},
        }
        village = self.show(small)["village"]
        for record in (small, large):
            self.state["stream"].append({"record": record, "village": village, "by": None})

    def smallest(self, record: str) -> str:
        while record in self.state["gone"]:
            record = self.state["gone"][record]
        return record

    def result(self, name: str, seq: int) -> dict[str, Any]:
        entry = self.state["log"][name, seq]
        if entry["errors"]:
            return {"seq": seq, "status": "quarantined", "errors": entry["errors"]}
        if entry["version"] is None:
            return {"seq": seq, "status": "received"}
        conflicts = self.show(self.smallest(entry["sent"]["record"]))["conflicts"]
        fields = sorted(conflicts.keys() & entry["sent"]["fields"].keys())
        if fields:
            return {"seq": seq, "status": "conflict", "version": entry["version"], "fields": fields}
        return {"seq": seq, "status": "merged", "version": entry["version"]}

    # Merging: heads by `seen`, then by policy

    def show(self, record: str) -> dict[str, Any] | None:
        ids = {record} | {alias for alias in self.state["gone"] if self.smallest(alias) == record}
        merged = [e for e in self.state["log"].values() if e["version"] and e["sent"]["record"] in ids]
        if not merged:
            return None
        first = min(merged, key=lambda e: (not e["sent"]["record"].startswith(e["device"]), e["seq"]))["sent"]
        fields, conflicts = {}, {}
        for field in sorted({field for e in merged for field in e["sent"]["fields"]}):
            heads = self._heads([e for e in merged if field in e["sent"]["fields"]])
            key = lambda e: (to_ms(e["sent"]["at"]), e["device"], e["seq"])  # noqa: E731
            heads.sort(key=key, reverse=field not in REVIEW)
            values = [head["sent"]["fields"][field] for head in heads]
            fields[field] = values[0]
            if field in REVIEW and any(value != values[0] for value in values):
                conflicts[field] = [
                    {"value": head["sent"]["fields"][field], "by": head["device"], "at": head["sent"]["at"]}
                    for head in heads
                ]
        seen: dict[str, int] = {}
        for e in merged:
            seen[e["device"]] = max(seen.get(e["device"], 0), e["seq"])
        home = fields.get("village") if first["kind"] != "visit" else None
        return {
            "kind": first["kind"], "record": record, "village": home or first["village"], "seen": seen,
            "version": max(e["version"] for e in merged), "fields": fields, "conflicts": conflicts, "derived": {},
        }  # fmt: skip

    def _heads(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        def has_seen(a: dict[str, Any], b: dict[str, Any]) -> bool:
            if a["device"] == b["device"]:
                return b["seq"] < a["seq"]
            return b["seq"] <= a["sent"]["seen"].get(b["device"], 0)

        return [b for b in entries if not any(has_seen(a, b) for a in entries if a is not b)]

    # Telling

    def tell(self, name: str, device: dict[str, Any], asked: dict[str, Any]) -> tuple[list, dict[str, int], bool]:
        stream, room = self.state["stream"], asked.get("limit") or 1_000_000
        ours = asked.get("epoch") == self.state["epoch"]
        since = {v: asked.get("cursors", {}).get(v) if ours else None for v in device["villages"]}
        due: dict[str, dict[str, Any]] = {}
        for position, event in enumerate(stream, 1):
            at = since.get(event["village"], -1)
            if at == -1 or (at is not None and position <= at):
                continue
            mine = event["by"] == name and at is not None
            before = due.pop(event["record"], {"mine": True, "held": at is not None})
            due[event["record"]] = {**event, "at": position, "mine": before["mine"] and mine, "held": before["held"]}
        told: list[dict[str, Any]] = []
        last = 0
        for event in due.values():
            if event["mine"]:
                continue
            one = self._one(event["record"], device, event["held"])
            if one is None:
                continue
            room -= len(json.dumps(one))
            if told and room < 0:
                return told, {v: max(since[v] or 0, last) for v in since}, True
            told.append(one)
            last = event["at"]
        return told, dict.fromkeys(since, len(stream)), False

    def _one(self, record: str, device: dict[str, Any], held: bool) -> dict[str, Any] | None:
        if record in self.state["gone"]:
            return {"record": record, "gone": "linked", "into": self.smallest(record)} if held else None
        shown = self.show(record)
        if shown["village"] in device["villages"]:
            return shown
        return {"record": record, "gone": "moved"} if held else None

    # HTTP

    now = staticmethod(lambda: time.time_ns() // 1_000_000)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.busy:
            status, retry_after = self.busy.pop(0)
            return status, {"type": "urn:sambung:busy", "retry_after": retry_after}
        try:
            inflated = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
            if len(inflated) > self.max_bytes:
                raise No(413, "too-large")
            asked = json.loads(inflated)
            with self.lock:
                if path == "/api/v1/enrol":
                    return 201, self.enrol(asked)
                self.asked.append(asked)
                return 200, self.sync(headers.get("Authorization", "").removeprefix("Bearer "), asked)
        except No as no:
            return no.status, no.body
        except (ValueError, EOFError, gzip.BadGzipFile):
            return 400, {"type": "urn:sambung:bad-body"}


class Served:
    """A `FakeServer` behind real HTTP on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.server = FakeServer()
        fake = self.server

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                if len(body) < size:
                    self.close_connection = True
                    return
                status, answer = fake.answer(self.path, self.headers, body)
                packed = gzip.compress(json.dumps(answer).encode())
                fake.sizes.append((len(body), len(packed)))
                self.send_response(status)
                if answer.get("retry_after"):
                    self.send_header("Retry-After", answer["retry_after"])
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(packed)))
                self.end_headers()
                self.wfile.write(packed)

            def log_message(self, *_: Any) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"
        threading.Thread(target=self.httpd.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()
