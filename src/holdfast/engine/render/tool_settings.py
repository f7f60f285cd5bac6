"""What argocd-cm says of the tools that render: which are off, and how kustomizations are built.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/ and tool_detection/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from holdfast.engine.render.detect import SourceType
from holdfast.model.errors import Blocked

BUILD_OPTIONS: Final = "kustomize.buildOptions"
_PROGRAMS: Final = ("kustomize.path.", "kustomize.version.")
_ENABLED: Final = {"kustomize.enable": SourceType.KUSTOMIZE, "helm.enable": SourceType.HELM}
_JSONNET: Final = "jsonnet.enable"
_SWITCHES: Final = frozenset({*_ENABLED, _JSONNET})
_TRUTHS: Final = {"": True, "1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
_IGNORED_SWITCHES: Final = frozenset({"helm-debug", "stack-trace"})  # they change what is printed for people
_IGNORED_WORDS: Final = frozenset({"helm-command", "helm-kube-version", "reorder"})
_NO_PROGRAMS: Final = "a build runs no program of the repository: use a config management plugin for it"
_REFUSED_SWITCHES: Final = {
    "enable-alpha-plugins": _NO_PROGRAMS,
    "enable-exec": _NO_PROGRAMS,
    "enable-star": _NO_PROGRAMS,
    "as-current-user": _NO_PROGRAMS,
    "network": "a build has no network",
    "enable-managedby-label": "write buildMetadata: [managedByLabel] into the kustomization instead",
}
_REFUSED_WORDS: Final = {
    "network-name": "a build has no network",
    "mount": _NO_PROGRAMS,
    "env": _NO_PROGRAMS,
    "output": "what is built goes to the cluster alone",
}
_ROOT_ONLY: Final = frozenset({"LoadRestrictionsRootOnly", "rootOnly"})
_SHORT: Final = {"-e": "--env", "-o": "--output"}


class KustomizeBuild(Struct, frozen=True):
    """`program` is a path, "" for the installed one; `inflates` is whether charts may be; `api_versions` are told to them
    besides those of the cluster."""

    program: str = ""
    inflates: bool = False
    api_versions: tuple[str, ...] = ()


def of_tools(settings: Mapping[str, str]) -> dict[str, str]:
    """The part of argocd-cm that this module reads."""
    return {key: value for key, value in settings.items() if key in _SWITCHES or key.startswith("kustomize.")}


def disabled(settings: Mapping[str, str]) -> frozenset[SourceType]:
    """Tools whose files are taken for plain manifests."""
    return frozenset(tool for key, tool in _ENABLED.items() if _is_off(settings, key))


def evaluates_jsonnet(settings: Mapping[str, str]) -> bool:
    """Whether programs among plain manifests are evaluated."""
    return not _is_off(settings, _JSONNET)


def kustomize_build(settings: Mapping[str, str], version: str = "") -> KustomizeBuild:
    """`version` is what the source asks for. Raises Blocked."""
    if not version:
        return _with_options(BUILD_OPTIONS, settings.get(BUILD_OPTIONS, ""), "")
    program = next((settings[prefix + version] for prefix in _PROGRAMS if settings.get(prefix + version)), "").strip()
    if not program:
        raise Blocked(
            "KustomizeFailed",
            f"kustomize.version {version}: no such version is registered (kustomize.path.{version} in argocd-cm): "
            "remove the field to use the installed one",
        )
    if not program.startswith("/"):
        raise Blocked("KustomizeFailed", f"kustomize.path.{version} of argocd-cm: {program!r} is no absolute path")
    key = f"{BUILD_OPTIONS}.{version}"
    return _with_options(key, settings.get(key, ""), program)


def may_inflate(settings: Mapping[str, str]) -> bool:
    """Whether any version of kustomize may inflate charts: a quick look, which decides nothing."""
    return any(key.startswith(BUILD_OPTIONS) and "enable-helm" in said for key, said in settings.items())


def not_allowed(file: str, field: str) -> Blocked:
    return Blocked(
        "KustomizeFailed",
        f"{file}: {field} inflates charts, and that is not allowed here: an administrator allows it by "
        f"{BUILD_OPTIONS}: --enable-helm in argocd-cm; or make the chart a source of its own",
    )


def _is_off(settings: Mapping[str, str], key: str) -> bool:
    return settings.get(key, "").strip().lower() == "false"


def _with_options(key: str, text: str, program: str) -> KustomizeBuild:
    inflates, api_versions = False, []
    words = iter(text.split())
    for word in words:
        name, value = _option(key, word, words)
        if name == "enable-helm":
            inflates = _truth(key, name, value)
        elif name == "helm-api-versions":
            api_versions += [one for one in value.split(",") if one]
        elif name == "load-restrictor":
            _check_restrictor(key, value)
        elif name in _REFUSED_WORDS or (name in _REFUSED_SWITCHES and _truth(key, name, value)):
            raise _refused(key, f"--{name}", _REFUSED_WORDS.get(name) or _REFUSED_SWITCHES[name])
    return KustomizeBuild(program, inflates, tuple(api_versions))


def _option(key: str, word: str, words: Iterator[str]) -> tuple[str, str]:
    """Name and value; the value may be the next word, but not that of a switch."""
    head, equals, value = word.partition("=")
    head = _SHORT.get(head, head)
    name = head.removeprefix("--").replace("_", "-")
    if head == name or head.startswith("---"):
        raise _refused(key, word, "it is no option of kustomize build")
    if name == "enable-helm" or name in _IGNORED_SWITCHES or name in _REFUSED_SWITCHES:
        return name, value
    if name not in ("load-restrictor", "helm-api-versions") and name not in _IGNORED_WORDS | _REFUSED_WORDS.keys():
        raise _refused(key, word, "no such option is known")
    if not equals:
        value = next(words, "")
    return name, value.strip("\"'")


def _check_restrictor(key: str, value: str) -> None:
    if value not in _ROOT_ONLY:
        raise _refused(
            key,
            f"--load-restrictor {value}",
            "files outside of a kustomization's folder stay forbidden. Take the option away; shared files are reached by "
            "resources, components, and values files of charts, which may stand anywhere in the repository",
        )


def _truth(key: str, name: str, value: str) -> bool:
    truth = _TRUTHS.get(value.lower())
    if truth is None:
        raise _refused(key, f"--{name}={value}", "true or false is expected")
    return truth


def _refused(key: str, option: str, because: str) -> Blocked:
    return Blocked("KustomizeFailed", f"{key} of argocd-cm: {option} is not allowed: {because}")
