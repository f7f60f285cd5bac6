"""Jsonnet programs among manifests."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.model.errors import Blocked
from holdfast.model.kube import name_of
from holdfast.model.rendering import RenderLimits, RenderRequest
from holdfast.model.source_options import DirectoryOptions, JsonnetOptions, JsonnetVar
from tests.unit.adapters.rendering.conftest import MakeRequest

CONFIG = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '%s' }, data: { a: %s } }"


async def render(request: RenderRequest) -> list[tuple[str, Any]]:
    result = await InlineRenderer(open_local_tree).render(request)
    return [(name_of(obj), obj["data"]["a"]) for obj in result.objects]


async def refusal(request: RenderRequest) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await InlineRenderer(open_local_tree).render(request)
    return caught.value.reason, caught.value.message


def options(**jsonnet: Any) -> DirectoryOptions:
    return DirectoryOptions(jsonnet=JsonnetOptions(**jsonnet))


async def test_a_program_gives_one_object_or_a_list_beside_plain_manifests(make_request: MakeRequest) -> None:
    files = {
        "app/a.jsonnet": CONFIG % ("one", "'1'"),
        "app/b.jsonnet": f"[{CONFIG % ('two', '2')}, {CONFIG % ('three', '3')}]",
        "app/c.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: four}, data: {a: x}}",
        "app/ignored.libsonnet": "error 'no'",
    }
    assert await render(make_request(files)) == [("one", "1"), ("two", 2), ("three", 3), ("four", "x")]


async def test_variables_arguments_and_libraries(make_request: MakeRequest) -> None:
    program = (
        "local lib = import 'lib.libsonnet'; local near = import 'near.libsonnet'; function(top, code)\n"
        + CONFIG
        % (
            "app",
            "[std.extVar('ext'), std.extVar('extCode') + 1, top, code.x, lib.value, near, importstr 'note.txt']",
        )
    )
    files = {
        "app/a.jsonnet": program,
        "app/near.libsonnet": "'near'",
        "app/note.txt": "note",
        "vendor/lib.libsonnet": "{ value: import '../shared/deep.libsonnet' }",
        "shared/deep.libsonnet": "'deep'",
    }
    given = options(
        ext_vars=(JsonnetVar(name="ext", value="$ARGOCD_APP_NAME"), JsonnetVar(name="extCode", value="1+1", code=True)),
        tlas=(JsonnetVar(name="top", value="level"), JsonnetVar(name="code", value="{x: 5}", code=True)),
        libs=("vendor",),
    )
    assert await render(make_request(files, directory=given)) == [
        ("app", ["shop", 3, "level", 5, "deep", "near", "note"])
    ]


@pytest.mark.parametrize(
    ("program", "reason", "message"),
    [
        ("import '../../../etc/passwd'", "PathEscapes", "app/a.jsonnet: '../../../etc/passwd' leads out of the repository: use a path inside the repository"),
        ("importstr '/etc/passwd'", "PathEscapes", "app/a.jsonnet: import of '/etc/passwd': write a path inside the repository"),
        ("import 'out.libsonnet'", "PathEscapes", "app/a.jsonnet: 'app/out.libsonnet' is a symlink to /etc/passwd, which is outside the repository: use a path inside the repository"),
        ("import 'none.libsonnet'", "PathNotFound", "app/a.jsonnet: import of 'none.libsonnet': there is no such file in app/ or libs"),
        ("error 'told by the program'", "TemplateError", "told by the program (at app/a.jsonnet:1:1-28)"),
        ("{ a: ", "TemplateError", "app/a.jsonnet:1:6: unexpected end of file"),
        ("local f(x) = f(x) + 1; f(1)", "TemplateError", "max stack frames exceeded."),
        ("{ a: 1 }", "ManifestInvalid", "app/a.jsonnet: kind is missing or no text"),
        ("'text'", "ManifestInvalid", "app/a.jsonnet: a Kubernetes object is expected, this is a text"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told(make_request: MakeRequest, program: str, reason: str, message: str) -> None:
    found = await refusal(make_request({"app/a.jsonnet": program, "app/out.libsonnet": "-> /etc/passwd"}))
    assert (found[0], found[1][: len(message)]) == (reason, message)


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("program", "limits", "reason"),
    [
        ("std.foldl(function(a, b) a + b, std.range(1, 1000000000), 0)", {"seconds": 2.0}, "RenderTimeout"),
        ("local f(n) = if n == 0 then ['x'] else f(n - 1) + f(n - 1); f(60)", {"seconds": 3.0, "memory_bytes": 300 * 1024**2}, ""),
    ],
)  # fmt: skip
async def test_a_program_that_never_ends_costs_one_render(
    make_request: MakeRequest, program: str, limits: dict[str, Any], reason: str
) -> None:
    pool = RenderPool(open_local_tree, workers=1)
    try:
        with pytest.raises(Blocked) as caught:
            await pool.render(make_request({"app/a.jsonnet": program}, limits=RenderLimits(**limits)))
        assert caught.value.reason == reason or (
            not reason and caught.value.reason in ("RenderTimeout", "RenderOutOfMemory", "TemplateError")
        )
        good = make_request({"app/a.jsonnet": CONFIG % ("one", "'1'")})
        assert len((await pool.render(good)).objects) == 1
    finally:
        await pool.close()
