"""Writes docs/features/README.md: each feature with what Argo CD has of it, and how many tests show it on which server.

python scripts/generate_feature_matrix.py [--check]
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "features"
MATRIX = FOLDER / "README.md"
TITLE = re.compile(r"\A# (.+)$", re.MULTILINE)
IN_ARGO_CD = re.compile(r"^In Argo CD: ((?:yes|no|partly).*(?:\n(?!\n).+)*)$", re.MULTILINE)
HEAD = """\
# Features

Each page says what a feature does, how it is set, what one sees of it, and what differs from Argo CD; its examples are what the tests
of the feature run, on the sandbox (`make test`) and on a real Kubernetes API server (`make test-cluster`). This table is made
of the pages and the tests by `scripts/generate_feature_matrix.py`.

| feature | in Argo CD | tests on the sandbox | tests on a real API server |
| --- | --- | --- | --- |
"""


class Shown:
    """Collects which tests show which feature; `sandbox` and `real` count them by the page's name."""

    def __init__(self) -> None:
        self.sandbox: Counter[str] = Counter()
        self.real: Counter[str] = Counter()
        self.unread: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marker = item.get_closest_marker("feature")
            if marker is None:
                continue
            slug = marker.args[0]
            (self.real if item.get_closest_marker("control_plane") else self.sandbox)[slug] += 1
            if "page" not in getattr(item, "fixturenames", ()):
                self.unread.append(item.nodeid)


def collected() -> Shown:
    """Raises SystemExit when the tests cannot be collected."""
    shown = Shown()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main(["--collect-only", "-q", str(ROOT / "tests" / "features")], [shown])
    if code != pytest.ExitCode.OK:
        raise SystemExit(f"the tests of features cannot be collected:\n{said.getvalue()}")
    return shown


def pages() -> dict[str, str]:
    """The text of each page by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md")) if path != MATRIX}


def problems(texts: Mapping[str, str], shown: Shown) -> list[str]:
    found = [f"{slug}.md begins with no title" for slug, text in texts.items() if not TITLE.match(text)]
    found += [f"{slug}.md does not say what Argo CD has" for slug, text in texts.items() if not IN_ARGO_CD.search(text)]
    tested = {*shown.sandbox, *shown.real}
    found += [f"no test reads {slug}.md" for slug in texts if not {slug} & tested]
    found += [f"the feature {slug} has no page" for slug in sorted(tested - set(texts))]
    return found + [f"{test} does not read the page of its feature" for test in shown.unread]


def matrix(texts: Mapping[str, str], shown: Shown) -> str:
    rows = []
    for slug, text in texts.items():
        title, said = TITLE.match(text), IN_ARGO_CD.search(text)
        if title is not None and said is not None:
            has = " ".join(said[1].split()).replace("|", "\\|")
            rows.append(f"| [{title[1]}]({slug}.md) | {has} | {shown.sandbox[slug]} | {shown.real[slug]} |")
    return HEAD + "".join(f"{row}\n" for row in sorted(rows, key=str.casefold))


def main(check: bool) -> int:
    texts, shown = pages(), collected()
    wrong = problems(texts, shown)
    fresh = matrix(texts, shown)
    if check and (not MATRIX.is_file() or MATRIX.read_text(encoding="utf-8") != fresh):
        wrong.append("docs/features/README.md is stale: python scripts/generate_feature_matrix.py")
    for problem in wrong:
        print(problem, file=sys.stderr)
    if not check:
        MATRIX.write_text(fresh, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
