"""The record of one sync: complete, bounded, and without secrets."""

from __future__ import annotations

import base64
import random
from typing import Any

import msgspec
import pytest

from holdfast.engine.record import entry, packing, sealing
from holdfast.model.application import (
    ApplicationSource,
    Operation,
    OperationInitiator,
    OperationState,
    ResourceResult,
    SyncOperation,
    SyncOperationResult,
)
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.sync_record import RecordContent, RecordedManifest, SyncRecord
from holdfast.testing.builders import application, config_map, deployment, obj

KEY = b"k" * 32
SOURCE = ApplicationSource(repo_url="https://git.example.com/team/web.git", path="app", target_revision="main")


def ended(**more: Any) -> OperationState:
    options = {
        "operation": Operation(
            sync=SyncOperation(prune=True, sync_options=("CreateNamespace=true",)),
            initiated_by=OperationInitiator(username="ann"),
        ),
        "phase": "Succeeded",
        "message": "successfully synced",
        "started_at": "2026-01-01T12:00:00Z",
        "finished_at": "2026-01-01T12:00:09Z",
        "sync_result": SyncOperationResult(
            revision="abc", source=SOURCE, resources=(ResourceResult(kind="ConfigMap", name="settings"),)
        ),
        **more,
    }
    return OperationState(**options)


def recorded(*objects: KubeObject, key: bytes = KEY, **more: Any) -> SyncRecord:
    manifests = [RecordedManifest(object=one) for one in objects]
    written = entry.document(application(), ended(**more), manifests, key=key, history_id=0)
    return msgspec.convert(written, SyncRecord)


def content_of(record: SyncRecord) -> RecordContent:
    return packing.unpack(record.spec.content)


def secret(**values: Any) -> KubeObject:
    return obj("v1", "Secret", "login", **values)


def test_a_record_says_what_was_synced_by_whom_and_how_it_ended() -> None:
    record = recorded(config_map(), deployment())
    spec = record.spec
    assert (spec.application, spec.history_id, spec.revision, spec.phase) == ("web", 0, "abc", "Succeeded")
    assert (spec.repo_url, spec.path, spec.target_revision) == (SOURCE.repo_url, "app", "main")
    assert (spec.initiated_by.username, spec.resources) == ("ann", 1)
    assert (spec.started_at, spec.finished_at) == ("2026-01-01T12:00:00Z", "2026-01-01T12:00:09Z")
    content = content_of(record)
    assert [one.object for one in content.manifests] == [config_map(), deployment()]
    assert content.source == SOURCE
    assert content.operation.sync is not None
    assert content.operation.sync.sync_options == ("CreateNamespace=true",)
    assert [result.name for result in content.results] == ["settings"]


