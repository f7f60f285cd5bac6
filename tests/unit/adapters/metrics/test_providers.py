"""How the providers with an API of their own are asked and understood, with answers in the form of their documentation."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.adapters.local_http import serving
from tests.unit.adapters.metrics.answers import CONTROL, measured, refused, says

pytestmark = pytest.mark.real_time
Seen = list[dict[str, Any]]


def datadog(url: str, namespace: str = CONTROL, name: str = "datadog") -> dict[tuple[str, str], dict[str, str]]:
    return {(namespace, name): {"address": url, "api-key": "the-api-key", "app-key": "the-app-key\n"}}


async def test_datadog_gives_the_last_point() -> None:
    seen: Seen = []
    said = {"status": "ok", "series": [{"pointlist": [[1, 0.5], [2, 0.25]]}]}
    async with serving(says(said, seen=seen)) as url:
        found = await measured({"datadog": {"query": "avg:errors{*}", "interval": "10m"}}, secrets=datadog(url))
    assert (found.result, found.value) == (0.25, "0.25")
    assert seen[0]["path"] == "/api/v1/query?from=1767268200&to=1767268800&query=avg:errors%7B*%7D"
    assert (seen[0]["headers"]["DD-API-KEY"], seen[0]["headers"]["DD-APPLICATION-KEY"]) == (
        "the-api-key",
        "the-app-key",
    )


async def test_datadog_puts_several_queries_together() -> None:
    seen: Seen = []
    said = {"data": {"attributes": {"columns": [{"type": "number", "values": [3.0]}]}}}
    wanted = {"apiVersion": "v2", "queries": {"a": "sum:x{*}", "b": "sum:y{*}"}, "formula": "a / b"}
    async with serving(says(said, seen=seen)) as url:
        assert (await measured({"datadog": wanted}, secrets=datadog(url))).value == "3"
    asked = msgspec.json.decode(seen[0]["body"])["data"]["attributes"]
    assert asked["formulas"] == [{"formula": "a / b"}]
    assert [query["name"] for query in asked["queries"]] == ["a", "b"]
    assert asked["to"] - asked["from"] == 300_000


async def test_datadog_without_data_is_nil() -> None:
    async with serving(says({"status": "ok", "series": []})) as url:
        found = await measured({"datadog": {"query": "q"}}, secrets=datadog(url))
    assert (found.result, found.value) == (None, "[]")


async def test_datadog_may_have_its_keys_in_the_namespace_of_the_run() -> None:
    wanted = {"query": "q", "secretRef": {"name": "own", "namespaced": True}}
    async with serving(says({"series": []})) as url:
        assert (await measured({"datadog": wanted}, secrets=datadog(url, "shop", "own"))).value == "[]"
    assert await refused({"datadog": wanted}) == "there is no Secret own in namespace shop"


async def test_keys_that_are_not_there_or_not_taken_are_told() -> None:
    assert (
        await refused({"datadog": {"query": "q"}}) == "there is no Secret datadog in namespace argo-rollouts or argocd"
    )
    lacking = {(CONTROL, "datadog"): {"api-key": "k"}}
    assert "lacks app-key" in await refused({"datadog": {"query": "q"}}, secrets=lacking)
    async with serving(says({"errors": ["Forbidden"]}, status=403)) as url:
        assert "does not take the keys" in await refused({"datadog": {"query": "q"}}, secrets=datadog(url))


def new_relic(url: str) -> dict[tuple[str, str], dict[str, str]]:
    values = {"personal-api-key": "NRAK-KEY", "account-id": "42", "base-url-nerdgraph": url}
    return {(CONTROL, "newrelic"): values}


async def test_new_relic_gives_one_row_as_a_map_and_several_as_a_list() -> None:
    seen: Seen = []

    def rows(*results: dict[str, float]) -> dict[str, Any]:
        return {"data": {"actor": {"account": {"nrql": {"results": list(results)}}}}}

    async with serving(says(rows({"rate": 0.5}), seen=seen)) as url:
        found = await measured({"newRelic": {"query": "SELECT 1"}}, secrets=new_relic(url))
        assert (found.result, found.value) == ({"rate": 0.5}, '{"rate":0.5}')
    assert seen[0]["headers"]["Api-Key"] == "NRAK-KEY"
    assert msgspec.json.decode(seen[0]["body"])["variables"] == {"account": 42, "query": "SELECT 1", "seconds": 5}
    async with serving(says(rows({"a": 1}, {"a": 2}))) as url:
        assert (await measured({"newRelic": {"query": "q"}}, secrets=new_relic(url))).result == [{"a": 1}, {"a": 2}]


async def test_what_new_relic_finds_wrong_is_told_without_its_key() -> None:
    async with serving(says({"errors": [{"message": "NRQL Syntax Error"}]})) as url:
        message = await refused({"newRelic": {"query": "q"}}, secrets=new_relic(url))
        assert message == "New Relic: NRQL Syntax Error"
    async with serving(says({"said": "no NRAK-KEY"}, status=401)) as url:
        message = await refused({"newRelic": {"query": "q"}}, secrets=new_relic(url))
        assert message == 'New Relic answers 401: {"said":"no *****"}'


async def test_graphite_gives_the_values_without_the_gaps() -> None:
    seen: Seen = []
    said = [{"target": "t", "datapoints": [[None, 1], [1.5, 2], [2, 3]]}]
    query = "target=summarize(\n  a.b.c,\n  '5min')&from=-5min"
    async with serving(says(said, seen=seen)) as url:
        found = await measured({"graphite": {"address": url, "query": query}})
    assert (found.result, found.value) == ([1.5, 2.0], "[1.5,2]")
    assert seen[0]["path"] == "/render?target=summarize(a.b.c,'5min')&from=-5min&format=json"


INFLUX = b"""#datatype,string,long,dateTime:RFC3339,double\r
#group,false,false,false,false\r
#default,_result,,,\r
,result,table,_time,_value\r
,,0,2026-01-01T12:00:00Z,0.5\r
,,0,2026-01-01T12:01:00Z,2\r
\r
#datatype,string,long,boolean\r
#group,false,false,false\r
#default,_result,,\r
,result,table,_value\r
,,1,true\r
\r
"""


def influx(url: str) -> dict[tuple[str, str], dict[str, str]]:
    return {(CONTROL, "influxdb"): {"address": url, "authToken": "influx-token", "org": "my org"}}


async def test_influxdb_gives_the_values_of_all_records_by_their_kind() -> None:
    seen: Seen = []
    async with serving(says(INFLUX, seen=seen)) as url:
        found = await measured({"influxdb": {"query": 'from(bucket: "x")'}}, secrets=influx(url))
    assert found.result == [0.5, 2.0, True]
    assert (seen[0]["path"], seen[0]["headers"]["Authorization"]) == (
        "/api/v2/query?org=my+org",
        "Token influx-token",
    )


async def test_an_error_of_influxdb_within_its_answer_is_told() -> None:
    said = b"#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,bucket not found,897\n"
    async with serving(says(said)) as url:
        assert await refused({"influxdb": {"query": "q"}}, secrets=influx(url)) == "InfluxDB: bucket not found"


async def test_wavefront_gives_the_point_closest_to_now_with_the_token_of_its_host() -> None:
    seen: Seen = []
    said = {"timeseries": [{"data": [[1767268700, 1], [1767268790, 2]]}], "warnings": "slow"}
    async with serving(says(said, seen=seen)) as url:
        secrets = {(CONTROL, "wavefront-api-tokens"): {url.removeprefix("http://"): "wf-token"}}
        found = await measured({"wavefront": {"address": url, "query": "ts(x)"}}, secrets=secrets)
        other = {"wavefront": {"address": "http://127.0.0.1:1", "query": "ts(x)"}}
        assert "lacks 127.0.0.1:1" in await refused(other, secrets=secrets)
    assert (found.result, found.value, found.metadata) == (2.0, "2", {"warnings": "slow"})
    assert seen[0]["headers"]["Authorization"] == "Bearer wf-token"


@pytest.mark.parametrize(
    "provider",
    [
        {"datadog": {"query": "q"}},
        {"newRelic": {"query": "q"}},
        {"graphite": {"address": "URL", "query": "target=a"}},
        {"wavefront": {"address": "URL", "query": "q"}},
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b"5", b"[5]", b'{"data": 5}', b'{"series": 5}'])
async def test_an_answer_of_another_form_is_an_error(provider: dict[str, Any], body: bytes) -> None:
    async with serving(says(body)) as url:
        filled = msgspec.json.decode(msgspec.json.encode(provider).replace(b"URL", url.encode()))
        place = url.removeprefix("http://")
        secrets = {**datadog(url), **new_relic(url), (CONTROL, "wavefront-api-tokens"): {place: "wf-token"}}
        assert await refused(filled, secrets=secrets)
