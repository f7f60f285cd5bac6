"""Texts that many objects repeat are held once."""

from __future__ import annotations

import msgspec

from holdfast.model.live import LiveMetadata
from holdfast.runtime.shared_texts import SharedTexts


def metadata(name: str, uid: str) -> LiveMetadata:
    said = {
        "name": name,
        "namespace": "accounts",
        "uid": uid,
        "resourceVersion": "7",
        "creationTimestamp": "2026-03-04T05:06:07Z",
        "labels": {"app.kubernetes.io/name": name},
        "annotations": {"note": uid},
        "finalizers": ["example.org/hold"],
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": "o", "controller": True}
        ],
    }
    return msgspec.json.decode(msgspec.json.encode(said), type=LiveMetadata)


def test_it_says_the_same() -> None:
    bare = LiveMetadata(name="one", uid="1")
    shared = SharedTexts()
    assert shared.within(metadata("ledger", "1")) == metadata("ledger", "1")
    assert shared.within(bare) == bare


def test_two_objects_of_one_name_share_its_text_and_their_labels() -> None:
    shared = SharedTexts()
    one, two = shared.within(metadata("ledger", "1")), shared.within(metadata("ledger", "2"))
    assert one.name is two.name
    assert one.namespace is two.namespace
    assert one.labels is two.labels
    assert one.finalizers[0] is two.finalizers[0]
    assert one.owner_references[0].name is two.name
    assert (one.annotations, two.annotations) == ({"note": "1"}, {"note": "2"})


def test_what_it_remembers_is_bounded() -> None:
    shared = SharedTexts(most=8)
    first = shared.within(metadata("ledger", "1"))
    for number in range(8):
        shared.within(metadata(f"other-{number}", str(number)))
    again = shared.within(metadata("ledger", "1"))
    assert again == first
    assert again.name is not first.name
