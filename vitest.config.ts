/**
 * Job: how the tests run: on the sources of every package, each file in a process of its own; those of Python a second time on
 * the engine that npm brings, where the fast one is built and would otherwise hide it.
 */
import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** The same door as the host's own: packages/host/src/engine/python/flavour.ts. */
const fastEngine = existsSync(new URL("packages/engine-python/dist/manifest.json", import.meta.url));
const both = fastEngine && !process.env["CAPSULE_PYTHON_ENGINE"];

const onNpmEngine = {
  extends: true as const,
  test: {
    name: "npm's python",
    include: ["test/python/**/*.test.ts", "test/e2e/run-python.test.ts"],
    // What only the fast engine has.
    exclude: ["test/python/cpython.test.ts", "test/python/numpy*.test.ts"],
    env: { CAPSULE_PYTHON_ENGINE: "npm" },
  },
};

export default defineConfig({
  resolve: { conditions: ["capsule-source"] },
  ssr: { resolve: { conditions: ["capsule-source"] } },
  test: {
    projects: [
      { extends: true, test: { name: both ? "all" : "", include: ["test/**/*.test.ts"] } },
      ...(both ? [onNpmEngine] : []),
    ],
    reporters: ["default", "./tools/closing-line.ts"],
    // Binaryen prints what it then throws, and the tests look at what it throws.
    onConsoleLog: (log) => !log.startsWith("Aborted(Assertion failed"),
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    execArgv: ["--conditions=capsule-source"],
  },
});
