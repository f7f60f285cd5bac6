"""Objects packed: nothing is lost, and what Kubernetes repeats takes little."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model import packed_json

STATEFUL_SET = {
    "kind": "StatefulSet",
    "apiVersion": "apps/v1",
    "metadata": {
        "name": "ledger",
        "namespace": "accounts",
        "uid": "3f0e5a52-2a57-4d0f-9a77-1f1d3c6a9b10",
        "resourceVersion": "81234",
        "generation": 3,
        "creationTimestamp": "2026-03-04T05:06:07Z",
        "labels": {"team": "accounts"},
        "managedFields": [
            {
                "manager": "kubectl",
                "operation": "Apply",
                "apiVersion": "apps/v1",
                "time": "2026-03-04T05:06:07Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:team": {}}},
                    "f:spec": {"f:replicas": {}, "f:selector": {}},
                },
            }
        ],
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"team": "accounts"}},
        "template": {
            "metadata": {"labels": {"team": "accounts"}},
            "spec": {
                "containers": [
                    {
                        "name": "ledger",
                        "image": "registry.example.org/ledger:7",
                        "ports": [{"containerPort": 5432, "protocol": "TCP"}],
                        "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                        "imagePullPolicy": "IfNotPresent",
                    }
                ],
                "restartPolicy": "Always",
                "dnsPolicy": "ClusterFirst",
            },
        },
    },
    "status": {"observedGeneration": 3, "replicas": 3, "readyReplicas": 3},
}


@given(st.binary(max_size=20_000))
def test_whatever_is_packed_comes_back(text: bytes) -> None:
    assert packed_json.unpack(packed_json.pack(text)) == text


def test_an_object_takes_less_than_half() -> None:
    text = msgspec.json.encode(STATEFUL_SET)
    assert len(packed_json.pack(text)) < len(text) / 2


def test_the_words_lie_within_reach() -> None:
    assert len(packed_json.WORDS) < 8 * 1024 - 262  # what deflating looks ahead is not looked back at
