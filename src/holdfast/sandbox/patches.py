"""What each kind of patch, by its media type, does to an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from msgspec import Struct

from holdfast.engine.kube import go_text, merge_patch, strategic_merge
from holdfast.engine.kube.schema import SchemaNode
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.transport import Request
from holdfast.sandbox import failures, problems, request_bodies
from holdfast.sandbox.preparation import CannotHandle
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.registry import ServedType


class Patch(Struct, frozen=True):
    """What is to be done to an object; `strategic` is the patch itself where it is of that kind."""

    apply: Callable[[KubeObject], Any]
    strategic: KubeObject | None = None

    def problem(self, patched: KubeObject, error: CannotHandle) -> Problem:
        """What is wrong with what the patch made: a strategic one is shown as Go prints it, of others the result."""
        if self.strategic is not None:
            return problems.invalid("patch", go_text.printed(self.strategic), error.restoring)
        return problems.invalid("patch", orjson.dumps(patched).decode(), error.why)


def reader(served: ServedType, request: Request) -> Patch:
    """What the patch does to an object. Raises UnsupportedMediaType and BadRequest before anything is looked up."""
    accepted = [request_bodies.JSON_PATCH, request_bodies.MERGE_PATCH]
    if not served.is_custom:
        accepted.append(request_bodies.STRATEGIC_PATCH)
    match request_bodies.media_type(request):
        case request_bodies.JSON_PATCH:
            operations = request_bodies.read_patch(request, list)
            return Patch(lambda live: request_bodies.json_patched(live, operations))
        case request_bodies.MERGE_PATCH:
            merge = request_bodies.read_patch(request, dict)
            return Patch(lambda live: merge_patch.apply(live, merge))
        case request_bodies.STRATEGIC_PATCH if not served.is_custom:
            strategic = request_bodies.read_patch(request, dict)
            return Patch(lambda live: _strategic_patched(live, strategic, served.node), strategic)
        case request_bodies.STRATEGIC_PATCH:
            raise failures.unsupported_media_type([*accepted, request_bodies.APPLY_YAML])
        case _:
            raise errors.UnsupportedMediaType(failures.UNSUPPORTED_MEDIA_TYPE)


def _strategic_patched(live: KubeObject, patch: KubeObject, node: SchemaNode) -> Any:
    try:
        return strategic_merge.apply(live, patch, node)
    except strategic_merge.PatchError as error:
        raise failures.without_reason(500, str(error)) from None
