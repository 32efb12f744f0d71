/** Job: HTTP in Python: the library's own clients and capsule.http go through the host and its policy. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { python, task } from "./support.ts";

const py = python({ limits: { private_addresses: ["127.0.0.1/32"] } });
let server: Server;
let base = "";
/** Where nothing listens: a port that was free a moment ago may be another test's by now. */
const closed = "http://127.0.0.1:1";

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      switch (request.url) {
        case "/redirect":
          return response.writeHead(302, { location: "/echo" }).end();
        case "/away":
          return response.writeHead(302, { location: "http://localhost:1/secret" }).end();
        case "/missing":
          return response.writeHead(404, { "content-type": "text/plain" }).end("not here");
        case "/binary":
          return response.end(Buffer.from([0, 255, 10, 13]));
        case "/slow":
          return void setTimeout(() => response.end("late"), 3000);
      }
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.end(
        JSON.stringify({
          method: request.method,
          url: request.url,
          body: body.toString(),
          type: request.headers["content-type"] ?? null,
          mine: request.headers["x-mine"] ?? null,
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const run = (body: string, options = "allowed_hosts=['127.0.0.1']") =>
  py.run(task(`BASE = "${base}"\n${body.trim()}`, options));

test("capsule.http gets, posts, puts and deletes", async () => {
  const { result, error, envelope } = await run(`
from capsule import http
got = http.get(BASE + "/echo?q=1", headers={"X-Mine": "yes"})
posted = http.post(BASE + "/echo", json_data={"a": 1})
put = http.put(BASE + "/echo", body="text")
deleted = http.delete(BASE + "/echo")
missing = http.get(BASE + "/missing")
redirected = http.get(BASE + "/redirect")
return [got.status, bool(got.ok), got.ok(), got.json()["mine"], got.text() == got.text, posted.json()["body"], posted.json()["type"], put.json(), deleted.json()["method"],
        missing.status_code, bool(missing.ok), missing.text(), redirected.json()["url"], redirected.url == BASE + "/echo", got.headers["CONTENT-type"], got.headers["set-cookie"]]`);
  expect(error).toBe("");
  expect(result).toEqual([
    200,
    true,
    true,
    "yes",
    true,
    '{"a": 1}',
    "application/json",
    { method: "PUT", url: "/echo", body: "text", type: null, mine: null },
    "DELETE",
    404,
    false,
    "not here",
    "/echo",
    true,
    "application/json; charset=utf-8",
    "a=1, b=2",
  ]);
  expect(envelope.execution.host_requests.length).toBeGreaterThanOrEqual(7);
  expect(envelope.execution.host_requests[0]).toMatchObject({ method: "GET", status: 200 });
});

test("urllib.request works as it is: data, headers, redirects, errors", async () => {
  const { result, error } = await run(`
import json, urllib.request, urllib.parse, urllib.error
with urllib.request.urlopen(BASE + "/echo") as answer:
    first = json.load(answer)["method"]
posted = json.load(urllib.request.urlopen(urllib.request.Request(BASE + "/echo", data=urllib.parse.urlencode({"a": "ü"}).encode(), headers={"X-Mine": "m"})))
redirected = urllib.request.urlopen(BASE + "/redirect")
try:
    urllib.request.urlopen(BASE + "/missing")
except urllib.error.HTTPError as e:
    missing = [e.code, e.reason, e.read().decode()]
path, headers = urllib.request.urlretrieve(BASE + "/binary", "/tmp/binary")
return [first, posted["body"], posted["mine"], redirected.geturl() == BASE + "/echo", redirected.status, missing, open(path, "rb").read().hex()]`);
  expect(error).toBe("");
  expect(result).toEqual(["GET", "a=%C3%BC", "m", true, 200, [404, "Not Found", "not here"], "00ff0a0d"]);
});

test("http.client works as it is: connections are reused, bodies are chunked", async () => {
  const { result, error } = await run(`
import http.client, json
host, port = BASE.removeprefix("http://").split(":")
connection = http.client.HTTPConnection(host, int(port))
connection.request("GET", "/echo")
first = connection.getresponse()
body = json.loads(first.read())
connection.request("POST", "/echo", body=iter([b"one ", b"two"]), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
second = json.loads(connection.getresponse().read())
connection.request("HEAD", "/echo")
third = connection.getresponse()
nothing = third.read().decode()
connection.request("GET", "/redirect")
fourth = connection.getresponse()
return [first.status, first.getheader("Content-Type"), body["method"], second["body"], third.status, nothing, fourth.status, fourth.getheader("Location"), hasattr(http.client, "HTTPSConnection")]`);
  expect(error).toBe("");
  expect(result).toEqual([200, "application/json; charset=utf-8", "GET", "one two", 200, "", 302, "/echo", true]);
});

test("a host that is not allowed is a PermissionError with the reason, inside urllib a URLError", async () => {
  const plain = await run("from capsule import http\nhttp.get(BASE)", "allowed_hosts=['example.com']");
  expect(plain.error).toMatch(/^permission_denied: PermissionError: .*127\.0\.0\.1/);
  expect(plain.error).toContain("allowed_hosts");
  const wrapped = await run("import urllib.request\nurllib.request.urlopen(BASE)", "");
  expect(wrapped.error).toMatch(/^permission_denied: urllib.error.URLError: <urlopen error .*127\.0\.0\.1/);
  const secure = await run("import urllib.request\nurllib.request.urlopen('https://example.com/')", "");
  expect(secure.error).toMatch(/^permission_denied: urllib.error.URLError: .*example\.com/);
});

test("each redirect is checked again, whoever follows it", async () => {
  const host = await run("from capsule import http\nhttp.get(BASE + '/away')");
  expect(host.error).toMatch(/PermissionError: .*localhost/);
  const own = await run("import urllib.request\nurllib.request.urlopen(BASE + '/away')");
  expect(own.error).toMatch(/URLError: .*localhost/);
});

test("failures of the network and timeouts are Python's own errors", async () => {
  const { result, error } = await run(
    `
import urllib.request, urllib.error, http.client
from capsule import http as web
seen = []
for attempt in (lambda: web.get("${closed}/"), lambda: web.get(BASE + "/slow", timeout=0.2), lambda: web.get("nonsense"), lambda: web.get("ftp://127.0.0.1/"),
                lambda: urllib.request.urlopen("${closed}/"), lambda: urllib.request.urlopen(BASE + "/slow", timeout=0.2)):
    try:
        attempt()
        seen.append(None)
    except urllib.error.URLError as e:
        seen.append("URLError " + type(e.reason).__name__)
    except Exception as e:
        seen.append(type(e).__name__)
return seen`,
    "allowed_hosts=['127.0.0.1', '127.0.0.1:1']",
  );
  expect(error).toBe("");
  expect(result).toEqual([
    "ConnectionError",
    "TimeoutError",
    "ValueError",
    "ValueError",
    "URLError ConnectionError",
    "TimeoutError",
  ]);
});
