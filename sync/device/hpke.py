"""Sealing to the server's key by HPKE (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

What is sealed is `enc` (65 bytes, an uncompressed point) and the ciphertext, one after the other. With a `psk` (and
its id) mode PSK is meant, without one mode base. The other end is opened here too, so that both agree on every byte.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from pyhpke.exceptions import PyHPKEError

_SUITE = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
ENC_BYTES = 65
TAG_BYTES = 16


class CantOpen(ValueError):
    """It was cut or altered, or is sealed for another key, or with another shared key: which can't be told."""


class Shared(NamedTuple):
    """psk: bytes that both ends know. id: of whom."""

    psk: bytes
    id: bytes


NOBODY = Shared(b"", b"")


def seal(public: str, plain: bytes, info: bytes, beside: bytes, shared: Shared = NOBODY) -> bytes:
    """public: the server's key, in base64url as it is told. beside: is authenticated with it, not in it."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(public))
    to = KEMKey.from_pyca_cryptography_key(point)
    enc, context = _SUITE.create_sender_context(to, info=info, psk=shared.psk, psk_id=shared.id)
    return enc + context.seal(plain, aad=beside)


def open_sealed(private: bytes, sealed: bytes, info: bytes, beside: bytes, shared: Shared = NOBODY) -> bytes:
    """private: the server's half in PKCS #8. Raises CantOpen."""
    if len(sealed) < ENC_BYTES + TAG_BYTES:
        raise CantOpen
    key = load_der_private_key(private, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # made by `server.sealing.new_key_pair`
    own = KEMKey.from_pyca_cryptography_key(key)
    try:
        context = _SUITE.create_recipient_context(
            sealed[:ENC_BYTES], own, info=info, psk=shared.psk, psk_id=shared.id
        )  # fmt: skip
        return context.open(sealed[ENC_BYTES:], aad=beside)
    except (PyHPKEError, ValueError):  # ValueError: `enc` is no point of the curve
        raise CantOpen from None


def unbase64url(text: str) -> bytes:
    """Raises ValueError for what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
