"""What a project wants of signatures."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.access import signatures
from holdfast.engine.access.signatures import Demand
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.signature import Signature
from holdfast.testing.builders import application_object, project

URL = "https://git.example.com/team/web.git"
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"


def policy(mode: str = "head", *repos: str) -> dict[str, Any]:
    listed = [{"url": url} for url in repos]
    return {"sourceIntegrity": {"git": {"policies": [{"repos": listed, "gpg": {"mode": mode, "keys": ["K"]}}]}}}


WITHOUT_KEYS = {"sourceIntegrity": {"git": {"policies": [{"repos": [{"url": "*"}], "gpg": {"mode": "head"}}]}}}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, None),
        ({"signatureKeys": [{"keyID": "A"}, {"keyID": "B"}]}, Demand(("A", "B"))),
        (policy("head", "*"), Demand(("K",))),
        (policy("", "*"), Demand(("K",))),
        (policy("strict", "*"), Demand(("K",), is_strict=True)),
        ({"signatureKeys": [{"keyID": "A"}], **policy("strict", "*")}, Demand(("A", "K"), is_strict=True)),
        ({"signatureKeys": [{"keyID": "A"}], **policy("strict", "https://other/*")}, Demand(("A",))),
        (WITHOUT_KEYS, Demand(())),
        (policy("head", "https://git.example.com/team/*"), Demand(("K",))),
        (policy("head", "https://git.example.com/other/*"), None),
        (policy("head", "*", "!https://git.example.com/team/*"), None),
        (policy("none", "*"), None),
    ],
)
def test_what_is_demanded(spec: dict[str, Any], wanted: Demand | None) -> None:
    assert signatures.demanded(project(**spec), URL) == wanted


def test_what_is_not_supported_is_refused_instead_of_ignored() -> None:
    with pytest.raises(Blocked):
        signatures.demanded(project(**policy("stricter", "*")), URL)


OTHER = "https://git.example.com/team/db"


@pytest.mark.parametrize(
    ("history", "good"),
    [
        ([], ()),
        ([{"revision": "a", "source": {"repoURL": URL}}, {"revision": "b", "source": {"repoURL": URL}}], ("b",)),
        ([{"revision": "a", "source": {"repoURL": OTHER}}], ()),
        ([{"revision": "a", "source": {"repoURL": URL.removesuffix(".git")}}], ("a",)),
        ([{"revisions": ["a", "b", "c"], "sources": [{"repoURL": URL}, {"repoURL": OTHER}, {"repoURL": URL}]}], ("a", "c")),
    ],
)  # fmt: skip
def test_what_was_deployed_last_is_known_to_be_good(history: list[dict[str, Any]], good: tuple[str, ...]) -> None:
    app = msgspec.convert({**application_object(), "status": {"history": history}}, Application)
    assert signatures.known_good(app, URL) == good


def test_an_objection_names_the_commit_and_what_it_came_with() -> None:
    said = signatures.objection(Signature(problem="it is not signed"), (), "abc", below="def")
    assert said == "Commit abc in the history of target revision def must be signed: it is not signed"
    assert "Commit abc" in signatures.objection(Signature(key=FINGERPRINT), ("FEDCBA9876543210",), "abc", below="def")


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
