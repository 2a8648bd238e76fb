"""What the pages load: our own style and script, and two files that npm brings; browsers keep them for good.

`python -m server.console.assets FOLDER` copies npm's files from node_modules beside ours, as set-up does.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

FROM_NPM = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "pico.css": "@picocss/pico/css/pico.min.css",
}
VENDOR = "vendor"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    raw: bytes
    pressed: bytes
    type: str
    version: str


class NotBuilt(RuntimeError):
    """npm's files are not there yet: `make assets` brings them."""


@lru_cache
def assets() -> dict[str, Asset]:
    """Every file by its name. Raises NotBuilt."""
    folder = files("server.console") / "static"
    found = {each.name: each for place in (folder, folder / VENDOR) if place.is_dir() for each in place.iterdir()}
    if FROM_NPM.keys() - found.keys():
        raise NotBuilt("server/console/static/vendor")
    return {
        name: _asset(name, each.read_bytes()) for name, each in sorted(found.items()) if Path(name).suffix in TYPES
    }


def _asset(name: str, raw: bytes) -> Asset:
    return Asset(raw, gzip.compress(raw, 9, mtime=0), TYPES[Path(name).suffix], sha256(raw).hexdigest()[:12])


def main(node_modules: Path) -> None:
    target = Path(__file__).parent / "static" / VENDOR
    target.mkdir(parents=True, exist_ok=True)
    for name, source in FROM_NPM.items():
        shutil.copyfile(node_modules / source, target / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
