"""Laws of the record: secrets never stand in it, and its list of drift always says what is open."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.flow import ledger
from holdfast.engine.record import drift, entry, packing
from holdfast.model.application import ApplicationSource, OperationState, ResourceResult, SyncOperationResult
from holdfast.model.kube import KubeObject
from holdfast.model.source_options import HelmOptions
from holdfast.model.sync_record import Drift, RecordedManifest
from holdfast.testing.builders import application, config_map, obj

planted = st.text("abcdefgh0123456789é", min_size=12, max_size=40).map(lambda text: f"planted-{text}")
names = st.sampled_from(["password", "token", "a.b/c"])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@st.composite
def secrets(draw: st.DrawFn) -> tuple[KubeObject, list[str]]:
    """A Secret and every value in it."""
    plain = draw(st.dictionaries(names, planted, max_size=2))
    hidden = draw(st.dictionaries(names, planted, max_size=2))
    broken = draw(st.booleans())
    data: Any = {name: value if broken else encoded(value) for name, value in hidden.items()}
    fields: dict[str, Any] = {"stringData": plain or None, "data": data}
    kept = json.dumps(fields)
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": kept} if draw(st.booleans()) else None
    manifest = obj("v1", "Secret", draw(st.sampled_from("ab")), annotations=annotations, **fields)
    return manifest, [*plain.values(), *hidden.values()]


def forms(value: str) -> set[str]:
    return {value, encoded(value), json.dumps(value).strip('"')}


@given(st.lists(secrets(), min_size=1, max_size=4), st.sampled_from([b"", b"k" * 32]))
def test_no_value_of_a_secret_stands_in_a_record_or_in_what_is_shown_of_it(
    given_secrets: list[tuple[KubeObject, list[str]]], key: bytes
) -> None:
    values = [value for _, inner in given_secrets for value in inner]
    told = " and ".join(form for value in values for form in sorted(forms(value)))
    result = ResourceResult(kind="Secret", name="a", message=f"invalid: {told}")
    source = ApplicationSource(path="app", helm=HelmOptions(values=f"login: {told}"))
    state = OperationState(
        message=f"failed: {told}",
        started_at="2026-01-01T12:00:00Z",
        sync_result=SyncOperationResult(revision="abc", source=source, resources=(result,)),
    )
    manifests = [RecordedManifest(object=secret) for secret, _ in given_secrets]
    record = entry.document(application(), state, [*manifests, RecordedManifest(object=config_map())], key=key)
    content = packing.unpack(record["spec"]["content"])
    texts = [
        json.dumps(record, ensure_ascii=False),
        str(msgspec.to_builtins(content)),
        str(list(map(ledger.masked, content.manifests))),
        str(list(ledger.changes(content.manifests, content.manifests[1:]))),
        str(list(ledger.changes(content.manifests[:1], content.manifests[1:]))),
    ]
    for value in values:
        for form in forms(value):
            assert not any(form in text for text in texts)


drifts = st.builds(
    Drift,
    kind=st.just("ConfigMap"),
    name=st.sampled_from("ab"),
    field=st.sampled_from(["", ".data.x", ".data.y"]),
    after=st.sampled_from("12"),
)


@given(st.lists(st.lists(drifts, max_size=4, unique_by=drift.place_of), max_size=30))
def test_what_is_open_is_what_was_seen_last(looks: list[list[Drift]]) -> None:
    entries: tuple[Drift, ...] = ()
    for number, look in enumerate(looks):
        noted = drift.noted(entries, look, f"t{number:02}")
        entries = noted.entries
        assert {drift.place_of(one) for one in entries if not one.healed_at} == set(map(drift.place_of, look))
        assert noted.mark == drift.mark_of(look)
        assert len(entries) <= drift.MOST_ENTRIES
        assert drift.noted(entries, look, "later") == noted
