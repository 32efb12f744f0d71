"""Job: carry out one request of the host: load the program, run a task or list the tasks, report how it ended.
Never: grant anything; every right is the host's to give.
"""

import asyncio
import atexit
import inspect
import json
import os
import random
import sys
import traceback

from . import _channel, _declare, _discovery, _errors, _program, _tasks, _values

#: Modules that Python itself loads before any program starts; set when the image is made.
base_modules: "frozenset[str]" = frozenset()

#: Given back when memory is gone, so that there is room to say so.
_reserve = [bytearray(1 << 18)]


def run():
    """The entry of every run. Its last message ends the run, so it does not come back."""
    _channel.open_device()
    environment, _, request = _channel.receive().partition(b"\n")
    request = json.loads(request)
    _freshen(json.loads(environment), request)
    _channel.send("begin")
    verb, payload = _attempt(request)
    for step in (atexit._run_exitfuncs, _program.finish, sys.stdout.flush, sys.stderr.flush):
        try:
            step()
        except BaseException:  # how the task ended is decided; what breaks while tidying up does not change it
            pass
    _channel.send(verb, payload)


def _freshen(environment, request):
    """What the image has frozen and every run must have of its own."""
    random.seed(int.from_bytes(os.urandom(32)))  # without an argument it takes 2,500 bytes of the host's
    if (numpy_random := sys.modules.get("numpy.random")) is not None:
        numpy_random.seed()  # the generator behind its old functions
    os.environ.update(environment)
    sys.argv[:] = request["argv"]
    sys.orig_argv[:] = ["python", *request["argv"]]
    _program.install(request["folder"], request["modules"], base_modules, request["absent"], request["site"])


def _attempt(request) -> "tuple[str, bytes]":
    try:
        return "returned", _carry_out(request)
    except SystemExit as error:
        code = error.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            try:
                print(code, file=sys.stderr)
            except BaseException:
                pass
            code = 1
        return "exited", b"%d" % (code & 0xFF)
    except BaseException as error:
        _reserve.clear()
        memory = isinstance(error, MemoryError)
        if memory:
            traceback.clear_frames(error.__traceback__)
        kind, message = _errors.describe(error)
        denied = isinstance(error, PermissionError) or isinstance(getattr(error, "reason", None), PermissionError)
        return "raised", json.dumps({"type": kind, "message": message, "memory": memory, "denied": denied}).encode()


def _carry_out(request) -> bytes:
    mode = request["mode"]
    module, code = _program.load(request, as_script=mode == "script")
    if mode == "discover":
        return _discovery.plan(module, code, request["mayDeclare"])
    exec(code, vars(module))
    match mode:
        case "script":
            if _declare.declared:
                raise RuntimeError("the top level did not come to its tasks when they were collected; move its work into a task")
            return b"null"
        case "main":
            return _call(module.main, _arguments_of_plain_main(module.main, request["args"]), request["kwargs"])
        case "task":
            return _call(_declared(request["task"]), request["args"], request["kwargs"])
    raise ValueError(f"unknown mode {mode!r}")


def _declared(name):
    for entry in _declare.declared:
        if entry.name == name:
            return entry.function
    raise RuntimeError(
        f"the task {name!r} was declared when the tasks were collected, but not now; declarations must not depend on rights, time or chance"
    )


def _arguments_of_plain_main(function, args):
    """A `main()` without parameters reads sys.argv."""
    code = getattr(function, "__code__", None)
    takes_none = code is not None and code.co_argcount == 0 and not code.co_flags & inspect.CO_VARARGS
    return [] if takes_none else args


def _call(function, args, kwargs) -> bytes:
    _tasks.enter()
    value = function(*args, **kwargs)
    return _values.encode(asyncio.run(value) if inspect.iscoroutine(value) else value)
