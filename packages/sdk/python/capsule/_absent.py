"""Job: make what a sandbox does not have say so in a sentence, and mend what this CPython's build gets wrong.
Never: enforce anything: these things are absent, not forbidden.
"""

import _thread
import concurrent.futures
import errno
import importlib
import os
import socket
import subprocess
import sys
import threading
import time
import types
import zoneinfo
from zoneinfo import _common

_THREADS = "threads are not available inside the sandbox; use asyncio, or declare tasks and call them"
_PROCESSES = "processes cannot be started inside the sandbox; do it in Python, or on the host"
_SOCKETS = (
    "sockets are not available inside the sandbox; use urllib.request, http.client or capsule.http, which go through the host"
)

_SCREEN = "there is no terminal and no screen inside the sandbox"
_ZONES = (
    "this Python engine brings no time zones; put tzdata into requirements.txt and run `capsule build`, or make the engine "
    "that has them: npm run engine:python"
)

#: Modules of the library that no engine has, and what to do instead.
MODULES = {
    "ssl": "the sandbox has no sockets to secure; https works through urllib.request, http.client and capsule.http",
    "_ssl": "the sandbox has no sockets to secure; https works through urllib.request, http.client and capsule.http",
    "ctypes": "there are no native libraries to load inside the sandbox",
    "_ctypes": "there are no native libraries to load inside the sandbox",
    "mmap": "files cannot be mapped into memory inside the sandbox; read them",
    "lzma": "this Python engine is built without it; zlib, gzip, bz2 and zipfile are there",
    "_lzma": "this Python engine is built without it; zlib, gzip, bz2 and zipfile are there",
    "multiprocessing": _PROCESSES,
    "_multiprocessing": _PROCESSES,
    "curses": _SCREEN,
    "_curses": _SCREEN,
    "readline": _SCREEN,
    "termios": _SCREEN,
    "tkinter": _SCREEN,
    "turtle": _SCREEN,
    "tzdata": _ZONES,
}


def _no_thread(*_args, **_kwargs):
    raise RuntimeError(_THREADS)


def no_process(*_args, **_kwargs):
    raise OSError(errno.ENOTSUP, _PROCESSES)


def no_socket(*_args, **_kwargs):
    raise OSError(errno.ENOTSUP, _SOCKETS)


_HOST = "capsule"  # not even a name of the machine, but programs put one into their logs


def _address(name, *_args, **_kwargs):
    if name in ("localhost", _HOST):
        return "127.0.0.1"
    if isinstance(name, str) and name.replace(".", "").isdecimal():
        return name
    raise socket.gaierror(socket.EAI_NONAME, "names are not resolved " + _SOCKETS.removeprefix("sockets are not available "))


class ThreadPoolExecutor(concurrent.futures.Executor):
    """For a build that leaves concurrent.futures.thread out: fails where it would start a thread, as elsewhere."""

    def __init__(self, max_workers=None, thread_name_prefix="", initializer=None, initargs=()):
        pass

    submit = _no_thread


_OF_PROCESSES = frozenset("fork forkpty pipe pipe2 kill killpg wait waitpid execv execve posix_spawn WNOHANG".split())


def _no_attribute(name):
    """Asked by Python for what `os` has not."""
    why = f": {_PROCESSES}" if name in _OF_PROCESSES else ""
    raise AttributeError(f"module 'os' has no attribute {name!r}{why}", name=name, obj=os)


def _load_zone(key):
    """A zone that nobody has, or no zones at all."""
    try:
        return _load_zone_of_library(key)
    except zoneinfo.ZoneInfoNotFoundError as error:
        try:
            importlib.import_module("tzdata")
        except ImportError:
            error.args = (f"No time zone found with key {key}: {_ZONES}",)
            error.__cause__ = None
        raise


def _process_time():
    """The build takes nanoseconds for hundredths of a second. There is one process here: its time is what passes."""
    return time.perf_counter()


_load_zone_of_library = _common.load_tzdata


def install():
    _common.load_tzdata = _load_zone
    time.process_time = _process_time
    time.process_time_ns = time.perf_counter_ns
    _thread.start_new_thread = _no_thread
    _thread.start_new = _no_thread
    threading._start_new_thread = _no_thread
    if hasattr(threading, "_start_joinable_thread"):  # 3.13
        threading._start_joinable_thread = _no_thread
        _thread.start_joinable_thread = _no_thread
    try:
        importlib.import_module("concurrent.futures.thread")
    except ImportError:
        module = types.ModuleType("concurrent.futures.thread")
        module.ThreadPoolExecutor = ThreadPoolExecutor
        sys.modules[module.__name__] = concurrent.futures.thread = module
    subprocess.Popen.__init__ = no_process
    subprocess.Popen.__del__ = lambda self, **_: None
    os.system = os.popen = no_process
    os.__getattr__ = _no_attribute
    socket.socket.__init__ = no_socket
    socket.socketpair = socket.create_connection = no_socket
    socket.getaddrinfo = socket.gethostbyname = _address
    socket.gethostbyname_ex = lambda name: (name, [], [_address(name)])
    socket.gethostname = lambda: _HOST
