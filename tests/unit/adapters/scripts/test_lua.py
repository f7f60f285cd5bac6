"""Scripts in Lua: what they may use, what they may not, and how their answers become JSON."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.adapters.scripts import lua
from holdfast.model.errors import Blocked
from holdfast.model.scripts import Script, ScriptLimits, ScriptRun

LIMITS = ScriptLimits(instructions=1_000_000, memory_bytes=8 * 1024**2)


def answer(text: str, obj: dict[str, Any] | None = None, *, open_libs: bool = False, **parameters: str) -> Any:
    return lua.run(ScriptRun(Script("the.key", text, open_libs), obj or {}, parameters, LIMITS))


def refusal(text: str, obj: dict[str, Any] | None = None) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        answer(text, obj)
    return caught.value.reason, caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return obj.a.b[2]", "y"),
        ("return actionParams.size", "3"),
        ("return {status = 'Healthy', message = 'ok'}", {"status": "Healthy", "message": "ok"}),
        ("return {1, 2.5, 2^53, -3}", [1, 2.5, 2**53, -3]),
        ("return {a = {}, b = {c = false}}", {"a": [], "b": {"c": False}}),
        ("return nil", None),
        ("local x = 1", None),
        ("return 'first', 'second'", "first"),
        ("return string.upper('a') .. math.floor(1.5) .. table.concat({'x', 'y'})", "A1xy"),
        ("return ('%d'):format(3)", "3"),
        ("return os.date('!%Y-%m-%dT%XZ', 0)", "1970-01-01T00:00:00Z"),
        ("return type(os.time())", "number"),
        ("return require('os').date('!%Y', 0)", "1970"),
        ("local ok, problem = pcall(error, 'x') return {ok, problem}", [False, "x"]),
        ("return {xpcall(function() error('x', 0) end, function(e) return e .. '!' end)}", [False, "x!"]),
        ("return {select(2, 'a', 'b', 'c')}", ["b", "c"]),
        ("obj.gone = nil return obj", {"a": {"b": ["x", "y"]}}),
        ("print('nobody reads this') return 1", 1),
        ("x = 1 return _G.x", 1),
        ("return ('ü'):len()", 2),
    ],
)
def test_what_a_script_answers(text: str, expected: Any) -> None:
    assert answer(text, {"a": {"b": ["x", "y"]}, "gone": 1}, size="3") == expected


@pytest.mark.parametrize(
    "name",
    [
        "io",
        "debug",
        "package",
        "python",
        "coroutine",
        "load",
        "loadstring",
        "loadfile",
        "dofile",
        "module",
        "newproxy",
        "getfenv",
        "setfenv",
        "collectgarbage",
        "os.execute",
        "os.exit",
        "os.remove",
        "os.getenv",
        "os.tmpname",
        "string.dump",
        "getmetatable('').__index.dump",
    ],
)
def test_there_is_no_way_out(name: str) -> None:
    assert answer(f"return {name}") is None


def test_open_libraries_add_a_clock_and_nothing_that_reads_the_machine() -> None:
    assert answer("return type(os.clock())", open_libs=True) == "number"
    assert answer("return os.getenv('PATH')", open_libs=True) is None
    assert answer("return io or os.execute", open_libs=True) is None


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        ("return (", "ScriptFailed", "the.key: script:1: unexpected symbol near '<eof>'"),
        ("\nreturn obj.a.b", "ScriptFailed", "the.key: script:2: attempt to index field 'a' (a nil value)"),
        ("error('no good', 0)", "ScriptFailed", "the.key: no good"),
        ("error({})", "ScriptFailed", "the.key: it raised a table"),
        ("\x1bLuaQ", "ScriptFailed", "the.key: it is compiled code; give the source"),
        ("local x = require('io')", "ScriptFailed", "the.key: script:1: module 'io' is not available"),
        ("return 0/0", "ScriptAnswerInvalid", "the.key: the script's answer holds the number nan"),
        ("return print", "ScriptAnswerInvalid", "the.key: the script's answer holds a function"),
        ("return '\\255'", "ScriptAnswerInvalid", "the.key: the script's answer is not UTF-8 text"),
        ("return {1, nil, 3}", "ScriptAnswerInvalid", "the.key: the script's answer holds a list with gaps"),
    ],
)
def test_what_goes_wrong_names_the_key_and_the_line(text: str, reason: str, message: str) -> None:
    assert refusal(text) == (reason, message)


ENDLESS = "while true do end"


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        f"while true do pcall(function() {ENDLESS} end) end",
        f"xpcall(function() error('x') end, function() {ENDLESS} end)",
        f"xpcall(function() {ENDLESS} end, function() {ENDLESS} end)",
        f"table.sort({{3, 2, 1}}, function() {ENDLESS} end)",
        f"return string.gsub('aaa', 'a', function() {ENDLESS} end)",
        f"return setmetatable({{}}, {{__index = function() {ENDLESS} end}}).x",
        "local function f() return f() end return f()",
    ],
)
def test_a_loop_ends_at_the_limit_and_cannot_be_shielded(text: str) -> None:
    assert refusal(text) == (
        "ScriptTimeout",
        "the.key: the script ran more than 1,000,000 instructions: look for a loop that does not end",
    )


@pytest.mark.parametrize(
    "text", ["return string.rep('x', 1e9)", "local t = {} for i = 1, 1e9 do t[i] = {i} end", "return ('x'):rep(1e9)"]
)
def test_memory_ends_at_the_limit(text: str) -> None:
    assert refusal(text)[0] == "ScriptOutOfMemory"


@pytest.mark.parametrize(
    "text", ["local t = {} t.t = t return t", "local t = {} for i = 1, 40 do t = {t, t} end return t"]
)
def test_an_answer_without_end_is_refused(text: str) -> None:
    assert refusal(text)[0] == "ScriptAnswerInvalid"


def test_deep_recursion_fails_alone() -> None:
    assert refusal("local function f() return f() + 1 end return f()")[0] == "ScriptFailed"


def test_a_number_that_lua_cannot_hold_is_refused() -> None:
    assert refusal("return obj", {"n": 2**70}) == (
        "ScriptFailed",
        "the.key: the object holds a number that Lua cannot hold",
    )


def test_scripts_share_nothing() -> None:
    answer("string.upper = nil table.leak = 'x' getmetatable('').__index = nil")
    assert answer("return {('a'):upper(), tostring(table.leak)}") == ["A", "nil"]
