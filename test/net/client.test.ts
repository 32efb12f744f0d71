/** Job: what the HTTP client does when nobody attacks: requests, answers, streams, ends, and what it tells. */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { createHttpClient, type HttpCall, HttpFailure } from "../../packages/host/src/net/index.ts";
import * as certificates from "./certificates.ts";
import { bodyText, call, client, context, listen, publicAddress, rules, serve, serveBytes } from "./support.ts";

/** Says what it was asked. */
const echo = () =>
  serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      response.writeHead(200, { "content-type": "application/json", "x-many": ["1", "2"] });
      response.end(
        Buffer.from(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") }), "latin1"),
      );
    });
  });

async function get(port: number, part: Partial<HttpCall> & { readonly path?: string } = {}) {
  return client().request(call(`http://public.test:${port}${part.path ?? "/"}`, part), context(["*"]));
}

describe("requests", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "Post"])("%s", async (method) => {
    const said = JSON.parse(bodyText(await get(await echo(), { method, path: "/a/b?c=d" })));
    expect(said).toMatchObject({ method: method.toUpperCase(), url: "/a/b?c=d" });
  });
  test("HEAD has no body and keeps its headers", async () => {
    const port = await serve((_, response) =>
      response.writeHead(200, { "content-length": "1000", "content-encoding": "gzip" }).end(),
    );
    const reply = await get(port, { method: "HEAD" });
    expect(reply).toMatchObject({ ok: true, status: 200, body: new Uint8Array(0) });
    expect(reply.ok && reply.headers).toContainEqual(["content-length", "1000"]);
  });
  test("a body, its length ours", async () => {
    const said = JSON.parse(bodyText(await get(await echo(), { method: "POST", body: Buffer.from([0xff, 0x41]) })));
    expect(said).toMatchObject({ body: "\u00ff\u0041", headers: { "content-length": "2" } });
  });
  test("headers of the guest, ours where it has none, none of the host", async () => {
    const headers = [
      ["X-Own", " padded "],
      ["x-two", "a"],
      ["X-Two", "b"],
      ["User-Agent", "own"],
    ] as const;
    const said = JSON.parse(bodyText(await get(await echo(), { headers })));
    expect(said.headers).toEqual({
      host: expect.stringMatching(/^public\.test:\d+$/),
      connection: "close",
      accept: "*/*",
      "accept-encoding": "gzip, deflate, br",
      "user-agent": "own",
      "x-own": "padded",
      "x-two": "a, b",
    });
  });
  test("what http.client and urllib set by themselves is taken without a word", async () => {
    const port = await echo();
    const headers = [
      ["Host", `public.test:${port}`],
      ["Connection", "close"],
      ["Accept-Encoding", "identity"],
      ["Content-Length", "2"],
    ] as const;
    const reply = await get(port, { method: "POST", headers, body: Buffer.from("ab") });
    expect(JSON.parse(bodyText(reply))).toMatchObject({ body: "ab", headers: { "accept-encoding": "identity" } });
  });
  test.each([
    ["not a url", /^invalid: .*is no absolute URL|blank/],
    ["/relative", /^invalid: "\/relative" is no absolute URL/],
    ["ftp://public.test/", /^invalid: .* only http: and https:/],
    ["file:///etc/passwd", /^invalid: .* only http: and https:/],
    ["data:text/plain,x", /^invalid: /],
    ["http://", /^invalid: /],
    [`http://public.test/${"x".repeat(9000)}`, /^too_large: the URL is longer than 8192 bytes/],
  ])("%s is refused", async (url, message) =>
    expect(bodyText(await client().request(call(url), context(["*"])))).toMatch(message),
  );
  test("a worker that does not keep to its types is answered, not believed", async () => {
    const odd = {
      kind: "http",
      method: 3,
      url: {},
      headers: [["a"]],
      body: "x",
      timeoutMs: Number.NaN,
    } as unknown as HttpCall;
    for (const key of ["method", "url", "headers", "body", "timeoutMs"] as const)
      expect(
        bodyText(await client().request({ ...call("http://public.test/"), [key]: odd[key] }, context(["*"]))),
      ).toMatch(/^invalid: /);
  });
  test("bodies beyond the limit are not sent", async () => {
    const reply = await client({ limits: { requestBytes: 3 } }).request(
      call("http://public.test/", { method: "POST", body: Buffer.from("abcd") }),
      context(["*"]),
    );
    expect(bodyText(reply)).toMatch(/^too_large: the body has 4 bytes; at most 3 are sent/);
  });
});

