"""Job: the last thing that happens before the image is taken: load what programs commonly import, then stop the world with
the runner's address as exit code. Never: anything that depends on a program.
"""

import sys

_base = frozenset(sys.modules)

import gc
import os
import posix

_PRELOAD = """
abc argparse array ast asyncio base64 bisect calendar cmath collections.abc colorsys configparser contextlib contextvars copy csv
dataclasses datetime decimal difflib email.message email.parser email.policy email.utils enum errno fnmatch fractions functools
getpass glob graphlib gzip hashlib heapq hmac html html.parser http.client http.cookies importlib.metadata importlib.resources
inspect io ipaddress itertools json keyword linecache locale logging logging.handlers marshal math mimetypes numbers operator os
pathlib pickle platform pprint queue random re reprlib secrets select shlex shutil signal socket sqlite3 statistics string
stringprep struct subprocess tempfile textwrap threading time timeit token tokenize tomllib traceback types typing unicodedata
unittest urllib.error urllib.parse urllib.request uuid warnings weakref xml.etree.ElementTree zipfile zlib zoneinfo
concurrent.futures
numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.lib.stride_tricks
""".split()

#: Blocks as CPython's own arenas need them, with place for a header: an allocator that never joins or splits blocks
#: (that of the fast engine's libc) can use them too.
_ROOM = [(1 << 19) - 64] * 6 + [(1 << 20) - 64]


def boot():
    for name in _PRELOAD:
        try:
            __import__(name)
        except ImportError:
            pass  # an engine without it: a program that imports it says so itself
    from . import _absent, _http_client, _loop, _runner, _texts

    for part in (_absent, _http_client, _loop, _texts):
        part.install()
    _runner.base_modules = _base
    sys.stdout.reconfigure(line_buffering=True)
    sys.path[0:1] = ["/"]
    os.environ.clear()  # what the interpreter was started with is not the program's; posix has a copy
    posix.environ.clear()
    gc.collect()
    # Taken and given back: room for small programs, whose memory then need not grow, and can be given an image again.
    room = [bytearray(size) for size in _ROOM]
    del room
    gc.freeze()
    entry = (_runner.run,)
    os._exit(id(entry))
