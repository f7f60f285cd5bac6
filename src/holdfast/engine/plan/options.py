"""The sync options and compare options of an application and of its single objects.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
"""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.model.kube import KubeObject, annotations_of, group_kind_of
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION


def listed(obj: KubeObject, annotation: Annotation) -> frozenset[str]:
    """The comma-separated options of an annotation."""
    value = annotations_of(obj).get(annotation)
    return (
        frozenset(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else frozenset()
    )


def has(obj: KubeObject | None, option: str) -> bool:
    """The object itself asks for the sync option, such as "Prune=false"."""
    return obj is not None and option in listed(obj, Annotation.SYNC_OPTIONS)


def chosen(name: str, app_options: Iterable[str], *objects: KubeObject | None) -> bool:
    """A yes-or-no option: what an object says (the first that says something) goes before the application."""
    for obj in objects:
        said = listed(obj, Annotation.SYNC_OPTIONS) if obj is not None else frozenset()
        if f"{name}=true" in said:
            return True
        if f"{name}=false" in said:
            return False
    return f"{name}=true" in app_options


def value_of(name: str, app_options: Iterable[str], default: str = "") -> str:
    """The value of an option such as PrunePropagationPolicy; the last one wins."""
    values = [option.partition("=")[2] for option in app_options if option.startswith(f"{name}=")]
    return values[-1] if values else default


def compared_by(name: str, texts: Iterable[str | None], *, default: bool) -> bool:
    """A yes-or-no compare option: the first of the annotations' texts that says something decides."""
    for text in texts:
        said = {part.strip() for part in (text or "").split(",")}
        for answer in (True, False):
            if f"{name}={str(answer).lower()}" in said:
                return answer
    return default


def ignores_extraneous(obj: KubeObject) -> bool:
    return "IgnoreExtraneous" in listed(obj, Annotation.COMPARE_OPTIONS)


def is_kept_by_helm(obj: KubeObject) -> bool:
    """Source: https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource"""
    return annotations_of(obj).get(Annotation.HELM_RESOURCE_POLICY) == "keep"


def survives_deletion(obj: KubeObject, app_options: Iterable[str]) -> bool:
    """The object stays when its application goes. As with Argo CD every CustomResourceDefinition does, since all objects
    of its kind would go with it, whoever they belong to."""
    return (
        group_kind_of(obj) == CUSTOM_RESOURCE_DEFINITION.group_kind
        or has(obj, "Delete=false")
        or "Delete=false" in app_options
        or is_kept_by_helm(obj)
    )


def needs_confirmation(
    obj: KubeObject, app_options: Iterable[str], what: tuple[str, ...] = ("Prune", "Delete")
) -> bool:
    """A person must approve before the object is deleted or pruned. What it says itself of one of them goes before what
    the application says of it."""
    own = listed(obj, Annotation.SYNC_OPTIONS)
    said = {option.partition("=")[0] for option in own}
    options = own | {option for option in app_options if option.partition("=")[0] not in said}
    return any(f"{name}=confirm" in options for name in what)