describe("answers", () => {
  test("status, reason, URL, headers in order and repeated, without those of the connection", async () => {
    const port = await serve((_, response) => {
      response.writeHead(
        404,
        "Not Here",
        [
          ["X-A", "1"],
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["Keep-Alive", "x"],
        ].flat(),
      );
      response.end("gone");
    });
    const reply = await get(port, { path: "/x#fragment" });
    expect(reply).toMatchObject({ ok: true, status: 404, statusText: "Not Here", url: `http://public.test:${port}/x` });
    const headers = reply.ok ? reply.headers.filter(([name]) => name !== "date") : [];
    expect(headers).toEqual([
      ["x-a", "1"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
  });
  test.each([
    ["gzip", gzipSync("hello")],
    ["GZIP", gzipSync("hello")],
    ["x-gzip", gzipSync("hello")],
    ["deflate", deflateSync("hello")],
    ["deflate", deflateRawSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["gzip", gzipSync("")],
    ["gzip", Buffer.alloc(0)],
  ])("%s is decoded, and its headers go", async (coding, bytes) => {
    const port = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": coding, "content-length": bytes.length }).end(bytes),
    );
    const reply = await get(port);
    expect(["hello", ""]).toContain(bodyText(reply));
    expect(reply.ok && reply.headers.map(([name]) => name)).toEqual(["date"]);
  });
  test("a guest that says which codings it takes gets what was sent", async () => {
    const port = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello")),
    );
    const reply = await get(port, { headers: [["Accept-Encoding", "gzip"]] });
    expect(reply.ok && reply.headers).toContainEqual(["content-encoding", "gzip"]);
    expect(reply.ok && Buffer.from(reply.body)).toEqual(gzipSync("hello"));
  });
  test("a coding that we did not ask for is handed on", async () => {
    const port = await serve((_, response) => response.writeHead(200, { "content-encoding": "zstd" }).end("raw"));
    expect(bodyText(await get(port))).toBe("raw");
  });
  test.each([
    ["damaged gzip", "gzip", Buffer.from("no gzip at all")],
    ["gzip cut short", "gzip", gzipSync("hello".repeat(100)).subarray(0, 20)],
    ["damaged brotli", "br", Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])("%s is a network error", async (_, coding, bytes) => {
    const port = await serve((_, response) => response.writeHead(200, { "content-encoding": coding }).end(bytes));
    expect(bodyText(await get(port))).toMatch(/^network: the answer's content-encoding cannot be decoded/);
  });
  test("redirects are followed, and not when asked not to", async () => {
    const port: number = await serve((request, response) =>
      request.url === "/end" ? void response.end("end") : void response.writeHead(302, { location: "end" }).end(),
    );
    expect(await get(port)).toMatchObject({ ok: true, status: 200, url: `http://public.test:${port}/end` });
    expect(await get(port, { redirect: "manual" })).toMatchObject({ ok: true, status: 302 });
  });
  test("a redirect to nowhere is refused", async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: "http://" }).end());
    expect(bodyText(await get(port))).toMatch(/^invalid: /);
  });
  test.each([
    ["not HTTP", "hello\r\n\r\n", /^network: the answer is not valid HTTP/],
    [
      "a length twice",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      /^network: the answer is not valid HTTP/,
    ],
    [
      "length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^network: the answer is not valid HTTP/,
    ],
    [
      "a folded header",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
      /^network: the answer is not valid HTTP|^$/,
    ],
    [
      "fewer bytes than announced",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab",
      /^network: the host closed the connection/,
    ],
    ["nothing", "", /^network: the host closed the connection/],
    [
      "another protocol",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      /^network: the host changed the protocol/,
    ],
  ])("%s", async (_, bytes, message) => {
    const port = await serveBytes((socket) => socket.once("data", () => socket.end(bytes)));
    expect(bodyText(await get(port))).toMatch(message);
  });
  test("a length beyond the limit is refused before the body", async () => {
    const port = await serveBytes((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")),
    );
    expect(bodyText(await get(port))).toMatch(/^too_large: the answer has more than 33554432 bytes/);
  });
  test("nobody there", async () => {
    const server = createServer();
    const port = await listen(server, publicAddress);
    await promisify(server.close.bind(server))();
    expect(bodyText(await client().request(call(`http://${publicAddress}:${port}/`), context(["*"])))).toMatch(
      /^network: the host/,
    );
  });
  test("a name that does not resolve", async () => {
    const fails = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND with the resolver's address 10.0.0.53"), {
        code: "ENOTFOUND",
      });
    };
    expect(bodyText(await client({ resolve: fails }).request(call("http://x.test/"), context(["*"])))).toBe(
      "network: the name of the host does not resolve (ENOTFOUND)",
    );
    expect(bodyText(await client({ resolve: async () => [] }).request(call("http://x.test/"), context(["*"])))).toMatch(
      /^network: /,
    );
  });
  test("a resolver that never answers ends with the time", async () => {
    const reply = await client({ resolve: () => new Promise(() => {}) }).request(
      call("http://x.test/", { timeoutMs: 50 }),
      context(["*"]),
    );
    expect(bodyText(reply)).toBe("timeout: no complete answer within 50 ms");
  });
  test("the second address is tried when the first is dead", async () => {
    const port = await echo();
    const reply = await client({ resolve: async () => ["127.0.0.3", publicAddress] }).request(
      call(`http://x.test:${port}/`),
      {
        ...context(["*"]),
        privateAddresses: [{ bits: 32, value: 0x7f000000n, prefix: 8 }],
      },
    );
    expect(reply.ok).toBe(true);
  });
});

