"""Writes the generated pages of docs/; with --check only tells which of them are stale.

A generator is a module in scripts/documents with a function `page` that answers the whole text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.documents import contract  # noqa: E402 - found by the path of this file

PAGES: Mapping[str, Callable[[], str]] = {
    "contract.md": contract.page,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when a page is stale")
    check = parser.parse_args().check
    stale = 0
    for name, page in PAGES.items():
        path, text = ROOT / "docs" / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            print(f"docs/{name} is stale: run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
