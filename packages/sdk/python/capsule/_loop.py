"""Job: an asyncio event loop for a world without sockets and threads: ready callbacks, timers, and sleeping until the next one.
Never: wait for a file descriptor.

asyncio's own loops wake themselves through a socket pair, which the sandbox does not have. Nothing here runs beside the loop,
so nothing has to wake it: its only idle state is waiting for a timer.
"""

import asyncio
import asyncio.base_events
import threading
import time


class _Timers:
    """Stands where a loop has its selector."""

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the event loop waits for something that nothing can bring about: no timer and no task is left")
        if timeout > 0:
            time.sleep(timeout)
        return ()


class Loop(asyncio.base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, function, *args):
        if executor is not None:
            return super().run_in_executor(executor, function, *args)
        # There are no threads: the function runs now, and its outcome is a future that is done.
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop


def install():
    asyncio.set_event_loop_policy(Policy())