describe("https", () => {
  const trusting = { extraCa: [certificates.authority] };
  test.each(["secure.test", "a.wild.test", publicAddress, "secure.test."])("%s", async (host) => {
    const port = await serve((request, response) => void response.end(`hello ${request.headers.host}`), { tls: true });
    const reply = await client(trusting).request(call(`https://${host}:${port}/`), context(["*"]));
    expect(bodyText(reply)).toBe(`hello ${host.replace(/\.$/, "")}:${port}`);
  });
  test("a certificate that is refused says so", async () => {
    const port = await serve((_, response) => void response.end(), { tls: true });
    expect(bodyText(await client().request(call(`https://secure.test:${port}/`), context(["*"])))).toMatch(
      /^network: the host's certificate was refused/,
    );
    expect(bodyText(await client(trusting).request(call(`https://other.test:${port}/`), context(["*"])))).toMatch(
      /^network: the host's certificate was refused/,
    );
  });
  test("a server that does not speak TLS, or goes in the middle of it", async () => {
    for (const answer of ["HTTP/1.1 200 OK\r\n\r\n", null]) {
      const port = await serveBytes((socket) =>
        socket.once("data", () => (answer === null ? socket.resetAndDestroy() : socket.end(answer))),
      );
      expect(bodyText(await client(trusting).request(call(`https://secure.test:${port}/`), context(["*"])))).toMatch(
        /^network: /,
      );
    }
  });
});

