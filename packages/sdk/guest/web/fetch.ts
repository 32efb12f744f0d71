/** Job: fetch, Request and Response (fetch standard) over the host's HTTP client, which decides what is allowed. Never: a cache, cookies, CORS. */
import { startCall } from "../core/loop.ts";
import { Blob, bytesOf, FormData } from "./blob.ts";
import { define } from "./define.ts";
import { AbortSignal } from "./events.ts";
import { decodeForm, encodeForm } from "./form.ts";
import { ReadableStream } from "./streams.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type HeadersInit = Headers | Iterable<[string, string]> | Record<string, string>;

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: unknown;
  redirect?: "follow" | "manual" | "error";
  signal?: AbortSignal | null;
  [other: string]: unknown;
}
interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

interface Given {
  /** Bytes that are there, or a stream that gives them. */
  readonly source: Bytes | ReadableStream<Uint8Array> | null;
  readonly type: string | null;
}

function given(body: unknown): Given {
  if (body === null || body === undefined) return { source: null, type: null };
  if (body instanceof ReadableStream) return { source: body as ReadableStream<Uint8Array>, type: null };
  if (body instanceof Blob) return { source: Blob.bytes(body), type: body.type || null };
  if (body instanceof FormData) {
    const { bytes, type } = encodeForm(body);
    return { source: bytes, type };
  }
  if (body instanceof URLSearchParams)
    return { source: bytesOf(body.toString()) as Bytes, type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body))
    return { source: bytesOf(body).slice() as Bytes, type: null };
  if (typeof body === "object" && Symbol.asyncIterator in body)
    return { source: ReadableStream.from(body as AsyncIterable<Uint8Array>), type: null };
  return { source: bytesOf(body) as Bytes, type: "text/plain;charset=UTF-8" };
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(typeof part === "string" ? bytesOf(part) : part);
  return Blob.bytes(new Blob(parts as Uint8Array<ArrayBuffer>[]));
}

abstract class Body {
  #source: Bytes | ReadableStream<Uint8Array> | null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #used = false;
  abstract readonly headers: Headers;

