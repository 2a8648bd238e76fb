"""The country's region codes and names, as set-up leaves them beside this module and the wheel carries them.

npm brings the data as one CSV a level (package idn-area-data). `python -m server.store.regions_data FOLDER`
turns them into one small file, because a server that runs has neither node_modules nor need of five files.
Parents are not kept: a code says its own (64.02.01.2001 lies in 64.02.01).
"""

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
REGIONS_FILE = HERE / "regions.csv.gz"
ATTRIBUTION_FILE = HERE / "regions.attribution.txt"

LEVELS = ("provinces", "regencies", "districts", "villages")

# Wherever names or codes are shown to the public, this line is shown with them: the data's licence asks for it.
ATTRIBUTION = (
    "Kode dan nama wilayah: idn-area-data (github.com/fityannugroho/idn-area-data), lisensi Open Database License"
    " (ODbL) 1.0, opendatacommons.org/licenses/odbl/1-0."
    " / Region codes and names: idn-area-data, made available under the Open Database License (ODbL) 1.0."
)


class RegionsMissing(Exception):
    """The region file was never built here; its text, in both languages, says how to build it."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"Data wilayah tidak ada ({file.name}). Jalankan `make setup` di folder proyek, lalu ulangi."
            f" / The region data is missing ({file.name}). Run `make setup` in the project's folder, then try again."
        )


def read_regions(file: Path = REGIONS_FILE) -> Iterator[tuple[str, str]]:
    """Yield (code, name) of every province, regency, kecamatan and village, a parent always before its children.

    Some 91,600 pairs; the nation itself is not among them.
    Raises RegionsMissing, at the call and not at the first pair, when set-up never built the file.
    """
    try:
        text = gzip.decompress(file.read_bytes()).decode()
    except FileNotFoundError:
        raise RegionsMissing(file) from None
    return ((code, name) for code, name in csv.reader(io.StringIO(text, newline="")))


def build(package: Path, file: Path = REGIONS_FILE, attribution: Path = ATTRIBUTION_FILE) -> int:
    """Turn the npm package at `package` into `file`, with its licence line beside it; return how many regions."""
    rows = sorted(row for level in LEVELS for row in _level(package / "data" / f"{level}.csv"))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    _write(attribution, f"{ATTRIBUTION}\nidn-area-data {version}\n".encode())
    _write(file, gzip.compress(text.getvalue().encode(), mtime=0))  # no time in it: the same data, the same bytes
    return len(rows)


def _level(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["code"], row["name"]


def _write(file: Path, content: bytes) -> None:
    # Whole or not at all: a set-up that was cut short must not leave half a country behind.
    draft = file.with_name(file.name + ".new")
    draft.write_bytes(content)
    os.replace(draft, file)


if __name__ == "__main__":
    print(f"{build(Path(sys.argv[1])):,} regions -> {REGIONS_FILE.name}")
