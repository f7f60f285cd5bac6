"""A run never grows past what one object may hold."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.analysis import masking, retention
from holdfast.model.analysis import AnalysisRunStatus, Measurement, MetricResult

LONG = masking.LONGEST_VALUE


def status(counts: list[int], size: int) -> AnalysisRunStatus:
    return AnalysisRunStatus(
        phase="Running",
        metric_results=tuple(
            MetricResult(
                name=f"m{number}",
                phase="Running",
                count=count,
                measurements=tuple(Measurement(phase="Successful", value=str(one).ljust(size)) for one in range(count)),
            )
            for number, count in enumerate(counts)
        ),
    )


@given(st.lists(st.integers(1, 150), min_size=1, max_size=6), st.sampled_from([10, 1000, LONG]))
def test_a_status_fits_and_keeps_the_counts_and_the_latest_measurements(counts: list[int], size: int) -> None:
    before = status(counts, size)
    after = retention.fitting(before)
    assert len(msgspec.json.encode(after)) <= retention.LARGEST_STATUS
    assert [result.count for result in after.metric_results] == counts
    for old, new in zip(before.metric_results, after.metric_results, strict=True):
        assert new.measurements
        assert old.measurements[-len(new.measurements) :] == new.measurements


def test_what_fits_stays_as_it_is() -> None:
    small = status([10, 3], 100)
    assert retention.fitting(small) is small


def test_metadata_without_end_is_cut() -> None:
    many = {f"key-{number}": "v" for number in range(1000)}
    found = masking.clean(Measurement(phase="Successful", metadata=many), ())
    assert len(found.metadata) == masking.MOST_METADATA
