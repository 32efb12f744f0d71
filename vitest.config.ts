/** Job: how the tests run: on the sources of every package, each file in a process of its own. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["capsule-source"] },
  ssr: { resolve: { conditions: ["capsule-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./tools/closing-line.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    execArgv: ["--conditions=capsule-source"],
  },
});
