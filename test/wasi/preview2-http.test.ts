/** Job: wasi:http's outgoing half and capsule:host/api over a host that answers what a test says. Never: a network (see test/net). */
import { describe, expect, test } from "vitest";
import { ComponentTrap } from "../../packages/host/src/component/errors.ts";
import type { HttpFailed, HttpHead, HttpRequest } from "../../packages/host/src/wasi/preview2.ts";
import { bytes, Host, text } from "./preview2/host.ts";
import { FakeHttp, noServices } from "./preview2/services.ts";

const ok = (val?: unknown) => (val === undefined ? { tag: "ok" } : { tag: "ok", val });
const err = (val?: unknown) => (val === undefined ? { tag: "err" } : { tag: "err", val });
const head = (more: Partial<HttpHead> = {}): HttpHead => ({
  ok: true,
  status: 200,
  headers: [["content-type", "text/plain"]],
  body: new Uint8Array(0),
  ...more,
});
const piece = (part: string) => ({ ok: true, bytes: bytes(part) }) as const;
const failed = (code: HttpFailed["code"], systemCode?: string): HttpFailed => ({
  ok: false,
  code,
  message: "because",
  ...(systemCode && { systemCode }),
});

const requests = (http: FakeHttp) => http.asked.filter((call): call is HttpRequest => call.kind === "http");
const gaveUp = (http: FakeHttp) =>
  http.asked.flatMap((call) => (call.kind === "body" && call.giveUp ? [call.stream] : []));

class Client extends Host {
  readonly http: FakeHttp;
  constructor(answer: FakeHttp["answer"]) {
    const http = new FakeHttp(answer);
    super({ clock: { kind: "virtual", startNs: 0n } }, { ...noServices, http });
    this.http = http;
  }
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects is what it names
  of(name: string, ...args: readonly never[] | readonly (object | string | bigint | null)[]): any {
    return this.call(`wasi:http/types#${name}`, ...args);
  }
  end(resource: string, object: object): void {
    this.drop("wasi:http/types", resource, object);
  }
  request(authority = "example.com", headers: [string, string][] = []): object {
    const fields = this.of(
      "[static]fields.from-list",
      headers.map(([name, value]) => [name, bytes(value)]),
    ).val;
    const request = this.of("[constructor]outgoing-request", fields);
    expect(this.of("[method]outgoing-request.set-authority", request, authority)).toEqual(ok());
    return request;
  }
  handle(request: object, options: object | null = null) {
    return this.call("outgoing-handler handle", request, options);
  }
  /** The head of the answer, waited for. */
  response(future: object) {
    this.call("poll pollable.block", this.of("[method]future-incoming-response.subscribe", future));
    return this.of("[method]future-incoming-response.get", future).val;
  }
  body(request: object, parts: readonly string[]) {
    const body = this.of("[method]outgoing-request.body", request).val;
    const stream = this.of("[method]outgoing-body.write", body).val;
    for (const part of parts) this.method(stream, "output-stream.blocking-write-and-flush", bytes(part));
    this.drop("wasi:io/streams", "output-stream", stream);
    return body;
  }
}

test("an answer with more header fields than an object has is an error, not the end of the run", () => {
  const headers = Array.from({ length: 1_500 }, (_, i): [string, string] => [`x-${i}`, "v"]);
  const client = new Client((call) => (call.kind === "http" ? head({ headers, stream: 7 }) : piece("")));
  const future = client.handle(client.request()).val;
  expect(client.response(future)).toEqual(err({ tag: "HTTP-response-header-section-size", val: null }));
  expect(gaveUp(client.http)).toEqual([7]);
});

