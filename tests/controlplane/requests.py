"""What an API server has answered so far, by its own count."""

from __future__ import annotations

from collections import Counter

from tests.controlplane.api import Api


def requests_answered(api: Api) -> Counter[tuple[str, str]]:
    """By verb and resource; those of its own controllers are in it, and watches only once they have ended."""
    counts: Counter[tuple[str, str]] = Counter()
    for line in api.request("GET", "/metrics").body.decode().splitlines():
        if line.startswith("apiserver_request_total{"):
            labels, _, count = line.removeprefix("apiserver_request_total{").rpartition("} ")
            pairs = dict(pair.split("=", 1) for pair in labels.replace('"', "").split(","))
            counts[pairs["verb"], pairs["resource"]] += int(float(count))
    return counts
