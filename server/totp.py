"""The second factor: codes of six digits that an authenticator app shows, a new one every 30 seconds (RFC 6238)."""

from __future__ import annotations

import hmac

import pyotp

STEP_SECONDS = 30
NEIGHBOURS = 1  # steps before and after: a phone's clock may be half a minute off
ISSUER = "Sambung Desa"


def new_secret() -> str:
    """A secret of 160 bits in base 32, as apps take it."""
    return pyotp.random_base32()


def address_of(secret: str, name: str) -> str:
    """The `otpauth://` address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: int) -> int | None:
    """The step whose code this is, now (milliseconds) or next to it; None for a wrong one."""
    typed = "".join(letter for letter in code if letter in "0123456789")
    current = now // 1000 // STEP_SECONDS
    steps = range(current - NEIGHBOURS, current + NEIGHBOURS + 1)
    right = [step for step in steps if hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP_SECONDS), typed)]
    return right[0] if right else None
