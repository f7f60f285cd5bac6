"""Evaluates an expression in a number of steps that is bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from holdfast.engine.lang.expr import functions, parser, predicates, values
from holdfast.engine.lang.expr.comparisons import check
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.functions import Functions
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

MOST_STEPS = 200_000
LETTERS_A_STEP = 64
"""Long texts cost more, so that memory is bounded as well."""


class Expression:
    """One that can be read; evaluate it as often as you like."""

    def __init__(self, text: str, own: Functions | None = None) -> None:
        """`own` are functions besides those of the language. Raises ExpressionError."""
        self.text = text
        self._functions = {**functions.ALL, **(own or {})}
        self._node = parser.parse(text)
        check(self._node)

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Raises ExpressionError."""
        try:
            return _Evaluation(self._functions).value(self._node, _Scope(variables))
        except RecursionError as error:
            raise ExpressionError("the expression is nested too deeply") from error


class _Scope:
    def __init__(self, variables: Mapping[str, Any], pointers: Mapping[str, Any] | None = None) -> None:
        self.variables = variables
        self.pointers = pointers or {}

    def with_variable(self, name: str, value: Any) -> _Scope:
        return _Scope({**self.variables, name: value}, self.pointers)

    def with_pointers(self, pointers: Mapping[str, Any]) -> _Scope:
        return _Scope(self.variables, pointers)


class _Evaluation:
    def __init__(self, known: Functions) -> None:
        self._functions = known
        self._left = MOST_STEPS
        self._by_node: dict[type, Callable[[Any, _Scope], Any]] = {
            Literal: lambda node, _: node.value,
            Name: self._name,
            Pointer: self._pointer,
            Unary: self._unary,
            Binary: self._binary,
            Conditional: self._conditional,
            Member: self._member,
            Slice: self._slice,
            Call: self._call,
            Method: self._method,
            Array: lambda node, scope: [self.value(item, scope) for item in node.items],
            Map: self._map,
            Let: lambda node, scope: self.value(
                node.body, scope.with_variable(node.name, self.value(node.value, scope))
            ),
        }

    def value(self, node: Node, scope: _Scope) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ExpressionError(f"the expression takes more than {MOST_STEPS} steps")
        found = self._by_node[type(node)](node, scope)
        if isinstance(found, str):
            self._left -= len(found) // LETTERS_A_STEP
        return found

    def _name(self, node: Name, scope: _Scope) -> Any:
        if node.name not in scope.variables:
            raise ExpressionError(f"unknown name {node.name}")
        return scope.variables[node.name]

    def _pointer(self, node: Pointer, scope: _Scope) -> Any:
        if node.name not in scope.pointers:
            raise ExpressionError(f"unknown pointer #{node.name}")
        return scope.pointers[node.name]

    def _unary(self, node: Unary, scope: _Scope) -> Any:
        operand = self.value(node.operand, scope)
        match node.operator:
            case "not":
                return not values.truth(operand, "not")
            case "-":
                return values.negated(operand)
            case _:
                return -values.negated(operand)

    def _conditional(self, node: Conditional, scope: _Scope) -> Any:
        return self.value(node.yes if values.truth(self.value(node.test, scope), "?:") else node.no, scope)

    def _binary(self, node: Binary, scope: _Scope) -> Any:
        operator = node.operator
        left = self.value(node.left, scope)
        if operator in ("and", "or"):
            known = values.truth(left, operator)
            if known is (operator == "or"):
                return known
            return values.truth(self.value(node.right, scope), operator)
        if operator == "??":
            return left if left is not None else self.value(node.right, scope)
        return functions.operation(operator, left, self.value(node.right, scope))

    def _member(self, node: Member, scope: _Scope) -> Any:
        of = self.value(node.of, scope)
        if of is None and (node.optional or _is_optional(node.of)):
            return None
        return values.member(of, self.value(node.name, scope))

    def _slice(self, node: Slice, scope: _Scope) -> Any:
        of = self.value(node.of, scope)
        if not isinstance(of, list | tuple | range | str):
            raise ExpressionError(f"cannot slice {values.type_of(of)}")
        start, end = (self._bound(part, scope) for part in (node.start, node.end))
        return of[start:end] if isinstance(of, str) else list(of[start:end])

    def _bound(self, node: Node | None, scope: _Scope) -> int | None:
        if node is None:
            return None
        bound = self.value(node, scope)
        if not values.is_number(bound):
            raise ExpressionError(f"a slice needs an integer, and has {values.type_of(bound)}")
        return int(bound)

    def _call(self, node: Call, scope: _Scope) -> Any:
        if len(node.arguments) > 1 and isinstance(node.arguments[1], Predicate):
            return self._predicated(node, scope)
        function = self._functions.get(node.name)
        if function is None:
            raise ExpressionError(f"unknown name {node.name}")
        return functions.called(node.name, function, [self.value(argument, scope) for argument in node.arguments])

    def _predicated(self, node: Call, scope: _Scope) -> Any:
        items = values.items_of(self.value(node.arguments[0], scope), node.name)
        body = node.arguments[1]
        assert isinstance(body, Predicate)  # noqa: S101 - asked by the caller

        def ask(pointers: Mapping[str, Any]) -> Any:
            return self.value(body.body, scope.with_pointers(pointers))

        more = [self.value(argument, scope) for argument in node.arguments[2:]]
        return predicates.ALL[node.name](items, ask, *more[:1])

    def _method(self, node: Method, scope: _Scope) -> Any:
        return functions.method(
            self.value(node.of, scope), node.name, [self.value(argument, scope) for argument in node.arguments]
        )

    def _map(self, node: Map, scope: _Scope) -> dict[Any, Any]:
        return {self.value(key, scope): self.value(value, scope) for key, value in node.pairs}


def _is_optional(node: Node) -> bool:
    """`a?.b.c` is nil as a whole where `a` is."""
    return isinstance(node, Member) and (node.optional or _is_optional(node.of))