describe("a request and its answer", () => {
  const answers: FakeHttp["answer"] = (call) => {
    if (call.kind === "http") return head({ status: 201, stream: 7 });
    return call.giveUp ? piece("") : piece(pieces.shift() ?? "");
  };
  let pieces: string[] = [];

  test("travel whole, the body in pieces", () => {
    pieces = ["one ", "two"];
    const client = new Client(answers);
    const request = client.request("example.com:8443", [["X-Key", "v"]]);
    client.of("[method]outgoing-request.set-method", request, { tag: "post" });
    client.of("[method]outgoing-request.set-path-with-query", request, "/a?b=c");
    const body = client.body(request, ["he", "llo"]);
    expect(client.of("[static]outgoing-body.finish", body, null)).toEqual(ok());
    const future = client.handle(request).val;
    expect(client.http.asked).toEqual([
      {
        kind: "http",
        method: "POST",
        url: "https://example.com:8443/a?b=c",
        headers: [["x-key", "v"]],
        body: bytes("hello"),
        timeoutMs: null,
        redirect: "manual",
        streamed: true,
      },
    ]);
    const response = client.response(future).val;
    expect(client.of("[method]incoming-response.status", response)).toBe(201);
    const headers = client.of("[method]incoming-response.headers", response);
    expect(client.of("[method]fields.entries", headers)).toEqual([["content-type", bytes("text/plain")]]);
    expect(client.of("[method]fields.set", headers, "a", [])).toEqual(err({ tag: "immutable" }));

    const incoming = client.of("[method]incoming-response.consume", response).val;
    expect(client.of("[method]incoming-response.consume", response)).toEqual(err());
    const stream = client.of("[method]incoming-body.stream", incoming).val;
    expect(client.of("[method]incoming-body.stream", incoming)).toEqual(err());
    expect(client.method(stream, "input-stream.read", 3n)).toEqual(ok(new Uint8Array(0)));
    expect(text(client.method(stream, "input-stream.blocking-read", 3n).val)).toBe("one");
    expect(text(client.method(stream, "input-stream.read", 100n).val)).toBe(" ");
    client.call("poll pollable.block", client.method(stream, "input-stream.subscribe") as never);
    expect(text(client.method(stream, "input-stream.read", 100n).val)).toBe("two");
    expect(client.method(stream, "input-stream.blocking-read", 100n)).toEqual(err({ tag: "closed" }));
    client.drop("wasi:io/streams", "input-stream", stream);
    const trailers = client.of("[static]incoming-body.finish", incoming);
    expect(client.of("[method]future-trailers.get", trailers)).toEqual(ok(ok(null)));
    expect(client.of("[method]future-trailers.get", trailers)).toEqual(err());
    expect(gaveUp(client.http)).toEqual([]);
  });

  test("an answer is taken once", () => {
    const client = new Client(answers);
    const future = client.handle(client.request()).val;
    expect(client.of("[method]future-incoming-response.get", future)).toBeNull();
    expect(client.response(future).tag).toBe("ok");
    expect(client.of("[method]future-incoming-response.get", future)).toEqual(err());
  });

  test("what nobody reads is given up: a future, a response, a body", () => {
    const client = new Client((call) =>
      call.kind === "http" ? head({ stream: Number(call.url.at(-1)) }) : piece("x"),
    );
    const go = (path: string) => {
      const request = client.request();
      client.of("[method]outgoing-request.set-path-with-query", request, path);
      return client.handle(request).val;
    };
    client.end("future-incoming-response", go("/1"));
    client.end("incoming-response", client.response(go("/2")).val);
    const body = client.of("[method]incoming-response.consume", client.response(go("/3")).val).val;
    client.end("incoming-body", body);
    const half = client.of("[method]incoming-response.consume", client.response(go("/4")).val).val;
    const stream = client.of("[method]incoming-body.stream", half).val;
    client.method(stream, "input-stream.blocking-read", 10n);
    client.drop("wasi:io/streams", "input-stream", stream);
    client.of("[static]incoming-body.finish", half);
    // One more call collects what came meanwhile.
    client.response(go("/5"));
    expect(gaveUp(client.http).sort()).toEqual([1, 2, 3, 4]);
  });
});

