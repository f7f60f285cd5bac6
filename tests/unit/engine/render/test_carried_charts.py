"""The charts that a chart carries are the ones that it names."""

from __future__ import annotations

import pytest

from holdfast.engine.render.helm.chart import Chart, Dependency, check_carried
from holdfast.model.errors import Blocked


def chart(*dependencies: Dependency, lock_fits: bool = True) -> Chart:
    return Chart(path="app", name="demo", version="1.0.0", dependencies=dependencies, lock_fits=lock_fits)


@pytest.mark.parametrize(
    ("wanted", "carried", "problem"),
    [
        (Dependency("lib", "^1.2"), [("lib", "1.4.0")], ""),
        (Dependency("lib", "^1.2"), [("lib", "v1.4.0")], ""),
        (Dependency("lib", ""), [("lib", "0.0.1")], ""),
        (Dependency("lib", "1.4.0", locked="1.4.0"), [("lib", "v1.4.0")], ""),
        (Dependency("lib", "^1.2"), [("lib", "1.1.0"), ("lib", "1.3.0")], ""),
        (Dependency("lib", "1.x", "file://../lib", locked="1.0.0"), [("lib", "1.1.0")], ""),
        (Dependency("lib", "^1.2"), [("other", "1.4.0")], "needs lib ^1.2 from charts/, which is not in app/charts"),
        (
            Dependency("lib", "^1.2"),
            [("lib", "2.0.0")],
            "needs lib ^1.2, as Chart.yaml says, and carries 2.0.0 in app/c",
        ),
        (Dependency("lib", "^1.2"), [("lib", "1.3.0-rc.1")], "as Chart.yaml says, and carries 1.3.0-rc.1"),
        (
            Dependency("lib", "^1.2", locked="1.4.0"),
            [("lib", "1.4.1")],
            "needs lib 1.4.0, as its lock file says, and carries 1.4.1 in app/charts: run `helm dependency update`",
        ),
    ],
)
def test_name_and_version_fit(wanted: Dependency, carried: list[tuple[str, str]], problem: str) -> None:
    if not problem:
        return check_carried(chart(wanted), carried)
    with pytest.raises(Blocked) as caught:
        check_carried(chart(wanted), carried)
    assert caught.value.reason == "DependencyMissing"
    assert problem in caught.value.message
    return None


def test_a_lock_file_of_other_dependencies_decides_nothing() -> None:
    check_carried(chart(Dependency("lib", "^1.2", locked="1.4.0"), lock_fits=False), [("lib", "1.4.1")])
