"""What must outlive a restore, kept in a file beside the database: ids given out, revocations, erasures.

A backup is older than the present. What was revoked or erased since is applied again from here, and no device id is
given to two phones. Each line is JSON; a line is on the disk before the act that it tells of is answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "ledger.jsonl"


def note(data_dir: Path, **what: Any) -> None:
    """Add one line: device=…, or revoked=… with token=…, or erased=…; no person's data."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with open(data_dir / NAME, "a", encoding="utf-8") as file:
        file.write(json.dumps(what, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def lines(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Every line that is whole; one that a power cut tore is passed over."""
    path = data_dir / NAME
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def given_ids(data_dir: Path) -> set[str]:
    """Every device id that was ever given out here."""
    return {line["device"] for line in lines(data_dir) if "device" in line}