describe("streams", () => {
  test("chunks come as they are sent", async () => {
    let go = () => {};
    const port = await serve(async (_, response) => {
      response.write("first");
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      response.end("second");
    });
    const { body } = await client().open(call(`http://public.test:${port}/`), context(["*"]));
    expect(Buffer.from((await body.next()).value!).toString()).toBe("first");
    go();
    expect(Buffer.from((await body.next()).value!).toString()).toBe("second");
    expect((await body.next()).done).toBe(true);
  });
  test("giving up closes the connection and frees the slot", async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const port = await serve((request, response) => {
      if (request.url === "/next") return void response.end("next");
      response.on("close", () => closed());
      response.write("x");
    });
    const one = client({ limits: { parallel: 1 } });
    const { body } = await one.open(call(`http://public.test:${port}/`), context(["*"]));
    await body.next();
    await body.return(undefined);
    await gone;
    expect(bodyText(await one.request(call(`http://public.test:${port}/next`), context(["*"])))).toBe("next");
  });
  test("a body that nobody reads is given up at the deadline", async () => {
    const port = await serve((request, response) =>
      request.url === "/next" ? response.end("next") : response.write("x"),
    );
    const one = client({ limits: { parallel: 1 } });
    await one.open(call(`http://public.test:${port}/`, { timeoutMs: 1000 }), context(["*"]));
    expect(bodyText(await one.request(call(`http://public.test:${port}/next`), context(["*"])))).toBe("next");
  });
  test("a failure in the middle is an HttpFailure", async () => {
    const port = await serveBytes((socket) =>
      socket.once("data", () =>
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", () => socket.resetAndDestroy()),
      ),
    );
    const { body } = await client().open(call(`http://public.test:${port}/`), context(["*"]));
    await body.next();
    await expect(body.next()).rejects.toBeInstanceOf(HttpFailure);
  });
});

describe("ends", () => {
  test.each(["before", "while the answer is awaited", "in the body", "in line"])("a signal %s", async (moment) => {
    const port = await serve((_, response) => {
      if (moment === "in the body") response.write("x");
    });
    const stop = new AbortController();
    if (moment === "before") stop.abort();
    const one = client({ limits: { parallel: moment === "in line" ? 1 : 2 } });
    const other =
      moment === "in line"
        ? one.request(call(`http://public.test:${port}/`, { timeoutMs: 400 }), context(["*"]))
        : null;
    const told = context(["*"], { signal: stop.signal });
    const reply = one.request(call(`http://public.test:${port}/`), told);
    setTimeout(() => stop.abort(), 50);
    expect(bodyText(await reply)).toBe("network: the request was cancelled");
    await other;
    // Whoever left the line is not given a turn.
    expect(bodyText(await one.request(call(`http://public.test:${port}/`, { timeoutMs: 50 }), context(["*"])))).toBe(
      "timeout: no complete answer within 50 ms",
    );
  });
  test("many requests on one signal leave no listeners behind", async () => {
    const port = await echo();
    const stop = new AbortController();
    const added = vi.spyOn(stop.signal, "addEventListener");
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    const one = client();
    for (let index = 0; index < 20; index++)
      await one.request(call(`http://public.test:${port}/`), context(["*"], { signal: stop.signal }));
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });
});

