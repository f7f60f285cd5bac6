"""Applications as they live on a cluster can be read."""

from __future__ import annotations

import msgspec

from holdfast.model.application import Application


def test_live_application_is_read_with_fields_nobody_knows() -> None:
    live = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd", "managedFields": [{"manager": "kubectl"}], "generation": 4},
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
            "source": {
                "repoURL": "git@example.com:shop.git",
                "path": "helm/",
                "helm": {"valuesObject": {"replicas": 2}},
            },
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "retry": {"limit": 5, "backoff": {"factor": 2}},
            },
            "someday": {"new": "field"},
        },
        "status": {
            "summary": {"externalURLs": ["https://shop"]},
            "history": [{"id": 1, "deployedAt": "2026-01-01T00:00:00Z"}],
        },
    }
    application = msgspec.convert(live, Application)
    assert application.metadata.key.name == "shop"
    assert application.spec.source is not None
    assert application.spec.source.repo_url == "git@example.com:shop.git"
    assert application.spec.source.helm is not None
    assert application.spec.source.helm.values_object == {"replicas": 2}
    assert application.spec.sync_policy is not None
    assert application.spec.sync_policy.automated is not None
    assert application.spec.sync_policy.automated.self_heal is True
    assert application.status.summary.external_urls == ("https://shop",)


def test_defaults_are_not_written() -> None:
    application = Application(kind="Application")
    assert msgspec.to_builtins(application) == {"kind": "Application"}
