"""Build variables and how they are put in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holdfast.engine.render import build_environment
from holdfast.model.rendering import RenderRequest


def test_every_variable_is_there(make_request: Callable[..., RenderRequest]) -> None:
    request = make_request("helm")
    assert build_environment.variables(request, request.source) == {
        "ARGOCD_APP_NAME": "shop",
        "ARGOCD_APP_NAMESPACE": "shop-prod",
        "ARGOCD_APP_PROJECT_NAME": "default",
        "ARGOCD_APP_REVISION": "0123456789abcdef0123456789abcdef01234567",
        "ARGOCD_APP_REVISION_SHORT": "0123456",
        "ARGOCD_APP_REVISION_SHORT_8": "01234567",
        "ARGOCD_APP_SOURCE_PATH": "helm",
        "ARGOCD_APP_SOURCE_REPO_URL": "https://git.example/shop.git",
        "ARGOCD_APP_SOURCE_TARGET_REVISION": "main",
        "KUBE_VERSION": "1.31.2",
        "KUBE_API_VERSIONS": "apps/v1,keda.sh/v1alpha1",
    }


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$NAME-x", "shop-x"),
        ("${NAME}x", "shopx"),
        ("$$NAME", "$NAME"),
        ("cost: 5$", "cost: 5$"),
        ("$ NAME", "$ NAME"),
        ("$UNKNOWN.", "."),
        ("${UNKNOWN}.", "."),
        ("${}a", "a"),
        ("${NAME", "NAME"),
        ("$${NAME", "${NAME"),
        ("${NAME}${NAME$NAME", "shopNAMEshop"),
        ("${A${NAME}}", "}"),
        ("$1a", "a"),
        ("$-a", "a"),
        ("$é", "$é"),
        ("$NAME$NAME", "shopshop"),
    ],
)
def test_substitution(text: str, result: str) -> None:
    assert build_environment.substitute(text, {"NAME": "shop"}) == result
