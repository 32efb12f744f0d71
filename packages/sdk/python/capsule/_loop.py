"""Job: an asyncio event loop for a world without sockets and threads: ready callbacks, timers, and the host's answers.
Never: wait for a file descriptor.

asyncio's own loops wake themselves through a socket pair, which the sandbox does not have. Nothing here runs beside the loop,
so nothing has to wake it: when it is idle it waits for a timer, or for calls of the host that are under way.
"""

import asyncio
import asyncio.base_events
import functools
import time
import types

from . import _absent, _calls


class _Waiting:
    """Stands where a loop has its selector."""

    def select(self, timeout):
        if _calls.is_waiting():
            _calls.collect(timeout)
        elif timeout is None:
            raise RuntimeError("the event loop waits for something that nothing can bring about: no timer and no task is left")
        elif timeout > 0:
            time.sleep(timeout)
        return ()


class Loop(asyncio.base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = _Waiting()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    async def subprocess_exec(self, *_args, **_kwargs):
        _absent.no_process()

    subprocess_shell = subprocess_exec

    async def create_server(self, *_args, **_kwargs):
        _absent.no_socket()

    create_connection = create_datagram_endpoint = create_server

    def add_signal_handler(self, *_args):
        raise NotImplementedError("no signal reaches the sandbox: it is ended from outside")

    def run_in_executor(self, executor, function, *args):
        if executor is not None:
            return super().run_in_executor(executor, function, *args)
        start = _start_of(function)
        if start is not None:
            return start(*args)
        # There are no threads: the function runs now, and its outcome is a future that is done.
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def _start_of(function):
    """What starts `function` beside the loop: tasks and the requests of capsule.http have it. asyncio.to_thread wraps its
    function in a context and its arguments in a partial."""
    if isinstance(function, functools.partial) and getattr(function.func, "__name__", "") == "run" and function.args:
        start = _start_of(function.args[0])
        return start and functools.partial(start, *function.args[1:], **function.keywords)
    # Only of a plain function: a mock, for one, has every attribute that it is asked for.
    return vars(function).get("_capsule_start") if isinstance(function, types.FunctionType) else None


class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop


def install():
    asyncio.SelectorEventLoop = Loop
    if hasattr(asyncio, "EventLoop"):  # 3.13
        asyncio.EventLoop = Loop
    asyncio.set_event_loop_policy(Policy())
