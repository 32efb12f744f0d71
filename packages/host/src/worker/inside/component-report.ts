/** Job: what a component says of how its call ended → the result's JSON text, or the failure. Never: believe more of it than a program may say of itself. */
import type { ComponentValue } from "../../component/value.ts";
import { resultJson } from "./component-value.ts";
import { mostResultBytes, resultTooLarge } from "./guest-report.ts";
import { isJsonText } from "./json-text.ts";
import { RunFailure } from "./verdict.ts";

const mostMessageLength = 64 * 1024;

/** An `err` as the failure of a task: a text as it is, anything else as JSON. */
export function raisedByComponent(payload: ComponentValue | undefined): RunFailure {
  if (payload === undefined) return raised("the function gave err");
  return raised(typeof payload === "string" ? payload : `the function gave err: ${resultJson(payload)}`);
}

/**
 * The result of `capsule:host/task-runner`'s run. Runners of the reference's SDKs put the result, or the error, into an
 * object of one layer: `{"result": …}`, `{"error_type": "…", "message": "…"}`, `{"error": "…"}`. It is taken off; every
 * other JSON text is the result as it is, and what is no JSON is a text.
 * @throws RunFailure
 */
export function taskEnding(result: ComponentValue | undefined): string {
  const { tag, val } = (result ?? {}) as { readonly tag?: unknown; readonly val?: unknown };
  const text = typeof val === "string" ? val : "";
  if (tag !== "ok") throw raised(text || "the task failed without saying how");
  if (text.length > mostResultBytes) throw new RunFailure(resultTooLarge);
  if (!isJsonText(text)) return resultJson(text);
  const wrapped = /^\s*\{\s*"result"\s*:(.*)\}\s*$/s.exec(text)?.[1];
  // What stands between is one value only where the object has no other member.
  if (wrapped !== undefined && isJsonText(wrapped)) return wrapped.trim();
  const error = errorOf(text);
  if (error !== null) throw raised(error);
  return text;
}

function errorOf(text: string): string | null {
  if (text.length > mostMessageLength || !/^\s*\{\s*"(?:error|error_type|message)"\s*:/.test(text)) return null;
  const said = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { error, error_type: type, message } = said;
  const count = Object.keys(said).length;
  if (count === 1 && typeof error === "string") return error;
  return count === 2 && typeof type === "string" && typeof message === "string" ? message : null;
}

function raised(message: string): RunFailure {
  return new RunFailure({
    kind: "raised",
    type: "Error",
    message: message.slice(0, mostMessageLength),
    outOfMemory: false,
  });
}
