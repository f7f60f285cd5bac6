"""The key of the digests that stand for the values of Secrets in the ledger: made once, kept in a Secret."""

from __future__ import annotations

import base64
import binascii
import logging
import secrets

from holdfast.controllers.application.world import World
from holdfast.model.errors import AlreadyExists, HoldfastError
from holdfast.model.names import FIELD_MANAGER
from holdfast.model.resource_types import SECRET

KEY_SECRET = "holdfast-ledger-key"  # noqa: S105 - an object's name
KEY_BYTES = 32

log = logging.getLogger("holdfast.application")


async def of(world: World) -> bytes:
    """The key of the digests; none when it cannot be had: then values leave only a mask."""
    try:
        return await _key_of_cluster(world)
    except HoldfastError as error:
        log.warning("the Secret %s cannot be had: %s; values of Secrets are masked", KEY_SECRET, error)
        return b""


async def _key_of_cluster(world: World) -> bytes:
    """Made when it is missing."""
    for _ in range(2):
        found = await world.cluster.get(SECRET, world.namespace, KEY_SECRET)
        if found is not None:
            return _decoded((found.get("data") or {}).get("key"))
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        obj = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": KEY_SECRET, "namespace": world.namespace},
            "type": "Opaque",
            "data": {"key": fresh},
        }
        try:
            await world.cluster.create(SECRET, obj, field_manager=FIELD_MANAGER)
        except AlreadyExists:
            continue
        return _decoded(fresh)
    return b""


def _decoded(text: object) -> bytes:
    try:
        key = base64.b64decode(str(text or ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < KEY_BYTES:
        log.warning("the Secret %s holds no key of %d bytes: values of Secrets are masked", KEY_SECRET, KEY_BYTES)
        return b""
    return key
