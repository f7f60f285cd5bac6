"""The ways to write `kubectl argo rollouts …`, and which of our commands each of them is.

Source: https://argo-rollouts.readthedocs.io/en/stable/generated/kubectl-argo-rollouts/kubectl-argo-rollouts/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

from holdfast.engine.lang import durations
from holdfast.model.errors import Blocked

PROGRAM: Final = "kubectl argo rollouts"


class Kind(Enum):
    """What stands behind a flag."""

    SWITCH = "nothing, or =true and =false"
    TEXT = "a text"
    LENGTH = "a duration such as 90s or 5m, or seconds"


class Flag(Struct, frozen=True):
    """`ours` is our option, `off` the one for `=false`; without either the flag changes nothing here."""

    name: str
    ours: str = ""
    short: str = ""
    kind: Kind = Kind.SWITCH
    off: str = ""


class Unable(Struct, frozen=True):
    """A flag of kubectl's that cannot be honoured, and why; with one of `harmless` it asks for nothing."""

    name: str
    why: str
    short: str = ""
    kind: Kind = Kind.TEXT
    harmless: tuple[str, ...] = ()


class Names(Enum):
    """What follows the verb; each of several names is a command of its own."""

    NONE = ""
    ONE = "NAME"
    SEVERAL = "NAME…"
    IMAGES = "NAME CONTAINER=IMAGE…"
    PERHAPS = "[NAME]"
    WITH_ROLLOUT = "NAME ROLLOUT"


class Form(Struct, frozen=True):
    verb: tuple[str, ...]
    ours: tuple[str, ...]
    names: Names
    flags: tuple[Flag, ...] = ()
    is_on_cluster: bool = True


class Wanted(Struct, frozen=True):
    """Our command lines as far as they are known without looking at a kubeconfig."""

    commands: tuple[tuple[str, ...], ...]
    namespace: str = ""
    kubeconfig: str = ""
    context: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    is_everywhere: bool = False
    is_on_cluster: bool = True


