"""One task that first describes everything that it can see, and then spoils one kind of it."""

import sys

from capsule import task


def seen(whole):
    """As much of the interpreter as Python shows: what two clean runs have in common; `whole`: every name of every module too."""
    import asyncio, atexit, codecs, contextvars, copyreg, decimal, gc, importlib, linecache, locale, logging, os, signal, threading, warnings  # noqa: E401

    def digest(items):
        return hash(tuple(items))  # the hash seed is the same in every run

    def listed(folder):
        try:
            return sorted(os.listdir(folder))
        except OSError as error:
            return error.errno

    def descriptors():
        for number in range(64):
            try:
                os.fstat(number)
                yield number
            except OSError:
                pass

    image = [(name, module) for name, module in sorted(sys.modules.items()) if name not in ("main", "__main__")]
    return {
        # Addresses too: every object of the image lies where it lay.
        "modules": digest((name, id(module), len(vars(module))) for name, module in image),
        "globals": whole and {name: digest((*vars(module), *map(id, vars(module).values()))) for name, module in image},
        "types": whole and digest((kind.__qualname__, id(kind), tuple(vars(kind))) for kind in object.__subclasses__()),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "files": [listed("/"), listed("/tmp"), listed("/.capsule/program")],
        "descriptors": list(descriptors()),
        "import": [sys.path, len(sys.path_hooks), len(sys.meta_path), sorted(sys.path_importer_cache), sys.dont_write_bytecode],
        "sys": [sys.argv[:1], sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile(), sys.get_int_max_str_digits()],
        "hooks": [id(sys.excepthook), id(sys.displayhook), id(sys.unraisablehook), id(sys.breakpointhook), id(sys.stdout), id(sys.stderr)],
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), len(gc.callbacks)],
        "signals": [str(signal.getsignal(number)) for number in range(1, 32) if number != signal.SIGKILL],
        "locale": locale.setlocale(locale.LC_ALL),
        "decimal": str(decimal.getcontext()),
        "warnings": [str(warnings.filters), len(getattr(warnings, "onceregistry", ()))],
        "logging": [len(logging.root.handlers), logging.root.level, sorted(logging.root.manager.loggerDict), logging.raiseExceptions],
        "threads": [len(threading.enumerate()), threading.current_thread().name, sorted(vars(threading.current_thread()))],
        "context": len(list(contextvars.copy_context())),
        "codecs": [codecs.lookup_error("strict").__name__, codecs.lookup("utf-8").name],
        "copyreg": len(copyreg.dispatch_table),
        "lines": sorted(linecache.cache),
        "exits": atexit._ncallbacks(),
        "loop": type(asyncio.get_event_loop_policy()).__name__,
        "umask": os.umask(0o022) if hasattr(os, "umask") else None,
        "monitoring": [sys.monitoring.get_tool(tool) for tool in range(6)],
        "caches": importlib.util.find_spec("json").cached,
    }


def globals_():
    globals()["LEFT"] = "behind"
    main.left = seen.left = "behind"


def modules():
    import json, string, types  # noqa: E401

    sys.modules["left"] = types.ModuleType("left")
    sys.modules["math"] = None
    json.left = string.digits = "behind"
    import colorsys, wave  # noqa: E401, F401


def builtins_():
    import builtins

    builtins.left = "behind"
    builtins.len = lambda value: 42
    builtins.print = builtins.open = builtins.__import__ = None


def library():
    import json, os, posix, random, time  # noqa: E401

    json.dumps = json.loads = random.random = time.time = os.listdir = posix.getcwd = lambda *_, **__: "behind"
    os.path.exists = None
    json.JSONEncoder.default = lambda self, value: "behind"


def types_():
    import collections, decimal, enum, pathlib  # noqa: E401

    class Left(dict):
        pass

    collections.OrderedDict.left = pathlib.PurePath.left = decimal.DecimalException.left = enum.Enum.left = Left
    collections.abc.Mapping.register(Left)


