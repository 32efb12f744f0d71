/** Job: THE HTTP client: walks a request hop by hop, each one held against the policy before a byte is sent. Never: trust a name, a redirect or a size. */
import type { IncomingMessage } from "node:http";
import type { AddressRange, HostRule } from "../policy/index.ts";
import type { HeaderList, HostDenial, HttpCall, HttpReply, RequestRecord } from "./call.ts";
import { checkCall } from "./check-call.ts";
import { connectChecked } from "./connect.ts";
import { bounded, type Chunks, decoded, isDecoded } from "./decode.ts";
import { exchange } from "./exchange.ts";
import { failedReply, HttpFailure, toFailure } from "./failure.ts";
import { checkRequestHeaders, responseHeaders } from "./headers.ts";
import { defaultHttpLimits, type HttpLimits } from "./limits.ts";
import { displayUrl, type Report, reporter } from "./record.ts";
import { type HopRequest, nextRequest, redirectOf } from "./redirect.ts";
import { addressesOf, type Resolve, resolveWithSystem } from "./resolve.ts";
import { Slots } from "./slots.ts";
import { refuseAddress } from "./special.ts";
import { checkTarget, type Target } from "./target.ts";

/** The rights that a request is made with, and who hears of it. A `Policy` has the first three. */
export interface HttpContext {
  readonly hosts: readonly HostRule[];
  readonly askedHosts?: readonly HostRule[] | undefined;
  readonly privateAddresses: readonly AddressRange[];
  /** Ends the request, at any point. */
  readonly signal?: AbortSignal;
  /** Each request on the wire, redirects apart, and each refused one, when it is over. */
  readonly onRequest?: (record: RequestRecord) => void;
  readonly onDenied?: (denial: HostDenial) => void;
}

export interface HttpClientOptions {
  readonly limits?: Partial<HttpLimits>;
  /** Instead of the machine's resolver. What it answers is checked all the same. */
  readonly resolve?: Resolve;
  /** Certificates (PEM) of authorities trusted besides the machine's. */
  readonly extraCa?: readonly string[];
}

/** An answer whose body is still to come; read it to its end or give it up with `return()`, or its slot stays taken until the deadline. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** After redirects. */
  readonly url: string;
  readonly headers: HeaderList;
  readonly body: AsyncGenerator<Uint8Array>;
}

export interface HttpClient {
  /** The whole answer; never rejects. */
  request(call: HttpCall, context: HttpContext): Promise<HttpReply>;
  /** The answer as a stream; rejects with `HttpFailure`, and so does its body. */
  open(call: HttpCall, context: HttpContext): Promise<HttpResponse>;
}

/** The checks of the client, by name, so that a test can take one away and see the attack win that it stops. */
export const guards = {
  call: checkCall,
  target: checkTarget,
  address: refuseAddress,
  connect: connectChecked,
  headers: checkRequestHeaders,
  exchange,
  next: nextRequest,
  bounded,
  decoded,
};
export type Guards = typeof guards;

