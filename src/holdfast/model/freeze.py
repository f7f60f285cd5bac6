"""Freeze: no syncs for a while, of one application, of a project or of all."""

from __future__ import annotations

from typing import Annotated

from holdfast.model.fields import REQUIRED, ApiStruct, NeededStr, Time
from holdfast.model.metadata import ObjectMeta


class FreezeSpec(ApiStruct, frozen=True, kw_only=True):
    """Without `project` and `application` it is for all applications. `application` is a name, or namespace/name.

    Without `until` it holds until it is deleted. `frozen_by` is for people to read.
    """

    project: str = ""
    application: str = ""
    reason: NeededStr = ""
    until: Time | None = None
    allow_self_heal: bool = False
    frozen_by: str = ""


class Freeze(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[FreezeSpec, REQUIRED] = FreezeSpec()
