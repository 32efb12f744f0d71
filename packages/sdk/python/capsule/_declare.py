"""Job: `task`, and the list of what a program declares. Never: judge an option (the host does, once, for every language)."""

import functools
import inspect
import json
import os

from . import _tasks

_MAX_TASKS = 1000


class Declaration:
    """One task as its program wrote it."""

    __slots__ = ("name", "function", "options")

    def __init__(self, name, function, options):
        self.name = name
        self.function = function
        self.options = options


declared: "list[Declaration]" = []


def task(function=None, /, **options):
    """Declare a function as a task: it runs in a sandbox of its own, with the budget and the rights named here.

    name: default the function's name. compute: "LOW", "MEDIUM" (default), "HIGH" or a number of fuel units.
    ram: "64MB", "2GB" or bytes. timeout: "500ms", "30s", "1m 30s". max_retries: attempts after the first.
    allowed_files: directories, each "path" (read-write) or {"path": …, "mode": "read-only"}.
    allowed_hosts: "api.example.com", "*.example.org". env_variables: names.

    >>> @task(name="add", compute="LOW")
    ... def add(a, b):
    ...     return a + b
    """
    if function is not None:
        if not callable(function):
            raise TypeError(f"@task takes keyword options; it was given {function!r}")
        return _declare(function, options)
    return lambda function: _declare(function, options)


def _declare(function, options):
    if not callable(function):
        raise TypeError(f"@task decorates a function, not {function!r}")
    options = {key: _plain(value) for key, value in options.items() if value is not None}
    name = options.pop("name", None)
    if name is None:
        name = getattr(function, "__name__", "")
    if len(declared) >= _MAX_TASKS:
        raise RuntimeError(f"a program may declare at most {_MAX_TASKS} tasks")
    declared.append(Declaration(name, function, options))

    is_async = inspect.iscoroutinefunction(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        return _tasks.call(name, is_async, args, kwargs)

    call._capsule_start = lambda *args, **kwargs: _tasks.start(name, args, kwargs)
    return call


def _plain(value):
    """The option as JSON can carry it; what JSON cannot hold travels as its repr, for the host to refuse by name."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if type(value) is int and abs(value) > 1 << 53:
        return str(value)  # a reader of JSON may take numbers for doubles
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {"not JSON": repr(value)[:200]}
    return value