/**
 * A client for the requests of one run; the numbers of parallel and of all requests are counted per client.
 * No cookies, no credentials, no proxy and no cache of the host; each connection is used once.
 * @example
 * ```ts
 * const client = createHttpClient();
 * const reply = await client.request(
 *   { kind: "http", method: "GET", url: "https://api.example.com/", headers: [], body: null, timeoutMs: 5000 },
 *   { hosts: policy.hosts, privateAddresses: policy.privateAddresses },
 * );
 * ```
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  return createGuardedClient(options, guards);
}

/** `createHttpClient` with other guards; for tests only. */
export function createGuardedClient(options: HttpClientOptions, guard: Guards): HttpClient {
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const resolve = options.resolve ?? resolveWithSystem;
  const slots = new Slots(limits.parallel, limits.waiting);
  let requests = 0;

  async function oneHop(
    request: HopRequest,
    target: Target,
    context: HttpContext,
    limits: HttpLimits,
    signal: AbortSignal,
  ) {
    if (++requests > limits.requests)
      throw new HttpFailure("too_large", `more than ${limits.requests} requests in one run`);
    const headers = guard.headers(request.headers, target.authority, request.body?.length ?? 0, limits);
    const addresses = await untilAborted(addressesOf(target, context.privateAddresses, resolve, guard.address), signal);
    const socket = await guard.connect(target, addresses, { limits, extraCa: options.extraCa ?? [], signal });
    return guard.exchange({ method: request.method, target, headers, body: request.body }, socket, limits, signal);
  }

  async function open(call: HttpCall, context: HttpContext): Promise<HttpResponse> {
    const ended = new AbortController();
    const cancel = () => ended.abort(new HttpFailure("network", "the request was cancelled"));
    context.signal?.addEventListener("abort", cancel, { once: true });
    if (context.signal?.aborted) cancel();
    let release = () => {};
    let timer: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(timer);
      context.signal?.removeEventListener("abort", cancel);
      release();
    };
    /** The reason of an abort is the better answer than what it made fail. */
    const asFailure = (error: unknown) => toFailure(ended.signal.aborted ? ended.signal.reason : error);
    let report: Report = () => {};

    try {
      let request = guard.call(call, limits);
      report = reporter(request.method, displayUrl(call.url), context.onRequest);
      release = await slots.take(ended.signal);
      const timeoutMs = Math.min(call.timeoutMs ?? limits.timeoutMs, limits.maxTimeoutMs);
      timer = setTimeout(() => {
        ended.abort(new HttpFailure("timeout", `no complete answer within ${timeoutMs} ms`));
      }, timeoutMs);

      const connectTimeoutMs = Math.min(call.connectTimeoutMs ?? limits.connectTimeoutMs, limits.connectTimeoutMs);
      const own = { ...limits, connectTimeoutMs };
      let target = guard.target(request.url, null, context, limits.urlBytes);
      for (let redirects = 0; ; redirects++) {
        report = reporter(request.method, displayUrl(target.url.href), context.onRequest);
        const response = await oneHop(request, target, context, own, ended.signal);
        const status = response.statusCode ?? 0;
        const location =
          call.redirect === "manual" ? null : redirectOf(status, responseHeaders(response.rawHeaders, false));
        if (location === null) return answer(response, request.method, target, report);
        response.destroy();
        report(status, null);
        report = reporter(request.method, displayUrl(location, target.url), context.onRequest);
        if (redirects >= limits.redirects)
          throw new HttpFailure("too_large", `more than ${limits.redirects} redirects`);
        const to = guard.target(location, target.url, context, limits.urlBytes);
        request = guard.next(request, status, target.url, to.url);
        target = to;
      }
    } catch (error) {
      const failure = asFailure(error);
      if (failure.denial !== null) context.onDenied?.(failure.denial);
      report(null, failure);
      ended.abort(failure);
      finish();
      throw failure;
    }

    function answer(response: IncomingMessage, method: string, target: Target, done: Report): HttpResponse {
      const status = response.statusCode ?? 0;
      const coding = response.headers["content-encoding"];
      const asked = call.headers.some(([name]) => name.toLowerCase() === "accept-encoding");
      const decode = !asked && isDecoded(coding) && method !== "HEAD";
      const announced = Number(response.headers["content-length"] ?? 0);
      let started = false;
      // A body that nobody reads: the deadline destroys it.
      response.once("close", () => {
        if (started) return;
        done(status, null);
        finish();
      });
      const body = async function* (): AsyncGenerator<Uint8Array> {
        started = true;
        let failure: HttpFailure | null = null;
        try {
          if (announced > limits.responseBytes && method !== "HEAD")
            throw new HttpFailure("too_large", `the answer has more than ${limits.responseBytes} bytes`);
          const chunks: Chunks = response;
          yield* decode
            ? guard.decoded(chunks, coding!, limits.responseBytes)
            : guard.bounded(chunks, limits.responseBytes);
        } catch (error) {
          failure = asFailure(error);
          throw failure;
        } finally {
          response.destroy();
          done(status, failure);
          finish();
        }
      };
      return {
        status,
        statusText: response.statusMessage ?? "",
        url: target.url.href,
        headers: responseHeaders(response.rawHeaders, decode),
        body: body(),
      };
    }
  }

  return {
    open,
    async request(call, context) {
      try {
        const { body, ...head } = await open(call, context);
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        return { ok: true, ...head, body: new Uint8Array(Buffer.concat(chunks)) };
      } catch (error) {
        return failedReply(error);
      }
    },
  };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
