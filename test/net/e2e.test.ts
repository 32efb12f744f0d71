/**
 * Job: a request all the way: Python program → worker → host → HTTP client → server, back into the program and the
 * envelope; what policy refuses on the way, and who hears of it. 127.0.0.2 plays the public internet.
 */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { python, task } from "../python/support.ts";
import { internalAddress, publicAddress, serve } from "./support.ts";

const py = python({ limits: { private_addresses: [publicAddress] } });
/** A host whose operator opened the inner network: what the attacks win there shows that they are real. */
const open = python({ limits: { private_addresses: true } });

const echo = () => serve((request, response) => void response.end(`${request.method} ${request.url}`));
const origin = (port: number, address = publicAddress) => `http://${address}:${port}`;

test("an allowed request: the program has the answer, the envelope has the record without the query", async () => {
  const base = origin(await echo());
  const { result, envelope, events } = await py.run(
    task(
      `from capsule import http\nreturn http.get("${base}/a?key=s3cret").text()`,
      `allowed_hosts=["${publicAddress}"]`,
    ),
  );
  expect(result).toBe("GET /a?key=s3cret");
  expect(envelope.execution.host_requests).toEqual([
    { method: "GET", url: `${base}/a?…`, status: 200, duration_ms: expect.any(Number) },
  ]);
  expect(events.filter(({ kind }) => kind === "request")).toHaveLength(1);
  expect(events.filter(({ kind }) => kind === "denied")).toHaveLength(0);
});

test("without a word there is no network: permission_denied, an event with the option, nothing on the wire", async () => {
  let hits = 0;
  const base = origin(await serve((_, response) => response.end(String(hits++))));
  const { envelope, events } = await py.run(task(`from capsule import http\nreturn http.get("${base}/").text()`));
  expect(envelope.error?.error_type).toBe("permission_denied");
  expect(envelope.error?.message).toContain(`allowed_hosts=["${publicAddress}"] would allow it`);
  expect(events.find(({ kind }) => kind === "denied")).toMatchObject({
    denial: { kind: "host", hint: `allowed_hosts=["${publicAddress}"]` },
  });
  expect(envelope.execution.host_requests).toMatchObject([{ status: null, error: expect.stringMatching(/^denied: /) }]);
  expect(hits).toBe(0);
});

test("a refused request is a PermissionError that the program can handle", async () => {
  const { result } = await py.run(
    task(`
from capsule import http
import urllib.request, urllib.error
caught = []
try:
    http.get("http://evil.test/")
except PermissionError as error:
    caught.append(type(error).__name__)
try:
    urllib.request.urlopen("http://evil.test/")
except urllib.error.URLError as error:
    caught.append(type(error.reason).__name__)
return caught`),
  );
  expect(result).toEqual(["PermissionError", "PermissionError"]);
});

test.each([
  ["capsule.http", (url: string) => `from capsule import http\nreturn http.get("${url}").text()`],
  ["urllib", (url: string) => `import urllib.request\nreturn urllib.request.urlopen("${url}").read().decode()`],
])("%s: a redirect into the inner network wins nothing, though every host is allowed", async (_, program) => {
  let hits = 0;
  const inner = await serve((__, response) => response.end(`secret ${hits++}`), { address: internalAddress });
  const base = origin(
    await serve((__, response) => response.writeHead(302, { location: origin(inner, internalAddress) }).end()),
  );
  const attack = task(program(`${base}/`), 'allowed_hosts=["*"]');
  expect((await open.run(attack)).result).toBe("secret 0");
  const { envelope, events } = await py.run(attack);
  expect(envelope.success).toBe(false);
  expect(envelope.error?.message).toContain("not public: loopback");
  expect(events.find(({ kind }) => kind === "denied")).toMatchObject({
    denial: { kind: "host", hint: `private_addresses=["${internalAddress}"] under [limits] of capsule.toml` },
  });
  expect(hits).toBe(1);
});

test("a task cannot grant itself the inner network", async () => {
  const { error } = await py.run(task("return 1", 'allowed_hosts=["*"], private_addresses=True'));
  expect(error).toMatch(/private_addresses/);
});

test("the operator's ceiling cuts a task's hosts", async () => {
  const port = await echo();
  py.write("capsule.toml", `[limits]\nallowed_hosts = ["other.example"]\n`);
  const { envelope } = await py.run(
    task(`from capsule import http\nreturn http.get("${origin(port)}/").text()`, 'allowed_hosts=["*"]'),
  );
  expect(envelope.error?.error_type).toBe("permission_denied");
  expect(envelope.error?.message).toContain("in the operator's limits");
});

test("a sub-task has the hosts of its declaration, its caller those of its own", async () => {
  const base = origin(await echo());
  const { result } = await py.run(`
from capsule import task, http

@task(name="fetch", allowed_hosts=["${publicAddress}"])
def fetch(path):
    return http.get("${base}" + path).text()

@task(name="main")
def main():
    try:
        http.get("${base}/own")
        own = "reached"
    except PermissionError:
        own = "refused"
    child = fetch("/child")
    return [own, child["result"], [r["status"] for r in child["execution"]["host_requests"]]]
`);
  expect(result).toEqual(["refused", "GET /child", [200]]);
});

test("while a program waits for a server the host goes on", async () => {
  let release = () => {};
  const port = await serve((_, response) => {
    release = () => response.end("late");
  });
  const running = py.run(
    task(`from capsule import http\nreturn http.get("${origin(port)}/").text()`, 'allowed_hosts=["*"]'),
  );
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  while (ticks < 50) await delay(5);
  clearInterval(timer);
  const until = Date.now() + 20_000;
  let result: unknown = null;
  void running.then((ran) => {
    result = ran.result;
  });
  while (result === null && Date.now() < until) {
    release();
    await delay(20);
  }
  expect(result).toBe("late");
});

test("a task's timeout ends its request, and the connection", async () => {
  const gone: Promise<unknown>[] = [];
  const port = await serve(
    ({ socket }) => void gone.push(new Promise((resolve) => void socket.once("close", resolve))),
  );
  // On a busy machine the first of these may end the program before it has asked.
  for (const timeout of ["1s", "5s", "25s"]) {
    const program = `from capsule import http\nreturn http.get("${origin(port)}/").text()`;
    const { envelope } = await py.run(task(program, `allowed_hosts=["*"], timeout="${timeout}"`));
    expect(envelope.error?.error_type).toBe("timeout");
    if (gone.length > 0) break;
  }
  expect(gone).toHaveLength(1);
  await gone[0];
});
