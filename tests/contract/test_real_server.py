"""The real control plane itself: it starts, stores, and its controllers run."""

from __future__ import annotations

import json

import pytest

from tests.controlplane import build
from tests.controlplane.server import ControlPlane

pytestmark = pytest.mark.control_plane


def test_it_is_the_version_that_was_asked_for(control_plane: ControlPlane) -> None:
    """The linker's version variables reach /version."""
    answer = control_plane.api.request("GET", "/version")

    assert build.kubernetes_version() == json.loads(answer.body)["gitVersion"]


def test_its_controllers_run(control_plane: ControlPlane) -> None:
    """Without a service account no Pod can be created, so one is there from the start."""
    answer = control_plane.api.request("GET", "/api/v1/namespaces/default/serviceaccounts/default")

    assert answer.status == 200


def test_it_keeps_what_it_is_given(control_plane: ControlPlane) -> None:
    """A created object comes back with what the server adds."""
    collection = "/api/v1/namespaces/default/configmaps"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"a": "b"}}

    created = control_plane.api.request("POST", collection, body)
    read = control_plane.api.request("GET", f"{collection}/kept")

    assert (created.status, read.status) == (201, 200)
    assert json.loads(created.body) == json.loads(read.body)
