"""The part of Julia that is written by the target, computed from the syntax tree of a grammar that others maintain.

It says what the source means as the manual of Julia has it; it is not Julia.
"""

import operator
import re

import executed

MISSING = object()


class ArgumentError(Exception):
    """What the source throws."""


class _Returned(Exception):
    pass


def parsed(source):
    """The root of the syntax tree; the test fails if the source is not Julia to the grammar."""
    tree_sitter, grammar = executed.module("tree_sitter"), executed.module("tree_sitter_julia")
    root = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(source.encode()).root_node
    assert not root.has_error, source
    return root


def function_of(source):
    """A Python function that computes what the only function in the source does."""
    (definition,) = (child for child in parsed(source).named_children if child.type != "line_comment")
    assert definition.type == "function_definition"
    signature, *body = definition.named_children
    call = signature.named_children[0]
    parameters = [_text(child) for child in call.named_children[1].named_children]

    def function(*cells):
        scope = dict(zip(parameters, cells, strict=True))
        try:
            _run(body, scope)
        except _Returned as returned:
            return returned.args[0]
        raise AssertionError("it ended without an answer")

    return function


def _text(node):
    return node.text.decode()


def _run(statements, scope):
    for node in statements:
        if node.type == "assignment":
            name, _, value = node.named_children
            scope[_text(name)] = _value(value, scope)
        elif node.type == "if_statement":
            _run(_branch(node, scope), scope)
        elif node.type == "return_statement":
            (fields,) = node.named_children
            assert fields.type == "tuple_expression" and {f.type for f in fields.named_children} == {"named_field"}
            pairs = [field.named_children for field in fields.named_children]
            raise _Returned({_text(name): _value(value, scope) for name, value in pairs})
        else:
            assert node.type == "call_expression" and _text(node).startswith("throw("), node
            _value(node, scope)


def _branch(node, scope):
    """The statements of the branch that is taken."""
    condition = node.child_by_field_name("condition")
    body = [child for child in node.named_children if child != condition]
    clauses = [child for child in body if child.type in ("elseif_clause", "else_clause")]
    if _test(condition, scope):
        return [child for child in body if child not in clauses]
    for clause in clauses:
        if clause.type == "else_clause":
            return clause.named_children
        condition = clause.child_by_field_name("condition")
        if _test(condition, scope):
            return [child for child in clause.named_children if child != condition]
    return []


def _test(node, scope):
    found = _value(node, scope)
    assert type(found) is bool, f"{_text(node)} is {found!r}, where Julia needs true or false"
    return found


def _binary(left, sign, right, scope):
    if sign == "&&":
        return _test(left, scope) and _test(right, scope)
    if sign == "||":
        return _test(left, scope) or _test(right, scope)
    if sign == "isa":
        types = {"Real": (float, int), "Bool": bool}
        return isinstance(_value(left, scope), types[_text(right)])
    one, other = _value(left, scope), _value(right, scope)
    assert one is not MISSING and other is not MISSING, "what is computed with missing is missing"
    if sign == "in":
        return any(one == level for level in other)
    signs = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "==": operator.eq}
    return (signs | {"<": operator.lt, ">=": operator.ge})[sign](one, other)


def _thrown(error):
    raise error


_FUNCTIONS = {
    "!": operator.not_,
    "-": operator.neg,
    "ismissing": lambda cell: cell is MISSING,
    "isnan": lambda number: number != number,
    "isfinite": lambda number: abs(number) < float("inf"),
    "isinf": lambda number: abs(number) == float("inf"),
    "max": max,
    "Float64": float,
    "ArgumentError": ArgumentError,
    "throw": _thrown,
}


def _called(name, arguments, scope):
    assert name not in scope, f"{name} is a variable"
    return _FUNCTIONS[name](*(_value(argument, scope) for argument in arguments))


def _value(node, scope):
    children = node.named_children
    match node.type:
        case "identifier":
            return scope[_text(node)]
        case "integer_literal":
            return int(_text(node))
        case "float_literal":
            return float(_text(node))
        case "boolean_literal":
            return _text(node) == "true"
        case "string_literal":
            return _unescaped(_text(node))
        case "parenthesized_expression":
            return _value(children[0], scope)
        case "vector_expression":
            return [_value(child, scope) for child in children]
        case "unary_expression":
            return _called(_text(children[0]), children[1:], scope)
        case "binary_expression":
            return _binary(children[0], _text(children[1]), children[2], scope)
        case "ternary_expression":
            return _value(children[1 if _test(children[0], scope) else 2], scope)
        case "call_expression":
            return _called(_text(children[0]), children[1].named_children, scope)
    raise AssertionError(f"{node.type} in {_text(node)}")


def _unescaped(literal):
    """A text by the manual: up to four hexadecimal digits after u, and up to eight after U.

    The grammar knows where the text ends, but takes another number of digits.
    """
    text = literal[1:-1]
    assert not re.search(r"(?<!\\)(\\\\)*\$", text), "a dollar sign inserts a value"
    escape = r"\\u([0-9a-f]{1,4})|\\U([0-9a-f]{1,8})|\\([\"\\$])"
    assert "\\" not in re.sub(escape, "", text)
    return re.sub(escape, lambda found: found[3] or chr(int(found[1] or found[2], 16)), text)
