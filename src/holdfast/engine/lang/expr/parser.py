"""Reads an expression: operators by their precedence, as expr-lang has it.

Source: https://expr-lang.org/docs/language-definition
"""

from __future__ import annotations

from holdfast.engine.lang.expr import lexer
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.lexer import Kind, Token
from holdfast.engine.lang.expr.syntax import (
    Array,
    Binary,
    Call,
    Conditional,
    Let,
    Literal,
    Map,
    Member,
    Method,
    Name,
    Node,
    Pointer,
    Predicate,
    Slice,
    Unary,
)

MOST_DEPTH = 60

BINARY = {
    "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15,
    "==": 20, "!=": 20, "<": 20, ">": 20, "<=": 20, ">=": 20,
    "in": 20, "matches": 20, "contains": 20, "startsWith": 20, "endsWith": 20,
    "..": 25, "+": 30, "-": 30, "*": 60, "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
}  # fmt: skip
UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
CONSTANTS = {"true": True, "false": False, "nil": None}
SPELLINGS = {"||": "or", "&&": "and", "!": "not", "^": "**"}
PREDICATED = frozenset(
    {
        "all", "any", "one", "none", "map", "filter", "find", "findIndex", "findLast", "findLastIndex",
        "count", "sum", "groupBy", "sortBy", "reduce",
    }
)  # fmt: skip
"""Functions whose second argument is asked of each item."""

NEGATABLE = frozenset({"in", "matches", "contains", "startsWith", "endsWith"})