def runner():
    import capsule
    from capsule import _channel, _errors, _runner, _values

    _channel.left = _errors.describe = _runner._freshen = _values.encode = capsule.task = "behind"
    _runner.base_modules = frozenset(["left"])


def files():
    import os

    os.makedirs("/tmp/left/behind")
    with open("/tmp/left/behind/file", "w") as file:
        file.write("behind" * 10_000)
    globals()["open_file"] = open("/tmp/left/behind/file")
    os.dup(1)


def environment():
    import os

    os.environ["LEFT"] = "behind"
    os.putenv("LEFT", "behind")
    os.environb[b"PYTHONHASHSEED"] = b"1"
    os.chdir("/tmp")
    if hasattr(os, "umask"):
        os.umask(0)


def randomness():
    import random

    random.seed(1)
    random.Random = None


def paths():
    sys.path[:] = ["/tmp"]
    sys.argv[:] = ["left"]
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache["/left"] = None


def signals():
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            signal.signal(number, print)
        except (OSError, ValueError):
            pass


def settings():
    import decimal, gc, locale, warnings  # noqa: E401

    decimal.getcontext().prec = 3
    decimal.DefaultContext.prec = 4
    warnings.simplefilter("error")
    warnings.filters.insert(0, "left")
    sys.setrecursionlimit(777)
    sys.set_int_max_str_digits(0)
    sys.setswitchinterval(1)
    gc.disable()
    gc.set_threshold(1)
    gc.callbacks.append(print)
    locale.setlocale(locale.LC_ALL, "C.UTF-8")


def hooks():
    import atexit

    sys.excepthook = sys.displayhook = sys.unraisablehook = sys.breakpointhook = print
    sys.settrace(lambda *_: None)
    sys.setprofile(lambda *_: None)
    sys.monitoring.use_tool_id(3, "left")
    atexit.register(int)
    sys.settrace(None)
    sys.setprofile(None)


def streams():
    import io

    sys.stdout = sys.stderr = sys.stdin = io.StringIO("behind")


def logs():
    import logging

    logging.basicConfig(level=1)
    logging.getLogger("left.behind").addHandler(logging.NullHandler())
    logging.raiseExceptions = False


def threads():
    import contextvars, threading  # noqa: E401

    threading.current_thread().name = "left"
    local = threading.local()
    local.left = threading.main_thread().left = "behind"
    contextvars.ContextVar("left").set("behind")


def registries():
    import asyncio, codecs, copyreg, linecache, re, sqlite3  # noqa: E401

    codecs.register(lambda name: None)
    codecs.register_error("left", str)
    codecs.register_error("strict", len)
    copyreg.pickle(type(main), str)
    linecache.cache["left"] = (0, None, [], "left")
    asyncio.set_event_loop_policy(asyncio.AbstractEventLoopPolicy())
    sqlite3.register_adapter(set, str)
    re.compile("left behind")


def garbage():
    kept = [bytearray(b"secret") * (1 + n % 977) for n in range(3000)]
    kept.append(kept)
    globals()["kept"] = {f"left {n}": object() for n in range(5000)}


def growth():
    globals()["kept"] = bytearray(b"secret" * 3_000_000)


def failure():
    raise RuntimeError("left", [object() for _ in range(1000)])


def leaving():
    import os

    os._exit(3)


def depth():
    return depth()


def hoarding():
    data = []
    while True:
        data.append(bytearray(1 << 16))


def endless():
    while True:
        pass


KINDS = (
    globals_, modules, builtins_, library, types_, runner, files, environment, randomness, paths, signals, settings, hooks, streams, logs,
    threads, registries, garbage, growth, failure, leaving, depth, hoarding, endless,
)  # fmt: skip


@task(name="main", compute=300_000_000, ram="64MB")
def main(kind, whole):
    import json
    import os
    import random

    what = seen(whole)
    line = json.dumps([what, random.random()]).encode() + b"\n"
    while line:
        line = line[os.write(2, line) :]
    KINDS[kind]()
