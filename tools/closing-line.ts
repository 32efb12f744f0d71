/** Job: a vitest reporter that closes a run with one plain line, "N passed, N failed, N skipped", for whatever reads logs. Never: replace the default reporter. */
import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    // An error outside of every test, and a file that cannot be loaded, are failures without a test to count.
    let failed = unhandledErrors.length + modules.filter((module) => module.errors().length > 0).length;
    let passed = 0;
    let skipped = 0;
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failed += 1;
        else skipped += 1;
      }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
