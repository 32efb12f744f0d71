/** Job: the types of `task`: arguments and results are inferred, envelopes told apart; checked by the compiler, called once outside a sandbox. Never: run a sandbox. */
import { type Task, type TaskEnvelope, task } from "@capsule-run/sdk";
import { expect, expectTypeOf, test } from "vitest";

const add = task({ name: "add", compute: "LOW", ram: "64MB" }, (a: number, b: number = 1) => a + b);
const later = task({ name: "later", allowedFiles: ["./out", { path: "./in", mode: "ro" }] }, async (text: string) => ({
  length: text.length,
}));

test("a synchronous task takes its function's arguments and gives an envelope", () => {
  expectTypeOf<Parameters<typeof add>>().toEqualTypeOf<[a: number, b?: number | undefined]>();
  expectTypeOf(add).returns.toEqualTypeOf<TaskEnvelope<number>>();
  expectTypeOf(add).toEqualTypeOf<Task<[a: number, b?: number], number>>();
});

test("an asynchronous task gives a promise of an envelope", () => {
  expectTypeOf(later).parameters.toEqualTypeOf<[text: string]>();
  expectTypeOf(later).returns.toEqualTypeOf<Promise<TaskEnvelope<{ length: number }>>>();
});

test("success tells result and error apart", () => {
  const read = (envelope: TaskEnvelope<number>) => {
    if (envelope.success) expectTypeOf(envelope.result).toEqualTypeOf<number>();
    else expectTypeOf(envelope.error.error_type).toEqualTypeOf<string>();
  };
  expect(read).toBeTypeOf("function");
});

test("outside a sandbox a call says how to run the program, and runs nothing", () => {
  expect(() => add(1)).toThrow('the task "add" was called outside a sandbox: start its program with `capsule run`');
  expect(() => task({ name: "" }, () => 1)).toThrow("a task needs a name");
});
