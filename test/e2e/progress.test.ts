/** Job: the line of progress: drawn on a terminal, gone when it is over, and over for good. Never: time anything. */
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { Output } from "../../packages/cli/src/terminal/output.ts";
import { ProgressLine } from "../../packages/cli/src/terminal/progress.ts";

function screen(isTTY: boolean) {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      written.push(text);
      done();
    },
  });
  return { written, output: new Output(Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream) };
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

test("what is said next stands at the place of the line, with no empty line above it", () => {
  const { written, output } = screen(true);
  const progress = new ProgressLine(output);
  progress.update("Metering", null);
  progress[Symbol.dispose]();
  output.freshLine();
  output.write("capsule: cancelled\n");
  expect(written.slice(-2)).toEqual(["\r\x1b[K", "capsule: cancelled\n"]);
});