describe("requests side by side", () => {
  test("are all under way before the first is waited for", () => {
    const client = new Client((call) => (call.kind === "http" && call.url.endsWith("slow") ? null : head()));
    const futures = ["/slow", "/fast"].map((path) => {
      const request = client.request();
      client.of("[method]outgoing-request.set-path-with-query", request, path);
      return client.handle(request).val;
    });
    expect(requests(client.http)).toHaveLength(2);
    const pollables = futures.map((future) => client.of("[method]future-incoming-response.subscribe", future));
    expect(client.call("poll poll", pollables)).toEqual([1]);
    expect(client.of("[method]future-incoming-response.get", futures[0]!)).toBeNull();
  });

  test("wait for room", () => {
    const client = new Client(() => head());
    client.http.most = 1;
    const futures = [1, 2, 3].map(() => client.handle(client.request()).val);
    expect(requests(client.http)).toHaveLength(1);
    for (const future of futures) expect(client.response(future).tag).toBe("ok");
    expect(requests(client.http)).toHaveLength(3);
  });

  test("a clock ends the waiting", () => {
    const client = new Client(() => null);
    const future = client.handle(client.request()).val;
    const timer = client.call("monotonic-clock subscribe-duration", 5_000_000_000n);
    const answer = client.of("[method]future-incoming-response.subscribe", future);
    expect(client.call("poll poll", [answer, timer])).toEqual([1]);
    expect(client.http.waits).toEqual([5000]);
  });
});

describe("timeouts", () => {
  test("of the head", () => {
    const client = new Client(() => null);
    const options = client.of("[constructor]request-options");
    client.of("[method]request-options.set-first-byte-timeout", options, 2_000_000_000n);
    client.of("[method]request-options.set-connect-timeout", options, 1_000_000_000n);
    expect(client.of("[method]request-options.first-byte-timeout", options)).toBe(2_000_000_000n);
    const future = client.handle(client.request(), options).val;
    expect(client.response(future)).toEqual(err({ tag: "HTTP-response-timeout" }));
    expect(client.http.waits).toEqual([3000]);
    expect(requests(client.http)[0]).toMatchObject({ connectTimeoutMs: 1000 });
  });

  test("between pieces", () => {
    const client = new Client((call) => (call.kind === "http" ? head({ stream: 1 }) : call.giveUp ? piece("") : null));
    const options = client.of("[constructor]request-options");
    client.of("[method]request-options.set-between-bytes-timeout", options, 1_000_000n);
    const response = client.response(client.handle(client.request(), options).val).val;
    const body = client.of("[method]incoming-response.consume", response).val;
    const stream = client.of("[method]incoming-body.stream", body).val;
    const answer = client.method(stream, "input-stream.blocking-read", 10n);
    expect(client.of("http-error-code", answer.val.val)).toEqual({ tag: "connection-read-timeout" });
    expect(client.method(stream, "input-stream.read", 1n)).toEqual(err({ tag: "closed" }));
    expect(gaveUp(client.http)).toEqual([1]);
  });
});

