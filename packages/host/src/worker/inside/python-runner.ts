/**
 * Job: the host's end of the conversation with the runner in a Python guest: the device `/dev/capsule`.
 * Never: believe a message: each is bounded, read once, and can at most say how its own run ended.
 *
 * The guest reads its request. It then writes lines, `verb payload`; the answer to a line, where there is one, is read until
 * the end of the file. `begin` counts once: from there on fuel is the program's. `returned`, `raised` and `exited` end the run
 * where they are said: what a guest does after its outcome has no effect on it.
 */
import { Fault } from "../../wasi/fault.ts";
import type { Device } from "../../wasi/services.ts";
import { raisedEnding, resultTooLarge, returnedEnding } from "./guest-report.ts";
import { arrived, ask, askAndWait, type Page, take } from "./python-calls.ts";
import type { Sandbox } from "./sandbox.ts";

/** One line: a request's body travels in base64. */
const mostLineBytes = 32 * 1024 * 1024;
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
      if (startsWith(this.#line[0] ?? part, "returned ")) this.#sandbox.end(resultTooLarge);
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
    const { channel } = this.#sandbox;
    switch (verb) {
      case "begin":
        if (this.#begun) throw new Fault("EPERM");
        this.#begun = true;
        this.#sandbox.meter.begin(this.#sandbox.message.fuel);
        break;
      case "http":
      case "task":
        this.#answerWith(askAndWait(verb, payload.toString("utf8"), channel));
        break;
      case "start-http":
      case "start-task":
        this.#answerWith(ask(verb === "start-http" ? "http" : "task", payload.toString("utf8"), channel));
        break;
      case "arrived":
        this.#answerWith(arrived(payload.toString("latin1"), channel));
        break;
      case "take":
        this.#answerWith(take(payload.toString("latin1"), channel));
        break;
      case "returned":
        this.#sandbox.end(returnedEnding(payload));
        break;
      case "exited":
        this.#sandbox.end({ kind: "exited", code: Number(/^\d{1,3}$/.exec(payload.toString("latin1"))?.[0] ?? 1) });
        break;
      case "raised":
        this.#sandbox.end(raisedEnding(this.#sandbox, payload, this.#requestDenied));
        break;
      default:
        throw new Fault("EINVAL");
    }
  }

  #answerWith({ head, body }: Page): void {
    if (head["code"] === "denied") this.#requestDenied = true;
    this.#answer = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1", 0, text.length) === text;
}
