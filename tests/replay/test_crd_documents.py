"""Documents of Argo CD's and Argo Rollouts' own examples are judged as their schemas judge them."""

from __future__ import annotations

import pytest

from holdfast.model.crd.validation import validate_document
from tests.replay.cases import Case, load

CASES = load("08-crd-documents.jsonl")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_document_gets_the_same_verdict(case: Case) -> None:
    expected = case["expected"]
    verdict = validate_document(case["document"])
    assert verdict.valid is expected["valid"]
    assert set(verdict.errors) == set(expected["errors"])
    assert set(verdict.unknown_fields) == set(expected["unknownFields"])