  constructor(source: Bytes | ReadableStream<Uint8Array> | null) {
    this.#source = source;
  }
  get body(): ReadableStream<Uint8Array> | null {
    if (this.#source === null) return null;
    if (this.#source instanceof ReadableStream) return this.#source;
    const bytes = this.#source;
    this.#stream ??= new ReadableStream<Uint8Array>({
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    });
    return this.#stream;
  }
  get bodyUsed(): boolean {
    const stream = this.#stream ?? (this.#source instanceof ReadableStream ? this.#source : null);
    // `_disturbed` is how the package keeps what the standard calls so: something was read, or it was cancelled.
    return (
      this.#used || (stream !== null && (stream.locked || (stream as { _disturbed?: boolean })._disturbed === true))
    );
  }
  async #take(): Promise<Bytes> {
    if (this.bodyUsed) throw new TypeError("Body is unusable: Body has already been read");
    if (this.#source === null) return new Uint8Array(0);
    this.#used = true;
    return this.#source instanceof ReadableStream ? drain(this.#source) : this.#source;
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#take()).slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return (await this.#take()).slice();
  }
  async blob(): Promise<Blob> {
    return new Blob([await this.#take()], { type: this.headers.get("content-type") ?? "" });
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#take());
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
  async formData(): Promise<FormData> {
    const type = this.headers.get("content-type") ?? "";
    const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
    if (boundary !== null) return decodeForm(await this.#take(), boundary[1] ?? boundary[2]!);
    if (!/^application\/x-www-form-urlencoded\b/i.test(type))
      throw new TypeError("Response.formData: the body is no form");
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(await this.text())) form.append(name, value);
    return form;
  }
  /** For `clone`: both get what is there. */
  protected split(): Bytes | ReadableStream<Uint8Array> | null {
    if (this.bodyUsed) throw new TypeError("Body is unusable: Body has already been read");
    if (!(this.#source instanceof ReadableStream)) return this.#source;
    const [mine, other] = this.#source.tee();
    this.#source = mine as ReadableStream<Uint8Array>;
    return other as ReadableStream<Uint8Array>;
  }
}

const wellKnown = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

export class Request extends Body {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly redirect: "follow" | "manual" | "error";
  readonly signal: AbortSignal;

  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const from = input instanceof Request ? input : null;
    const method = init.method ?? from?.method ?? "GET";
    const upper = method.toUpperCase();
    const { source, type } = init.body !== undefined ? given(init.body) : { source: from?.split() ?? null, type: null };
    if (source !== null && (upper === "GET" || upper === "HEAD"))
      throw new TypeError("Request with GET/HEAD method cannot have body.");
    super(source);
    this.method = wellKnown.includes(upper) ? upper : method;
    this.url = from?.url ?? parseUrl(`${input as string | URL}`);
    this.headers = new Headers((init.headers ?? from?.headers) as Headers);
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
    this.signal = init.signal ?? from?.signal ?? AbortSignal.any([]);
  }
  clone(): Request {
    const { method, headers, redirect, signal } = this;
    const body = this.split();
    return new Request(this.url, { method, headers, redirect, signal, ...(body === null ? {} : { body }) });
  }
  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

function parseUrl(url: string): string {
  try {
    return new URL(url).href;
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${url}`, { cause });
  }
}

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  #url = "";
  #redirected = false;
  #type: "default" | "basic" | "error" = "default";

  constructor(body: unknown = null, { status = 200, statusText = "", headers = [] }: ResponseInit = {}) {
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError(`init["status"] must be in the range of 200 to 599, inclusive.`);
    const { source, type } = given(body);
    super(source);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers as Headers);
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  get url(): string {
    return this.#url;
  }
  get redirected(): boolean {
    return this.#redirected;
  }
  get type(): string {
    return this.#type;
  }
  static error(): Response {
    const made = new Response();
    (made as { status: number }).status = 0;
    made.#type = "error";
    return made;
  }
  static json(data: unknown, init: ResponseInit = {}): Response {
    const made = new Response(JSON.stringify(data), init);
    if (!new Headers((init.headers ?? []) as Headers).has("content-type"))
      made.headers.set("content-type", "application/json");
    return made;
  }
  static redirect(url: string, status = 302): Response {
    return new Response(null, { status, headers: { location: new URL(url).href } });
  }
  /** What came from the network. */
  static received(body: ReadableStream<Uint8Array>, head: Head, redirected: boolean): Response {
    const empty = head.status === 204 || head.status === 205 || head.status === 304;
    const made = new Response(empty ? null : body, { status: Math.max(200, head.status), statusText: head.statusText });
    for (const [name, value] of head.headers) made.headers.append(name, value);
    made.#url = head.url;
    made.#redirected = redirected;
    made.#type = "basic";
    return made;
  }
  clone(): Response {
    const { status, statusText, headers } = this;
    const made = new Response(this.split(), { status, statusText, headers });
    made.#url = this.#url;
    made.#redirected = this.#redirected;
    made.#type = this.#type;
    return made;
  }
  get [Symbol.toStringTag](): string {
    return "Response";
  }
}

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: readonly [string, string][];
  /** Names the body that the host holds. */
  readonly stream?: number;
  readonly code?: string;
  readonly message?: string;
}

export async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  const sent = request.body === null ? undefined : ((await request.arrayBuffer()) as ArrayBuffer);
  const call = {
    method: request.method,
    url: request.url,
    headers: [...(request.headers as unknown as Iterable<[string, string]>)],
    timeoutMs: null,
    redirect: request.redirect === "follow" ? "follow" : "manual",
    streamed: true,
  };
  const { head } = opened(await raced(startCall(`http ${JSON.stringify(call)}`, sent), signal));
  if (head.code !== undefined) throw failure(head, "fetch failed");
  const body = received(head.stream!, signal);
  if (request.redirect === "error" && head.status >= 300 && head.status < 400) {
    await body.cancel();
    throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") });
  }
  return Response.received(body, head, head.url !== request.url);
}

/** A reply: a line of JSON, then bytes. */
function opened(reply: ArrayBuffer): { readonly head: Head; readonly bytes: Bytes } {
  const whole = new Uint8Array(reply);
  const end = whole.indexOf(10);
  return { head: JSON.parse(new TextDecoder().decode(whole.subarray(0, end))) as Head, bytes: whole.subarray(end + 1) };
}

/** The body that the host holds: each pull asks for one piece. */
function received(stream: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  const drop = () => void startCall(`drop ${stream}`);
  let over = false;
  return new ReadableStream<Uint8Array>({
    type: "bytes",
    start(controller) {
      signal.addEventListener(
        "abort",
        () => {
          if (over) return;
          over = true;
          drop();
          controller.error(signal.reason);
        },
        { once: true },
      );
    },
    async pull(controller) {
      const { head, bytes } = opened(await startCall(`body ${stream}`));
      if (over) return;
      over = head.code !== undefined || bytes.length === 0;
      if (head.code !== undefined) controller.error(failure(head, "terminated"));
      else if (bytes.length > 0) controller.enqueue(bytes.slice());
      else {
        controller.close();
        (controller as { byobRequest?: { respond(bytes: number): void } | null }).byobRequest?.respond(0);
      }
    },
    cancel() {
      if (over) return;
      over = true;
      drop();
    },
  }) as ReadableStream<Uint8Array>;
}

/** As Node's: a TypeError whose cause says what happened. */
function failure({ code, message }: Head, says: string): TypeError {
  const cause = Object.assign(new Error(message), { code: code === "denied" ? "EACCES" : code });
  const error = new TypeError(says, { cause });
  return code === "denied" ? Object.assign(error, { code: "EACCES" }) : error;
}

function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

define(globalThis, { fetch, Request, Response });
