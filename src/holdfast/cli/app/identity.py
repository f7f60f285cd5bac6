"""Who the person is at this command, as the API server knows them."""

from __future__ import annotations

from typing import Any, Final

import typer
from msgspec import Struct

from holdfast.cli.connection import FIELD_MANAGER
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked
from holdfast.ports.cluster import Writer

REVIEW: Final = ResourceType("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False)

AsUserOption = typer.Option("", "--as", help="Act as this user (who may do so is said by the cluster's RBAC).")
AsGroupOption = typer.Option([], "--as-group", help="With --as: as a member of this group; several times.")


class Identity(Struct, frozen=True):
    user: str
    groups: tuple[str, ...] = ()


async def whoami(cluster: Writer) -> Identity:
    """Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review"""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    answer = await cluster.create(REVIEW, asked, field_manager=FIELD_MANAGER)
    told: dict[str, Any] = (answer.get("status") or {}).get("userInfo") or {}
    user = str(told.get("username") or "")
    if not user:
        raise Blocked("IdentityUnknown", "the API server does not say who you are (SelfSubjectReview)")
    return Identity(user, tuple(map(str, told.get("groups") or ())))
