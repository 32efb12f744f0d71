/**
 * Job: the host's end of the conversation with the runner in a Python guest: the device `/dev/capsule`.
 * Never: believe a message: each is bounded, read once, and can at most say how its own run ended.
 *
 * The guest reads its request. It then writes lines, `verb payload`; the answer to a line, where there is one, is read until
 * the end of the file. `begin` counts once: from there on fuel is the program's. `returned`, `raised` and `exited` end the run
 * where they are said: what a guest does after its outcome has no effect on it.
 */
import type { Denial } from "../../wasi/config.ts";
import { Fault } from "../../wasi/fault.ts";
import type { Device } from "../../wasi/services.ts";
import type { Ending } from "../protocol.ts";
import { RunIsOver } from "./guard.ts";
import { isJsonText } from "./json-text.ts";
import { askForPage } from "./python-http.ts";
import type { Page } from "./python-page.ts";
import { callTask } from "./python-tasks.ts";
import type { Sandbox } from "./sandbox.ts";

/** JSON text of a result, in bytes of UTF-8. */
export const mostResultBytes = 16 * 1024 * 1024;
/** One line: a request's body travels in base64. */
const mostLineBytes = 32 * 1024 * 1024;
const mostTextLength = 64 * 1024;
const newline = 10;

export class PythonRunner implements Device {
  readonly #sandbox: Sandbox;
  #begun = false;
  #requestDenied = false;
  #answer: Uint8Array;
  #line: Uint8Array[] = [];
  #lineBytes = 0;

  constructor(sandbox: Sandbox, request: string) {
    this.#sandbox = sandbox;
    this.#answer = new TextEncoder().encode(request);
  }

  read(maxBytes: number): Uint8Array {
    const part = this.#answer.subarray(0, maxBytes);
    this.#answer = this.#answer.subarray(part.length);
    return part;
  }

  write(bytes: Uint8Array): void {
    let rest = bytes;
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline)) {
      this.#keep(rest.subarray(0, at));
      rest = rest.subarray(at + 1);
      const line = Buffer.concat(this.#line);
      this.#forgetLine();
      this.#hear(line);
    }
    this.#keep(rest);
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    if (this.#lineBytes + part.length > mostLineBytes) {
      if (startsWith(this.#line[0] ?? part, "returned ")) this.#end(tooLarge);
      this.#forgetLine();
      throw new Fault("EFBIG");
    }
    this.#line.push(part);
    this.#lineBytes += part.length;
  }

  #forgetLine(): void {
    this.#line = [];
    this.#lineBytes = 0;
  }

  #hear(line: Buffer): void {
    const space = line.indexOf(0x20);
    const verb = line.toString("latin1", 0, Math.min(space, 16));
    const payload = line.subarray(space + 1);
    switch (verb) {
      case "begin":
        if (this.#begun) throw new Fault("EPERM");
        this.#begun = true;
        this.#sandbox.meter.begin(this.#sandbox.message.fuel);
        break;
      case "http":
        this.#answer = this.#pageBytes(askForPage(payload, this.#sandbox.channel));
        break;
      case "call":
        this.#answer = this.#pageBytes(callTask(payload, this.#sandbox.channel));
        break;
      case "returned":
        this.#end(returned(payload));
        break;
      case "exited":
        this.#end({ kind: "exited", code: Number(/^\d{1,3}$/.exec(payload.toString("latin1"))?.[0] ?? 1) });
        break;
      case "raised":
        this.#end(this.#raised(payload));
        break;
      default:
        throw new Fault("EINVAL");
    }
  }

  #pageBytes({ head, body }: Page): Uint8Array {
    if (head["code"] === "denied") this.#requestDenied = true;
    return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
  }

  #end(ending: Ending): never {
    const { record, meter } = this.#sandbox;
    record.report(ending);
    record.closed = true;
    meter.stop();
    throw new RunIsOver();
  }

  #raised(payload: Buffer): Ending {
    const said = jsonRecord(payload) ?? {};
    const text = (value: unknown, otherwise: string) =>
      typeof value === "string" ? value.slice(0, mostTextLength) : otherwise;
    const { lastDenial, meter } = this.#sandbox;
    const message = text(said["message"], "the program failed without saying how");
    // What the guest says of itself counts only where the host's own record says the same.
    const denied = said["denied"] === true && (lastDenial !== null || this.#requestDenied);
    return {
      kind: "raised",
      type: text(said["type"], "Exception"),
      message: denied && lastDenial !== null ? `${message}\n${explain(lastDenial)}` : message,
      outOfMemory: said["memory"] === true && (meter.refused.value as number) > 0,
      denied,
    };
  }
}

function explain({ what, reason, hint }: Denial): string {
  return `${JSON.stringify(what)} was refused: ${reason}; what would allow it: ${hint}`;
}

const tooLarge: Ending = {
  kind: "raised",
  type: "capsule.ResultError",
  message: `capsule.ResultError: the result is more than ${mostResultBytes} bytes of JSON; return less, or write it to a file in allowed_files`,
  outOfMemory: false,
};

function returned(payload: Buffer): Ending {
  if (payload.length > mostResultBytes) return tooLarge;
  const value = utf8(payload);
  if (value !== null && isJsonText(value)) return { kind: "returned", value };
  const message = "capsule.ResultError: what the program reported as its result is not JSON";
  return { kind: "raised", type: "capsule.ResultError", message, outOfMemory: false };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1", 0, text.length) === text;
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A small JSON object of the guest's; null for anything else. */
function jsonRecord(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  if (bytes.length > 4 * mostTextLength) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
