"""Laws of the order of versions and of ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang import semver

numbers = st.integers(0, 12)
identifiers = st.one_of(numbers.map(str), st.sampled_from(["alpha", "beta", "rc", "x-1", "0a"]))
prereleases = st.lists(identifiers, max_size=3).map(".".join)
versions = st.builds(semver.Version, numbers, numbers, numbers, prereleases)


def written(version: semver.Version) -> str:
    core = ".".join(map(str, version.core))
    return f"{core}-{version.prerelease}" if version.prerelease else core


@given(versions, versions, versions)
def test_the_order_is_total(a: semver.Version, b: semver.Version, c: semver.Version) -> None:
    assert semver.compare(a, a) == 0
    assert semver.compare(a, b) == -semver.compare(b, a)
    if semver.compare(a, b) <= 0 and semver.compare(b, c) <= 0:
        assert semver.compare(a, c) <= 0


@given(versions)
def test_what_is_written_is_read_again(version: semver.Version) -> None:
    assert semver.compare(semver.parse(written(version)), version) == 0


@given(versions, versions)
def test_ranges_agree_with_the_order(version: semver.Version, bound: semver.Version) -> None:
    if version.prerelease and not bound.prerelease:
        return  # a pre-release satisfies only a range that names one
    order = semver.compare(version, bound)
    text, limit = written(version), written(bound)
    assert semver.satisfies(text, f">={limit}") == (order >= 0)
    assert semver.satisfies(text, f"<{limit}") == (order < 0)
    assert semver.satisfies(text, f"={limit}") == (order == 0)
    assert semver.satisfies(text, f"!={limit}") == (order != 0)
    if semver.satisfies(text, f"^{limit}") and bound.core != (0, 0, 0):
        assert order >= 0
        assert version.major == bound.major


@given(st.lists(versions.map(written)), st.sampled_from(["*", "^1", ">=2, <9", "~3.1 || 4.x", ">=0.0.0-0"]))
def test_the_highest_is_admitted_and_nothing_admitted_is_higher(texts: list[str], wanted: str) -> None:
    best = semver.highest(texts, wanted)
    admitted = [text for text in texts if semver.satisfies(text, wanted)]
    assert (best is None) == (not admitted)
    if best is not None:
        assert best in admitted
        assert all(semver.compare(semver.parse(text), semver.parse(best)) <= 0 for text in admitted)
