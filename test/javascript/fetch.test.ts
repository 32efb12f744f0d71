/** Job: fetch in a sandbox against a server on this machine: the answers, streams, refusals and aborts of Node's own fetch. Never: another network. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { javascript, task, underNode } from "./support.ts";

const js = javascript({ pool: { threads: 2 }, limits: { private_addresses: ["127.0.0.1/32"] } });
let server: Server;
let base = "";
/** Ends the slow answer, when the test wants it to, whichever of the two requests is here first. */
let goOn = Promise.withResolvers<void>();
beforeEach(() => {
  goOn = Promise.withResolvers();
});
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://h");
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    switch (pathname) {
      case "/echo": {
        const { method, headers } = request;
        const kept = Object.fromEntries(
          Object.entries(headers).filter(([name]) => ["content-type", "x-one", "content-length"].includes(name)),
        );
        return response
          .writeHead(200, { "content-type": "application/json", "x-two": "2" })
          .end(JSON.stringify({ method, headers: kept, body: body.toString("base64") }));
      }
      case "/status":
        return response.writeHead(404, "Not Here").end("nothing");
      case "/empty":
        return response.writeHead(204).end();
      case "/redirect":
        return response.writeHead(302, { location: "/echo" }).end();
      case "/large":
        return response.end(Buffer.alloc(3_000_000, "x"));
      case "/parts":
        for (const part of ["one", "two", "three"]) {
          response.write(part);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return response.end();
      case "/slow":
        response.write("first");
        return void goOn.promise.then(() => response.end("last"));
      case "/continue":
        goOn.resolve();
        return response.end();
      case "/broken":
        response.write("begun");
        setTimeout(() => response.destroy(), 20);
        return;
      case "/form":
        return response.writeHead(200, { "content-type": "application/x-www-form-urlencoded" }).end("a=1&b=x+y");
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("requests, answers, streams and failures are as under Node", async () => {
  const [native, ran] = await Promise.all([
    underNode("fetch.ts", { call: "program", args: [base] }),
    js.runFile("fetch.ts", { args: [base] }),
  ]);
  expect(ran.error).toBe("");
  expect(ran.result).toEqual(native.result);
  expect(ran.envelope.execution.host_requests.length).toBeGreaterThan(10);
});

test("a body arrives as it is sent: the first piece is there before the last is made", async () => {
  const { result, error } = await js.run(
    task(
      `const reader = (await fetch(args[0] + "/slow")).body.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  await fetch(args[0] + "/continue");
  const rest = new TextDecoder().decode((await reader.read()).value);
  return [first, rest, (await reader.read()).done];`,
      `allowedHosts: ["127.0.0.1"]`,
    ),
    { args: [base] },
  );
  expect(error).toBe("");
  expect(result).toEqual(["first", "last", true]);
});

test("requests of one task run side by side", async () => {
  const { result, error } = await js.run(
    task(
      `const slow = fetch(args[0] + "/slow").then((response) => response.text());
  const quick = await Promise.all(Array.from({ length: 5 }, () => fetch(args[0] + "/status").then((response) => response.status)));
  await new Promise((resolve) => setTimeout(resolve, 30));
  await fetch(args[0] + "/continue");
  return [quick, await slow];`,
      `allowedHosts: ["127.0.0.1"]`,
    ),
    { args: [base] },
  );
  expect(error).toBe("");
  expect(result).toEqual([[404, 404, 404, 404, 404], "firstlast"]);
});

test("a host that is not allowed is a failed fetch, and ends a task that does not catch it as denied", async () => {
  const caught = await js.run(
    task(
      `return await fetch("http://example.com/").catch((error) => [error.name, error.message, error.code, error.cause.message.includes("allowed")]);`,
    ),
  );
  expect(caught.error).toBe("");
  expect(caught.result).toEqual(["TypeError", "fetch failed", "EACCES", true]);
  const uncaught = await js.run(task(`await fetch("http://example.com/");`));
  expect(uncaught.envelope.error?.error_type).toBe("permission_denied");
  expect(uncaught.error).toContain("example.com");
});
