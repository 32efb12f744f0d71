/** Job: real npm packages in a sandbox give what they give under Node; the openai client talks to a server on this machine. Never: another network. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { javascript, underNode } from "./support.ts";

const js = javascript({ pool: { threads: 2 }, limits: { private_addresses: ["127.0.0.1/32"] } });

test("zod, lodash-es, date-fns, papaparse, marked and yaml", async () => {
  const [native, ran] = await Promise.all([
    underNode("packages/libraries.ts", { call: "program" }),
    js.runFile("packages/libraries.ts"),
  ]);
  expect(ran.error).toBe("");
  expect(ran.result).toEqual(native.result);
});

/** As much of the API as the program uses. */
function mock(): Server {
  const failed = new Set<string>();
  return createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const asked = parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.url === "/v1/models") return json({ object: "list", data: [{ id: "one" }, { id: "two" }] });
    if (request.url === "/v1/embeddings") return json({ data: [{ index: 0, embedding: [0.25, -1] }] });
    const { model, stream } = asked;
    if (model === "refused") return json({ error: { message: "Bad key", code: "invalid_api_key" } }, 401);
    // Each client's first request fails; the two are told apart by their user agents.
    const agent = `${request.headers["user-agent"]} ${request.headers["x-stainless-runtime-version"]} ${request.headers["x-stainless-arch"]}`;
    if (model === "flaky" && !failed.has(agent)) {
      failed.add(agent);
      return response.writeHead(503, { "retry-after-ms": "1" }).end();
    }
    if (stream === true) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const send = (content: string) =>
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
      for (const piece of ["Hel", "lo ", "wörld"]) {
        send(piece);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (model === "endless") {
        const more = setInterval(() => send("more"), 5);
        response.on("close", () => clearInterval(more));
        return;
      }
      return response.end("data: [DONE]\n\n");
    }
    const call = { id: "c", type: "function", function: { name: "add", arguments: '{"a":1}' } };
    const message =
      model === "tools"
        ? { role: "assistant", content: null, tool_calls: [call] }
        : { role: "assistant", content: "Hello" };
    json({ id: "x", choices: [{ index: 0, message, finish_reason: "stop" }], usage: { total_tokens: 7 } });
  });
}

let server: Server;
let base = "";
beforeAll(async () => {
  server = mock();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("openai: completions, streams, tools, failures, retries", async () => {
  const native = await underNode("packages/openai.ts", { call: "program", args: [base] });
  const ran = await js.runFile("packages/openai.ts", { args: [base] });
  expect(ran.error).toBe("");
  expect(ran.result).toEqual(native.result);
  expect(native.result).toMatchObject({ stream: ["Hel", "lo ", "wörld"], completion: ["Hello", 7] });
});
