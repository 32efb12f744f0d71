/**
 * Job: NumPy's own tests for the core, linalg, fft and random inside sandboxes, a file a run: how many pass, are skipped, fail.
 * Takes four minutes: `node --conditions=capsule-source test/python/numpy-suite.ts [words in names of files …]`, after
 * `npm run engine:python -- --numpy`, which leaves NumPy's source in the cache. Exit status 1 for a failure that is not known.
 * Never: a part of `npm test`; numpy.test.ts is.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";

const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "capsule");
const workspace = join(cache, "engine-python");
const parts = ["_core", "linalg", "fft", "random"];
const packages = ["pytest==8.4.2", "hypothesis==6.142.1"];

interface Known {
  /** Part of the test's name. */
  readonly test: RegExp;
  readonly why: string;
}

const ctypes = "there is no ctypes: no native libraries to load";
const indices = "indices have 32 bits here, the default integer 64; the test takes one for the other";
const legacy = "the old generators give 64-bit integers, as on 64-bit machines; the test takes C's long";
const long = "its C code has loops for C's long, which is not the default integer here";
const stand =
  "NumPy's stand-in for Python's int is a 32-bit zero: a narrower rule than elsewhere, for casting='equiv' alone";
const flags = "WebAssembly's arithmetic raises no floating-point exceptions";
const descriptors = "there is no dup, no pipe and no second process";

/** What no sandbox has, and what an engine for 32 bits with 64-bit integers does otherwise than both kinds of machine. */
const known: readonly Known[] = [
  {
    test: /ctypes|as_parameter|test_loop_access|ndpointer|with_NULLs|NULL_None|__deepcopy__|test_view_assign|discard_refcount|error_pointer_type|error_message_unsupported/i,
    why: ctypes,
  },
  {
    test: /test_arrfuncs_zeros|test_default_dtypes|test_output_shape|test_np_vs_ndarray|test_searchsorted_return_type/,
    why: indices,
  },
  { test: /test_integer_dtype|test_integer_repeat|test_choice_retun_dtype/, why: legacy },
  { test: /test_axis_argument|test_operand_flags/, why: long },
  { test: /test_cast_safety_scalar/, why: stand },
  { test: /test_exp_exceptions|test_exp2|fpe|floating_exceptions|floating_error/, why: flags },
  { test: /test_debug_print|test_fromfile_bad_dup|subprocess|memmap|mmap|from_file_unlinked|pipe/i, why: descriptors },
  { test: /test_getlimits.*test_known_types/, why: "the smallest subnormal long double is written as 0" },
  { test: /test_lib_functions_deprecation_call/, why: "imports tests that start threads" },
];

/** Files that are not run, and why. */
const leftOut: Readonly<Record<string, string>> = {
  "test_simd.py": "tests intrinsics through a module that is not built",
  "test_simd_module.py": "tests intrinsics through a module that is not built",
  "test_cython.py": "compiles modules with a C compiler",
  "test_limited_api.py": "compiles modules with a C compiler",
  "test_mem_policy.py": "compiles modules with a C compiler",
  "test_extending.py": "compiles modules with a C compiler",
  "test_cpu_features.py": "asks processors other than this",
  "test_multithreading.py": "starts threads",
  "test_memmap.py": "there is no mmap",
  "test_umath_accuracy.py": "reads values through ctypes",
};

