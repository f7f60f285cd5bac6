"""What the server's words are about, and the way out."""

from __future__ import annotations

import pytest

from holdfast.engine.preflight.refusals import Cause, refusal
from holdfast.testing.builders import deployment


@pytest.mark.parametrize(
    ("message", "cause", "way_out"),
    [
        (
            'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
            Cause.IMMUTABLE,
            "Force=true",
        ),
        (
            (
                'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
                "'replicas' are forbidden"
            ),
            Cause.IMMUTABLE,
            "Force=true",
        ),
        ('Service "web" is invalid: spec.clusterIP: may not change once set', Cause.IMMUTABLE, "Force=true"),
        (
            'pods "x" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=1, limited: cpu=1',
            Cause.QUOTA,
            "kubectl -n shop describe resourcequota small",
        ),
        (
            (
                'deployments.apps "web" is forbidden: User "system:serviceaccount:a:b" cannot patch resource '
                '"deployments" in API group "apps" in the namespace "shop"'
            ),
            Cause.PERMISSION,
            "grant system:serviceaccount:a:b the verb patch on deployments",
        ),
        ('namespaces "shop" not found', Cause.NAMESPACE, "kubectl create namespace shop"),
        ("failed to create typed patch object (/web): .spec.nope: field not declared in schema", Cause.SCHEMA, ""),
        ('admission webhook "policy.example.com" denied the request: no', Cause.ADMISSION, ""),
        ("something else", Cause.OTHER, ""),
    ],
)
def test_a_refusal_is_told_with_its_way_out(message: str, cause: Cause, way_out: str) -> None:
    found = refusal(message, deployment(namespace="shop"))
    assert found.cause is cause
    assert way_out in found.way_out
    assert found.told.startswith(message)
    assert bool(found.way_out) is (found.told != message)