describe("bodies that are sent", () => {
  test("may be finished after the request was handed over", () => {
    const client = new Client(() => head());
    const request = client.request();
    const body = client.body(request, ["late"]);
    const future = client.handle(request).val;
    expect(requests(client.http)).toHaveLength(0);
    expect(client.of("[static]outgoing-body.finish", body, null)).toEqual(ok());
    expect(requests(client.http)[0]!.body).toEqual(bytes("late"));
    expect(client.response(future).tag).toBe("ok");
  });

  test("that never end are an error, and waiting for their answer is a trap", () => {
    const client = new Client(() => head());
    const request = client.request();
    const body = client.body(request, ["half"]);
    const future = client.handle(request).val;
    client.end("outgoing-body", body);
    expect(client.response(future)).toMatchObject({ tag: "err", val: { tag: "internal-error" } });
    const other = client.request();
    client.body(other, ["half"]);
    const waiting = client.handle(other).val;
    expect(() => client.response(waiting)).toThrow(ComponentTrap);
    expect(requests(client.http)).toHaveLength(0);
  });

  test("have the length that they declare", () => {
    const client = new Client(() => head());
    const request = client.request("example.com", [["content-length", "5"]]);
    const body = client.body(request, ["four"]);
    expect(client.of("[static]outgoing-body.finish", body, null)).toEqual(
      err({ tag: "HTTP-request-body-size", val: 4n }),
    );
    const other = client.of(
      "[method]outgoing-request.body",
      client.request("example.com", [["content-length", "5"]]),
    ).val;
    const stream = client.of("[method]outgoing-body.write", other).val;
    const answer = client.method(stream, "output-stream.blocking-write-and-flush", bytes("seven77"));
    expect(client.of("http-error-code", answer.val.val)).toEqual({ tag: "HTTP-request-body-size", val: 7n });
    client.drop("wasi:io/streams", "output-stream", stream);
    expect(client.of("[static]outgoing-body.finish", other, null)).toMatchObject(err({ val: 7n }));
  });

  test("are bounded, one and all together", () => {
    const client = new Client(() => head());
    const big = new Uint8Array(1 << 20);
    const fill = () => {
      const request = client.request();
      const body = client.of("[method]outgoing-request.body", request).val;
      const stream = client.of("[method]outgoing-body.write", body).val;
      for (let i = 0; i < 16; i += 1)
        expect(client.method(stream, "output-stream.blocking-write-and-flush", big)).toEqual(ok());
      return stream;
    };
    const answer = client.method(fill(), "output-stream.check-write");
    expect(client.of("http-error-code", answer.val.val)).toEqual({ tag: "HTTP-request-body-size", val: 16n << 20n });
    expect(() => {
      for (let i = 0; i < 4; i += 1) fill();
    }).toThrow(ComponentTrap);
  });

  test("written byte by byte are one buffer, and given back when sent", () => {
    const client = new Client(() => head());
    for (let round = 0; round < 6; round += 1) {
      const request = client.request();
      const body = client.of("[method]outgoing-request.body", request).val;
      const stream = client.of("[method]outgoing-body.write", body).val;
      for (let i = 0; i < 15; i += 1) client.method(stream, "output-stream.write", new Uint8Array(1 << 20));
      for (let i = 0; i < 1000; i += 1) client.method(stream, "output-stream.write", bytes("x"));
      client.drop("wasi:io/streams", "output-stream", stream);
      client.of("[static]outgoing-body.finish", body, null);
      client.response(client.handle(request).val);
    }
    const sent = requests(client.http).map(({ body }) => body!);
    expect(sent).toHaveLength(6);
    for (const body of sent)
      expect([body.length, body.buffer.byteLength]).toEqual([(15 << 20) + 1000, (15 << 20) + 1000]);
  });

  test("are not finished while their stream lives", () => {
    const client = new Client(() => head());
    const body = client.of("[method]outgoing-request.body", client.request()).val;
    client.of("[method]outgoing-body.write", body);
    expect(client.of("[method]outgoing-body.write", body)).toEqual(err());
    expect(() => client.of("[static]outgoing-body.finish", body, null)).toThrow(ComponentTrap);
  });
});