const program = `
import sys
from capsule import task
import numpy

@task(name="main", compute=10 ** 15, ram="3GB", timeout="15m")
def main(path):
    import faulthandler, importlib, io, os, types

    class Absent(type):
        """Types of what is not there: enough to collect tests that name them."""
        __mul__ = __rmul__ = __or__ = lambda self, other: self

    for name in ("ctypes", "mmap"):
        module = types.ModuleType(name)
        module.__getattr__ = lambda attribute: Absent(attribute, (), {}) if attribute[0] != "_" or attribute[1] != "_" else None
        sys.modules[name] = module
    sys.modules["ctypes"].sizeof = lambda _: 4
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, "/pytest")
    for part in ["", "_core", "linalg", "fft", "random", "lib", "ma", "testing"]:
        module = importlib.import_module("numpy." + part if part else "numpy")
        module.__path__.append("/suite/numpy/" + part)
    os.chdir("/tmp")
    os.getuid = lambda: 0  # for pytest's folders
    open("pytest.ini", "w").close()
    faulthandler.enable = lambda *args, **kwargs: None
    import pytest

    class Counts:
        def __init__(self):
            self.counts, self.failed, self.skipped = {}, {}, {}

        def pytest_runtest_logreport(self, report):
            if report.when != "call" and report.outcome == "passed":
                return
            outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            self.counts[outcome] = self.counts.get(outcome, 0) + 1
            if outcome == "failed":
                self.failed[report.nodeid.split("::", 1)[-1]] = str(report.longrepr)[-700:]
            elif outcome == "skipped":
                reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
                self.skipped[reason] = self.skipped.get(reason, 0) + 1

        def pytest_collectreport(self, report):
            if report.failed:
                self.failed[report.nodeid] = str(report.longrepr)[-1500:]

    counts = Counts()
    out, sys.stdout = sys.stdout, io.StringIO()
    pytest.main([
        "-q", "--tb=short", "--capture=sys", "--import-mode=importlib", "--rootdir=/suite", "-c", "/tmp/pytest.ini", "-p", "no:cacheprovider",
        "-p", "no:logging", "-p", "no:faulthandler", "-p", "no:threadexception", "-p", "no:unraisableexception", "-m", "not slow", "--basetemp=/scratch/pytest", "-o", "tmp_path_retention_policy=none",
        "-W", "ignore", path,
    ], plugins=[counts])
    said, sys.stdout = sys.stdout.getvalue()[-2000:], out
    return {"said": said, "counts": counts.counts, "failed": counts.failed, "skipped": counts.skipped}
`;

interface Outcome {
  /** The end of pytest's report. */
  readonly said: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, string>>;
  readonly skipped: Readonly<Record<string, number>>;
}

const source = join(workspace, "numpy-source/numpy");
if (!existsSync(source)) throw new Error(`${source} is not there: npm run engine:python -- --numpy --force`);
const pytest = join(workspace, "numpy-suite");
if (!existsSync(join(pytest, "hypothesis")))
  execFileSync(
    join(workspace, "zig/bin/pip"),
    [
      "install",
      "--quiet",
      "--target",
      pytest,
      "--python-version",
      "3.13",
      "--only-binary",
      ":all:",
      "--no-compile",
    ].concat(packages),
    { stdio: "inherit" },
  );

mkdirSync(join(workspace, "numpy-scratch"), { recursive: true });

const wanted = process.argv.slice(2);
const files = parts
  .flatMap((part) => readdirSync(join(source, part, "tests")).map((name) => `${part}/tests/${name}`))
  .filter((path) => /test_\w+\.py$/.test(path) && leftOut[path.split("/").at(-1)!] === undefined)
  .filter((path) => wanted.length === 0 || wanted.some((word) => path.includes(word)))
  .sort();

const folder = mkdtempSync(join(tmpdir(), "capsule-numpy-suite-"));
const file = join(folder, "suite.py");
writeFileSync(file, program);
const capsule = await Capsule.open({ pool: { threads: 1 }, cache: { folder: cache } });
const totals: Record<string, number> = {};
const reasons: Record<string, number> = {};
let unexpected = 0;
for (const path of files) {
  const began = performance.now();
  const { error, result } = await capsule.run(file, {
    cwd: workspace,
    args: [`/suite/numpy/${path}`],
    // A file of 64 MB is among them: as large as the /tmp of a run.
    mounts: ["numpy-source/numpy::/suite/numpy:ro", "numpy-suite::/pytest:ro", "numpy-scratch::/scratch"],
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  if (error !== null) {
    unexpected++;
    console.log(`${path}  ENDED ${seconds} s  ${error.error_type}: ${error.message.slice(0, 500)}`);
    continue;
  }
  const { said, counts, failed, skipped } = result as unknown as Outcome;
  if (Object.keys(counts).length === 0) console.log(said);
  console.log(`${path}  ${JSON.stringify(counts)}  ${seconds} s`);
  for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
  for (const [reason, count] of Object.entries(skipped)) reasons[reason] = (reasons[reason] ?? 0) + count;
  for (const [name, text] of Object.entries(failed)) {
    const reason = known.find(({ test }) => test.test(`${path}::${name}`));
    if (reason === undefined) unexpected++;
    console.log(
      reason === undefined ? `  FAILED ${name}\n${text.replaceAll(/^/gm, "    ")}` : `  known: ${name}: ${reason.why}`,
    );
  }
}
await capsule[Symbol.asyncDispose]();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ totals, reasons, unexpected }, null, 2));
process.exitCode = unexpected === 0 ? 0 : 1;
