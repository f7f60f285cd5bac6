"""The wire format of protobuf, judged by Google's own implementation."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.rendering.plugins import wire
from holdfast.engine.lang import protobuf_wire
from holdfast.engine.lang.protobuf_wire import ProtobufError
from tests.unit.adapters.rendering.plugins.sidecar_server import CLASSES

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXTS, TEXTS, st.integers(0, 2**63 - 1), st.dictionaries(TEXTS, TEXTS, max_size=5))
def test_what_we_send_is_read_by_protobuf(app: str, path: str, size: int, environment: dict[str, str]) -> None:
    sent = wire.metadata_request(wire.Metadata(app, path, "abc", size, environment))

    read = CLASSES["AppStreamRequest"].FromString(sent).metadata

    assert (read.appName, read.appRelPath, read.checksum, read.size) == (app, path, "abc", size)
    assert {entry.name: entry.value for entry in read.env} == environment


@given(st.binary(max_size=1000))
def test_a_chunk_is_read_by_protobuf(chunk: bytes) -> None:
    assert CLASSES["AppStreamRequest"].FromString(wire.chunk_request(chunk)).file.chunk == chunk


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_manifests_of_protobuf_are_read(manifests: list[str], kind: str) -> None:
    sent = CLASSES["ManifestResponse"](manifests=manifests, sourceType=kind).SerializeToString()

    assert wire.manifests(sent) == manifests


@given(st.booleans(), st.booleans())
def test_answers_of_protobuf_are_read(first: bool, second: bool) -> None:
    said = CLASSES["CheckPluginConfigurationResponse"](isDiscoveryConfigured=first, provideGitCreds=second)
    assert wire.configuration(said.SerializeToString()) == wire.Configuration(first, second)
    matched = CLASSES["RepositoryResponse"](isSupported=first, isDiscoveryEnabled=second)
    assert wire.is_supported(matched.SerializeToString()) is first


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    for read in (wire.manifests, wire.is_supported, wire.configuration, wire.announcements):
        with contextlib.suppress(ProtobufError):
            read(message)


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (b"\x80", "a number is cut off"),
        (b"\xff" * 11, "a number is cut off"),
        (b"\x0a\x05ab", "a field is cut off"),
        (b"\x0b", "wire type 3 is not known"),
        (b"\x08\x01", "a number stands where a message is expected"),
        (b"\x0a\x01\xff", "a text is no UTF-8"),
    ],
)
def test_a_bad_message_is_told(message: bytes, problem: str) -> None:
    with pytest.raises(ProtobufError, match=problem):
        wire.manifests(message)


def test_fixed_numbers_are_stepped_over() -> None:
    assert list(protobuf_wire.fields(b"\x0d\x01\x02\x03\x04\x11" + b"\x00" * 8)) == [
        (1, b"\x01\x02\x03\x04"),
        (2, b"\x00" * 8),
    ]
