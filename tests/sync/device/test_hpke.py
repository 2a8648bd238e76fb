"""HPKE as the bundle's page says it: held against RFC 9180 written out, and against the library that phones use."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from server.sealing import new_key_pair
from sync.device.hpke import ENC_BYTES, NOBODY, CantOpen, Shared, base64url, open_sealed, seal, unbase64url

ROOT = Path(__file__).resolve().parents[3]
PUBLIC, PRIVATE = new_key_pair()
LIBRARY = ROOT / "node_modules" / "@hpke" / "core"


def extract(salt: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), key, "sha256")


def expand(key: bytes, info: bytes, length: int) -> bytes:
    out, block, count = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(key, block + info + bytes([count]), "sha256")
        out, count = out + block, count + 1
    return out[:length]


def as_the_rfc_opens(sealed: bytes, info: bytes, beside: bytes, shared: Shared) -> bytes:
    """RFC 9180, sections 4.1, 5.1 and 5.2, step by step: KEM 0x0010, KDF 0x0001, AEAD 0x0002."""
    kem, suite = b"KEM\x00\x10", b"HPKE\x00\x10\x00\x01\x00\x02"
    enc, ciphertext = sealed[:ENC_BYTES], sealed[ENC_BYTES:]
    private = load_der_private_key(PRIVATE, None)
    shared_point = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc))
    prk = extract(b"", b"HPKE-v1" + kem + b"eae_prk" + shared_point)
    context = enc + unbase64url(PUBLIC)
    secret = expand(prk, b"\x00\x20" + b"HPKE-v1" + kem + b"shared_secret" + context, 32)

    def labeled_extract(salt: bytes, label: bytes, key: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + suite + label + key)

    def labeled_expand(prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
        return expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)

    mode = b"\x01" if shared.psk else b"\x00"
    schedule = mode + labeled_extract(b"", b"psk_id_hash", shared.id) + labeled_extract(b"", b"info_hash", info)
    schedule_secret = labeled_extract(secret, b"secret", shared.psk)
    key = labeled_expand(schedule_secret, b"key", schedule, 32)
    nonce = labeled_expand(schedule_secret, b"base_nonce", schedule, 12)
    return AESGCM(key).decrypt(nonce, ciphertext, beside)


shares = st.sampled_from([NOBODY, Shared(hashlib.sha256(b"token").digest(), b"k7f3q2")])


@given(st.binary(max_size=300), st.binary(max_size=40), st.binary(max_size=40), shares)
def test_what_is_sealed_opens_again_and_as_the_rfc_says(plain: bytes, info: bytes, beside: bytes, shared: Shared) -> None:
    sealed = seal(PUBLIC, plain, info, beside, shared)
    assert open_sealed(PRIVATE, sealed, info, beside, shared) == plain == as_the_rfc_opens(sealed, info, beside, shared)


@pytest.mark.parametrize("place", [0, 1, 30, 64, 65, 70, -17, -1])
def test_not_a_bit_of_it_can_be_altered(place: int) -> None:
    sealed = bytearray(seal(PUBLIC, b"halo" * 10, b"info", b"beside"))
    sealed[place] ^= 1
    with pytest.raises(CantOpen):
        open_sealed(PRIVATE, bytes(sealed), b"info", b"beside")


def test_nothing_opens_with_another_key_info_line_or_token() -> None:
    shared = Shared(b"a" * 32, b"k7f3q2")
    sealed = seal(PUBLIC, b"halo", b"info", b"beside", shared)
    other = new_key_pair()[1]
    for private, info, beside, by in [
        (other, b"info", b"beside", shared), (PRIVATE, b"infos", b"beside", shared), (PRIVATE, b"info", b"besides", shared),
        (PRIVATE, b"info", b"beside", NOBODY), (PRIVATE, b"info", b"beside", shared._replace(psk=b"b" * 32)),
        (PRIVATE, b"info", b"beside", shared._replace(id=b"k7f3q3")),
    ]:  # fmt: skip
        with pytest.raises(CantOpen):
            open_sealed(private, sealed, info, beside, by)


@pytest.mark.parametrize("length", [0, 1, 64, 65, 80])
def test_what_is_too_short_to_be_sealed_is_not_opened(length: int) -> None:
    with pytest.raises(CantOpen):
        open_sealed(PRIVATE, bytes(length), b"", b"")


@pytest.mark.parametrize("text", ["ä", "a===", "a b", "x", "=" * 5])
def test_no_base64url_is_read_out_of_anything_else(text: str) -> None:
    with pytest.raises(ValueError):
        unbase64url(text)
    assert unbase64url(base64url(b"\xff\xfe")) == b"\xff\xfe"


SCRIPT = """
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
const { key, psk, id, info, beside, plain } = JSON.parse(process.argv[1])
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url')).buffer
const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(key))
const shared = psk ? { psk: { key: bytes(psk), id: bytes(id) } } : {}
const sender = await suite.createSenderContext({ recipientPublicKey, info: bytes(info), ...shared })
const sealed = await sender.seal(bytes(plain), bytes(beside))
console.log(Buffer.concat([Buffer.from(sender.enc), Buffer.from(sealed)]).toString('base64url'))
"""


@pytest.mark.skipif(not shutil.which("node") or not LIBRARY.is_dir(), reason="what phones seal with is not installed")
@pytest.mark.parametrize("shared", [NOBODY, Shared(hashlib.sha256(b"token").digest(), b"k7f3q2")])
def test_what_a_phone_seals_opens_here(shared: Shared) -> None:
    given = {"key": PUBLIC, "psk": base64url(shared.psk), "id": base64url(shared.id)}
    given |= {"info": base64url(b"sambung bundle 1"), "beside": base64url(b"{}"), "plain": base64url(b"halo")}
    command = ["node", "--input-type=module", "-e", SCRIPT, json.dumps(given)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert open_sealed(PRIVATE, unbase64url(told.stdout.strip()), b"sambung bundle 1", b"{}", shared) == b"halo"
