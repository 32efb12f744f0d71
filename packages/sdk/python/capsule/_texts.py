"""Job: remember the texts that a program compiles at run time, so that a traceback can show their lines. Never: change what is run.

Code that was made from a text by exec or eval is called "<string>", whatever the text, and Python shows no lines of it. It is
what agents write, and its lines are what they need to see.
"""

import collections
import inspect
import linecache
import sys

_NAME = "<string>"
_MOST_BYTES = 1 << 20

_recent = collections.deque(maxlen=64)


def install():
    sys.addaudithook(_remember)


def _remember(event, arguments):
    if event == "compile":
        text, name = arguments
        if name == _NAME and isinstance(text, (str, bytes)) and len(text) <= _MOST_BYTES:
            _recent.append(text)


def show_lines(codes):
    """Let tracebacks find the lines of "<string>", if all of `codes` that are called so come from one text."""
    texts = {_text_of(code) for code in codes if code.co_filename == _NAME}
    if len(texts) == 1 and (text := texts.pop()) is not None:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        linecache.cache[_NAME] = (len(text), None, text.splitlines(keepends=True), _NAME)


def _text_of(code):
    for text in reversed(tuple(_recent)):
        for mode in ("exec", "eval"):
            try:
                whole = compile(text, "<traceback>", mode, dont_inherit=True).replace(co_filename=_NAME)
            except SyntaxError:
                continue
            if _holds(whole, code):
                return text
    return None


def _holds(whole, code):
    return whole == code or any(_holds(part, code) for part in whole.co_consts if inspect.iscode(part))
