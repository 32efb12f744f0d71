"""Job: remember the texts that a program compiles at run time, so that a traceback can show their lines. Never: change what is run.

Code that was made from a text by exec, eval or ast is called "<string>" or the like, and Python shows no lines of it. It is
what agents write, and its lines are what they need to see.
"""

import ast
import collections
import inspect
import linecache
import sys

_MOST_BYTES = 1 << 20

_recent = collections.deque(maxlen=64)


def install():
    sys.addaudithook(_remember)


def _remember(event, arguments):
    if event == "compile":
        text, name = arguments
        if isinstance(text, (str, bytes)) and len(text) <= _MOST_BYTES and _is_no_file(name):
            _recent.append(text)


def _is_no_file(name):
    return isinstance(name, str) and name.startswith("<") and not name.startswith("<frozen ")


def show_lines(codes):
    """Let tracebacks find the lines of "<string>" and its like, where all of `codes` that are called so come from one text."""
    codes = {code for code in codes if _is_no_file(code.co_filename)}  # a recursion has one of them a thousand times
    for name in {code.co_filename for code in codes}:
        texts = {_text_of(code) for code in codes if code.co_filename == name}
        if len(texts) == 1 and (text := texts.pop()) is not None:
            if isinstance(text, bytes):
                text = text.decode("utf-8", "replace")
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)


def _text_of(code):
    for text in reversed(tuple(_recent)):
        if any(_holds(whole.replace(co_filename=code.co_filename), code) for whole in _wholes(text)):
            return text
    return None


def _wholes(text):
    """What is made of a text: all of it, or, to have the value of its last expression, that apart from the rest."""
    for mode in ("exec", "eval"):
        try:
            yield compile(text, "<traceback>", mode, dont_inherit=True)
        except SyntaxError:
            pass
    try:
        tree = compile(text, "<traceback>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError:
        return
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = tree.body.pop()
        yield compile(tree, "<traceback>", "exec", dont_inherit=True)
        yield compile(ast.Expression(last.value), "<traceback>", "eval", dont_inherit=True)
        yield compile(ast.Interactive([last]), "<traceback>", "single", dont_inherit=True)


def _holds(whole, code):
    return whole == code or any(_holds(part, code) for part in whole.co_consts if inspect.iscode(part))
