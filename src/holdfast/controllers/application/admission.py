"""Which objects nobody but the API server has a say in when they are written."""

from __future__ import annotations

import functools
from collections.abc import Callable

from holdfast.controllers.application.world import World
from holdfast.engine.preflight import admission
from holdfast.engine.preflight.admission import Writing
from holdfast.model.desired import Target
from holdfast.model.discovery import ResourceType


def unattended(world: World) -> Callable[[Target, Writing], bool]:
    """The question, as things stand now. Where webhooks or policies cannot be seen, there may be some."""
    served = [kind for kind in admission.KINDS if world.resource(kind) is not None]
    if not all(map(world.is_watched, served)):
        return lambda target, writing: False
    known = [obj.decode() for kind in served for obj in world.store.of_kind(kind) if obj.is_whole]

    @functools.cache
    def is_free(resource: ResourceType, writing: Writing) -> bool:
        return not admission.may_look_at(known, resource, writing)

    return lambda target, writing: target.resource is not None and is_free(target.resource, writing)
