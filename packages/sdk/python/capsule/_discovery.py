"""Job: what a program declares: run its top level once, without any rights, and list its tasks. Never: run a task."""

import inspect
import json
import sys

from . import _declare, _program


class _MainStarted(BaseException):
    """The top level itself called `main`: this is a script that has come to its work."""


def plan(module, code, may_declare: bool) -> bytes:
    """`may_declare`: whether the program names the capsule package at all. One that does not is a script when its top level
    fails here: it is run again with what rights there are, and then says itself what is wrong."""
    main_is_called = False
    _watch_main(code)
    try:
        exec(code, vars(module))
    except _MainStarted:
        main_is_called = True
    except BaseException:
        if may_declare:
            raise
        main_is_called = True
    main = vars(module).get("main")
    tasks = [{"name": entry.name, "options": entry.options} for entry in _declare.declared]
    has_main = inspect.isfunction(main) and not main_is_called
    return json.dumps({"tasks": tasks, "main": has_main, "compiled": _program.compiled()}).encode()


def _watch_main(code):
    """A plain function `main` that the top level calls is part of a script; where tasks are declared, `main` is the task's
    wrapper, which has a word of its own to say."""
    events = sys.monitoring.events
    tool = sys.monitoring.DEBUGGER_ID
    for constant in code.co_consts:
        if inspect.iscode(constant) and constant.co_name == "main":
            if sys.monitoring.get_tool(tool) is None:
                sys.monitoring.use_tool_id(tool, "capsule")
                sys.monitoring.register_callback(tool, events.PY_START, _stop)
            sys.monitoring.set_local_events(tool, constant, events.PY_START)


def _stop(_code, _offset):
    raise _MainStarted
