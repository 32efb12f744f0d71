"""Job: an exception of the program as text: type, message, and the program's own lines. Never: decide what it means."""

import os
import traceback

from . import _texts

# The library's code names the folder that it was compiled in, wherever it is served from.
_LIBRARY = os.path.dirname(traceback.print_tb.__code__.co_filename) + "/"
_NUMPY = "/usr/local/lib/numpy.zip/"
_OURS = os.path.dirname(__file__) + "/"
_MAX_FRAMES = 50
_MAX_TEXT = 16_384


def describe(error: BaseException) -> "tuple[str, str]":
    """The name of the exception's type, and a text whose first line says what happened."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    try:
        text = _text(error)
    except BaseException as failure:  # a hostile __str__ must not hide that the task failed
        text = f"{name} (its message could not be read: {type(failure).__name__})"
    return name, text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


def _text(error):
    _texts.show_lines(_codes(error, set()))
    report = traceback.TracebackException.from_exception(error, compact=True)
    _keep_own_lines(report, set())
    # What a lack of memory interrupted is another lack of memory, and says nothing.
    whole = "".join(report.format(chain=not isinstance(error, MemoryError)))
    last = list(report.format_exception_only())
    if whole.endswith("".join(last)):  # not so for an exception group, which is a tree
        if isinstance(error, SyntaxError):  # its place comes before what is wrong there
            last.insert(0, last.pop())
        whole = "".join(last) + whole[: -len("".join(last))]
    return whole.rstrip()


def _codes(error, seen):
    """The code of every frame of the error and of those that it comes from."""
    if error is None or id(error) in seen:
        return []
    seen.add(id(error))
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        codes += _codes(other, seen)
    return codes


def _keep_own_lines(report, seen):
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    own = [frame for frame in report.stack if _is_own(frame.filename)]
    if len(own) > _MAX_FRAMES:
        own = own[: _MAX_FRAMES // 2] + own[-_MAX_FRAMES // 2 :]
    # None, as for a syntax error where nothing of the program was running, leaves the heading out.
    report.stack = traceback.StackSummary.from_list(own) if own else None
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        _keep_own_lines(other, seen)


def _is_own(filename: str) -> bool:
    return not filename.startswith((_LIBRARY, _NUMPY, _OURS, "<frozen "))
