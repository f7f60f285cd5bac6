"""Lock files, as Helm makes them."""

from __future__ import annotations

import hashlib
import json

import pytest

from holdfast.engine.render.helm import lock

REDIS = {"name": "redis", "version": ">=18 <20", "repository": "https://charts.example/stable"}
LOCKED = [{"name": "redis", "version": "19.1.0", "repository": "https://charts.example/stable"}]


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


WANTED = (
    '{"name":"redis","version":"\\u003e=18 \\u003c20","repository":"https://charts.example/stable",'
    '"condition":"redis.enabled","tags":["db"],"alias":"cache"}'
)


def test_the_digest_is_that_of_helm() -> None:
    wanted = {"alias": "cache", "tags": ["db"], **REDIS, "condition": "redis.enabled"}
    locked = json.dumps(LOCKED, separators=(",", ":"))
    assert lock.fits([wanted], LOCKED, digest(f"[[{WANTED}],{locked}]"))
    assert lock.fits([wanted], LOCKED, digest(f'{{"dependencies":[{WANTED}]}}'))
    assert not lock.fits([REDIS], LOCKED, digest(f"[[{WANTED}],{locked}]"))


@pytest.mark.parametrize("wanted", [[], [REDIS]])
def test_a_lock_without_a_digest_fits(wanted: list[dict[str, str]]) -> None:
    assert lock.fits(wanted, LOCKED, "")
