/** Job: what of Python there is: the whole standard library, asyncio, fresh randomness; what is absent says so. */
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python();

/** Of the standard library, what the engines have not, and why. */
const absent: Readonly<Record<string, string>> = {
  "parts of processes, threads and memory that they share": `_interpchannels _interpqueues _interpreters _multiprocessing _posixshmem _posixsubprocess mmap
    multiprocessing.forkserver multiprocessing.heap multiprocessing.popen_fork multiprocessing.popen_forkserver
    multiprocessing.popen_spawn_posix multiprocessing.popen_spawn_win32 multiprocessing.resource_tracker
    multiprocessing.shared_memory multiprocessing.sharedctypes multiprocessing.synchronize`,
  "terminals and screens": `_curses _curses_panel _pyrepl._minimal_curses _pyrepl.curses _pyrepl.fancy_termios _pyrepl.readline
    _pyrepl.simple_interact _pyrepl.unix_console _pyrepl.unix_eventqueue _pyrepl.windows_console _tkinter curses pty readline
    termios tkinter tty turtle turtledemo`,
  "users and settings of Unix": "fcntl grp nis ossaudiodev pwd resource spwd syslog",
  "other systems": `_aix_support _android_support _apple_support _ios_support _msi _osx_support _overlapped _scproxy _winapi _wmi
    asyncio.windows_events asyncio.windows_utils encodings.mbcs encodings.oem msilib msvcrt nt winreg winsound`,
  "native libraries that the engines are built without (hashlib, uuid, https through the host work all the same)":
    "_ctypes _dbm _gdbm _hashlib _lzma _ssl _uuid ctypes dbm.gnu dbm.ndbm lzma ssl",
  "tools that install, and what they read": "ensurepip lib2to3 pydoc_data venv",
  "left out by who built npm's engine": "_pydecimal _pyio multiprocessing rlcompleter uu webbrowser xdrlib",
};
const absentNames = new Set(Object.values(absent).flatMap((names) => names.split(/\s+/)));

test("every module of the standard library is imported at any time, but for a list", async () => {
  const { result, envelope } = await py.run(
    task(
      `
import pkgutil, sys
library = [path for path in sys.path if "/lib/python" in path]
names = {*sys.stdlib_module_names, *(found.name for found in pkgutil.walk_packages(library, onerror=lambda name: None))}
imported, failed = 0, {}
for name in sorted(names):
    # Those that open a browser, print, or start a program.
    if name in ("antigravity", "this") or name.endswith("__main__") or name.split(".")[0] in ("test", "idlelib"):
        continue
    try:
        __import__(name)
        imported += 1
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}"
return [imported, failed]`,
      "compute=10 ** 11, ram='256MB'",
    ),
  );
  expect(envelope.error).toBe(null);
  const [imported, failed] = result as [number, Readonly<Record<string, string>>];
  expect(imported).toBeGreaterThan(500);
  expect(Object.entries(failed).filter(([name]) => !absentNames.has(name))).toEqual([]);
});

test("the modules that programs use work", async () => {
  const { result, envelope } = await py.run(
    `import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n${task(
      `
import sqlite3, zlib, bz2, gzip, hashlib, json, re, csv, io, random, uuid, datetime, decimal, fractions, statistics, zoneinfo, html, xml.etree.ElementTree as ET, struct, base64, difflib, textwrap, dataclasses, enum, typing, itertools, functools, collections, heapq, bisect, string, secrets, tomllib, configparser, argparse, logging, unittest, copy, pickle
db = sqlite3.connect(":memory:")
db.execute("create table t(x)")
db.executemany("insert into t values (?)", [(i,) for i in range(10)])
return [
    db.execute("select sum(x) from t").fetchone()[0],
    zlib.decompress(zlib.compress(b"a" * 100)) == b"a" * 100,
    bz2.decompress(bz2.compress(b"b")).decode(),
    hashlib.sha256(b"x").hexdigest()[:8],
    re.findall(r"\\d+", "a1b22"),
    list(csv.reader(io.StringIO("a,b\\n1,2"))),
    str(decimal.Decimal(1) / 3)[:6],
    str(fractions.Fraction(1, 3) + 1),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc).isoformat(),
    ET.fromstring("<a><b>1</b></a>").find("b").text,
    pickle.loads(pickle.dumps(P(3))).x,
    dataclasses.asdict(P(4)),
    tomllib.loads("a = 1"),
    uuid.UUID(int=5).hex[-1],
]`,
      "compute='HIGH'",
    )}`,
  );
  expect(envelope.error).toBe(null);
  expect(result).toEqual([
    45,
    true,
    "b",
    "2d711642",
    ["1", "22"],
    [
      ["a", "b"],
      ["1", "2"],
    ],
    "0.3333",
    "4/3",
    "2024-02-29T00:00:00+00:00",
    "1",
    3,
    { x: 4 },
    { a: 1 },
    "5",
  ]);
});

test("randomness is fresh in every run", async () => {
  const text = task(
    "import random, uuid, secrets, os, tempfile\nreturn [random.random(), str(uuid.uuid4()), secrets.token_hex(8), os.urandom(4).hex()]",
  );
  const [one, two] = [await py.run(text), await py.run(text)];
  for (let index = 0; index < 4; index++)
    expect((one.result as unknown[])[index]).not.toEqual((two.result as unknown[])[index]);
});

test("the clocks go on from where the image stopped", async () => {
  const { result } = await py.run(
    task(`
import time
return [time.time(), time.process_time() < 60, time.perf_counter() < 60, time.monotonic() - time.monotonic() <= 0, time.gmtime().tm_year]`),
  );
  const [now, ...rest] = result as [number, ...unknown[]];
  expect(Math.abs(now * 1000 - Date.now())).toBeLessThan(60_000);
  expect(rest).toEqual([true, true, true, new Date().getUTCFullYear()]);
});