def parse(text: str) -> Node:
    """Raises ExpressionError."""
    parser = _Parser(text)
    node = parser.sequence()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = lexer.tokens(text)
        self._at = 0
        self._depth = 0
        self._predicates = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._token
        self._at += token.kind is not Kind.END
        return token

    def _take(self, *signs: str) -> bool:
        if self._token.is_sign(*signs):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected(f"{sign!r}")

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self._token
        there = "it ends" if token.kind is Kind.END else f"there is {token.text!r}"
        return ExpressionError(f"{wanted} is expected where {there}, at character {token.at + 1} of {self._text!r}")

    def expect_end(self) -> None:
        if self._token.kind is not Kind.END:
            raise self._unexpected("the end")

    def sequence(self) -> Node:
        """`let x = 1; …`"""
        if not self._token.is_word("let"):
            return self._expression()
        self._next()
        name = self._name()
        self._expect("=")
        value = self._expression()
        self._expect(";")
        return Let(name, value, self.sequence())

    def _name(self) -> str:
        if self._token.kind is not Kind.NAME:
            raise self._unexpected("a name")
        return self._next().text

    def _expression(self, least: int = 0) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MOST_DEPTH} levels")
        left = self._conditional(self._operators(least)) if least == 0 else self._operators(least)
        self._depth -= 1
        return left

    def _conditional(self, test: Node) -> Node:
        if not self._take("?"):
            return test
        if self._take(":"):
            return Conditional(test, test, self._expression())
        yes = self._expression()
        self._expect(":")
        return Conditional(test, yes, self._expression())

    def _operators(self, least: int) -> Node:
        left = self._unary()
        while True:
            token = self._token
            negated = token.is_word("not") and self._tokens[self._at + 1].text in NEGATABLE
            operator = self._tokens[self._at + 1].text if negated else token.text
            strength = BINARY.get(operator) if token.kind in (Kind.SIGN, Kind.NAME) else None
            if strength is None or strength < least:
                return left
            self._at += 2 if negated else 1
            if operator == "|":
                left = self._piped(left)
                continue
            right = self._expression(strength if operator in ("**", "^", "??") else strength + 1)
            left = Binary(SPELLINGS.get(operator, operator), left, right)
            left = Unary("not", left) if negated else left

    def _piped(self, value: Node) -> Node:
        """`value | f(x)` is `f(value, x)`."""
        name = self._name()
        self._expect("(")
        return self._after(Call(name, (value, *self._arguments(name, given=1))))

    def _unary(self) -> Node:
        token = self._token
        strength = UNARY.get(token.text) if token.kind in (Kind.SIGN, Kind.NAME) else None
        if strength is None:
            return self._after(self._primary())
        self._next()
        return Unary(SPELLINGS.get(token.text, token.text), self._expression(strength))

    def _primary(self) -> Node:
        token = self._next()
        match token.kind:
            case Kind.NUMBER | Kind.TEXT:
                return Literal(token.value)
            case Kind.POINTER:
                if not self._predicates:
                    raise ExpressionError(f"# means an item, and here is none, at character {token.at + 1}")
                return Pointer(token.text)
            case Kind.NAME:
                return self._named(token.text)
            case _:
                return self._enclosed(token)

    def _enclosed(self, token: Token) -> Node:
        if token.is_sign("("):
            inner = self.sequence()
            self._expect(")")
            return inner
        if token.is_sign("["):
            return Array(self._listed("]"))
        if token.is_sign("{"):
            return self._map()
        if token.is_sign(".") and self._predicates:
            return Member(Pointer(), Literal(self._name()))
        self._at -= token.kind is not Kind.END
        raise self._unexpected("a value")

    def _named(self, name: str) -> Node:
        if name in CONSTANTS:
            return Literal(CONSTANTS[name])
        if name == "if":
            return self._if()
        if self._take("("):
            return Call(name, self._arguments(name))
        return Name(name)

    def _if(self) -> Node:
        """`if test { yes } else { no }`"""
        test = self._expression()
        yes = self._block()
        if not self._token.is_word("else"):
            raise self._unexpected("'else'")
        self._next()
        if self._token.is_word("if"):
            self._next()
            return Conditional(test, yes, self._if())
        return Conditional(test, yes, self._block())

    def _block(self) -> Node:
        self._expect("{")
        inner = self.sequence()
        self._expect("}")
        return inner

    def _arguments(self, name: str, given: int = 0) -> tuple[Node, ...]:
        """The opening bracket is behind us."""
        found: list[Node] = []
        while not self._take(")"):
            if found:
                self._expect(",")
            is_predicate = name in PREDICATED and given + len(found) == 1
            found.append(self._predicate() if is_predicate else self._expression())
        return tuple(found)

    def _predicate(self) -> Node:
        self._predicates += 1
        braced = self._take("{")
        body = self.sequence() if braced else self._expression()
        if braced:
            self._expect("}")
        self._predicates -= 1
        return Predicate(body)

    def _listed(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._take(end):
            if found:
                self._expect(",")
                if self._take(end):
                    break
            found.append(self._expression())
        return tuple(found)

    def _map(self) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if pairs:
                self._expect(",")
                if self._take("}"):
                    break
            pairs.append(self._pair())
        return Map(tuple(pairs))

    def _pair(self) -> tuple[Node, Node]:
        token = self._next()
        if token.kind is Kind.NAME:
            key: Node = Literal(token.text)
        elif token.kind in (Kind.TEXT, Kind.NUMBER):
            key = Literal(token.value)
        elif token.is_sign("("):
            key = self._expression()
            self._expect(")")
        else:
            self._at -= 1
            raise self._unexpected("a key")
        self._expect(":")
        return key, self._expression()

    def _after(self, node: Node) -> Node:
        """Members, slices and calls behind a value."""
        while True:
            if self._take("?."):
                node = self._dotted(node, optional=True)
            elif self._take("."):
                node = self._dotted(node)
            elif self._take("["):
                node = self._bracketed(node)
            else:
                return node

    def _dotted(self, node: Node, *, optional: bool = False) -> Node:
        if optional and self._take("["):
            name = self._expression()
            self._expect("]")
            return Member(node, name, optional=True)
        name_text = self._name()
        if self._take("("):
            return Method(node, name_text, self._arguments(""))
        return Member(node, Literal(name_text), optional)

    def _bracketed(self, node: Node) -> Node:
        start = None if self._token.is_sign(":") else self._expression()
        if self._take(":"):
            end = None if self._token.is_sign("]") else self._expression()
            self._expect("]")
            return Slice(node, start, end)
        self._expect("]")
        assert start is not None  # noqa: S101 - without a colon there was an expression
        return Member(node, start)