describe("refusals", () => {
  test.each([
    [failed("denied"), { tag: "HTTP-request-denied" }],
    [failed("timeout"), { tag: "HTTP-response-timeout" }],
    [failed("timeout", "ETIMEDOUT"), { tag: "connection-timeout" }],
    [failed("invalid"), { tag: "HTTP-request-URI-invalid" }],
    [failed("too_large"), { tag: "HTTP-response-header-section-size", val: null }],
    [failed("network", "ENOTFOUND"), { tag: "DNS-error", val: { rcode: null, "info-code": null } }],
    [failed("network", "ECONNREFUSED"), { tag: "connection-refused" }],
    [failed("network", "ECONNRESET"), { tag: "connection-terminated" }],
    [failed("network", "EHOSTUNREACH"), { tag: "destination-unavailable" }],
    [failed("network", "HPE_INVALID_CONSTANT"), { tag: "HTTP-protocol-error" }],
    [failed("network", "CERT_HAS_EXPIRED"), { tag: "TLS-certificate-error" }],
    [failed("network", "DEPTH_ZERO_SELF_SIGNED_CERT"), { tag: "TLS-certificate-error" }],
    [failed("network", "Z_DATA_ERROR"), { tag: "HTTP-response-content-coding", val: null }],
    [failed("network", "ESOMETHING"), { tag: "internal-error", val: "because" }],
    [failed("network"), { tag: "internal-error", val: "because" }],
  ])("%j is %j", (reply, code) => {
    const client = new Client(() => reply);
    expect(client.response(client.handle(client.request()).val)).toEqual(err(code));
  });

  test("a body that breaks off says why", () => {
    const client = new Client((call) => (call.kind === "http" ? head({ stream: 1 }) : failed("too_large")));
    const response = client.response(client.handle(client.request()).val).val;
    const body = client.of("[method]incoming-response.consume", response).val;
    const stream = client.of("[method]incoming-body.stream", body).val;
    const answer = client.method(stream, "input-stream.blocking-read", 10n);
    expect(client.of("http-error-code", answer.val.val)).toEqual({ tag: "HTTP-response-body-size", val: null });
    client.drop("wasi:io/streams", "input-stream", stream);
    const trailers = client.of("[static]incoming-body.finish", body);
    expect(client.of("[method]future-trailers.get", trailers)).toMatchObject(
      ok(err({ tag: "HTTP-response-body-size" })),
    );
  });

  test("what a request says is checked before it leaves", () => {
    const client = new Client(() => head());
    const set = (name: string, value: unknown) =>
      client.of(`[method]outgoing-request.set-${name}`, client.request(), value as never);
    for (const method of ["", "A B", "GET\r\nX: y"])
      expect(set("method", { tag: "other", val: method })).toEqual(err());
    for (const path of ["a", "/a b", "/a#b", "/a\\b", "/\r\n", "/é", `/${"a".repeat(9000)}`])
      expect(set("path-with-query", path)).toEqual(err());
    for (const authority of ["", "a b", "a@b", "a/b", "a?b", "a#b", "a\\b", "a:b", "a:123456", "[::1", "a\r\nb"])
      expect(set("authority", authority), authority).toEqual(err());
    for (const authority of ["example.com", "example.com:80", "127.0.0.1", "[::1]:8080"])
      expect(set("authority", authority), authority).toEqual(ok());
    expect(set("scheme", { tag: "other", val: "a b" })).toEqual(err());

    const refused = (change: (request: object) => void) => {
      const request = client.request();
      change(request);
      return client.handle(request);
    };
    const other = (val: string) => (request: object) => {
      client.of("[method]outgoing-request.set-method", request, { tag: "other", val });
    };
    expect(refused(other("PURGE"))).toEqual(err({ tag: "HTTP-request-method-invalid" }));
    expect(refused((request) => client.of("[method]outgoing-request.set-authority", request, null))).toEqual(
      err({ tag: "HTTP-request-URI-invalid" }),
    );
    expect(
      refused((request) => client.of("[method]outgoing-request.set-scheme", request, { tag: "other", val: "ftp" })),
    ).toEqual(err({ tag: "HTTP-protocol-error" }));
    const heavy = client.request("example.com", [["x", "v".repeat(40_000)]]);
    expect(client.handle(heavy)).toEqual(err({ tag: "HTTP-request-header-section-size", val: 40_005 }));
    expect(client.http.asked).toEqual([]);
  });
});