NAMESPACE: Final = Flag("namespace", short="n", kind=Kind.TEXT)
KUBECONFIG: Final = Flag("kubeconfig", kind=Kind.TEXT)
CONTEXT: Final = Flag("context", kind=Kind.TEXT)
EVERYWHERE: Final = Flag("all-namespaces", short="A")
AS_USER: Final = Flag("as", kind=Kind.TEXT)
AS_GROUP: Final = Flag("as-group", kind=Kind.TEXT)
_COMMON: Final = (
    NAMESPACE,
    KUBECONFIG,
    CONTEXT,
    AS_USER,
    AS_GROUP,
    Flag("cache-dir", kind=Kind.TEXT),
    Flag("disable-compression"),
    Flag("loglevel", kind=Kind.TEXT),
    Flag("kloglevel", short="v", kind=Kind.TEXT),
)
_IN_KUBECONFIG: Final = "write it into the kubeconfig, and name that by --kubeconfig or --context"
_UNABLE: Final = (
    *(
        Unable(name, _IN_KUBECONFIG, short)
        for name, short in (
            *(("server", "s"), ("cluster", ""), ("user", ""), ("token", ""), ("username", ""), ("password", "")),
            *(("certificate-authority", ""), ("client-certificate", ""), ("client-key", "")),
            *(("tls-server-name", ""),),
        )
    ),
    Unable("insecure-skip-tls-verify", _IN_KUBECONFIG, kind=Kind.SWITCH, harmless=("false",)),
    Unable("root-path", "the page is at the address that is printed, with its token"),
    Unable("as-uid", "only a user and groups can be impersonated: --as and --as-group"),
    Unable("request-timeout", "each request has its own limit; leave the flag out", harmless=("0", "0s")),
)
_LOOKING: Final = (
    Flag("watch", "--watch", "w"),
    Flag("no-color"),
    Flag("timeout-seconds", "--timeout", kind=Kind.LENGTH),
)
_LISTING: Final = (
    Flag("watch", "--watch", "w"),
    Flag("timestamps", "--timestamps"),
    Flag("name", "--name", kind=Kind.TEXT),
)
_FILE: Final = Flag("filename", "--filename", "f", Kind.TEXT)
_CREATING: Final = (
    Flag("from", "--from", kind=Kind.TEXT),
    Flag("from-file", "--from-file", kind=Kind.TEXT),
    Flag("global", "--global"),
    Flag("argument", "--argument", "a", Kind.TEXT),
    Flag("name", "--name", kind=Kind.TEXT),
    Flag("generate-name", "--generate-name", kind=Kind.TEXT),
    Flag("instance-id", "--instance-id", kind=Kind.TEXT),
)
_PROMOTING: Final = (
    Flag("full", "--full"),
    Flag("skip-current-step", "--skip-current-step", "c"),
    Flag("skip-all-steps", "--skip-all-steps", "a"),
)
_STATUS: Final = (
    Flag("watch", "--watch", "w", off="--no-watch"),
    Flag("timeout", "--timeout", "t", kind=Kind.LENGTH),
)
_SETTINGS: Final = (
    Flag("config-map", "--config-map", kind=Kind.TEXT),
    Flag("secret", "--secret", kind=Kind.TEXT),
)
_OUTPUT: Final = Flag("output", "--output", "o", kind=Kind.TEXT)
_TELLING: Final = (*_SETTINGS, Flag("recipient", "--recipient", kind=Kind.TEXT))
_TEMPLATE: Final = ("notifications", "template")
_TRIGGER: Final = ("notifications", "trigger")
FORMS: Final = (
    Form(("get", "rollout"), ("get",), Names.ONE, _LOOKING),
    Form(("get", "experiment"), ("get", "experiment"), Names.ONE, _LOOKING),
    Form(("list", "rollouts"), ("list", "rollouts"), Names.NONE, (EVERYWHERE, *_LISTING)),
    Form(("list", "experiments"), ("list", "experiments"), Names.NONE, (EVERYWHERE,)),
    Form(("promote",), ("promote",), Names.ONE, _PROMOTING),
    Form(("abort",), ("abort",), Names.SEVERAL),
    Form(("retry", "rollout"), ("retry", "rollout"), Names.SEVERAL),
    Form(("retry", "experiment"), ("retry", "experiment"), Names.SEVERAL),
    Form(("undo",), ("undo",), Names.ONE, (Flag("to-revision", "--to-revision", kind=Kind.TEXT),)),
    Form(("pause",), ("pause",), Names.SEVERAL),
    Form(("restart",), ("restart",), Names.SEVERAL, (Flag("in", "--in", "i", kind=Kind.LENGTH),)),
    Form(("set", "image"), ("set", "image"), Names.IMAGES),
    Form(("status",), ("status", "--through-pauses"), Names.ONE, _STATUS),
    Form(("terminate", "analysisrun"), ("terminate", "analysisrun"), Names.SEVERAL),
    Form(("terminate", "experiment"), ("terminate", "experiment"), Names.SEVERAL),
    Form(("lint",), ("lint",), Names.NONE, (Flag("filename", short="f", kind=Kind.TEXT),), is_on_cluster=False),
    Form(("dashboard",), ("dashboard",), Names.NONE, (EVERYWHERE, Flag("port", "--port", "p", kind=Kind.TEXT))),
    Form(("create", "analysisrun"), ("create", "analysisrun"), Names.NONE, _CREATING),
    Form(("create",), ("create",), Names.NONE, (_FILE,)),
    Form(("completion",), ("completion",), Names.ONE, is_on_cluster=False),
    Form((*_TEMPLATE, "get"), (*_TEMPLATE, "get"), Names.PERHAPS, (_SETTINGS[0], _OUTPUT)),
    Form((*_TEMPLATE, "notify"), (*_TEMPLATE, "notify"), Names.WITH_ROLLOUT, _TELLING),
    Form((*_TRIGGER, "get"), (*_TRIGGER, "get"), Names.PERHAPS, (_SETTINGS[0], _OUTPUT)),
    Form((*_TRIGGER, "run"), (*_TRIGGER, "run"), Names.WITH_ROLLOUT, (*_SETTINGS, _OUTPUT)),
    Form(("version",), ("version",), Names.NONE, (Flag("short"),), is_on_cluster=False),
)
_ALIASES: Final = {
    "ro": "rollout",
    "rollouts": "rollout",
    "exp": "experiment",
    "experiments": "experiment",
    "ar": "analysisrun",
    "analysisruns": "analysisrun",
}


