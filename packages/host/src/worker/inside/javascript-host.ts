/**
 * Job: the host's end of the conversation with the prelude in a JavaScript guest: one function, `host(verb, text, bytes)`.
 * Never: believe a message: each is bounded, read once, and can at most say how its own run ended.
 *
 * An answer is a string or an ArrayBuffer. A string begins with "=" (a text follows) or "!" (JSON follows: `code`,
 * `message`; the prelude throws it). `begin` counts once: from there on fuel is the program's. `returned` and `raised` end
 * the run where they are said: what a guest does after its outcome has no effect on it.
 */
import type { Ending, HostCall, HostReply } from "../protocol.ts";
import { parseHttpCall } from "./guest-http.ts";
import { raisedEnding, returnedEnding } from "./guest-report.ts";
import { parseTaskCall } from "./guest-task.ts";
import { fileVerbs } from "./javascript-files.ts";
import { explainStack } from "./javascript-stack.ts";
import { OutOfGuestMemory, type QuickJS, type Value } from "./quickjs.ts";
import { Refused } from "./refused.ts";
import type { Sandbox } from "./sandbox.ts";

/** A text or a buffer that the prelude sends; a request's body travels as bytes. */
const mostMessageBytes = 64 * 1024 * 1024;
const mostVerbBytes = 32;
/** Of rejected promises whose reasons are kept here; of more only the number, because they lie in the thread's own heap. */
const mostUnhandled = 10_000;

/** What a verb answers: nothing, a text, or bytes. */
export type Answer = string | Uint8Array | null;
export type Verb = (text: string, bytes: Uint8Array | null) => Answer;

export class JavaScriptHost {
  readonly #sandbox: Sandbox;
  readonly #sourceMap: string;
  readonly #verbs: ReadonlyMap<string, Verb>;
  #vm: QuickJS | null = null;
  #begun = false;
  #requestDenied = false;
  /** Rejections without a handler: identity of the promise → its reason. */
  readonly #unhandled = new Map<number, Value>();
  /** Those beyond `mostUnhandled`: how many, and the reason of the latest. */
  #moreUnhandled = 0;
  #lastReason: Value = 0;

