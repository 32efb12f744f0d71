/** Job: the line of progress: drawn on a terminal, gone when it is over, and over for good. Never: time anything. */
import { expect, test } from "vitest";
import type { Output } from "../../packages/cli/src/terminal/output.ts";
import { ProgressLine } from "../../packages/cli/src/terminal/progress.ts";

function screen(isTerminal: boolean) {
  const written: string[] = [];
  const output = { isTerminal, style: (_: string, text: string) => text, write: (text: string) => written.push(text) };
  return { written, output: output as unknown as Output };
}

test("nothing is drawn after the end: a step that Ctrl-C interrupts goes on for a moment", () => {
  const { written, output } = screen(true);
  {
    using progress = new ProgressLine(output);
    progress.update("Metering", null);
    expect(written.at(-1)).toContain("Metering …");
    progress[Symbol.dispose]();
    expect(written.at(-1)).toBe("\r\x1b[K");
    progress.update("Starting", null);
  }
  expect(written.join("")).not.toContain("Starting");
});

test("nothing in a pipe", () => {
  const { written, output } = screen(false);
  using progress = new ProgressLine(output);
  progress.update("Metering", 0.5);
  progress.clear();
  expect(written).toEqual([]);
});