def test_a_record_belongs_to_its_application() -> None:
    written = entry.document(application(), ended(), (), key=KEY)
    owner = written["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("Application", "web")
    assert written["metadata"]["namespace"] == "argocd"
    assert written["metadata"]["labels"] == {"holdfast.dev/application": "web"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"stringData": {"a": "hunter22"}}, {"stringData": {"a": "hunter22"}}, True),
        ({"stringData": {"a": "hunter22"}}, {"stringData": {"a": "hunter23"}}, False),
        ({"stringData": {"a": "hunter22"}}, {"stringData": {"b": "hunter22"}}, False),
        ({"data": {"a": base64.b64encode(b"hunter22").decode()}}, {"data": {"a": "aHVudGVyMjM="}}, False),
        ({"stringData": {"a": 12}}, {"stringData": {"a": "12"}}, True),
        ({"data": "broken"}, {"data": "broken too"}, False),
    ],
)
def test_digests_tell_whether_a_value_changed(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    digests = [str(sealing.sealed(secret(**values), KEY)).partition("hmac")[2] for values in (one, other)]
    assert all(digests)
    assert (digests[0] == digests[1]) is same


def test_the_same_value_digests_alike_in_data_and_string_data() -> None:
    plain = sealing.sealed(secret(stringData={"a": "hunter22"}), KEY)["stringData"]["a"]
    assert sealing.sealed(secret(data={"a": "aHVudGVyMjI="}), KEY)["data"]["a"] == plain
    assert sealing.sealed(secret(data={"a": "aHVudGVyMjI="}), b"x" * 32)["data"]["a"] != plain


def test_without_a_key_values_are_only_masked() -> None:
    assert sealing.sealed(secret(stringData={"a": "hunter22", "b": None}), b"")["stringData"] == {
        "a": "++++++++",
        "b": None,
    }


def test_the_copy_that_kubectl_keeps_is_hidden_too() -> None:
    kept = {
        "kubectl.kubernetes.io/last-applied-configuration": '{"data": "hunter22"}',
        "team": "web",
        "note": "is hunter22",
    }
    sealed = sealing.sealed(secret(annotations=kept, stringData={"a": "hunter22"}), KEY)
    assert "hunter22" not in str(sealed)
    assert sealed["metadata"]["annotations"]["team"] == "web"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:hunter22@git.example.com/team/web.git", "https://git.example.com/team/web.git"),
        ("https://ann:hun@ter22@git.example.com/team/web.git", "https://git.example.com/team/web.git"),
        ("https://ann:hunter22@[git", "[git"),
    ],
)
def test_credentials_in_a_repository_url_are_left_out(url: str, shown: str) -> None:
    record = recorded(
        sync_result=SyncOperationResult(revision="abc", source=msgspec.structs.replace(SOURCE, repo_url=url))
    )
    assert record.spec.repo_url == shown
    assert "ter22" not in str(content_of(record))


def noise(name: str, size: int) -> KubeObject:
    """A manifest that hardly compresses."""
    return config_map(name, data={"blob": random.Random(name).randbytes(size).hex()})


def test_the_largest_manifests_are_left_out_of_a_record_that_would_be_too_large() -> None:
    small = [noise(f"small-{number}", 1000) for number in range(20)]
    record = recorded(*small[:10], noise("huge", 900_000), noise("large", 400_000), *small[10:])
    assert len(msgspec.json.encode(record)) < entry.MOST_BYTES - entry.ROOM_FOR_LATER + 1000
    kept = [name_of(one.object) for one in content_of(record).manifests]
    assert kept == [*(name_of(one) for one in small[:10]), "large", *(name_of(one) for one in small[10:])]
    assert record.spec.notes == ("too large, so these manifests were left out: ConfigMap huge",)
    assert content_of(record).results


def test_no_operation_makes_a_record_too_large() -> None:
    source = msgspec.structs.replace(SOURCE, path="p" * 2_000_000, repo_url="u" * 2_000_000)
    results = tuple(ResourceResult(name=noise("x", 2000)["data"]["blob"] + str(at)) for at in range(3000))
    record = recorded(
        message="m" * 2_000_000,
        sync_result=SyncOperationResult(revision="abc", source=source, resources=results),
    )
    assert len(msgspec.json.encode(record)) < entry.MOST_BYTES


@pytest.mark.parametrize("text", ["%", "aGFsbG8=", packing.pack(RecordContent(), 1000).content[:-8]])
def test_a_damaged_record_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(Blocked, match=r"spec\.content"):
        packing.unpack(text)


def test_annotations_that_are_masked_leave_a_digest_of_a_secret_and_nothing_in_messages() -> None:
    token = {"example.com/token": "a-long-token", "example.com/team": "payments"}
    login = obj("v1", "Secret", "login", annotations=token, data={})
    settings = config_map(annotations=token)
    state = ended(message="the token a-long-token was refused")
    written = entry.document(
        application(),
        state,
        [RecordedManifest(object=one) for one in (login, settings)],
        key=KEY,
        masked_annotations=frozenset({"example.com/token"}),
    )
    record = msgspec.convert(written, SyncRecord)
    hidden, plain = (one.object["metadata"]["annotations"] for one in content_of(record).manifests)
    assert hidden["example.com/token"].startswith(sealing.DIGEST)
    assert hidden["example.com/team"] == "payments"
    assert plain == token, "only Secrets are hidden"
    assert "a-long-token" not in record.spec.message
