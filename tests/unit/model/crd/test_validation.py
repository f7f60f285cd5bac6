"""A verdict says where a document is wrong, and which fields nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.crd.validation import validate_document


def _application(**spec: Any) -> dict[str, Any]:
    whole = {"project": "default", "destination": {}, **spec}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}, "spec": whole}


def test_sound_document_is_valid() -> None:
    verdict = validate_document(_application(source={"repoURL": "https://example.com/a.git"}))
    assert verdict.valid
    assert verdict.errors == ()


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"source": {}}, "spec/source: 'repoURL' is a required property"),
        ({"project": 3}, "spec/project: 3 is not of type 'string'"),
        (
            {"sources": [{"repoURL": "a", "kustomize": {"replicas": [{"name": "a", "count": True}]}}]},
            "spec/sources/0/kustomize/replicas/0/count: True is not of type 'integer', 'string'",
        ),
    ],
)
def test_error_names_the_field(spec: dict[str, Any], error: str) -> None:
    assert validate_document(_application(**spec)).errors == (error,)


def test_value_outside_an_enumeration_is_refused() -> None:
    document = {
        "kind": "ApplicationSet",
        "metadata": {},
        "spec": {
            "generators": [],
            "template": {"metadata": {}, "spec": {"project": "", "destination": {}}},
            "syncPolicy": {"applicationsSync": "never"},
        },
    }
    (error,) = validate_document(document).errors
    assert error.startswith("spec/syncPolicy/applicationsSync: 'never' is not one of ['create-only'")


def test_unknown_field_is_named_but_not_refused() -> None:
    verdict = validate_document(
        _application(source={"repoURL": "a", "helm": {"valuesObject": {"x": 1}, "val/ues": ""}})
    )
    assert verdict.valid
    assert verdict.unknown_fields == ("/spec/source/helm/val~1ues",)


@pytest.mark.parametrize("document", [None, "text", [], {}, {"kind": "Deployment"}, {"kind": ["Application"]}])
def test_what_is_none_of_our_kinds_is_refused(document: Any) -> None:
    assert not validate_document(document).valid


def test_message_is_bounded() -> None:
    (error,) = validate_document(_application(project={"x": "y" * 5000})).errors
    assert len(error) < 300
