"""Job: an exception of the program as text: type, message, and the program's own lines. Never: decide what it means."""

import os
import traceback

from . import _texts

# The library's code names the folder that it was compiled in, wherever it is served from.
_LIBRARY = os.path.dirname(traceback.print_tb.__code__.co_filename) + "/"
_NUMPY = "/usr/local/lib/numpy.zip/"
_INSTALLED = "/.capsule/program/.capsule/site/"
_OURS = os.path.dirname(__file__) + "/"
_MAX_FRAMES = 30
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
    errors = _chain(error)
    for each in errors:
        _keep_own_frames(each)
    _texts.show_lines(frame.f_code for each in errors for frame, _ in traceback.walk_tb(each.__traceback__))
    report = traceback.TracebackException.from_exception(error, compact=True)
    _leave_out_empty(report, set())
    # What a lack of memory interrupted is another lack of memory, and says nothing.
    whole = "".join(report.format(chain=not isinstance(error, MemoryError)))
    last = list(report.format_exception_only())
    if whole.endswith("".join(last)):  # not so for an exception group, which is a tree
        if isinstance(error, SyntaxError):  # its place comes before what is wrong there
            last.insert(0, last.pop())
        whole = "".join(last) + whole[: -len("".join(last))]
    return whole.rstrip()


def _chain(error):
    """The error and those that it comes from, each once."""
    found, pending = {}, [error]
    while pending:
        error = pending.pop()
        if error is not None and id(error) not in found:
            found[id(error)] = error
            pending += (error.__cause__, error.__context__, *getattr(error, "exceptions", ()))
    return found.values()


def _keep_own_frames(error):
    """Only frames of the program, and of a long recursion its two ends: what is not shown need not be looked into, which for
    a thousand frames costs more than most programs."""
    own, entry = [], error.__traceback__
    while entry is not None:
        if _is_own(entry.tb_frame.f_code.co_filename):
            own.append(entry)
        entry = entry.tb_next
    if len(own) > _MAX_FRAMES:
        own = own[: _MAX_FRAMES // 2] + own[-_MAX_FRAMES // 2 :]
    following = None
    for entry in reversed(own):
        entry.tb_next = following
        following = entry
    BaseException.with_traceback(error, following)


def _leave_out_empty(report, seen):
    """No heading where nothing of the program was running, as for a syntax error."""
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack = report.stack or None
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        _leave_out_empty(other, seen)


def _is_own(filename: str) -> bool:
    return not filename.startswith((_LIBRARY, _NUMPY, _INSTALLED, _OURS, "<frozen "))