def understand(arguments: Sequence[str]) -> Wanted:
    """Raises Blocked that says what to write instead."""
    words, written = _split(arguments)
    _check_known(written)
    form = _form(words)
    rest = words[len(form.verb) :]
    values = _values(form, written)
    options = [word for flag, value in values for word in _ours(flag, value)]
    given = {flag.name: value for flag, value in values}
    return Wanted(
        commands=tuple(_commands(form, rest, options, given)),
        namespace=given.get(NAMESPACE.name, ""),
        kubeconfig=given.get(KUBECONFIG.name, ""),
        context=given.get(CONTEXT.name, ""),
        as_user=given.get(AS_USER.name, ""),
        as_groups=tuple(value for flag, value in values if flag is AS_GROUP),
        is_everywhere=_is_on(given.get(EVERYWHERE.name, "false"), EVERYWHERE),
        is_on_cluster=form.is_on_cluster,
    )


def command_lines(wanted: Wanted, *, kubeconfig: str, namespace: str) -> list[list[str]]:
    """The arguments of `holdfast`, with the kubeconfig and namespace that hold where none was written."""
    if not wanted.is_on_cluster:
        return [list(command) for command in wanted.commands]
    more = [] if wanted.is_everywhere else ["--namespace", wanted.namespace or namespace]
    if wanted.kubeconfig or kubeconfig:
        more += ["--kubeconfig", wanted.kubeconfig or kubeconfig]
    # The options come first: behind `--` a name cannot be taken for one.
    return [_with_options(command, more) for command in wanted.commands]


def _with_options(command: tuple[str, ...], options: list[str]) -> list[str]:
    at = command.index("--") if "--" in command else len(command)
    return [*command[:at], *options, *command[at:]]