test("asyncio runs, sleeps and gathers; an async task is run to its end", async () => {
  const text = `
import asyncio
from capsule import task

begun = []

async def child(i):
    begun.append(i)
    await asyncio.sleep(0.1)
    return i, len(begun)

@task(name="main")
async def main():
    values, others = zip(*await asyncio.gather(*(child(i) for i in range(20))))
    # Each has slept while the others did.
    together = set(others) == {20}
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)
    except TimeoutError:
        late = True
    queue = asyncio.Queue()
    worker = asyncio.create_task(queue.get())
    await queue.put("x")
    return [sum(values), together, late, await worker, await asyncio.to_thread(max, 1, 2)]
`;
  const { result, error } = await py.run(text);
  expect(error).toBe("");
  expect(result).toEqual([190, true, true, "x", 2]);
});

test("waiting for what can never happen is an error, not a hang", async () => {
  const { error } = await py.run(
    task("import asyncio\nasync def wait(): await asyncio.Event().wait()\nasyncio.run(wait())"),
  );
  expect(error).toMatch(/^task_error: RuntimeError: the event loop waits for something that nothing can bring about/);
});

test.for([
  ["import socket\nsocket.socket()", /sockets are not available inside the sandbox/],
  [
    "import socket\nsocket.getaddrinfo('example.com', 80)",
    /socket.gaierror: .*names are not resolved inside the sandbox/,
  ],
  ["import socket\nsocket.create_connection(('example.com', 80))", /sockets are not available inside the sandbox/],
  ["import threading\nthreading.Thread(target=print).start()", /threads are not available inside the sandbox/],
  [
    "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(print)",
    /threads are not available/,
  ],
  ["import subprocess\nsubprocess.run(['ls'])", /processes cannot be started inside the sandbox/],
  ["import os\nos.system('ls')", /processes cannot be started inside the sandbox/],
  ["import capsule\ncapsule.run('x.py')", /inside a sandbox/],
  ["import os\nos.fork()", /processes cannot be started inside the sandbox/],
  [
    "import asyncio\nasync def go(): await asyncio.create_subprocess_exec('ls')\nasyncio.run(go())",
    /processes cannot be started inside the sandbox/,
  ],
  [
    "import asyncio\nasync def go(): await asyncio.open_connection('example.com', 80)\nasyncio.run(go())",
    /sockets are not available inside the sandbox/,
  ],
  ["import ssl", /No module named '_?ssl': .*https works through urllib\.request/],
  [
    "import multiprocessing\nmultiprocessing.Pool(2)",
    /processes cannot be started inside the sandbox|threads are not available/,
  ],
  ["import ctypes", /No module named '_?ctypes': there are no native libraries/],
  ["import lzma", /No module named '_lzma': .*zlib, gzip, bz2/],
  ["import tkinter", /No module named 'tkinter': there is no terminal and no screen/],
  ["import pandas", /No module named 'pandas': if it is a package of pure Python, name it in requirements\.txt/],
] as const)("what a sandbox has not says why: %s", async ([body, expected]) => {
  expect((await py.run(task(body))).error).toMatch(expected);
});

test("recursion reaches CPython's usual depth, in Python and through C", async () => {
  const { result, error } = await py.run(
    task(
      `
import functools, json, sys
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
class Node:
    def __init__(self, child): self.child = child
    def __repr__(self): return f"({self.child!r})"
    def __eq__(self, other): return self.child == other.child
    def __getattr__(self, name): return getattr(self.child, name)
def nested(n):
    node = None
    for _ in range(n): node = Node(node)
    return node
keyed = functools.cmp_to_key(lambda a, b: 0)
data = []
for _ in range(300): data = [data]
try:
    depth(1100)
except RecursionError as raised:
    late = str(raised)
c = 300 if sys.version_info >= (3, 13) else 40  # npm's engine has a small C stack, and large frames on it
return [sys.getrecursionlimit(), depth(900), len(repr(nested(c))) - 2 * c, nested(c) == nested(c), len(json.dumps(data)), late,
        sorted([3, 1, 2], key=lambda n: depth(800) + n)]`,
      "compute='HIGH'",
    ),
  );
  expect(error).toBe("");
  expect(result).toEqual([1000, 900, 4, true, 602, "maximum recursion depth exceeded", [1, 2, 3]]);
});

const zones = `
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
summer = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
winter = datetime(2024, 1, 1, 12, tzinfo=ZoneInfo("America/New_York"))
gap = datetime(2024, 3, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(timezone.utc)
return [summer.isoformat(), winter.tzname(), gap.isoformat(), (summer + timedelta(days=180)).utcoffset().seconds]`;

test("time zones are those of the IANA database, or their absence says what to do", async () => {
  const { result, error, envelope } = await py.run(task(zones));
  if (envelope.execution.engine.version.startsWith("3.12"))
    return expect(error).toMatch(
      /^task_error: zoneinfo\._common\.ZoneInfoNotFoundError: ["']?No time zone found with key Europe\/Berlin: this Python engine brings no time zones; put tzdata into requirements\.txt/,
    );
  expect(error).toBe("");
  expect(result).toEqual(["2024-07-01T12:00:00+02:00", "EST", "2024-03-31T01:30:00+00:00", 3600]);
  expect((await py.run(task("import zoneinfo\nzoneinfo.ZoneInfo('Mars/Olympus')"))).error).toMatch(
    /ZoneInfoNotFoundError: ["']?No time zone found with key Mars\/Olympus["']?\n/,
  );
  const { result: names } = await py.run(task("import zoneinfo\nreturn len(zoneinfo.available_timezones())"));
  expect(names).toBeGreaterThan(400);
});