describe("what is told", () => {
  test("each request on the wire is recorded, without query, fragment and credentials", async () => {
    const port: number = await serve((request, response) =>
      request.url === "/end" ? void response.end("x") : void response.writeHead(302, { location: "/end" }).end(),
    );
    const told = context(["*"]);
    await client().request(call(`http://public.test:${port}/a?key=s3cret#f`), told);
    await client().request(call(`http://me:s3cret@public.test:${port}/a`), told);
    await client().request(call("gopher://s3cret.test/with-a-long-path-of-secrets"), told);
    const duration_ms = expect.any(Number);
    expect(told.records).toEqual(
      [
        { method: "GET", url: `http://public.test:${port}/a?…`, status: 302, duration_ms },
        { method: "GET", url: `http://public.test:${port}/end`, status: 200, duration_ms },
        {
          method: "GET",
          url: `http://public.test:${port}/a`,
          status: null,
          duration_ms,
          error: expect.stringMatching(/^invalid: /),
        },
        {
          method: "GET",
          url: '"gopher://s3cret.test"',
          status: null,
          duration_ms,
          error: expect.stringMatching(/^invalid: /),
        },
      ].map((record, index) => (index < 3 ? record : { ...record, url: expect.any(String) })),
    );
    expect(JSON.stringify(told.records.slice(0, 3))).not.toContain("s3cret");
  });
  test("a refused host is a denial with the option that would allow it", async () => {
    const told = context(["public.test"]);
    expect(bodyText(await client().request(call("https://evil.test/x"), told))).toBe(
      'denied: the host "evil.test" is not allowed; allowed_hosts=["evil.test"] would allow it',
    );
    expect(told.denials).toEqual([
      {
        kind: "host",
        what: "evil.test:443",
        reason: 'the host "evil.test" is not allowed',
        hint: 'allowed_hosts=["evil.test"]',
      },
    ]);
  });
  test("what a ceiling cut is the operator's to allow, and the message says so", async () => {
    const told = context(["other.test"], { askedHosts: rules("*.evil.test") });
    await client().request(call("https://a.evil.test/x"), told);
    await client().request(call("https://evil.test/x"), told);
    expect(told.denials.map(({ hint }) => hint)).toEqual([
      "allowed_hosts=[\"a.evil.test\"] in the operator's limits ([limits] of capsule.toml, --allow-host, the API's limits)",
      'allowed_hosts=["evil.test"]',
    ]);
  });
  test("a refused port names the port", async () => {
    const told = context(["public.test:443"]);
    await client().request(call("http://public.test/x"), told);
    expect(told.denials[0]).toMatchObject({ what: "public.test:80", hint: 'allowed_hosts=["public.test:80"]' });
  });
  test("a refused address: the operator learns it, the guest does not", async () => {
    const told = context(["*"]);
    const reply = await client({ resolve: async () => ["10.1.2.3"] }).request(call("http://inner.test/"), told);
    expect(bodyText(reply)).toMatch(
      /^denied: "inner.test" is at an address that is not public: private; only the operator/,
    );
    expect(bodyText(reply)).not.toContain("10.1.2.3");
    expect(told.denials[0]).toMatchObject({
      what: "inner.test (10.1.2.3)",
      hint: 'private_addresses=["10.1.2.3"] under [limits] of capsule.toml',
    });
  });
  test("a refused redirect is a denial too", async () => {
    const port: number = await serve((_, response) => response.writeHead(302, { location: "http://evil.test/" }).end());
    const told = context([`public.test:${port}`]);
    await client().request(call(`http://public.test:${port}/`), told);
    expect(told.denials).toHaveLength(1);
    expect(told.records.map(({ url, status }) => [url, status])).toEqual([
      [`http://public.test:${port}/`, 302],
      ["http://evil.test/", null],
    ]);
  });
});

test("the host's proxy settings are not used", async () => {
  let proxied = 0;
  const proxy = await serve((_, response) => {
    proxied++;
    response.end("by the proxy");
  });
  const port = await serve((_, response) => void response.end("direct"));
  const script = `
    import { createHttpClient } from "./packages/host/src/net/index.ts";
    const url = "http://${publicAddress}:${port}/";
    const byFetch = await (await fetch(url)).text();
    const reply = await createHttpClient().request(
      { kind: "http", method: "GET", url, headers: [], body: null, timeoutMs: null },
      { hosts: [{ pattern: "*", port: null }], privateAddresses: [{ bits: 32, value: 0x7f000002n, prefix: 32 }] });
    console.log(byFetch + "; " + (reply.ok ? Buffer.from(reply.body).toString() : reply.message));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: `http://${publicAddress}:${proxy}`, NO_PROXY: "" },
  });
  // fetch shows that the settings are in force.
  expect(stdout.trim()).toBe("by the proxy; direct");
  expect(proxied).toBe(1);
});

test("the standard client resolves with the machine's resolver and refuses what it finds at home", async () => {
  const reply = await createHttpClient().request(call("http://localhost:9/"), context(["localhost:9"]));
  expect(bodyText(reply)).toMatch(/^denied: "localhost" is at an address that is not public: loopback/);
});
