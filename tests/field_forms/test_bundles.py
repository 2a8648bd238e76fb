"""What a phone seals, opened by the server's own hands: the bundle that goes by hand, and the key of a forgotten PIN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from server.sealing import new_key_pair
from sync.device.bundle import BadBundle, inflate_within, open_bundle, read_head, seal_bundle
from sync.device.hpke import open_sealed
from tests.field_forms.vitest import needs_node, run, served_in
from tests.protocol.world import WORKER, Served

pytestmark = needs_node
DEVICE, TOKEN = "k7f3q2", "rahasia-ketinting-43"
RAW_KEY = list(range(200, 232))


def text_of(seq: int) -> str:
    return json.dumps({
        "seq": seq, "kind": "worker", "record": f"{DEVICE}-{seq}", "village": "64.02.11.2005",
        "at": "2026-11-20T08:11:12.003Z", "form": "worker@1", "fields": {"full_name": f"Ñur Hayati {seq}", "notes": "“x”"},
    }, ensure_ascii=False)  # fmt: skip


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a phone made of twelve changes that wait from 19 on, for a server whose bound is small."""
    public, private = new_key_pair()
    out = tmp_path_factory.mktemp("sealed")
    texts = [text_of(seq) for seq in range(19, 31)]
    run("carried.test.ts", {
        "what": "seal", "device": DEVICE, "token": TOKEN, "key": {"id": "7", "public": public}, "texts": texts,
        "maxBytes": 1200, "raw": RAW_KEY, "out": str(out),
    })  # fmt: skip
    return {"folder": out, "private": private, "public": public, "texts": texts}


def opened(content: bytes, private: bytes, token: str = TOKEN) -> dict[str, Any]:
    head = read_head(content)
    body = open_bundle(content, head, private, sha256(token.encode()).digest(), inflate_within(1200))
    return json.loads(body)


def bundles_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sambung"), key=lambda path: int(path.stem.split("-")[2]))


def test_the_server_reads_every_change_that_a_phone_sealed_byte_for_byte_and_in_order(sealed):
    paths = bundles_in(sealed["folder"])
    assert len(paths) > 1  # the server's bound is kept
    read, next_seq = [], 19
    for path in paths:
        content = path.read_bytes()
        head = read_head(content)
        assert (head.device, head.key, head.first) == (DEVICE, "7", next_seq)
        assert path.name == f"sambung-{DEVICE}-{head.first}-{head.last}.sambung"
        changes = opened(content, sealed["private"])["changes"]
        assert [change["seq"] for change in changes] == list(range(head.first, head.last + 1))
        read += changes
        next_seq = head.last + 1
    assert read == [json.loads(text) for text in sealed["texts"]]


def test_phone_and_laptop_write_the_first_line_alike(sealed):
    content = bundles_in(sealed["folder"])[0].read_bytes()
    head = read_head(content)
    changes = [(seq, text_of(seq)) for seq in range(head.first, head.last + 1)]
    other = seal_bundle(DEVICE, TOKEN, {"id": "7", "public": sealed["public"]}, changes)
    assert (read_head(other.content).line, other.name) == (head.line, bundles_in(sealed["folder"])[0].name)
    assert opened(other.content, sealed["private"]) == opened(content, sealed["private"])


def test_who_carries_a_bundle_reads_nothing_of_it(sealed):
    content = bundles_in(sealed["folder"])[0].read_bytes()
    assert b"Hayati" not in content and TOKEN.encode() not in content


def test_a_bundle_altered_in_any_byte_or_cut_anywhere_is_refused_whole(sealed):
    content = bundles_in(sealed["folder"])[0].read_bytes()
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1
        with pytest.raises(BadBundle):
            opened(bytes(altered), sealed["private"])
        with pytest.raises(BadBundle):
            opened(content[:place], sealed["private"])


def test_a_bundle_is_no_bundle_of_a_phone_with_another_token(sealed):
    with pytest.raises(BadBundle):
        opened(bundles_in(sealed["folder"])[0].read_bytes(), sealed["private"], token="lain")


def test_the_key_of_a_forgotten_pin_comes_back_from_the_server_alone(sealed):
    wrapped = (sealed["folder"] / "wrapped").read_bytes()
    assert list(open_sealed(sealed["private"], wrapped, b"sambung recovery 1", DEVICE.encode())) == RAW_KEY
    with pytest.raises(ValueError):
        open_sealed(new_key_pair()[1], wrapped, b"sambung recovery 1", DEVICE.encode())


# Against a server --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served_in(tmp_path_factory.mktemp("bundles"))


def workers(count: int) -> list[dict[str, Any]]:
    return [WORKER | {"nik": f"640211520790{9000 + n}", "full_name": f"Wening Contoh {n}"} for n in range(count)]


def written(
    served: Served, village: str, out: Path, count: int = 3, post: bool = False, given_up: list[int] | None = None
) -> dict[str, Any]:
    run("carried.test.ts", {
        "what": "outbox", "url": served.url, "code": served.code(village), "village": village,
        "workers": workers(count), "post": post, "givenUp": given_up or [], "out": str(out),
    })  # fmt: skip
    return json.loads((out / "told.json").read_text())


def test_what_an_officer_could_not_send_arrives_by_another_ones_hand_once_however_often_it_is_given(served, tmp_path):
    village = served.village()
    told = written(served, village, tmp_path)
    (path,) = bundles_in(tmp_path)
    content = path.read_bytes()
    altered = content[:-1] + bytes([content[-1] ^ 1])
    for bad in (altered, content[:-7], content + b"x"):
        assert served.call("POST", "/api/v1/bundles", data=bad).slug == "bundle-refused"
    for _ in range(2):
        answer = served.call("POST", "/api/v1/bundles", data=content, Content_Type="application/octet-stream")
        assert (answer.status, answer.json["acked"]) == (200, 3)
    served.merge_now()
    held = served.phone(village, officer="Hakim").pull()
    assert sorted(record["fields"]["full_name"] for record in held.values()) == [f"Wening Contoh {n}" for n in range(3)]
    assert all(record.startswith(told["device"]) for record in held)


def test_what_follows_on_a_form_that_can_not_be_sent_arrives_by_hand_all_the_same(served, tmp_path):
    village = served.village()
    written(served, village, tmp_path, count=5, given_up=[1, 4])
    (path,) = bundles_in(tmp_path)
    answer = served.call("POST", "/api/v1/bundles", data=path.read_bytes(), Content_Type="application/octet-stream")
    assert (answer.status, answer.json["acked"]) == (200, 5)
    served.merge_now()
    held = served.phone(village, officer="Hakim").pull()
    assert sorted(record["fields"]["full_name"] for record in held.values()) == [f"Wening Contoh {n}" for n in (1, 2, 4)]


def test_a_phone_that_finds_the_server_hands_over_by_itself(served, tmp_path):
    village = served.village()
    assert written(served, village, tmp_path, count=2, post=True)["acked"] == [2]


def test_what_a_revoked_phone_hands_over_is_kept_for_a_person_to_look_at(served, tmp_path):
    village = served.village()
    told = written(served, village, tmp_path, count=2)
    assert served.run("revoke", told["device"]).code == 0
    (path,) = bundles_in(tmp_path)
    answer = served.call("POST", "/api/v1/bundles", data=path.read_bytes(), Content_Type="application/octet-stream")
    assert answer.status == 200 and answer.json["acked"] == 2
    assert {result["status"] for result in answer.json["results"]} == {"quarantined"}
    assert served.phone(village, officer="Hakim").pull() == {}
