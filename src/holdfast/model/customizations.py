"""What argocd-cm says of kinds in Lua: their health checks and their actions."""

from __future__ import annotations

from msgspec import Struct

from holdfast.model.scripts import Script, ScriptedActions


class Customization(Struct, frozen=True):
    """What is said of the kinds that `pattern` matches: a kind as "group/kind" or "kind", or a glob over such."""

    pattern: str
    health: Script | None = None
    actions: ScriptedActions | None = None


class Customizations(Struct, frozen=True):
    """`exact` by the kind's text, `wildcards` in the order in which they are tried."""

    exact: dict[str, Customization] = {}
    wildcards: tuple[Customization, ...] = ()
