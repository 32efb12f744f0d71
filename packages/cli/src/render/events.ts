/** Job: `--verbose`: the events of a run as lines on standard error. Never: print a guest's text unencoded. */
import { type CapsuleEvent, describePolicy, formatDuration, type Policy, quote } from "@capsule-run/host";
import type { Output } from "../terminal/output.ts";

export class EventLines {
  readonly #output: Output;
  readonly #begin = Date.now();
  /** Of the first task: the one that the result comes from. */
  policy: Policy | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  show(event: CapsuleEvent): void {
    const line = this.#line(event);
    if (line === null) return;
    this.#output.freshLine();
    const time = `+${String(event.at - this.#begin).padStart(5)} ms`;
    this.#output.write(`${this.#output.style("dim", `${time}  ${line}`)}\n`);
  }

  #line(event: CapsuleEvent): string | null {
    if (event.kind === "preparing") {
      const part = event.fraction === null ? "" : ` ${Math.round(event.fraction * 100)} %`;
      return `preparing  ${event.step}${part}`;
    }
    const task = quote(event.task);
    switch (event.kind) {
      case "queued":
        if (event.parent === null) this.policy = event.policy;
        return `policy     ${task}\n${describePolicy(event.policy).replace(/^/gm, "  ")}`;
      case "started":
        return `started    ${task}${event.attempt === 0 ? "" : ` again (attempt ${event.attempt + 1})`}`;
      case "output":
        return null;
      case "denied":
        return `denied     ${event.denial.kind} ${quote(event.denial.what)}: ${oneLine(event.denial.reason)}; to allow it: ${oneLine(event.denial.hint)}`;
      case "request": {
        const { method, url, status, error, duration_ms } = event.request;
        return `request    ${quote(method)} ${quote(url)} ${status ?? quote(error ?? "failed")} ${formatDuration(duration_ms)}`;
      }
      case "retry":
        return `retry      ${task} in ${formatDuration(event.delayMs)} after ${event.error.error_type}`;
      case "completed":
      case "failed":
      case "timed_out":
      case "cancelled": {
        const { error } = event.envelope;
        return `${event.kind.replace("_", " ").padEnd(10)} ${task}${error === null ? "" : ` (${error.error_type})`}`;
      }
      default: {
        const never: never = event;
        return never;
      }
    }
  }
}

/** Both may hold a name that the guest chose: it must not begin a line of its own, nor turn one around. */
function oneLine(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
