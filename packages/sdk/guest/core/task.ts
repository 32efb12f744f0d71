/**
 * Job: `task`: the list of what a program declares, and the call of a declared task, which runs in a sandbox of its own.
 * Never: judge an option (the host does, once, for every language).
 */
import { parse, stringify } from "./host.ts";
import { callNow, startCall } from "./loop.ts";

// biome-ignore lint/suspicious/noExplicitAny: a task takes what its function takes
type AnyFunction = (...args: any[]) => unknown;

export interface Declaration {
  readonly name: unknown;
  readonly run: AnyFunction;
  readonly options: Readonly<Record<string, unknown>>;
}

export const declared: Declaration[] = [];
const mostTasks = 1000;
const AsyncFunction = (async () => {}).constructor;

/** Set while the program's task runs: only then can tasks be called. */
export const state = { insideTask: false };

export function task(options: Readonly<Record<string, unknown>>, run: AnyFunction): AnyFunction {
  if (typeof options !== "object" || options === null)
    throw new TypeError('task(options, function) takes its options first, such as { name: "main" }');
  if (typeof run !== "function") throw new TypeError("task(options, function) takes the task's function second");
  if (declared.length >= mostTasks) throw new RangeError(`a program may declare at most ${mostTasks} tasks`);
  const { name, ...rest } = options;
  if (typeof name !== "string" || name === "")
    throw new TypeError('a task needs a name: task({ name: "…" }, function)');
  declared.push({ name, run, options: rest });
  const isAsync = run instanceof AsyncFunction;
  return (...args: unknown[]) => {
    const request = requestText(name, args);
    return isAsync ? startCall(request).then((reply) => envelope(name, reply)) : envelope(name, callNow(request));
  };
}

function requestText(name: string, args: readonly unknown[]): string {
  if (!state.insideTask)
    throw new Error(
      `the task "${name}" was called at the top level of the program, which runs without rights; call it from a task`,
    );
  return `task ${stringify({ name, args: stringify(args), kwargs: "{}" })}`;
}

function envelope(name: string, reply: ArrayBuffer): unknown {
  const text = new TextDecoder().decode(reply);
  const end = text.indexOf("\n");
  const head = parse(text.slice(0, end)) as { code?: string; message?: string };
  if (head.code !== undefined) throw new Error(`the task "${name}" was not started: ${head.message}`);
  return parse(text.slice(end + 1));
}

declare const TextDecoder: new () => { decode(bytes: ArrayBuffer): string };
