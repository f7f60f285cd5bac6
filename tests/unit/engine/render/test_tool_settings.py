"""What argocd-cm may say of tools."""

from __future__ import annotations

import pytest

from holdfast.engine.render.detect import SourceType
from holdfast.engine.render.tool_settings import (
    KustomizeBuild,
    disabled,
    evaluates_jsonnet,
    kustomize_build,
    may_inflate,
    of_tools,
)
from holdfast.model.errors import Blocked


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", KustomizeBuild()),
        ("--enable-helm", KustomizeBuild(inflates=True)),
        ("--enable-helm=true", KustomizeBuild(inflates=True)),
        ("--enable_helm", KustomizeBuild(inflates=True)),
        ("--enable-helm --enable-helm=false", KustomizeBuild()),
        ("  --load-restrictor\n LoadRestrictionsRootOnly --enable-helm", KustomizeBuild(inflates=True)),
        ("--load-restrictor=LoadRestrictionsRootOnly", KustomizeBuild()),
        ("--enable-alpha-plugins=false --network=false", KustomizeBuild()),
        ("--helm-command /usr/bin/helm --enable-helm --reorder none", KustomizeBuild(inflates=True)),
        ("--helm-command=--enable-helm", KustomizeBuild()),
        ("--helm-debug --enable-helm", KustomizeBuild(inflates=True)),
        (
            "--helm-api-versions a/v1,b/v1 --helm-kube-version 1.30 --helm-api-versions=c/v1",
            KustomizeBuild(api_versions=("a/v1", "b/v1", "c/v1")),
        ),
    ],
)
def test_options_that_hold(options: str, expected: KustomizeBuild) -> None:
    assert kustomize_build({"kustomize.buildOptions": options}) == expected


@pytest.mark.parametrize(
    ("options", "named", "because"),
    [
        ("--load-restrictor LoadRestrictionsNone", "--load-restrictor LoadRestrictionsNone", "stay forbidden"),
        ("--load-restrictor=LoadRestrictionsNone --enable-helm", "--load-restrictor", "anywhere in the repository"),
        ("--load_restrictor none", "--load-restrictor none", "stay forbidden"),
        ("--load-restrictor", "--load-restrictor", "stay forbidden"),
        ("--enable-alpha-plugins", "--enable-alpha-plugins", "config management plugin"),
        ("--enable-alpha-plugins --enable-exec", "--enable-alpha-plugins", "config management plugin"),
        ("--enable-exec", "--enable-exec", "config management plugin"),
        ("--network", "--network", "no network"),
        ("--mount type=bind,src=/,dst=/x", "--mount", "config management plugin"),
        ("-e A=b", "--env", "config management plugin"),
        ("-o /etc/passwd", "--output", "the cluster alone"),
        ("--enable-managedby-label", "--enable-managedby-label", "managedByLabel"),
        ("--enable-helm=perhaps", "--enable-helm=perhaps", "true or false"),
        ("--enable-hlem", "--enable-hlem", "no such option"),
        ("https://evil.example/base", "https://evil.example/base", "no option of kustomize build"),
    ],
)
def test_options_that_are_refused(options: str, named: str, because: str) -> None:
    with pytest.raises(Blocked) as caught:
        kustomize_build({"kustomize.buildOptions": options})
    assert caught.value.reason == "KustomizeFailed"
    assert caught.value.message.startswith(f"kustomize.buildOptions of argocd-cm: {named}")
    assert because in caught.value.message


REGISTERED = {
    "kustomize.buildOptions": "--enable-exec",
    "kustomize.path.v5.0.0": "/custom/kustomize",
    "kustomize.buildOptions.v5.0.0": "--enable-helm",
    "kustomize.version.v4.5.7": "/older/kustomize",
    "kustomize.path.v1": "kustomize",
}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v5.0.0", KustomizeBuild("/custom/kustomize", inflates=True)),
        ("v4.5.7", KustomizeBuild("/older/kustomize")),
    ],
)
def test_a_version_has_its_own_program_and_options(version: str, expected: KustomizeBuild) -> None:
    assert kustomize_build(REGISTERED, version) == expected


@pytest.mark.parametrize(("version", "says"), [("v9", "kustomize.path.v9 in argocd-cm"), ("v1", "no absolute path")])
def test_versions_that_cannot_be_used(version: str, says: str) -> None:
    with pytest.raises(Blocked) as caught:
        kustomize_build(REGISTERED, version)
    assert says in caught.value.message


def test_tools_that_are_off() -> None:
    settings = {"kustomize.enable": "false", "helm.enable": "true", "url": "https://a"}
    assert disabled(settings) == {SourceType.KUSTOMIZE}
    assert of_tools(settings) == {"kustomize.enable": "false", "helm.enable": "true"}
    assert disabled({}) == frozenset()


@pytest.mark.parametrize(("said", "evaluates"), [("false", False), (" False\n", False), ("true", True), ("", True)])
def test_jsonnet_is_evaluated_unless_it_is_off(said: str, evaluates: bool) -> None:
    settings = {"jsonnet.enable": said}
    assert evaluates_jsonnet(settings) == evaluates
    assert of_tools(settings) == settings


def test_only_where_some_version_may_inflate_charts_are_looked_for() -> None:
    assert may_inflate(REGISTERED)
    assert not may_inflate({"kustomize.buildOptions": "", "kustomize.enable": "true"})
