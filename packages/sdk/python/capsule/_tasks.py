"""Job: a declared task that the program calls: its own sandbox, the answer is its envelope. Never: run it here."""

import asyncio
import collections.abc
import json
import sys

from . import _calls, _values

#: Whether a task runs: the top level of a program may declare tasks, not call them.
_inside = False


def enter():
    global _inside
    _inside = True


class Envelope(dict):
    """The envelope of an async task that was called where no event loop runs. It is there already; who awaits it gets it."""

    def __await__(self):
        return self
        yield

    def send(self, _value):
        raise StopIteration(self)

    def throw(self, error, *_):
        raise error

    def close(self):
        pass


collections.abc.Coroutine.register(Envelope)


def call(name, is_async, args, kwargs):
    """Side by side where an event loop runs and the task is async; otherwise the caller waits."""
    if is_async and asyncio._get_running_loop() is not None:
        return _awaited(name, args, kwargs)
    envelope = _envelope(name, *_calls.ask("task", _payload(name, args, kwargs)))
    return Envelope(envelope) if is_async else envelope


def start(name, args, kwargs):
    """A future of the envelope."""
    return _calls.start("task", _payload(name, args, kwargs), lambda head, body: _envelope(name, head, body))


async def _awaited(name, args, kwargs):
    return await start(name, args, kwargs)


def _payload(name, args, kwargs):
    if sys.platform != "wasi":
        raise RuntimeError(
            f"the task {name!r} runs in a sandbox, not here: start its program with `capsule run FILE`, "
            "or with `await capsule.run(file=…)` from another program"
        )
    if not _inside:
        raise RuntimeError(
            f"the task {name!r} was called at the top level of the program, which runs without rights; call it from a task"
        )
    return json.dumps(
        {
            "name": name,
            "args": _values.encode(list(args), f"the arguments of {name}").decode(),
            "kwargs": _values.encode(kwargs, f"the keyword arguments of {name}").decode(),
        }
    ).encode()


def _envelope(name, head, body):
    if "code" in head:
        raise RuntimeError(f"the task {name!r} was not started: {head['message']}")
    return json.loads(body)
