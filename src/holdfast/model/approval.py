"""Approval: one person lets one revision of one application pass."""

from __future__ import annotations

from typing import Annotated

from holdfast.model.fields import REQUIRED, ApiStruct, NeededStr
from holdfast.model.metadata import ObjectMeta


class ApprovalSpec(ApiStruct, frozen=True, kw_only=True):
    """`application` is one of the same namespace, `revision` a whole commit id; `user` and `groups` are as the API
    server knows the person. When it was given is `metadata.creationTimestamp`, which nobody but the server writes.
    """

    application: NeededStr = ""
    revision: NeededStr = ""
    user: NeededStr = ""
    groups: tuple[str, ...] = ()
    comment: str = ""


class Approval(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[ApprovalSpec, REQUIRED] = ApprovalSpec()
