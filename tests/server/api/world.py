"""A small district with everything in it that a desk meets: a conflict, a quarantined change, one that waits."""

from __future__ import annotations

from typing import NamedTuple

from tests.server.installation import ELSEWHERE, VILLAGE, WORKER, Installation, Phone

DISTRICT, REGENCY, OTHER_REGENCY = "64.02.11", "64.02", "64.03"
NAMES = ("Nur Hayati", "Nur Hayat", "Nurhayati", "6402115207909001", "Rahasia Betul", "Siti Aminah", "Budi Santoso")
"""What stands for a person in the district: no answer may hold any of it for who may not see people there."""
FAR_NAMES = ("Orang Jauh", "6403055207909002")


class World(NamedTuple):
    """record: of a worker whose name is in conflict. other: of another worker. quarantined, waiting: (device, seq)."""

    server: Installation
    siti: Phone
    budi: Phone
    far: Phone
    record: str
    other: str
    far_record: str
    quarantined: tuple[str, int]
    waiting: tuple[str, int]


def build(server: Installation) -> World:
    siti, budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE, officer="Budi Santoso")
    far = server.enrolled(ELSEWHERE, officer="Petugas Jauh")
    record, other = f"{siti.id}-1", f"{siti.id}-2"
    siti.sync(siti.change(), siti.change(fields=WORKER | {"nik": "6402115207909003"}))
    siti.sync(siti.change(1, {"full_name": "Nurhayati"}))
    answer = budi.sync(budi.change(record, {"full_name": "Nur Hayat"}, seen={siti.id: 1}))
    assert answer["results"][0]["status"] == "conflict"
    answer = budi.sync(
        budi.change(fields={"full_name": "Rahasia Betul", "sex": "?"}),
        budi.change(f"{siti.id}-77", {"notes": "Rahasia Betul"}),
    )
    assert [result["status"] for result in answer["results"]] == ["quarantined", "received"]
    far.sync(far.change(fields=WORKER | {"full_name": FAR_NAMES[0], "nik": FAR_NAMES[1]}))
    return World(
        server, siti, budi, far, record, other, f"{far.id}-1",
        quarantined=(budi.id, 2), waiting=(budi.id, 3),
    )  # fmt: skip
