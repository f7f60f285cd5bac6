"""Versions and ranges as Helm and Argo CD read them."""

from __future__ import annotations

import pytest

from holdfast.engine.lang import semver


@pytest.mark.parametrize(
    ("wanted", "inside", "outside"),
    [
        ("*", "0.0.1 9.9.9", "9.9.9-rc.1"),
        ("1.2.3", "1.2.3 v1.2.3 1.2.3+build", "1.2.4 1.2.3-rc.1"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
        ("1.X", "1.0.0 1.9.9", "2.0.0 0.9.9"),
        ("v1.*", "1.0.0 1.9.9", "2.0.0"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
        ("^0.0.3", "0.0.3", "0.0.4 0.1.0"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.0", "1.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0"),
        ("~>1.2.3", "1.2.9", "1.3.0"),
        (">1.2.3", "1.2.4 2.0.0", "1.2.3"),
        (">1.2", "1.3.0 2.0.0", "1.2.9"),
        (">11", "12.0.0", "11.1.0"),
        (">=1.2.3", "1.2.3 9.0.0", "1.2.2"),
        ("=>1.2.3", "1.2.3", "1.2.2"),
        ("<1.2.3", "1.2.2", "1.2.3"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        ("<=1", "1.9.9", "2.0.0"),
        ("!=1.2.3", "1.2.4", "1.2.3"),
        ("!=1.2", "1.3.3", "1.2.3"),
        (">=1.2, <2", "1.2.0 1.9.9", "2.0.0"),
        (">= 1.2 < 2 || >=3.5", "1.5.0 3.5.0 9.0.0", "2.5.0 3.4.9"),
        (">=1.2<2", "1.5.0", "2.0.0"),
        ("1.2 - 2.3", "1.2.0 2.3.9", "2.4.0 1.1.9"),
        ("1.2.3 - 2.3.4", "1.2.3 2.3.4", "2.3.5"),
        (">=1.0.0-0", "1.0.0-rc.1 1.2.0-alpha 1.2.0", "0.9.9"),
        ("^1.2.0-rc.1", "1.2.0-rc.2 1.2.0 1.9.0", "1.2.0-rc.0 2.0.0"),
        (">=1.0.0-0, <2", "1.2.0-rc.1", "2.0.0"),
    ],
)
def test_a_range_admits_what_lies_in_it(wanted: str, inside: str, outside: str) -> None:
    assert [version for version in inside.split() if not semver.satisfies(version, wanted)] == []
    assert [version for version in outside.split() if semver.satisfies(version, wanted)] == []


def test_versions_are_ordered_as_semver_org_says() -> None:
    ordered = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1"
    versions = [semver.parse(text) for text in ordered.split()]
    turned = versions[4:] + versions[:4]
    assert sorted(turned, key=semver.sort_key) == versions
    assert semver.compare(semver.parse("1.0.0+a"), semver.parse("1.0.0+b")) == 0


@pytest.mark.parametrize("text", ["", "main", "1.2.3.4", "1.2.3-", "1.2.3-01", "v", "1..2", "x" * 300])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(semver.VersionError):
        semver.parse(text)


@pytest.mark.parametrize(
    "text", ["", "main", "release/1.2", ">=", "1.2.3.4", "^a", "1.2 ||", "refs/tags/v1", "0a1b2c3"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    assert not semver.is_range(text)


@pytest.mark.parametrize(
    ("wanted", "best"),
    [("*", "v2.0.0"), ("^1", "v1.10.0"), (">=1.10.0-0", "v2.1.0-rc.1"), ("~1.2", "1.2.3"), ("^7", None)],
)
def test_the_highest_tag_in_the_range_wins(wanted: str, best: str | None) -> None:
    tags = ["v1.9.0", "v1.10.0", "1.2.3", "v2.0.0", "v2.1.0-rc.1", "latest", "release-5"]
    assert semver.highest(tags, wanted) == best
