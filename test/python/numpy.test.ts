/**
 * Job: numpy in the fast engine: the answers of native NumPy, random numbers of each task's own, limits that hold inside a
 * single call of a C loop.
 * Never: pass in silence where the flavour is not built.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { python, task } from "./support.ts";

const root = join(import.meta.dirname, "../..");
const isThere = existsSync(join(root, "packages/engine-python-numpy/dist/manifest.json"));
const isWanted = process.env["CAPSULE_PYTHON_ENGINE"] !== "npm";
const hasNumpy = isThere && isWanted;
if (!hasNumpy) console.warn("SKIPPED: numpy's tests: the flavour is made by `npm run engine:python -- --numpy`");

const py = python();
const fixtures = join(root, "fixtures/numpy");
const answers = JSON.parse(readFileSync(join(fixtures, "answers.json"), "utf8")) as Readonly<Record<string, unknown>>;
const programs = readdirSync(fixtures).filter((name) => name.endsWith(".py") && name !== "answers.py");

const numpyTask = (body: string, options = "compute='HIGH'") => `import numpy as np\n${task(body, options)}`;

test.runIf(hasNumpy).for(programs)("%s answers as native NumPy does", async (name) => {
  const { error, result } = await py.run(readFileSync(join(fixtures, name), "utf8"));
  expect(error).toBe("");
  expect(result).toEqual(answers[name.replace(/\.py$/, "")]);
});

test.runIf(hasNumpy)("the version is the one that the answers are of", async () => {
  const { result } = await py.run(numpyTask("return np.__version__"));
  expect(result).toBe(answers["numpy"]);
});

test.runIf(hasNumpy)(
  "unseeded generators differ from task to task, the old global one too; seeded ones do not",
  async () => {
    const program = numpyTask(
      "np.random.rand()\nreturn [np.random.default_rng().random(), np.random.rand(), np.random.RandomState().rand(), np.random.default_rng(1).random()]",
    );
    const runs = await Promise.all(Array.from({ length: 6 }, () => py.run(program)));
    const columns = [0, 1, 2, 3].map(
      (column) => new Set(runs.map(({ result }) => (result as readonly number[])[column])),
    );
    expect(columns.map(({ size }) => size)).toEqual([6, 6, 6, 1]);
  },
);

test.runIf(hasNumpy)("what one task does to numpy no other sees", async () => {
  const change = numpyTask(
    "np.random.seed(1); np.set_printoptions(precision=1); np.seterr(all='raise'); np.sum = None; np.pi = 3; np.core = 1",
  );
  const look = numpyTask("return [np.pi, repr(np.array([1/3])), np.geterr()['over'], int(np.sum([1]))]");
  for (let round = 0; round < 5; round++) {
    expect((await py.run(change)).error).toBe("");
    expect((await py.run(look)).result).toEqual([Math.PI, "array([0.33333333])", "warn", 1]);
  }
});

test.runIf(hasNumpy)("a result that JSON cannot hold is told with what makes it one that it can", async () => {
  expect((await py.run(numpyTask("return np.arange(3)"))).error).toContain(
    "result is a ndarray, which JSON cannot hold; use .tolist()",
  );
  for (const [value, type] of [
    ["np.int64(3)", "an int64"],
    ["np.float32(1)", "a float32"],
    ["np.True_", "a bool"],
  ] as const)
    expect((await py.run(numpyTask(`return {"n": [${value}]}`))).error).toContain(
      `result["n"][0] is ${type}, which JSON cannot hold; use .item()`,
    );
  expect(
    (await py.run(numpyTask("return [np.float64(1.5), np.arange(3).tolist(), np.int64(3).item()]"))).result,
  ).toEqual([1.5, [0, 1, 2], 3]);
});

const largeProduct = "a = np.ones((3000, 3000))\nreturn float((a @ a)[0, 0])";

test.runIf(hasNumpy)(
  "a large matrix product ends when its fuel is gone, with exactly its budget consumed",
  async () => {
    const { envelope } = await py.run(numpyTask(largeProduct, "compute=10 ** 9, ram='512MB'"));
    expect(envelope.error?.error_type).toBe("out_of_fuel");
    expect(envelope.execution.fuel_consumed).toBe(1_000_000_000n);
  },
);

test.runIf(hasNumpy)("a large matrix product ends at its deadline", async () => {
  const { envelope } = await py.run(numpyTask(largeProduct, "compute=10 ** 18, ram='512MB', timeout='1s'"));
  expect(envelope.error?.error_type).toBe("timeout");
});

test.runIf(hasNumpy)("memory that is not there is a MemoryError, in C++ too, and the program goes on", async () => {
  const { error, result } = await py.run(
    numpyTask(
      `
def attempt(work):
    try:
        return len(work())
    except MemoryError:
        return "MemoryError"
return [
    attempt(lambda: np.ones(100_000_000)),
    attempt(lambda: np.fft.fft(np.zeros(4_000_037))),
    attempt(lambda: np.unique(np.arange(4_000_000))),
    attempt(lambda: np.ones((3000, 3000)) @ np.ones((3000, 3000))),
    attempt(lambda: np.fft.fft(np.zeros(1009))),
    attempt(lambda: np.unique(np.arange(1000))),
]`,
      "compute=10 ** 12, ram='128MB'",
    ),
  );
  expect(error).toBe("");
  expect(result).toEqual([...Array(4).fill("MemoryError"), 1009, 1000]);
});

test.runIf(hasNumpy)("uncaught, it is the envelope's out_of_memory, with the program's line", async () => {
  const { error } = await py.run(numpyTask("return float(np.ones(10 ** 8).sum())", "compute='HIGH', ram='128MB'"));
  expect(error).toMatch(/^out_of_memory: .*MemoryError: Unable to allocate 763\. MiB/);
  expect(error).toContain('File "main.py", line 6');
});

test.runIf(hasNumpy)("too little ram is said with the least that there must be", async () => {
  const { error } = await py.run(numpyTask("return 1", "ram='16MB'"));
  expect(error).toMatch(/ram/);
  expect(error).toMatch(/\d+ ?MB/);
});

test.runIf(hasNumpy)(
  "a package beside the program may be what imports numpy; a numpy of the program's own wins",
  async () => {
    py.write("maths/__init__.py", "from .deep import three");
    py.write("maths/deep.py", "def three():\n    import numpy\n    return int(numpy.ones(3).sum())\n");
    expect((await py.run("import maths\ndef main(): return maths.three()")).result).toBe(3);
    py.write("numpy.py", "ones = 'mine'");
    expect((await py.run("import numpy\ndef main(): return numpy.ones")).result).toBe("mine");
  },
);

test.runIf(hasNumpy)("text that imports numpy in a program that does not is told what to do", async () => {
  const { error } = await py.run("def main(code='import numpy'): exec(code)");
  expect(error).toMatch(/^task_error: ModuleNotFoundError: No module named 'numpy': .*write `import numpy` there/);
  const { result } = await py.run(
    "import importlib.util\ndef main(name='num' + 'py'): return importlib.util.find_spec(name) is None",
  );
  expect(result).toBe(true);
});

test("where there is none, the program is told what to run", async () => {
  const before = process.env["CAPSULE_PYTHON_ENGINE"];
  process.env["CAPSULE_PYTHON_ENGINE"] = "npm";
  try {
    const { error } = await py.run("import numpy\ndef main(): return 1");
    expect(error).toMatch(/ModuleNotFoundError: No module named 'numpy': .*npm run engine:python -- --numpy/);
  } finally {
    if (before === undefined) delete process.env["CAPSULE_PYTHON_ENGINE"];
    else process.env["CAPSULE_PYTHON_ENGINE"] = before;
  }
});
