/**
 * Job: a vitest reporter that closes a run with what failed, a line each, and one plain line, "N passed, N failed, N skipped",
 * for whatever reads logs: an end that is cut short or searched still says which test and why.
 * Never: replace the default reporter.
 */
import type { Reporter, SerializedError, TestModule } from "vitest/node";

const said = (error: SerializedError | undefined): string =>
  String(error?.message ?? "no message")
    .split("\n", 1)[0]!
    .slice(0, 300);

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    // An error outside of every test, and a file that cannot be loaded, are failures without a test to count.
    const failures = unhandledErrors.map((error) => `outside of every test: ${said(error)}`);
    let passed = 0;
    let skipped = 0;
    for (const module of modules) {
      const file = `${module.project.name && `[${module.project.name}] `}${module.relativeModuleId}`;
      if (module.errors().length > 0) failures.push(`${file}: ${said(module.errors()[0])}`);
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failures.push(`${file} > ${test.fullName}: ${said(errors?.[0])}`);
        else skipped += 1;
      }
    }
    for (const failure of failures) console.log(`FAILED ${failure}`);
    console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`);
  }
}
