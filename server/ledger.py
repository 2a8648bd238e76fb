"""What must outlive a restore, kept in a file beside the database: ids given out, revocations, erasures, anchors.

A backup is older than the present. What was revoked or erased since is applied again from here, and no device id is
given to two phones. An anchor is the number and hash of the audit log's last entry at a moment: a log that was cut or
written anew as a whole no longer fits it. Each line is JSON; it is on the disk before the act that it tells of is answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

NAME = "ledger.jsonl"
WORDS = ("revoked", "erased", "device", "anchor", "anew")
"""One of them in each line says what it tells of."""


def note(data_dir: Path, **what: Any) -> None:
    """Add one line: device=…, or revoked=… with token=…, or erased=… with village=…, or anchor=… with hash=…, or anew=…;
    no person's data.
    """
    _add(data_dir, [what])


def note_missing(data_dir: Path, told: Iterable[dict[str, Any]]) -> None:
    """Add those lines of another ledger whose device, revocation or erasure this one does not tell yet."""
    known = {_about(line) for line in lines(data_dir)}
    _add(data_dir, [line for line in told if _about(line) not in known])


def _about(line: dict[str, Any]) -> tuple[str, Any]:
    word = next(word for word in WORDS if word in line)
    return word, (line[word], line.get("hash")) if word == "anchor" else line[word]


def _add(data_dir: Path, told: list[dict[str, Any]]) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    with open(data_dir / NAME, "ab+") as file:
        if file.seek(0, os.SEEK_END) and not _ends_whole(file):
            file.write(b"\n")  # a power cut tore the last line: it must not swallow the next one
        file.writelines(json.dumps(line, sort_keys=True).encode() + b"\n" for line in told)
        file.flush()
        os.fsync(file.fileno())


def _ends_whole(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def lines(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Every line that is whole; one that a power cut tore is passed over."""
    path = data_dir / NAME
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.keys() & set(WORDS):
            yield told


def given_ids(data_dir: Path) -> set[str]:
    """Every device id that was ever given out here."""
    return {line["device"] for line in lines(data_dir) if "device" in line}


def anchors(data_dir: Path) -> dict[int, str]:
    """Number -> hash of entries of the audit log as they were noted, since a restore last began the numbers anew."""
    found: dict[int, str] = {}
    for line in lines(data_dir):
        if "anew" in line:
            found.clear()
        elif "anchor" in line:
            found[line["anchor"]] = line["hash"]
    return found
