"""Photos and signatures travel after the data."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from random import Random

from tests.browser.form import Person, register
from tests.browser.handset import Handset
from tests.browser.installation import ServedApp
from tests.browser.line import Line
from tests.protocol.world import Phone


def picture(path: Path, wide: int = 700, high: int = 500) -> Path:
    """A card in front of a lens: noise, which no codec makes small."""
    noise = Random(4417)
    rows = b"".join(b"\0" + noise.randbytes(wide * 3) for _ in range(high))

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    chunks = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows, 1)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def test_photo_and_signature_come_after_the_data_and_go_on_where_they_were_cut(
    served: ServedApp, village: str, siti: Handset, line: Line, colleague: Phone, tmp_path: Path
):
    siti.go_offline()
    person = Person(1, village)
    register(siti, served.known_form("worker"), person, photo=picture(tmp_path / "ktp.png"), sign=True)
    siti.home()
    before = line.passed[0]
    line.cut_up, line.most_cuts = 5_000, 4
    siti.go_online()
    siti.sent(120)
    assert line.cuts == 4

    (told,) = colleague.pull().values()
    fields = told["fields"]
    for name in ("photo_ktp", "signature"):
        value = fields[name]
        got = served.call("GET", f"/api/v1/files/{value['sha256']}", token=colleague.token)
        assert got.status == 200 and len(got.body) == value["size"] and value["type"].startswith("image/")
    size = fields["photo_ktp"]["size"]
    assert size > 30_000
    assert line.passed[0] - before < 2 * size, "what had arrived before a cut was not sent again"
    heads = {got.read_bytes()[:4] for got in served.folder.rglob("*") if got.is_file() and "files" in got.parts[-4:-1]}
    assert heads and not heads & {b"RIFF", b"\xff\xd8\xff\xe0", b"\x89PNG"}, "sealed as it lies there"
