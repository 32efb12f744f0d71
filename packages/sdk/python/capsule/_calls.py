"""Job: calls of the host that are under way side by side, as futures of the event loop. Never: know what they ask.

The host answers in any order; the loop takes what has arrived whenever it has nothing else to do.
"""

import asyncio
import collections
import json

from . import _channel

#: By the number that the host gave: the future, and what makes its result from an answer.
_under_way: "dict[int, tuple]" = {}
#: Calls beyond what the host holds at once.
_queued = collections.deque()


def ask(verb, payload):
    """One call, waited for: the head and the body of the answer."""
    _channel.send(verb, payload)
    head, _, body = _channel.receive().partition(b"\n")
    return json.loads(head), body


def start(kind, payload, finish):
    """A future of what `finish(head, body)` returns or raises when the answer is there."""
    future = asyncio.get_running_loop().create_future()
    _queued.append((kind, payload, finish, future))
    _start_queued()
    return future


def is_waiting():
    return bool(_under_way or _queued)


def collect(timeout):
    """Resolve the futures of calls that have been answered; wait for the first, at most `timeout` seconds (None: any time)."""
    head, _ = ask("arrived", json.dumps(None if timeout is None else timeout * 1000).encode())
    for number in head["arrived"]:
        future, finish = _under_way.pop(number)
        answer = ask("take", b"%d" % number)
        if not future.done():  # it may have been cancelled meanwhile
            _resolve(future, finish, *answer)
    _start_queued()


def _start_queued():
    while _queued:
        kind, payload, finish, future = _queued[0]
        if not future.done():
            head, body = ask(f"start-{kind}", payload)
            if head.get("code") == "busy":
                return
            if "seq" in head:
                _under_way[head["seq"]] = (future, finish)
            else:
                _resolve(future, finish, head, body)
        _queued.popleft()


def _resolve(future, finish, head, body):
    try:
        future.set_result(finish(head, body))
    except Exception as error:
        future.set_exception(error)
