"""Pictures for the story: a card that nobody ever had, drawn bit by bit, so that no picture lies in the repository."""

from __future__ import annotations

import struct
import zlib
from random import Random

WIDTH, HEIGHT = 640, 404  # as a card is: 85.6 by 54 mm
PAPER, INK, BAR, SKIN, SHIRT = (198, 222, 235), (52, 74, 92), (92, 118, 138), (188, 150, 120), (96, 110, 150)
MARGIN, LINE, LINES = 36, 30, 9
FACE = (455, 105, 600, 300)

Color = tuple[int, int, int]


def card(seed: str) -> bytes:
    """A PNG that looks like an identity card from afar: bars where words would be, a face without a person."""
    rng = Random(seed)
    rows = [[PAPER] * WIDTH for _ in range(HEIGHT)]
    _fill(rows, 150, 24, 490, 40, INK)
    _fill(rows, 190, 50, 450, 62, BAR)
    _fill(rows, MARGIN, 84, 400, 104, INK)
    for line in range(LINES):
        top = 124 + line * LINE
        _fill(rows, MARGIN, top, MARGIN + 90, top + 12, BAR)
        _fill(rows, MARGIN + 110, top, MARGIN + 110 + rng.randint(90, 270), top + 12, INK)
    left, top, right, bottom = FACE
    _fill(rows, left, top, right, bottom, (214, 96, 80))
    _disk(rows, (left + right) // 2, top + 75, 42, SKIN)
    _disk(rows, (left + right) // 2, bottom + 10, 68, SHIRT, bottom)
    return _png(rows)


def _fill(rows: list[list[Color]], left: int, top: int, right: int, bottom: int, color: Color) -> None:
    for y in range(top, bottom):
        rows[y][left:right] = [color] * (right - left)


def _disk(rows: list[list[Color]], x: int, y: int, radius: int, color: Color, lowest: int = HEIGHT) -> None:
    for row in range(max(0, y - radius), min(lowest, y + radius)):
        half = int((radius**2 - (row - y) ** 2) ** 0.5)
        _fill(rows, x - half, row, x + half, row + 1, color)


def _png(rows: list[list[Color]]) -> bytes:
    """The picture as a PNG of eight bits a colour."""
    raw = b"".join(b"\0" + bytes(part for color in row for part in color) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
