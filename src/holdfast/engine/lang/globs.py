"""Globs as Argo CD reads them: `*`, `**`, `?`, `[a-z]`, `[!abc]`, `{a,b}` and `\\`, in time linear in the text.

The grammar is that of https://pkg.go.dev/github.com/gobwas/glob#Compile: a bracket holds one range or a list of
characters, `*` and `?` stop at the separators, `**` does not. The pattern becomes a small automaton that is walked with
all its states at once, so that no pattern of a user makes a match slow.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

MAX_PATTERN = 4096
MAX_DEPTH = 32
MAX_MOVES = 512
_SPECIAL = frozenset("*?[]{}\\!,")


class GlobError(ValueError):
    """The pattern cannot be read."""


class _State(Struct):
    """One place in the automaton: eats a character that it accepts and goes on, or only forks."""

    chars: str = ""
    low: str = ""
    high: str = ""
    any_char: bool = False
    negated: bool = False
    stops_at_separator: bool = False
    next: int = -1
    forks: tuple[int, ...] = ()

    def eats(self, char: str, separators: str) -> bool:
        if self.next < 0:
            return False
        if self.any_char:
            return not (self.stops_at_separator and char in separators)
        inside = self.low <= char <= self.high if self.low else char in self.chars
        return inside != self.negated


class Glob:
    """A compiled pattern. Which states follow on which character is worked out once and remembered."""

    def __init__(self, states: list[_State], start: int, end: int, separators: str, literal: str | None) -> None:
        self._states = states
        self._end = end
        self._separators = separators
        self._literal = literal
        self._start = self._closure({start})
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """True when the whole of `text` fits."""
        if self._literal is not None:
            return text == self._literal
        current = self._start
        for char in text:
            following = self._moves.get((current, char))
            current = self._move(current, char) if following is None else following
            if not current:
                return False
        return self._end in current

    def _move(self, current: frozenset[int], char: str) -> frozenset[int]:
        eaten = {self._states[number].next for number in current if self._states[number].eats(char, self._separators)}
        if len(self._moves) >= MAX_MOVES:
            self._moves.clear()
        following = self._moves[current, char] = self._closure(eaten)
        return following

    def _closure(self, numbers: set[int]) -> frozenset[int]:
        reached = set(numbers)
        pending = list(numbers)
        while pending:
            for fork in self._states[pending.pop()].forks:
                if fork not in reached:
                    reached.add(fork)
                    pending.append(fork)
        return frozenset(reached)


@lru_cache(maxsize=10_000)
def compile_glob(pattern: str, separators: str = "") -> Glob:
    """Raises GlobError when the pattern cannot be read."""
    if len(pattern) > MAX_PATTERN:
        raise GlobError(f"the pattern is longer than {MAX_PATTERN} characters")
    if not _SPECIAL.intersection(pattern):
        return Glob([_State()], 0, 0, separators, pattern)
    reader = _Reader(pattern)
    end = reader.sequence(0, depth=0)
    return Glob(reader.states, 0, end, separators, None)


def matches(pattern: str, text: str, separators: str = "") -> bool:
    """Whether `text` fits `pattern`; a pattern that cannot be read fits nothing."""
    try:
        return compile_glob(pattern, separators).matches(text)
    except GlobError:
        return False


class _Reader:
    """Reads a pattern from left to right and appends states; each method answers the state where it ends."""

    def __init__(self, pattern: str) -> None:
        self.states: list[_State] = [_State()]
        self._pattern = pattern
        self._at = 0

    def sequence(self, start: int, depth: int) -> int:
        """Items up to the end, or up to `,` or `}` inside braces."""
        here = start
        while (char := self._peek()) and not (depth and char in ",}"):
            self._at += 1
            match char:
                case "*":
                    here = self._star(here)
                case "?":
                    here = self._step(here, _State(any_char=True, stops_at_separator=True))
                case "[":
                    here = self._bracket(here)
                case "{":
                    here = self._braces(here, depth + 1)
                case "\\":
                    here = self._step(here, _State(chars=self._take()))
                case _:
                    here = self._step(here, _State(chars=char))
        return here

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise GlobError("unexpected end of input")
        self._at += 1
        return char

    def _new(self, state: _State) -> int:
        self.states.append(state)
        return len(self.states) - 1

    def _fork(self, origin: int, *targets: int) -> None:
        self.states[origin].forks += targets

    def _step(self, here: int, eater: _State) -> int:
        after = self._new(_State())
        eater.next = after
        self._fork(here, self._new(eater))
        return after

    def _star(self, here: int) -> int:
        crosses = self._peek() == "*"
        self._at += crosses
        after = self._new(_State())
        loop = self._new(_State(any_char=True, stops_at_separator=not crosses, next=after))
        self._fork(here, after)
        self._fork(after, loop)
        return after

    def _bracket(self, here: int) -> int:
        state = _State()
        first = self._take()
        if first == "!":
            state.negated = True
            first = self._take()
        if self._peek() == "-":
            self._at += 1
            state.low, state.high = first, self._take()
            if state.high < state.low:
                raise GlobError(f"the range {state.low}-{state.high} runs backwards")
            if self._take() != "]":
                raise GlobError("a bracket holds one range or a list of characters: ] expected")
        else:
            self._at -= 1
            state.chars = self._listed()
        return self._step(here, state)

    def _listed(self) -> str:
        chars = ""
        while (char := self._take()) != "]":
            chars += self._take() if char == "\\" else char
        if not chars:
            raise GlobError("empty brackets")
        return chars

    def _braces(self, here: int, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise GlobError(f"braces nested deeper than {MAX_DEPTH}")
        after = self._new(_State())
        while True:
            branch = self._new(_State())
            self._fork(here, branch)
            self._fork(self.sequence(branch, depth), after)
            if self._peek() != ",":
                break
            self._at += 1
        if self._take() != "}":
            raise GlobError("} expected")
        return after
