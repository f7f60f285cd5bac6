"""An application is as ill as the worst of its objects."""

from __future__ import annotations

from holdfast.engine.health.aggregate import Judged, aggregate, is_ignored
from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import ObjectKey

KEY = ObjectKey("apps", "Deployment", "shop", "a")
CHILD = ObjectKey("argoproj.io", "Application", "argocd", "child")


def _of(*words: Health) -> list[Judged]:
    return [Judged(KEY, HealthReport(word)) for word in words]


def test_worst_wins_and_is_named() -> None:
    whole = aggregate(_of(Health.HEALTHY, Health.PROGRESSING, Health.DEGRADED, Health.SUSPENDED))
    assert whole == HealthReport(Health.DEGRADED, "Caused by apps/Deployment:shop/a")


def test_nothing_is_healthy() -> None:
    assert aggregate([]) == HealthReport(Health.HEALTHY)


def test_kind_without_a_check_counts_as_healthy() -> None:
    assert aggregate([Judged(KEY, None)]).status is Health.HEALTHY


def test_ignored_object_does_not_count() -> None:
    assert aggregate([Judged(KEY, HealthReport(Health.DEGRADED), ignored=True)]).status is Health.HEALTHY


def test_some_missing_objects_are_no_illness() -> None:
    assert aggregate([Judged(KEY, None, exists=False), *_of(Health.HEALTHY)]).status is Health.HEALTHY


def test_application_without_any_object_on_the_cluster_is_missing() -> None:
    assert aggregate([Judged(KEY, None, exists=False)]).status is Health.MISSING


def test_unknown_child_application_does_not_count_but_a_degraded_one_does() -> None:
    assert aggregate([Judged(CHILD, HealthReport(Health.UNKNOWN))]).status is Health.HEALTHY
    assert aggregate([Judged(CHILD, HealthReport(Health.DEGRADED))]).status is Health.DEGRADED


def test_annotation_ignores_an_object() -> None:
    assert is_ignored({"metadata": {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "true"}}})
    assert not is_ignored({"metadata": {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "false"}}})
