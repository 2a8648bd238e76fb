"""`python -m bench [part ...] [--full]`: measure, show the table, and put it into results.md."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time

from bench.report import table, write
from bench.served import say_nothing

PARTS = {
    "sync": "A sync request, beside its floors",
    "flat": "The same in a full store",
    "pull": "Being told, and what one device's line carries",
    "load": "Many devices at once",
    "validation": "Judging",
    "coverage": "Coverage",
    "linkage": "Likely doubles",
    "lists": "A branch's list of half a million rows",
    "desks": "The desks' pages, with a million workers in the store",
    "phone": "The phone's app, in a real Chromium",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; none: all of them")
    parser.add_argument("--full", action="store_true", help="fill the store with a million records: some minutes more")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    say_nothing()
    for name in asked.parts or PARTS:
        _measure(name, asked.full)


def _measure(name: str, full: bool) -> None:
    """Measure one part; it stands in results.md as soon as it is known."""
    began = time.monotonic()
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1):
        print("This machine is busy; the ratios hold, the times will be too long.", file=sys.stderr)
    part = importlib.import_module(f"bench.{name}")
    rows = part.measure(full) if name == "flat" else part.measure()
    print(f"\n{PARTS[name]} ({time.monotonic() - began:.0f} s)\n\n{table(rows)}", flush=True)
    write(name, PARTS[name], rows)


if __name__ == "__main__":
    main()
