"""Which schemes of addresses Argo CD reads values files from."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.render.helm.remote import is_scheme_allowed
from tests.replay import cases

CASES = cases.load("09-io-path.jsonl")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_schemes(case: dict[str, Any]) -> None:
    assert case["fn"] == "isURLSchemeAllowed"
    scheme, allowed = case["args"]
    assert is_scheme_allowed(scheme, allowed) is case["expect"][0]["value"]
