"""What each kind of patch, by its media type, does to an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.engine.kube import merge_patch, strategic_merge
from holdfast.engine.kube.schema import SchemaNode
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.transport import Request
from holdfast.sandbox import failures, request_bodies
from holdfast.sandbox.registry import ServedType


def reader(served: ServedType, request: Request) -> Callable[[KubeObject], Any]:
    """What the patch does to an object. Raises UnsupportedMediaType and BadRequest before anything is looked up."""
    accepted = [request_bodies.JSON_PATCH, request_bodies.MERGE_PATCH]
    if not served.is_custom:
        accepted.append(request_bodies.STRATEGIC_PATCH)
    match request_bodies.media_type(request):
        case request_bodies.JSON_PATCH:
            operations = request_bodies.read_patch(request, list)
            return lambda live: request_bodies.json_patched(live, operations)
        case request_bodies.MERGE_PATCH:
            merge = request_bodies.read_patch(request, dict)
            return lambda live: merge_patch.apply(live, merge)
        case request_bodies.STRATEGIC_PATCH if not served.is_custom:
            strategic = request_bodies.read_patch(request, dict)
            return lambda live: _strategic_patched(live, strategic, served.node)
        case request_bodies.STRATEGIC_PATCH:
            raise failures.unsupported_media_type([*accepted, request_bodies.APPLY_YAML])
        case _:
            raise errors.UnsupportedMediaType(failures.UNSUPPORTED_MEDIA_TYPE)


def _strategic_patched(live: KubeObject, patch: KubeObject, node: SchemaNode) -> Any:
    try:
        return strategic_merge.apply(live, patch, node)
    except strategic_merge.PatchError as error:
        raise failures.without_reason(500, str(error)) from None
