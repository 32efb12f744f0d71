/** Job: a component's requests, from the guest's `wasi:http` to a server and back, metered, under its policy. Never: what the client checks (see test/net). */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CapsuleEvent } from "@capsule-run/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../../fixtures/components/build.ts";
import { componentHost } from "./run-support.ts";

const guest = await component("http-rust");

if ("missing" in guest) {
  test.skip(`requests of a component: ${guest.missing}`, () => {});
  console.warn(`skipped: requests of a component: ${guest.missing}`);
} else {
  const { bytes: command } = guest;
  describe("a component's requests", async () => {
    const host = await componentHost({ limits: { private_addresses: true } });
    /** What the server saw, in order. */
    const seen: string[] = [];
    /** The answer to "/held" waits for "/last" to be there too, whichever comes first. */
    let both = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      const { url } = request;
      seen.push(`${request.method} ${url} ${request.headers["x-guest"]}`);
      let bytes = 0;
      request.on("data", (part: Uint8Array) => {
        bytes += part.length;
      });
      request.on("end", () => {
        if (url === "/held") void both.promise.then(() => response.end("held"));
        else if (url === "/redirect") response.writeHead(302, { location: "/elsewhere" }).end();
        else if (url === "/large") response.end(Buffer.alloc(3_000_000, "l"));
        else if (url === "/broken") {
          response.writeHead(200, { "content-length": 100 }).write("half");
          setTimeout(() => response.destroy(), 20);
        } else {
          response.end(`${bytes} bytes`);
          if (url === "/last") both.resolve();
        }
      });
    });
    let at = "";
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      server.close();
      server.closeAllConnections();
    });

    async function send(args: readonly string[], allowedHosts: readonly string[] = ["127.0.0.1"], timeout = "60s") {
      seen.length = 0;
      both = Promise.withResolvers();
      let stdout = "";
      const events: CapsuleEvent[] = [];
      const envelope = await host.runBytes(command, {
        args: args.map((arg) => arg.replace("@", at)),
        policy: { compute: 2_000_000_000, ram: "64MB", timeout, allowed_hosts: allowedHosts },
        stdout: (part) => {
          stdout += Buffer.from(part).toString();
        },
        onEvent: (event) => events.push(event),
      });
      return { lines: stdout.trim().split("\n"), envelope, events };
    }

    test("go out with their body, and are on record", async () => {
      const { lines, envelope } = await send(["POST", "@/a?b=c", "GET", "@/large"]);
      expect(lines.sort()).toEqual(["0: 200  12 100000 bytes", `1: 200  3000000 ${"l".repeat(60)}`]);
      expect(seen.sort()).toEqual(["GET /large rust", "POST /a?b=c rust"]);
      expect(envelope.success).toBe(true);
      expect(envelope.execution.host_requests).toHaveLength(2);
    });

    test("run side by side: the first is answered only after the last was sent", async () => {
      const { lines } = await send(["GET", "@/held", "GET", "@/last"]);
      expect(lines.sort()).toEqual(["0: 200  4 held", "1: 200  7 0 bytes"]);
    });

    test("are not redirected without the guest", async () => {
      expect((await send(["GET", "@/redirect"])).lines).toEqual(["0: 302 /elsewhere 0"]);
    });

    test("say how they failed", async () => {
      const { lines } = await send(
        ["GET", "@/broken", "GET", "http://127.0.0.1:3/", "GET", "http://name.invalid/"],
        ["*", "127.0.0.1:3"],
      );
      expect(lines.sort()).toEqual([
        "0: error: in the body: Some(ErrorCode::ConnectionTerminated)",
        "1: error: ErrorCode::ConnectionRefused",
        "2: error: ErrorCode::DnsError(DnsErrorPayload { rcode: None, info-code: None })",
      ]);
    });

    test("are waited for at no fuel, and what was burnt before is on record when time runs out", async () => {
      const { envelope } = await send(["GET", "@/held"], ["127.0.0.1"], "3s");
      expect(envelope.error?.error_type).toBe("timeout");
      expect(envelope.execution.fuel_consumed).toBeGreaterThan(1000);
    });

    test("are denied where policy names no host, and the denial is an event", async () => {
      const { lines, envelope, events } = await send(["GET", "@/secret"], []);
      expect(lines).toEqual(["0: error: ErrorCode::HttpRequestDenied"]);
      expect(seen).toEqual([]);
      expect(events).toContainEqual(
        expect.objectContaining({ kind: "denied", denial: expect.objectContaining({ kind: "host" }) }),
      );
      expect(envelope.success).toBe(true);
    });
  });
}
