"""Files that travel by hand, section 6 of the page: made here from the page alone."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from tests.protocol.world import Json, Phone, Served

ON_BOTH = True
SUITE = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)


def public_key(phone: Phone) -> KEMKey:
    text = phone.enrolled["server_key"]["public"]
    point = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return KEMKey.from_pyca_cryptography_key(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def sealed(phone: Phone, *changes: Json, token: str | None = None, **line: object) -> bytes:
    """A bundle as section 6 has it."""
    told = {"format": 1, "device": phone.id, "first": changes[0]["seq"], "last": changes[-1]["seq"]}
    first = json.dumps(told | {"key": phone.enrolled["server_key"]["id"]} | line).encode()
    enc, context = SUITE.create_sender_context(
        public_key(phone), info=b"sambung bundle 1", psk=sha256((token or phone.token).encode()).digest(),
        psk_id=phone.id.encode(),
    )
    plain = gzip.compress(json.dumps({"changes": changes}).encode())
    return first + b"\n" + enc + context.seal(plain, aad=first)


def hand_over(phone: Phone, content: bytes) -> object:
    return phone.served.call("POST", "/api/v1/bundles", data=content, Content_Type="application/octet-stream")


def test_a_bundle_is_the_same_act_as_a_sync(siti: Phone, budi: Phone) -> None:
    made = siti.change(), siti.change()
    answer = hand_over(siti, sealed(siti, *made))
    assert answer.status == 200, answer
    assert answer.json["acked"] == 2 and [one["status"] for one in answer.json["results"]] == ["merged", "merged"]
    assert "records" not in answer.json
    assert made[0]["record"] in budi.pull()
    assert siti.sync(*made)["acked"] == 2  # sent as well, it changes nothing
    again = hand_over(siti, sealed(siti, *made))
    assert again.status == 200 and again.json["results"] == answer.json["results"]


def test_a_bundle_from_beyond_the_next_is_a_gap(siti: Phone) -> None:
    siti.seq = 3
    answer = hand_over(siti, sealed(siti, siti.change()))
    assert (answer.status, answer.slug, answer.json["acked"]) == (409, "gap", 0)


def test_a_file_that_was_altered_or_cut_or_is_anothers_is_refused_whole(siti: Phone, budi: Phone) -> None:
    content = sealed(siti, siti.change())
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    renamed = content.replace(siti.id.encode(), budi.id.encode(), 1)
    relabelled = content.replace(b'"last": 1', b'"last": 2', 1)
    unknown = [sealed(siti, siti.change(seq=1), **line) for line in ({"format": 2}, {"key": "none"}, {"device": "zzzzzz"})]
    forged = sealed(siti, siti.change(seq=1), token=budi.token)
    for wrong in (flipped, renamed, relabelled, forged, *unknown, content[:-1], content[:30], b""):
        answer = hand_over(siti, wrong)
        assert 400 <= answer.status < 500 and answer.json["detail"]
    assert siti.sync()["acked"] == 0


def test_a_bundle_of_a_twin_is_found_as_its_sync_would_be_and_takes_nothing(siti: Phone) -> None:
    siti.sync(siti.change())
    answer = hand_over(siti, sealed(siti, siti.change(seq=1, fields={"full_name": "Lain"}), siti.change(seq=2)))
    assert (answer.status, answer.slug, answer.json["seq"], answer.json["acked"]) == (409, "forked", 1, 1)
    assert siti.sync()["acked"] == 1


def test_a_bundle_may_hold_bad_data_and_is_told_so_change_by_change(siti: Phone) -> None:
    made = siti.change(fields={"nik": "1"}), siti.change(), siti.edit("zzzzzz-1", rt="001")
    answer = hand_over(siti, sealed(siti, *made))
    assert [one["status"] for one in answer.json["results"]] == ["quarantined", "merged", "received"]
    assert answer.json["results"][0]["errors"] and answer.json["acked"] == 3


def test_a_photo_named_in_a_bundle_is_asked_for_when_the_phone_next_has_a_line(siti: Phone) -> None:
    value = {"sha256": "a" * 64, "size": 5000, "type": "image/jpeg"}
    made = siti.change()
    made["fields"]["photo_ktp"] = value
    assert "wanted" not in hand_over(siti, sealed(siti, made)).json
    assert siti.sync()["wanted"] == ["sha256:" + "a" * 64]


def test_what_a_revoked_devices_bundle_holds_is_quarantined(siti: Phone) -> None:
    assert siti.served.run("revoke", siti.id).code == 0
    assert siti.post({"changes": []}).slug == "device-revoked"
    answer = hand_over(siti, sealed(siti, siti.change()))
    assert answer.status == 200 and answer.json["acked"] == 1
    assert answer.json["results"][0]["status"] == "quarantined" and answer.json["results"][0]["errors"]


def test_a_bundle_is_imported_at_the_command_line_also_by_a_server_that_was_restored(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    served = serve()
    siti = served.phone(served.village())
    file, copy = tmp_path / "siti.sambung", tmp_path / "night.backup"
    file.write_bytes(sealed(siti, siti.change()))
    assert served.run("backup", str(copy)).code == 0
    served.stop()
    assert served.run("restore", str(copy)).code == 0
    done = served.run("import", str(file), "--json")
    assert done.json[0]["acked"] == 1 and done.json[0]["results"] == {"merged": 1}
    served.start()
    told = siti.sync()
    assert told["acked"] == 1 and told["server_key"].keys() >= {"id", "public"}  # another life may have another key
