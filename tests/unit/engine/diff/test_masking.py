"""A Secret may be shown: nothing of its values can be read from what is shown."""

from __future__ import annotations

from holdfast.engine.diff.masking import masked
from holdfast.model.kube import KubeObject


def test_values_and_kubectls_copy_of_them_are_hidden() -> None:
    secret: KubeObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "key",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"a":"aHVzaA=="}}', "b": "c"},
        },
        "data": {"a": "aHVzaA=="},
        "stringData": {"d": "hush"},
    }

    shown = masked(secret)

    assert "hush" not in str(shown)
    assert "aHVzaA==" not in str(shown)
    assert shown["metadata"]["annotations"]["b"] == "c"
    assert secret["data"] == {"a": "aHVzaA=="}


def test_other_kinds_are_shown_as_they_are() -> None:
    config: KubeObject = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}

    assert masked(config) is config