def usage() -> str:
    lines = [f"{PROGRAM} COMMAND, carried out by holdfast:", ""]
    for form in FORMS:
        flags = "".join(f" [--{flag.name}]" for flag in form.flags)
        lines.append(f"  {' '.join(filter(None, (*form.verb, form.names.value)))}{flags}")
    lines += ["", "Everywhere: -n/--namespace, --kubeconfig, --context, --as, --as-group."]
    return "\n".join(lines)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Words, and flags with what is written behind them; the first word says which short flags have a value."""
    words: list[str] = []
    written: list[tuple[str, str | None]] = []
    left = iter(arguments)
    for argument in left:
        verb = words[0] if words else ""
        if argument == "--":
            words.extend(left)
        elif argument.startswith("--"):
            name, equals, value = argument.partition("=")
            written.append((name, value if equals else _behind(name, verb, left)))
        elif argument.startswith("-") and argument != "-":
            written.extend(_shorts(argument, verb, left))
        else:
            words.append(argument)
    return words, written


def _shorts(argument: str, verb: str, left: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    """`-w`, `-nshop`, `-n=shop`, `-n shop`, and switches together as in `-ca`."""
    rest = argument[1:]
    while rest:
        name, rest = f"-{rest[0]}", rest[1:]
        if rest.startswith("="):
            yield name, rest[1:]
            return
        if _has_value(name, verb):
            yield name, rest or _behind(name, verb, left)
            return
        yield name, None


def _behind(name: str, verb: str, left: Iterator[str]) -> str | None:
    if not _has_value(name, verb):
        return None
    value = next(left, None)
    if value is None:
        raise Blocked("NoValue", f"{name} needs a value behind it")
    return value


def _has_value(name: str, verb: str) -> bool:
    """By the flags of the verb where it has one of the name, else by those of all."""
    own = [flag for form in FORMS if form.verb[0] == verb for flag in form.flags if _is_called(flag, name)]
    other = [flag for form in FORMS for flag in form.flags if _is_called(flag, name)]
    everywhere: tuple[Flag | Unable, ...] = (*_COMMON, *_UNABLE)
    known = [flag for flag in everywhere if _is_called(flag, name)]
    return any(flag.kind is not Kind.SWITCH for flag in (own or known or other))


def _is_called(flag: Flag | Unable, name: str) -> bool:
    return name == f"--{flag.name}" or (bool(flag.short) and name == f"-{flag.short}")


def _check_known(written: Sequence[tuple[str, str | None]]) -> None:
    """First of all: what follows a flag that nobody knows could be its value or the command."""
    every: tuple[Flag | Unable, ...] = (*_COMMON, *_UNABLE, *(flag for form in FORMS for flag in form.flags))
    for name, _ in written:
        if not any(_is_called(flag, name) for flag in every):
            raise Blocked("NoSuchFlag", f"the flag {name} is not known; `{PROGRAM} --help` lists those that are")


def _form(words: Sequence[str]) -> Form:
    if not words:
        raise Blocked("NoCommand", usage())
    verb = words[0]
    forms = [form for form in FORMS if form.verb[0] == verb]
    said = tuple(_alias(word) for word in words)
    for form in forms:
        if said[: len(form.verb)] == tuple(_alias(word) for word in form.verb):
            return form
    there = ", ".join(f"`{' '.join(form.verb)}`" for form in forms or FORMS)
    raise Blocked("NoSuchCommand", f"`{PROGRAM} {' '.join(words[:2])}` is not known; use one of {there}")


def _alias(word: str) -> str:
    return _ALIASES.get(word, word)


def _values(form: Form, written: Sequence[tuple[str, str | None]]) -> list[tuple[Flag, str]]:
    known = (*form.flags, *_COMMON)
    found = []
    for name, value in written:
        flag = next((one for one in known if _is_called(one, name)), None)
        unable = next((one for one in _UNABLE if _is_called(one, name)), None) if flag is None else None
        if unable is not None:
            if (value or "true") not in unable.harmless:
                raise Blocked("NotHonoured", f"--{unable.name} is not carried out by holdfast: {unable.why}")
            continue
        if flag is None:
            there = ", ".join(f"--{one.name}" for one in known)
            raise Blocked("NoSuchFlag", f"`{PROGRAM} {' '.join(form.verb)}` takes no {name} here; use {there}")
        found.append((flag, "true" if value is None else value))
    return found


def _ours(flag: Flag, value: str) -> list[str]:
    if flag.kind is Kind.SWITCH:
        word = flag.ours if _is_on(value, flag) else flag.off
        return [word] if word else []
    if not flag.ours:
        return []
    return [flag.ours, _seconds(flag, value) if flag.kind is Kind.LENGTH else value]


def _is_on(value: str, flag: Flag) -> bool:
    if value not in ("true", "false"):
        raise Blocked("NoSwitch", f"--{flag.name} is true or false, not {value!r}")
    return value == "true"


def _seconds(flag: Flag, text: str) -> str:
    """Whole seconds."""
    if text.isascii() and text.isdecimal():
        return text
    length = durations.parse(text)
    if length is None:
        raise Blocked("NoDuration", f"--{flag.name} is {Kind.LENGTH.value}, not {text!r}")
    return str(int(length.total_seconds()))


def _commands(form: Form, words: list[str], options: list[str], given: dict[str, str]) -> Iterator[tuple[str, ...]]:
    shape = f"write `{PROGRAM} {' '.join(filter(None, (*form.verb, form.names.value)))}`"
    if form.verb == ("lint",):
        if words or not given.get("filename"):
            raise Blocked("NoFile", f"write `{PROGRAM} lint -f FILE`")
        yield "rollout", "lint", "--", given["filename"]
        return
    enough = {
        Names.NONE: not words,
        Names.ONE: len(words) == 1,
        Names.SEVERAL: bool(words),
        Names.PERHAPS: len(words) <= 1,
        Names.WITH_ROLLOUT: len(words) == 2,
    }
    if not enough.get(form.names, len(words) > 1):
        raise Blocked("Names", f"{shape}, not {' '.join(words) or 'nothing'!r}")
    if form.verb == ("create",) and not given.get("filename"):
        raise Blocked("NoFile", f"write `{PROGRAM} create -f FILE`, or `{PROGRAM} create analysisrun --from TEMPLATE`")
    if form.verb == ("version",):
        yield ("version",)
    elif form.names is Names.NONE:
        yield ("rollout", *form.ours, *options)
    elif form.names is Names.SEVERAL:
        yield from (("rollout", *form.ours, *options, "--", name) for name in words)
    else:
        yield ("rollout", *form.ours, *options, "--", *words)
