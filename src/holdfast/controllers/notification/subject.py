"""What notifications can be about, and where their settings are."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.model.discovery import ResourceType
from holdfast.model.names import GROUP, VERSION


class Subject(Struct, frozen=True):
    """`variable` is what expressions and templates call the object."""

    resource: ResourceType
    variable: str
    config_map: str
    secret: str

    @property
    def kind(self) -> str:
        return self.resource.kind


ROLLOUTS: Final = Subject(
    resource=ResourceType(GROUP, VERSION, "Rollout", "rollouts", namespaced=True),
    variable="rollout",
    config_map="argo-rollouts-notification-configmap",
    secret="argo-rollouts-notification-secret",  # noqa: S106 - the name of an object
)
