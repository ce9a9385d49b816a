"""SSH's binary formats, as far as a person needs them explained: fingerprints, and the key inside a signature.

PROTOCOL.sshsig of OpenSSH. Whether a signature is good is never decided here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Final

_MAGIC: Final = b"SSHSIG"
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"


def fingerprint_of(key_blob: bytes) -> str:
    """Return a public key's fingerprint as OpenSSH shows it: ``SHA256:…``."""
    digest = base64.b64encode(hashlib.sha256(key_blob).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def key_blob_of(public_key: str) -> bytes | None:
    """Return the key of a ``.pub`` line, ``ssh-ed25519 AAAA… comment``; None where it is none."""
    parts = public_key.split()
    if len(parts) < 2:
        return None
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = parts[0].encode("ascii", "replace")
    return blob if blob.startswith(struct.pack(">I", len(kind)) + kind) else None


def signing_key_of(signature: str) -> str | None:
    """Return the fingerprint of the key inside an armoured signature; None where it cannot be read."""
    _, begin, rest = signature.partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if not begin or not end:
        return None
    try:
        blob = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    at = len(_MAGIC) + 4
    if not blob.startswith(_MAGIC) or len(blob) < at + 4:
        return None
    (length,) = struct.unpack_from(">I", blob, at)
    key = blob[at + 4 : at + 4 + length]
    return fingerprint_of(key) if len(key) == length else None
