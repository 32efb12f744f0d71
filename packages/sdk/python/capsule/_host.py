"""Job: `run` for host programs: a program in its sandbox, through `capsule worker`. Never: run a task in this process.

One worker serves all calls of this process, whichever thread or event loop they come from: the first call starts it, the
others find its engine warm. It ends with this process. A fork starts its own, and so does a changed environment, which a
worker has as it was when it was started.
"""

import asyncio
import atexit
import concurrent.futures
import itertools
import json
import os
import subprocess
import threading


async def run(*, file, args=None, mounts=None, cwd=None, capsule_path="capsule"):
    """Run a program in a sandbox and answer its envelope: a dict with success, result, error and execution.

    file: the program, relative to `cwd`. args: a list of JSON values. mounts: "HOST[::GUEST][:ro|:rw]".
    capsule_path: the command, where it is not on the PATH. What the program prints goes to this process's standard error.

    >>> envelope = await run(file="hello.py", args=["Ada"])  # doctest: +SKIP
    """
    request = {
        "file": os.fspath(file),
        "args": list(args or []),
        "mounts": list(mounts or []),
        "cwd": os.path.abspath(cwd or os.curdir),
    }
    interest = _Interest()
    try:
        answer = await asyncio.to_thread(_ask, os.fspath(capsule_path), request, interest)
        return await asyncio.wrap_future(answer)
    except asyncio.CancelledError:
        interest.end()
        raise


class _Interest:
    """The caller's: the sandbox ends with it, whether it was asked for already or is being asked for in another thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._has_ended = False
        self._asked = None

    def asked(self, worker, number):
        with self._lock:
            self._asked = (worker, number)
            if self._has_ended:
                worker.cancel(number)

    def end(self):
        with self._lock:
            self._has_ended = True
            if self._asked is not None:
                worker, number = self._asked
                worker.cancel(number)


#: By command: the process and the environment that it was started in, and the worker.
_workers = {}
_workers_lock = threading.Lock()


def _ask(command, request, interest):
    """The future of the request's envelope."""
    for attempt in (0, 1):
        with _workers_lock:
            here = (os.getpid(), dict(os.environ))
            there, worker = _workers.get(command, (None, None))
            if worker is None or worker.has_ended or there != here:
                if worker is not None:
                    worker.retire()
                worker = _Worker(command)
                _workers[command] = (here, worker)
        try:
            number, answer = worker.ask(request)
            interest.asked(worker, number)
            return answer
        except BrokenPipeError:  # it ended between two calls: a new one is asked, once
            if attempt:
                raise RuntimeError(f"{command} worker ends at once; `{command} doctor` may say why") from None


class _Worker:
    def __init__(self, command):
        try:
            self._process = subprocess.Popen(
                [command, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except FileNotFoundError:
            raise FileNotFoundError(
                f"there is no command {command!r}: npm install -g @capsule-run/cli, or give capsule_path"
            ) from None
        self._command = command
        self._numbers = itertools.count(1)
        self._pending = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._owner = os.getpid()
        self.has_ended = False
        threading.Thread(target=self._listen, name="capsule worker", daemon=True).start()
        atexit.register(self._close)

    def ask(self, request):
        number = next(self._numbers)
        answer = concurrent.futures.Future()
        line = json.dumps({"id": number, **request}, allow_nan=False)
        with self._lock:
            if self.has_ended:
                raise BrokenPipeError
            self._pending[number] = answer
        try:
            self._send(line)
        except (OSError, ValueError):  # ValueError: it was retired meanwhile
            self._pending.pop(number, None)
            raise BrokenPipeError from None
        return number, answer

    def cancel(self, number):
        """Not waited for: a worker that is too busy to read must not hold the caller's event loop."""
        with self._lock:
            if self._pending.pop(number, None) is None:
                return
        line = json.dumps({"id": number, "cancel": True})
        threading.Thread(target=self._try_to_send, args=(line,), daemon=True).start()

    def retire(self):
        """It answers what it was asked, and ends."""
        if self._owner == os.getpid():
            threading.Thread(target=self._process.stdin.close, daemon=True).start()

    def _try_to_send(self, line):
        try:
            self._send(line)
        except (OSError, ValueError):
            pass  # it has ended, and its runs with it

    def _send(self, line):
        with self._sending:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self):
        for line in self._process.stdout:
            try:
                said = json.loads(line)
                number = said["id"]
            except (ValueError, TypeError, KeyError):
                continue  # an answer is one JSON object: this is none
            with self._lock:
                answer = self._pending.pop(number, None)
            if answer is None:
                continue
            if "output" in said:
                self._settle(answer.set_result, said["output"])
            else:
                self._settle(answer.set_exception, ValueError(said.get("error")))
        status = self._process.wait()
        with self._lock:
            self.has_ended = True
            lost, self._pending = self._pending, {}
        for answer in lost.values():
            self._settle(
                answer.set_exception, RuntimeError(f"{self._command} worker ended with exit status {status} before it answered")
            )

    @staticmethod
    def _settle(settle, value):
        try:
            settle(value)
        except concurrent.futures.InvalidStateError:
            pass  # cancelled meanwhile

    def _close(self):
        """Nobody waits for an answer any more: what still runs is ended."""
        if self._owner == os.getpid():
            self._process.terminate()
            self._process.wait()
