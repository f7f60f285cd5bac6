"""Writes an object whole where a server-side apply of it is refused because of what others put beside ours."""

from __future__ import annotations

from holdfast.controllers.application.refusals import is_refusal, is_schema_error
from holdfast.engine.plan import takeover
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import ApiError, Invalid
from holdfast.model.kube import KubeObject
from holdfast.model.names import FIELD_MANAGER
from holdfast.ports.cluster import Writer


async def taken_over(
    cluster: Writer,
    resource: ResourceType,
    live: KubeObject | None,
    desired: KubeObject,
    refusal: ApiError,
    *,
    unvalidated: bool = False,
    dry_run: bool = False,
) -> KubeObject | None:
    """The object as written, or None where taking it over does not help: then `refusal` says what is wrong.

    `unvalidated` (sync option Validate=false): fields that no schema knows are left out by the server.
    """
    unknown_fields = unvalidated and is_schema_error(refusal)
    if not unknown_fields and (live is None or not isinstance(refusal, Invalid)):
        return None
    try:
        if live is None:
            return await cluster.create(resource, desired, field_manager=FIELD_MANAGER, dry_run=dry_run)
        obj = takeover.taken_over(live, desired)
        return await cluster.replace(resource, obj, field_manager=FIELD_MANAGER, dry_run=dry_run)
    except ApiError as error:
        if not is_refusal(error):
            raise
        return None
