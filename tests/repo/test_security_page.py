"""docs/security.md has a row for every class of attack, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| what", "| ---"))
]
ADVISORIES = [
    "GHSA-63qx-x74g-jcr7",
    "CVE-2022-24348",
    "GHSA-h6h5-6fmq-rh28",
    "GHSA-r9cr-hvjj-496v",
    "GHSA-6gcg-hp2x-q54h",
    "CVE-2022-24904",
    "GHSA-q4w5-4gq2-98vm",
    "CVE-2022-31036",
    "GHSA-6jqw-jwf5-rp8h",
    "DHI-65of-ltfd-cour-nvqq",
    "GHSA-r642-gv9p-2wjj",
    "GHSA-q9hr-j4rf-8fjc",
    "GHSA-9h6w-j7w4-jr52",
    "GHSA-2m7h-86qq-fp4v",
    "GHSA-7943-82jg-wmw5",
    "GHSA-xmg8-99r8-jc2j",
    "CVE-2020-8827",
    "CVE-2020-11576",
    "GHSA-x32m-mvfj-52xv",
    "GHSA-2vgg-9h6w-m454",
    "GHSA-h4w9-6x78-8vrj",
    "GHSA-jwv5-8mqv-g387",
    "GHSA-2hj5-g64g-fp6p",
    "GHSA-pmjg-52h9-72qv",
    "GHSA-qq5v-f4c3-395c",
    "GHSA-pg99-h5gc-446r",
    "GHSA-786q-9hcg-v9ff",
    "CVE-2026-43824",
    "GHSA-fwr2-64vr-xv9m",
    "GHSA-mv6w-j4xc-qpfw",
    "GHSA-fp89-h8pj-8894",
    "GHSA-6w87-g839-9wv7",
    "GO-2025-3433",
    "GO-2024-2902",
    "GHSA-2f5v-8r3f-8pww",
    "GHSA-2q5c-qw9c-fmvq",
    "GHSA-3cqf-953p-h5cp",
    "GHSA-3jfq-742w-xg8j",
    "GHSA-6p4m-hw2h-6gmw",
    "GHSA-2gvw-w6fj-7m3c",
    "GHSA-g623-jcgg-mhmm",
    "GHSA-c8xw-vjgf-94hr",
    "GO-2024-3006",
    "GHSA-jhqp-vf4w-rpwq",
    "GHSA-g687-f2gx-6wm8",
    "GHSA-jhwx-mhww-rgc3",
    "GHSA-9m6p-x4h2-6frq",
    "GHSA-6v85-wr92-q4p7",
    "GO-2024-3002",
    "GHSA-9766-5277-j5hr",
    "CVE-2022-24817",
    "CVE-2022-24877",
    "CVE-2022-24878",
]
NO_TEST_YET = "not there yet"


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_every_known_advisory_stands_in_a_row(advisory: str) -> None:
    assert any(advisory in row[1] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 4
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[3])
    assert named or row[2].startswith(NO_TEST_YET)
    for file, test in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"def {test}\(", text), f"{file} has no test {test}"
