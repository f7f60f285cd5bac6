"""Metrics that make no sense are refused with their place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.analysis import validation
from holdfast.model.analysis import Metric

WEB = {"web": {"url": "http://a"}}


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ([], "no metrics specified"),
        ([{"name": "a", "provider": WEB}, {"name": "a", "provider": WEB}], "metrics[1]: duplicate name 'a'"),
        ([{"name": "a", "provider": {}}], "metrics[0]: no provider specified"),
        (
            [{"name": "a", "provider": {**WEB, "job": {"spec": {}}}}],
            "metrics[0]: multiple providers specified: job, web",
        ),
        ([{"name": "a", "provider": WEB, "count": 2}], "metrics[0]: interval must be specified when count > 1"),
        ([{"name": "a", "provider": WEB, "interval": "5"}], "metrics[0]: interval: '5' is no duration"),
        ([{"name": "a", "provider": WEB, "failureLimit": "few"}], "metrics[0]: failureLimit: 'few' is no number"),
        ([{"name": "a", "provider": WEB, "count": "--5"}], "metrics[0]: count: '--5' is no number"),
        ([{"name": "a", "provider": WEB, "failureLimit": "²"}], "metrics[0]: failureLimit: '²' is no number"),
        ([{"name": "a", "provider": WEB, "failureLimit": "-1"}], ""),
        ([{"name": "a", "provider": {"plugin": {"acme/errors": {"query": "x"}}}}], ""),
        (
            [{"name": "a", "provider": {"plugin": {"b": None, "a": None}}}],
            "metrics[0]: provider.plugin names several plugins, and one is needed: a, b",
        ),
        (
            [{"name": "a", "provider": {"plugin": {"../../bin/sh": None}}}],
            "metrics[0]: provider.plugin: '../../bin/sh' is no name of a plugin",
        ),
        ([{"name": "a", "provider": {"job": {"spec": {}}}, "count": "3", "interval": "1m"}], ""),
    ],
)
def test_the_first_fault_is_told(metrics: list[dict[str, Any]], said: str) -> None:
    found = validation.problem(msgspec.convert(metrics, list[Metric]))
    assert found.startswith(said)
    assert bool(found) == bool(said)
