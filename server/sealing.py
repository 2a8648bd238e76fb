"""Keys and sealed things: what is secret is never readable in the database or in a backup."""

from __future__ import annotations

import base64
import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

NONCE_BYTES = 12


class NoSecret(RuntimeError):
    """A secret that is needed is neither set nor in its file."""


def hash_token(token: str) -> bytes:
    """Tokens and codes are random enough that one SHA-256 hides them; only this is stored."""
    return sha256(token.encode()).digest()


def new_token() -> str:
    """256 random bits, as they go into `Authorization: Bearer`."""
    return secrets.token_urlsafe(32)


def read_secret(setting: str, path: Path) -> bytes:
    """32 bytes: from the setting (base64url), else from the file. Raises NoSecret."""
    text = setting or (path.read_text().strip() if path.exists() else "")
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise NoSecret(f"{path.name}: 32 bytes in base64url are needed; `sambung init` makes the file {path}")
    return secret


def make_secret_file(path: Path) -> bool:
    """Make a secret of our own unless the file is there; only its owner can read it. True when it was made."""
    if path.exists():
        return False
    write_secret_file(path, secrets.token_bytes(32))
    return True


def write_secret_file(path: Path, secret: bytes) -> None:
    """Keep a secret in a new file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(base64.urlsafe_b64encode(secret).decode().rstrip("=") + "\n")
        file.flush()
        os.fsync(file.fileno())


def seal(secret: bytes, plain: bytes, label: str) -> bytes:
    """AES-256-GCM; `label` says what it is, and must be the same when it is opened."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, plain, label.encode())


def unseal(secret: bytes, sealed: bytes, label: str) -> bytes:
    """Raises cryptography's InvalidTag when it was altered, or is sealed otherwise."""
    return AESGCM(secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], label.encode())


def new_key_pair() -> tuple[str, bytes]:
    """A P-256 pair for files that phones seal for us (protocol section 6): public half in base64url, private half."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.urlsafe_b64encode(public).decode().rstrip("="), secret
