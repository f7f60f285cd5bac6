"""Resource actions: what a person can do to one live object, and what doing it changes."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from holdfast.model.kube import KubeObject


class ActionParameter(Struct, frozen=True, omit_defaults=True):
    """`default` is what the object has now, or what is proposed."""

    name: str
    default: str = ""


class Action(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One action as it is offered. A disabled one is shown and cannot be run now."""

    name: str
    disabled: bool = False
    icon_class: str = ""
    display_name: str = ""
    params: tuple[ActionParameter, ...] = ()


class Operation(StrEnum):
    CREATE = "create"
    PATCH = "patch"


class Impact(Struct, frozen=True):
    """One object that an action touches. `resource` is the whole object as it is to be."""

    operation: Operation
    resource: KubeObject
