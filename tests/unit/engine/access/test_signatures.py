"""What a project wants of signatures."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.access import signatures
from holdfast.model.errors import Blocked
from holdfast.model.signature import Signature
from holdfast.testing.builders import project

URL = "https://git.example.com/team/web.git"
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"


def policy(mode: str = "head", *repos: str) -> dict[str, Any]:
    listed = [{"url": url} for url in repos]
    return {"sourceIntegrity": {"git": {"policies": [{"repos": listed, "gpg": {"mode": mode, "keys": ["K"]}}]}}}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, None),
        ({"signatureKeys": [{"keyID": "A"}, {"keyID": "B"}]}, ("A", "B")),
        (policy("head", "*"), ("K",)),
        (policy("head", "https://git.example.com/team/*"), ("K",)),
        (policy("head", "https://git.example.com/other/*"), None),
        (policy("head", "*", "!https://git.example.com/team/*"), None),
        (policy("none", "*"), None),
    ],
)
def test_which_keys_are_wanted(spec: dict[str, Any], wanted: tuple[str, ...] | None) -> None:
    assert signatures.wanted_keys(project(**spec), URL) == wanted


def test_what_is_not_supported_is_refused_instead_of_ignored() -> None:
    with pytest.raises(Blocked):
        signatures.wanted_keys(project(**policy("strict", "*")), URL)


@pytest.mark.parametrize(
    ("found", "wanted", "allowed"),
    [
        (Signature(key=FINGERPRINT), ("89abcdef01234567",), True),
        (Signature(key=FINGERPRINT), (FINGERPRINT,), True),
        (Signature(key=FINGERPRINT), ("01234567",), False),
        (Signature(key=FINGERPRINT), ("FEDCBA9876543210",), False),
        (Signature(key="SHA256:abc"), ("SHA256:abc",), True),
        (Signature(key="SHA256:abc"), ("SHA256:ABC", "abc"), False),
        (Signature(problem="it is not signed"), (FINGERPRINT,), False),
    ],
)
def test_which_signatures_are_enough(found: Signature, wanted: tuple[str, ...], allowed: bool) -> None:
    assert (signatures.objection(found, wanted, "abc") == "") is allowed


def test_keys_of_ssh_stand_beside_those_of_gpg() -> None:
    found = signatures.known_keys({"A": "-----BEGIN PGP", "B": "ssh-ed25519 AAAA x\n", "C": ""})
    assert (found.gpg, found.ssh) == (("-----BEGIN PGP",), ("ssh-ed25519 AAAA x",))
