/**
 * Job: servers that send anything, and end anyhow: the client answers, in time, and no error is left for the process.
 * `FUZZ_SECONDS=600 npx vitest run test/net/fuzz.test.ts` runs longer. Never: reach beyond loopback.
 */
import type { Socket } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as certificates from "./certificates.ts";
import { call, client, context, serveBytes } from "./support.ts";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? "10");
/** A busy machine answers rarely within the client's 60 ms: then more rounds, until every kind of end was seen. */
const mostRounds = 6;
const kinds = ["ok", "network", "timeout", "too_large"];

const head = fc.constantFrom(
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 200\r\n",
  "HTTP/1.1 302 Found\r\n",
  "HTTP/1.1 204 No Content\r\n",
  "HTTP/1.1 101 Switching Protocols\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/9.9 999 \u0000\r\n",
  "\r\n",
);
const header = fc.constantFrom(
  "Content-Length: 5\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Content-Encoding: gzip\r\n",
  "Content-Encoding: deflate\r\n",
  "Content-Encoding: br\r\n",
  "Location: /again\r\n",
  "Location: http://[::1]/\r\n",
  "Location: \u0000\r\n",
  "Connection: upgrade\r\nUpgrade: x\r\n",
  "Set-Cookie: a\r\n",
  ": empty\r\n",
  "no colon\r\n",
  " folded\r\n",
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom("hello", "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "0\r\nTrailer: x\r\n\r\n")
    .map((text) => Buffer.from(text)),
  fc.constantFrom(gzipSync("hello"), gzipSync("hello").subarray(0, 15), deflateSync("hello")),
);
const structured = fc
  .tuple(fc.array(head, { minLength: 1, maxLength: 2 }), fc.array(header, { maxLength: 4 }), body)
  .map(([heads, headers, content]) =>
    Buffer.concat([Buffer.from(`${heads.join("")}${headers.join("")}\r\n`, "latin1"), content]),
  );
/** Half of these are more than the client takes: without them that end is so rare that a busy machine may not see it once. */
const valid = fc
  .nat({ max: 200 })
  .map((length) => Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`));
const bytes = fc.oneof(
  { weight: 4, arbitrary: structured },
  { weight: 1, arbitrary: valid },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);
const ending = fc.constantFrom("end", "reset", "keep", "early reset");

test("whatever a server sends, the client answers", { timeout: (mostRounds * seconds + 60) * 1000 }, async () => {
  let answer = (socket: Socket): void => void socket.destroy();
  const port = await serveBytes((socket) => answer(socket));
  const one = client({
    limits: { timeoutMs: 60, responseBytes: 100, requests: Infinity },
    extraCa: [certificates.authority],
  });
  const replies = new Map<string, number>();
  const property = fc.asyncProperty(
    bytes,
    ending,
    fc.constantFrom("http", "http", "https"),
    fc.constantFrom("GET", "POST", "HEAD"),
    async (sent, end, scheme, method) => {
      answer = (socket) => {
        if (end === "early reset") return void socket.resetAndDestroy();
        socket.once("data", () => {
          socket.write(sent, () => {
            if (end === "end") socket.end();
            else if (end === "reset") socket.resetAndDestroy();
          });
        });
      };
      const told = context(["*"]);
      const reply = await one.request(
        call(`${scheme}://secure.test:${port}/`, { method, body: method === "POST" ? Buffer.from("x") : null }),
        told,
      );
      expect(told.records.length).toBeGreaterThan(0);
      const kind = reply.ok ? "ok" : reply.code;
      replies.set(kind, (replies.get(kind) ?? 0) + 1);
    },
  );
  for (let round = 0; round < mostRounds; round++) {
    await fc.assert(property, {
      numRuns: 100_000,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
    });
    if (kinds.every((kind) => replies.has(kind))) break;
  }
  // The generator reaches every kind of end, or it tests nothing.
  expect([...replies.keys()]).toEqual(expect.arrayContaining(kinds));
  // Errors that nobody caught would arrive here, and fail the run.
  await new Promise((resolve) => setTimeout(resolve, 200));
});