describe("fields", () => {
  const client = new Client(() => null);
  const fields = () => client.of("[constructor]fields");

  test("are set, appended, deleted, whatever the case of their names", () => {
    const own = fields();
    client.of("[method]fields.append", own, "Accept", bytes("a"));
    client.of("[method]fields.append", own, "accept", bytes("b"));
    expect(client.of("[method]fields.get", own, "ACCEPT")).toEqual([bytes("a"), bytes("b")]);
    const copy = client.of("[method]fields.clone", own);
    client.of("[method]fields.set", own, "accept", [bytes("c")]);
    expect(client.of("[method]fields.entries", own)).toEqual([["accept", bytes("c")]]);
    client.of("[method]fields.delete", own, "accept");
    expect(client.of("[method]fields.has", own, "accept")).toBe(false);
    expect(client.of("[method]fields.get", copy, "accept")).toHaveLength(2);
  });

  test("bytes above ASCII go through, control characters do not", () => {
    const own = fields();
    expect(client.of("[method]fields.append", own, "x", new Uint8Array([0xe9, 0xff, 9]))).toEqual(ok());
    expect(client.of("[method]fields.get", own, "x")).toEqual([new Uint8Array([0xe9, 0xff, 9])]);
    for (const bad of ["\r\nHost: evil", "\n", "\0", "\u007f"])
      expect(client.of("[method]fields.append", own, "x", bytes(bad))).toEqual(err({ tag: "invalid-syntax" }));
    for (const bad of ["", "a b", "a:b", "é", "a\r\n", "n".repeat(300)])
      expect(client.of("[method]fields.append", own, bad, bytes("v"))).toEqual(err({ tag: "invalid-syntax" }));
  });

  test.each(["Host", "connection", "Transfer-Encoding", "proxy-authorization", "upgrade"])(
    "%s is the host's",
    (name) => {
      const forbidden = err({ tag: "forbidden" });
      expect(client.of("[method]fields.set", fields(), name, [bytes("v")])).toEqual(forbidden);
      expect(client.of("[method]fields.append", fields(), name, bytes("v"))).toEqual(forbidden);
      expect(client.of("[static]fields.from-list", [[name, bytes("v")]] as never)).toEqual(forbidden);
    },
  );

  test("are bounded", () => {
    const other = new Client(() => null);
    const own = other.of("[constructor]fields");
    expect(() => {
      for (let i = 0; i < 2000; i += 1) other.of("[method]fields.append", own, `x${i}`, bytes("v".repeat(100)));
    }).toThrow(ComponentTrap);
  });
});

describe("capsule:host/api", () => {
  test("a request in one call", () => {
    const client = new Client(() => head({ status: 404, body: bytes("né") }));
    const answer = client.call("capsule:host/api#http-request", "PUT", "https://example.com/", [["a", "b"]], "body");
    expect(answer).toEqual(ok({ status: 404, headers: [["content-type", "text/plain"]], body: "né" }));
    expect(client.http.asked).toMatchObject([
      { method: "PUT", redirect: "follow", streamed: false, body: bytes("body"), headers: [["a", "b"]] },
    ]);
  });

  test.each([
    ["denied", "network-error"],
    ["network", "network-error"],
    ["timeout", "timeout"],
    ["invalid", "invalid-url"],
    ["too_large", "network-error"],
  ] as const)("%s is %s", (code, tag) => {
    const client = new Client(() => failed(code));
    expect(client.call("capsule:host/api#http-request", "GET", "x", [], null)).toEqual(err({ tag, val: "because" }));
  });

  test("a task is a name and arguments; what the caller says of its rights is not passed on", () => {
    const asked: unknown[] = [];
    const host = new Host(
      {},
      {
        ...noServices,
        runTask: (...args) => {
          asked.push(args);
          return args[0] === "known"
            ? { ok: true, envelope: "{}" }
            : { ok: false, code: "invalid-name", message: "no such task" };
        },
      },
    );
    const schedule = (name: string) =>
      host.call("capsule:host/api#schedule-task", name, "[1]", '{"allowed_files":["/"]}');
    expect(schedule("known")).toEqual(ok("{}"));
    expect(schedule("other")).toEqual(err({ tag: "invalid-name", val: "no such task" }));
    expect(asked).toEqual([
      ["known", "[1]"],
      ["other", "[1]"],
    ]);
  });
});
