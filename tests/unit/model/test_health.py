"""Health has an order."""

from __future__ import annotations

from holdfast.model.health import Health


def test_order_goes_from_best_to_worst() -> None:
    words = [health.value for health in sorted(Health, key=lambda health: health.rank)]
    assert words == ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"]


def test_nothing_is_worse_than_itself() -> None:
    assert not Health.DEGRADED.is_worse_than(Health.DEGRADED)
    assert Health.DEGRADED.is_worse_than(Health.MISSING)
