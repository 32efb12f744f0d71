/** Job: carry out one request of the host: find the entry, call it, report how it ended. Never: grant anything. */
import { ask, parse, stringify } from "./host.ts";
import { turn } from "./loop.ts";
import { declared, state } from "./task.ts";

export interface Request {
  readonly mode: "discover" | "task" | "main" | "script";
  readonly task: string | null;
  readonly argv: readonly string[];
  readonly args: readonly unknown[];
  readonly mayDeclare: boolean;
}

/** Where the bundle leaves the program's function `main`, if it has one. */
export const mainSymbol = Symbol.for("capsule.main");

let request: Request | null = null;
/** Set once a script's top level has come to its end. */
let scriptIsIdle: (() => void) | null = null;
/** What every run must have of its own, which the image has frozen. */
const fresheners: Array<(request: Request) => void> = [];
/** What must be written out before the end. */
const finishers: Array<() => void> = [];

export const onFresh = (step: (request: Request) => void) => void fresheners.push(step);
export const onFinish = (step: () => void) => void finishers.push(step);

export function prepare(text: string): void {
  const said = parse(text) as Request;
  request = said;
  for (const step of fresheners) step(said);
  ask("begin");
}

function finish(): void {
  for (const step of finishers) {
    try {
      step();
    } catch {
      // How the task ended is decided; what breaks while tidying up does not change it.
    }
  }
}

/** With `await` only: it asks no `then` that a program may have put in place of the platform's. */
export async function loaded(module: Promise<unknown>): Promise<void> {
  try {
    await module;
    succeeded(await carryOut());
  } catch (error) {
    failed(error);
  }
}

async function carryOut(): Promise<unknown> {
  if (request === null) throw new Error("no request");
  const { mode, task, args } = request;
  const main = (globalThis as Record<symbol, unknown>)[mainSymbol];
  const plainMain = typeof main === "function" ? main : null;
  switch (mode) {
    case "discover":
      return {
        tasks: declared.map(({ name, options }) => ({ name, options: plainOptions(options) })),
        main: plainMain !== null,
      };
    case "script":
      // A script is over when nothing is left to come, as under Node.
      return new Promise((resolve) => {
        scriptIsIdle = () => resolve(null);
      });
    case "main": {
      if (plainMain === null)
        throw new Error("the program had a function main when its tasks were collected, but not now");
      state.insideTask = true;
      return await plainMain(...args);
    }
    case "task": {
      const found = declared.find(({ name }) => name === task);
      if (!found)
        throw new Error(
          `the task "${task}" was declared when the tasks were collected, but not now; declarations must not depend on rights, time or chance`,
        );
      state.insideTask = true;
      return await found.run(...args);
    }
  }
}

/** Options as JSON can carry them; what it cannot travels as its description, for the host to refuse by name. */
function plainOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (typeof value === "bigint") return [name, `${value}`];
        if (typeof value === "number" && !Number.isFinite(value)) return [name, `${value}`];
        try {
          return [name, stringify(value) === undefined ? { "not JSON": typeof value } : value];
        } catch {
          return [name, { "not JSON": typeof value }];
        }
      }),
  );
}

function succeeded(value: unknown): void {
  let text: string | undefined;
  try {
    text = stringify(value);
  } catch (error) {
    failed(resultError(error));
    return;
  }
  finish();
  ask("returned", text ?? "null");
}

function resultError(error: unknown): Error {
  const why = error instanceof Error ? error.message : "it threw";
  const made = new TypeError(`the result cannot be written as JSON: ${why}; convert it before you return it`);
  made.stack = "";
  return made;
}

export function failed(error: unknown): void {
  const { type, message, code } = describe(error);
  finish();
  const denied = code === "EACCES" || code === "EPERM";
  // QuickJS throws null where there is no memory left to make an error of; the host looks whether memory was refused.
  const memory = error === null || (type === "InternalError" && message.includes("out of memory"));
  ask("raised", stringify({ type, message, memory, denied }));
}

/** Reads of a thrown value what it says of itself, without believing that any of it is well behaved. */
function describe(error: unknown): { type: string; message: string; code: unknown } {
  try {
    if (error === null) return { type: "null", message: "null was thrown", code: undefined };
    if (!(error instanceof Error)) {
      const text = typeof error === "string" ? error : (stringify(error) ?? String(error));
      return { type: typeof error, message: `${text}`.slice(0, 60_000), code: undefined };
    }
    const type = `${error.name || "Error"}`;
    const head = error.message ? `${type}: ${error.message}` : type;
    const frames = `${error.stack ?? ""}`
      .split("\n")
      .filter((line) => line.includes("program.js"))
      .join("\n");
    const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause).message}`;
    return {
      type,
      message: `${head}${frames ? `\n${frames}` : ""}${cause}`.slice(0, 60_000),
      code: (error as { code?: unknown }).code,
    };
  } catch {
    return { type: "Error", message: "an error that could not be read was thrown", code: undefined };
  }
}

/** 1: there may be more to come. */
export function nextTurn(): number {
  try {
    if (turn()) return 1;
  } catch (error) {
    failed(error);
    return 0;
  }
  if (scriptIsIdle !== null) {
    scriptIsIdle();
    return 0;
  }
  // Nothing is left that could settle what the task waits for.
  const made = new Error("the task's promise never settled: nothing is left that it could wait for");
  made.stack = "";
  failed(made);
  return 0;
}