  constructor(sandbox: Sandbox, sourceMap: string) {
    this.#sandbox = sandbox;
    this.#sourceMap = sourceMap;
    this.#verbs = new Map<string, Verb>([
      ["begin", () => this.#begin()],
      ["write", (text, bytes) => this.#write(text, bytes)],
      ["returned", (text) => this.#sandbox.end(returnedEnding(Buffer.from(text)))],
      ["raised", (text) => this.#sandbox.end(this.#raised(text))],
      ["exited", (text) => this.#sandbox.end({ kind: "exited", code: Number(/^\d{1,3}$/.exec(text)?.[0] ?? 1) })],
      ["start", (text, bytes) => this.#start(text, bytes)],
      ["take", (text) => this.#take(Number(text))],
      ["poll", (text) => this.#poll(text)],
      ["now", () => `${this.#sandbox.kernel.clock.monotonic()}`],
      ["environment", () => JSON.stringify(Object.fromEntries(this.#sandbox.message.kernel.env))],
      ["input", (text) => this.#read(bounded(text, 1024 * 1024))],
      ...fileVerbs(sandbox),
    ]);
  }

  attach(vm: QuickJS): void {
    this.#vm = vm;
  }

  /** The functions that QuickJS imports, besides WASI. */
  get imports(): Record<string, (...args: never[]) => unknown> {
    return {
      host_call: (nameAt: number, nameBytes: number, self: Value, count: number, argsAt: number) => {
        void [nameAt, nameBytes, self];
        return this.#called(count, argsAt);
      },
      host_interrupt: () => 0,
      host_promise_rejection: (promise: Value, reason: Value, handled: number) =>
        this.#rejected(promise, reason, handled),
      // There is one module and it imports nothing: a dynamic import of anything fails.
      host_module_normalize: () => 0,
      host_module_load: () => 0,
      host_get_timezone_offset: () => 0,
    };
  }

  /** The reasons of rejections that no handler was put on, each once. */
  takeUnhandled(): Value[] {
    const reasons = [...this.#unhandled.values()];
    if (this.#moreUnhandled > 0) reasons.push(this.#lastReason);
    else if (this.#lastReason !== 0) this.#guest.free(this.#lastReason);
    this.#unhandled.clear();
    this.#moreUnhandled = 0;
    this.#lastReason = 0;
    return reasons;
  }

  get #guest(): QuickJS {
    if (this.#vm === null) throw new TypeError("the guest calls before it is attached");
    return this.#vm;
  }

  #rejected(promise: Value, reason: Value, handled: number): void {
    const vm = this.#guest;
    const identity = vm.identity(promise);
    vm.free(promise);
    if (handled === 0 && this.#unhandled.size < mostUnhandled) {
      this.#unhandled.set(identity, reason);
      return;
    }
    if (handled === 0) {
      if (this.#lastReason !== 0) vm.free(this.#lastReason);
      this.#lastReason = reason;
      this.#moreUnhandled += 1;
      return;
    }
    vm.free(reason);
    if (!this.#unhandled.delete(identity) && this.#moreUnhandled > 0) this.#moreUnhandled -= 1;
  }

  #called(count: number, argsAt: number): Value {
    const vm = this.#guest;
    const args = [...new Uint32Array(vm.exports.memory.buffer, argsAt, Math.min(count, 3))];
    try {
      const answer = this.#answer(vm, args);
      if (answer === null) return vm.exports.qjs_get_undefined();
      return typeof answer === "string" ? vm.newString(answer) : vm.newBytes(answer);
    } catch (error) {
      // A trap inside our own calls into the guest ends it as a trap of its own would; it is no fault of the host's.
      if (error instanceof WebAssembly.RuntimeError || error instanceof OutOfGuestMemory)
        this.#sandbox.record.closed = true;
      throw error;
    }
  }

  #answer(vm: QuickJS, [verbAt, textAt, bytesAt]: readonly Value[]): Answer {
    const name = verbAt === undefined ? null : vm.readString(verbAt, mostVerbBytes);
    const verb = name === null ? undefined : this.#verbs.get(name);
    if (verb === undefined) return refusal("EINVAL", "the host knows no such verb");
    const text = textAt === undefined ? "" : (vm.readString(textAt, mostMessageBytes) ?? "");
    const bytes = bytesAt === undefined ? null : vm.readBytes(bytesAt, mostMessageBytes);
    try {
      const answer = verb(text, bytes);
      return typeof answer === "string" ? `=${answer}` : answer;
    } catch (error) {
      if (error instanceof Refused) return refusal(error.code, error.message);
      throw error;
    }
  }

  #begin(): null {
    if (this.#begun) throw new Refused("EPERM", "the program has begun already");
    this.#begun = true;
    this.#sandbox.meter.begin(this.#sandbox.message.fuel);
    return null;
  }

  #write(stream: string, bytes: Uint8Array | null): null {
    if (bytes !== null) this.#sandbox.kernel.streams[stream === "2" ? 2 : 1].write(bytes);
    return null;
  }

  #read(mostBytes: number): Uint8Array {
    const into = new Uint8Array(mostBytes);
    return into.subarray(0, this.#sandbox.kernel.streams[0].read(into));
  }

  /** Starts a call that the host answers later: `http {…}`, `task {…}`, `body <stream>` or `drop <stream>`; gives its number. */
  #start(text: string, body: Uint8Array | null): string {
    const call = parseCall(text, body);
    if (typeof call === "string") throw new Refused("EINVAL", call);
    try {
      return `${this.#sandbox.channel.start(call)}`;
    } catch (error) {
      if (error instanceof RangeError) throw new Refused("EAGAIN", error.message);
      throw error;
    }
  }

  /** Waits for one reply: a line of JSON, then the body. */
  #take(seq: number): Uint8Array {
    try {
      return this.#replyBytes(this.#sandbox.channel.wait(seq));
    } catch (error) {
      if (error instanceof RangeError) throw new Refused("EINVAL", error.message);
      throw error;
    }
  }

  /** Waits at most so many milliseconds ("": as long as calls are out); gives the numbers of calls that have a reply. */
  #poll(text: string): string {
    const { channel, kernel } = this.#sandbox;
    const milliseconds = text === "" ? null : Math.max(0, Number(text));
    if (channel.pending > 0) return JSON.stringify(channel.arrived(milliseconds));
    if (milliseconds !== null && Number.isFinite(milliseconds)) kernel.sleep(BigInt(Math.ceil(milliseconds * 1e6)));
    return "[]";
  }

  #replyBytes(reply: HostReply): Uint8Array {
    const { head, body } = replyParts(reply);
    if (head["code"] === "denied") this.#requestDenied = true;
    return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
  }

  #raised(text: string): Ending {
    const ending = raisedEnding(this.#sandbox, Buffer.from(text), this.#requestDenied);
    if (ending.kind !== "raised") return ending;
    return { ...ending, message: explainStack(ending.message, this.#sourceMap) };
  }
}

/** The call, or what is wrong with it. */
function parseCall(text: string, body: Uint8Array | null): HostCall | string {
  const space = text.indexOf(" ");
  const said = text.slice(space + 1);
  const kind = text.slice(0, space);
  switch (kind) {
    case "http":
      return parseHttpCall(said, body);
    case "task":
      return parseTaskCall(said);
    case "body":
    case "drop":
      return /^\d{1,9}$/.test(said)
        ? { kind: "body", stream: Number(said), giveUp: kind === "drop" }
        : "the stream is no number";
    default:
      return "the host knows no such call";
  }
}

function refusal(code: string, message: string): string {
  return `!${JSON.stringify({ code, message })}`;
}

/** A whole number from 0 to `most` as text. */
function bounded(text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Refused("EINVAL", "no whole number");
  return Math.min(value, most);
}

function replyParts(reply: HostReply): { readonly head: Record<string, unknown>; readonly body: Uint8Array } {
  if (!reply.ok) return { head: { ...reply }, body: new Uint8Array(0) };
  if ("envelope" in reply) return { head: {}, body: new TextEncoder().encode(reply.envelope) };
  if ("status" in reply) {
    const { body, ...head } = reply;
    return { head, body };
  }
  return { head: {}, body: reply.bytes };
}
