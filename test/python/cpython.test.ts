/**
 * Job: CPython's own tests of what we promise, run inside a sandbox, as far as the source that the fast engine was built from is
 * there. Each expected failure is explained.
 * Never: pass when the tests are not there without saying so.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../support/shared.ts";

/** `Lib` of the source tree; `npm run engine:python` leaves it in the cache. */
const candidates = [
  process.env["CAPSULE_CPYTHON_LIB"],
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "capsule/engine-python/source/Lib"),
];
const library = candidates.find((folder) => folder !== undefined && existsSync(join(folder, "test/test_json")));
const isFast = library !== undefined && process.env["CAPSULE_PYTHON_ENGINE"] !== "npm";
if (!isFast)
  console.warn(
    "SKIPPED: CPython's own tests: their source comes with `npm run engine:python`, or set CAPSULE_CPYTHON_LIB to a Lib folder of the engine's version",
  );

/** A test that fails here, and why. */
type Known = Readonly<Record<string, string>>;

const locked = "SQLite has no shared locks here: a second connection to a file that is being written finds it locked";
const quota = "writes 2 GB; the quota of a run is 1 GB";

const zones = "reads /usr/share/zoneinfo itself; zones come with the library here";

/** Module → what fails in it. */
const modules: Readonly<Record<string, Known>> = {
  test_json: {},
  test_re: {},
  test_datetime: { test_folds: zones, test_gaps: zones },
  test_decimal: {},
  test_fractions: {},
  test_collections: {},
  test_functools: {},
  test_string: {},
  test_textwrap: {},
  test_csv: {},
  test_zlib: {},
  test_hmac: {},
  test_base64: {},
  test_random: { test_getrandbits_2G_bits: "needs more memory than the run has" },
  test_uuid: {},
  test_pathlib: {},
  test_tempfile: {},
  test_io: { test_large_file_ops: quota },
  test_os: {},
  test_shutil: {},
  test_urllib: {},
  test_urllib2: { test_trivial: "opens a source file of the library, which is an archive here" },
  test_urlparse: {},
  test_xml_etree: {},
  test_html: {},
  test_htmlparser: {},
  test_zipfile: {},
  test_difflib: {},
  test_dataclasses: {},
  test_enum: {},
  test_copy: {},
  test_heapq: {},
  test_math: {},
  test_calendar: {},
  test_configparser: {},
  test_graphlib: {},
  test_ipaddress: {},
  test_tomllib: {},
  test_bisect: {},
  test_struct: {},
  test_contextlib: { test_exit_exception_traceback: "expects the library without its sources to be unreadable" },
  test_sqlite3: {
    test_delete_starts_transaction: locked,
    test_dml_does_not_auto_commit_before: locked,
    test_insert_starts_transaction: locked,
    test_multiple_cursors_and_iternext: locked,
    test_replace_starts_transaction: locked,
    test_toggle_auto_commit: locked,
    test_update_starts_transaction: locked,
  },
  "test_asyncio.test_queues": {},
  "test_asyncio.test_locks": {},
  "test_asyncio.test_timeouts": {},
  "test_asyncio.test_taskgroups": {},
  "test_asyncio.test_waitfor": {},
  "test_asyncio.test_runners": {},
  "test_asyncio.test_threads": {},
};

/** Tests that take minutes by themselves. */
const leftOut: readonly string[] = ["test_sumprod_stress"];

/** Minutes each: only when they are asked for. */
const long: Readonly<Record<string, Known>> = {
  test_hashlib: {},
  test_itertools: {},
  test_statistics: {},
  test_typing: {},
};

const program = `
import io, os, sys
from capsule import task

@task(name="main", compute=10 ** 14, ram="512MB", timeout="3m")
def main(name, left_out):
    def each(suite):
        for test in suite:
            yield from each(test) if isinstance(test, unittest.TestSuite) else (test,)

    sys.path.insert(0, "/lib")
    os.chdir("/tmp")
    import unittest
    from test import support
    from test.support import socket_helper
    support.verbose = False
    # What asks for sockets here asks for an event loop, for HTTP, or for the name of the machine.
    support.has_socket_support = name.startswith(("test.test_asyncio", "test.test_urllib2"))
    socket_helper.has_gethostname = True
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    suite = unittest.TestSuite(test for test in each(suite) if getattr(test, "_testMethodName", "") not in left_out)
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    return {
        "run": result.testsRun - len(result.skipped),
        "failed": {str(case).split()[0]: text[-600:] for case, text in result.failures + result.errors},
    }
`;

let capsule: Capsule;
const folder = mkdtempSync(join(tmpdir(), "capsule-cpython-"));
const file = join(folder, "suite.py");
beforeAll(async () => {
  writeFileSync(file, program);
  capsule = await Capsule.open({ pool: { threads: 1 }, cache: { folder: join(cacheFolder(), "python") } });
});
afterAll(async () => {
  await capsule[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const wanted = Object.entries({ ...modules, ...(process.env["LONG"] === undefined ? {} : long) });

test.runIf(isFast).for(wanted)("%s", { timeout: 300_000 }, async ([name, known]) => {
  const { error, result } = await capsule.run(file, {
    cwd: library!,
    args: [`test.${name}`, leftOut],
    mounts: ["test::/lib/test:ro"],
  });
  expect(error).toBe(null);
  const { run, failed } = result as { readonly run: number; readonly failed: Readonly<Record<string, string>> };
  const unexpected = Object.entries(failed).filter(([test]) => known[test] === undefined);
  expect(unexpected).toEqual([]);
  expect(run).toBeGreaterThan(0);
});
