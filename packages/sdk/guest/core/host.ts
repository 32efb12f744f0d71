/** Job: the one function through which the guest asks the host, with its answers opened. Never: be reachable for a program by name. */

type HostFunction = (verb: string, text?: string, bytes?: ArrayBuffer) => string | ArrayBuffer | undefined;

// The driver deletes the global after the image is made; this is the only reference that stays.
const call = (globalThis as unknown as { __capsule_host: HostFunction }).__capsule_host;

// Programs may replace what is global; what is needed to talk to the host is kept.
export const { parse, stringify } = JSON;

/** What the host refused: `code` is a POSIX name such as "EACCES". */
export class HostError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function opened(answer: string | ArrayBuffer | undefined): string | ArrayBuffer | undefined {
  if (typeof answer !== "string") return answer;
  if (answer[0] === "=") return answer.slice(1);
  const { code, message } = parse(answer.slice(1)) as { code: string; message: string };
  throw new HostError(code, message);
}

/** Asks where the answer is a text, or nothing. */
export function ask(verb: string, text = "", bytes?: ArrayBuffer): string {
  const answer = opened(call(verb, text, bytes));
  return typeof answer === "string" ? answer : "";
}

/** Asks where the answer is bytes. */
export function askBytes(verb: string, text = "", bytes?: ArrayBuffer): ArrayBuffer {
  const answer = opened(call(verb, text, bytes));
  return typeof answer === "object" ? answer : new ArrayBuffer(0);
}
