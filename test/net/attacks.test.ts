/**
 * Job: requests that an attacker would make, and servers that an attacker would run. Each attack first shows that it wins
 * against a client with one guard taken away, and then that it wins nothing.
 * Never: reach beyond loopback; 127.0.0.2 plays the public internet and is granted, 127.0.0.1 plays the inner network.
 */
import { connect as connectTcp } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { brotliCompressSync, constants, deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Guards, HttpClient, HttpClientOptions } from "../../packages/host/src/net/client.ts";
import { bounded } from "../../packages/host/src/net/decode.ts";
import * as certificates from "./certificates.ts";
import {
  bodyText,
  call,
  client,
  context,
  internalAddress,
  naiveExchange,
  naiveHeaders,
  naiveTarget,
  publicAddress,
  recordBytes,
  resolver,
  serve,
  serveBytes,
} from "./support.ts";

interface Weakness {
  readonly guards?: Partial<Guards>;
  readonly options?: HttpClientOptions;
}

/** `attack` answers whether it won. It runs twice: against the weakened client, and against the real one. */
function attackTest(
  name: string,
  weakness: Weakness,
  options: HttpClientOptions,
  attack: (it: HttpClient) => Promise<boolean>,
) {
  test(name, async () => {
    const weakened = client({ ...options, ...weakness.options }, weakness.guards);
    expect(await attack(weakened), "the attack wins when its guard is gone").toBe(true);
    expect(await attack(client(options)), "the attack wins nothing").toBe(false);
  });
}

/** The inner network's service: whoever reads this has won. */
const secret = "instance-role-credentials";
const serveSecret = (address = internalAddress) => serve((_, response) => void response.end(secret), { address });

/** Where a machine has none, attacks over IPv6 are shown as skipped. */
const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

const noAddressCheck: Weakness = { guards: { address: () => null } };
const noTargetCheck: Weakness = { guards: { target: naiveTarget } };

describe("to the inner network by its address", () => {
  const reads =
    (url: (port: number) => string, address = internalAddress) =>
    async (it: HttpClient) => {
      const port = await serveSecret(address);
      return bodyText(await it.request(call(url(port)), context(["*"]))) === secret;
    };
  test.each([
    ["a loopback address", "127.0.0.1"],
    ["localhost", "localhost"],
    ["localhost with the DNS's root dot", "localhost."],
    ["LOCALHOST", "LOCALHOST"],
    ["a decimal address", "2130706433"],
    ["a hexadecimal address", "0x7f000001"],
    ["an octal address", "0177.0.0.01"],
    ["a short address", "127.1"],
    ["a mixed address", "0x7f.0.1"],
    ["digits in circles", "①②⑦.⓪.⓪.①"],
    ["full-width digits", "１２７.０.０.１"],
    ["ideographic full stops", "127。0。0｡1"],
    ["percent-encoded digits", "%31%32%37.0.0.1"],
  ])("%s", async (_, host) => {
    const attack = reads((port) => `http://${host}:${port}/`);
    const options = { resolve: resolver({ localhost: [[internalAddress]] }) };
    expect(await attack(client(options, noAddressCheck.guards))).toBe(true);
    expect(await attack(client(options))).toBe(false);
  });
  // Linux leads these to loopback; the connection's own check of where it went is the second guard, gone here too.
  const anywhere: Guards["connect"] = async (target, [address]) => connectTcp({ host: address!, port: target.port });
  const noCheckAtAll: Weakness = { guards: { address: () => null, connect: anywhere } };
  for (const host of ["0.0.0.0", "0", "0x0"])
    attackTest(
      `this host, ${host}`,
      noCheckAtAll,
      {},
      reads((port) => `http://${host}:${port}/`),
    );
  describe.skipIf(!ipv6)("over IPv6 (skipped where this machine has no ::1)", () => {
    for (const host of ["[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:0001]"])
      attackTest(
        `the IPv4-mapped address ${host}`,
        noAddressCheck,
        {},
        reads((port) => `http://${host}:${port}/`),
      );
    for (const host of ["[::1]", "[0:0::0:1]"])
      attackTest(
        `the loopback ${host}`,
        noAddressCheck,
        {},
        reads((port) => `http://${host}:${port}/`, "::1"),
      );
    attackTest(
      "the unspecified address",
      noCheckAtAll,
      {},
      reads((port) => `http://[::]:${port}/`, "::1"),
    );
  });
});

describe("to the inner network by its name", () => {
  const reads = (host: string) => async (it: HttpClient) => {
    const port = await serveSecret();
    return bodyText(await it.request(call(`http://${host}:${port}/`), context(["*"]))) === secret;
  };
  const names = { resolve: resolver({ "evil.test": [[internalAddress]], "mapped.test": [["::ffff:127.0.0.1"]] }) };
  attackTest("a public name with an inner address", noAddressCheck, names, reads("evil.test"));
  describe.skipIf(!ipv6)("over IPv6 (skipped where this machine has no ::1)", () => {
    attackTest("a public name with a mapped inner address", noAddressCheck, names, reads("mapped.test"));
  });

  const mixed = { resolve: resolver({ "mixed.test": [[internalAddress, publicAddress]] }) };
  attackTest("a name with an inner and a public address", noAddressCheck, mixed, reads("mixed.test"));

  // Public when it is checked, inner when it is connected to: what a client falls for that connects by name.
  let turn = 0;
  const flip = async () => [turn++ % 2 === 0 ? publicAddress : internalAddress];
  const byName: Guards["connect"] = async (target) => {
    const [again] = await flip();
    return connectTcp({ host: again!, port: target.port });
  };
  attackTest(
    "DNS rebinding between check and connection",
    { guards: { connect: byName } },
    { resolve: flip },
    async (it) => {
      turn = 0;
      return reads("rebind.test")(it);
    },
  );

  test("DNS rebinding between two hops", async () => {
    const port = await serveSecret();
    await serve((_, response) => response.writeHead(302, { location: "/" }).end(), { port });
    const attack = async (weak: Partial<Guards>) => {
      const names = resolver({ "rebind.test": [[publicAddress], [internalAddress]] });
      const reply = await client({ resolve: names }, weak).request(call(`http://rebind.test:${port}/`), context(["*"]));
      return bodyText(reply) === secret;
    };
    expect(await attack(noAddressCheck.guards!)).toBe(true);
    expect(await attack({})).toBe(false);
  });
});

describe("to the inner network by a redirect of an allowed host", () => {
  const follows =
    (status: number, location: (port: number) => string, method = "GET") =>
    async (it: HttpClient) => {
      const inner = await serveSecret();
      const outer = await serve((_, response) => response.writeHead(status, { location: location(inner) }).end());
      const request = call(`http://public.test:${outer}/`, {
        method,
        body: method === "GET" ? null : Buffer.from("x"),
      });
      return bodyText(await it.request(request, context(["*"]))) === secret;
    };
  const names = { resolve: resolver({ "evil.test": [[internalAddress]] }) };
  for (const status of [301, 302, 303, 307, 308])
    attackTest(
      `a ${status}`,
      noAddressCheck,
      {},
      follows(status, (port) => `http://127.0.0.1:${port}/`),
    );
  attackTest(
    "a 307 with a body",
    noAddressCheck,
    {},
    follows(307, (port) => `http://127.0.0.1:${port}/`, "POST"),
  );
  attackTest(
    "a decimal address",
    noAddressCheck,
    {},
    follows(302, (port) => `//2130706433:${port}/`),
  );
  attackTest(
    "a name of the inner network",
    noAddressCheck,
    names,
    follows(302, (port) => `http://evil.test:${port}/`),
  );
});

describe("to a host that was not allowed", () => {
  /** All names are at one server, which says which name it was asked for. */
  const reaches = (allowed: string, url: (port: number) => string, victim: string) => async (it: HttpClient) => {
    const port = await serve((request, response) => void response.end(`for ${request.headers.host}`));
    const rule = allowed.replace("PORT", String(port));
    return bodyText(await it.request(call(url(port)), context([rule]))).startsWith(`for ${victim}`);
  };
  const cases: readonly (readonly [name: string, allowed: string, url: (port: number) => string, victim: string])[] = [
    ["another name", "public.test", (port) => `http://evil.test:${port}/`, "evil.test"],
    ["the allowed name in front", "public.test", (port) => `http://public.test.evil.test:${port}/`, "public.test.evil"],
    [
      "the allowed name behind, without a dot",
      "*.public.test",
      (port) => `http://evilpublic.test:${port}/`,
      "evilpublic",
    ],
    ["the apex of a wildcard", "*.public.test", (port) => `http://public.test:${port}/`, "public.test"],
    ["a name below an exact one", "public.test", (port) => `http://a.public.test:${port}/`, "a.public.test"],
    ["the allowed name as user", "public.test", (port) => `http://public.test@evil.test:${port}/`, "evil.test"],
    [
      "the allowed name as user and password",
      "public.test",
      (port) => `http://public.test:80@evil.test:${port}/`,
      "evil.test",
    ],
    ["a backslash before the at sign", "public.test", (port) => `http://evil.test:${port}\\@public.test/`, "evil.test"],
    [
      "the allowed name in the fragment",
      "public.test",
      (port) => `http://evil.test:${port}#@public.test/`,
      "evil.test",
    ],
    ["the allowed name in the query", "public.test", (port) => `http://evil.test:${port}?@public.test/`, "evil.test"],
    ["a tab in the name", "public.test", (port) => `http://ev\til.test:${port}/`, "evil.test"],
    ["a newline in the name", "public.test", (port) => `http://evil\r\n.test:${port}/`, "evil.test"],
    ["three slashes", "public.test", (port) => `http:///evil.test:${port}/public.test`, "evil.test"],
    ["no slashes", "public.test", (port) => `http:evil.test:${port}/`, "evil.test"],
    ["another port", "public.test:9", (port) => `http://public.test:${port}/`, "public.test"],
    ["a soft hyphen", "public.test", (port) => `http://e\u00advil.test:${port}/`, "evil.test"],
    ["an address for a name", "public.test", (port) => `http://${publicAddress}:${port}/`, publicAddress],
  ];
  for (const [name, allowed, url, victim] of cases) attackTest(name, noTargetCheck, {}, reaches(allowed, url, victim));

  const redirected = (location: (port: number) => string, victim: string) => async (it: HttpClient) => {
    const victimPort = await serve((request, response) => void response.end(`for ${request.headers.host}`));
    const port: number = await serve((_, response) =>
      response.writeHead(302, { location: location(victimPort) }).end(),
    );
    const reply = await it.request(call(`http://public.test:${port}/`), context([`public.test:${port}`]));
    return bodyText(reply).startsWith(`for ${victim}`);
  };
  attackTest(
    "by a redirect",
    noTargetCheck,
    {},
    redirected((port) => `http://evil.test:${port}/`, "evil.test"),
  );
  attackTest(
    "by a redirect without scheme",
    noTargetCheck,
    {},
    redirected((port) => `//evil.test:${port}/`, "evil.test"),
  );
  attackTest(
    "by a redirect to another port",
    noTargetCheck,
    {},
    redirected((port) => `http://public.test:${port}/`, "public.test"),
  );
  attackTest(
    "by a redirect with a user",
    noTargetCheck,
    {},
    redirected((port) => `http://public.test@evil.test:${port}/`, "evil.test"),
  );

  test("a port of another service, on an allowed host", async () => {
    // A mail or chat server reads the lines of a request as commands.
    const attack = async (it: HttpClient) => {
      const port = await firstFree([6667, 6668, 6669, 6697, 10080], (at) =>
        serve((_, r) => void r.end("irc"), { port: at }),
      );
      const won = bodyText(await it.request(call(`http://public.test:${port}/`), context(["public.test"]))) === "irc";
      const named = await client().request(call(`http://public.test:${port}/`), context([`public.test:${port}`]));
      expect(bodyText(named), "a rule that names the port allows it").toBe("irc");
      return won;
    };
    expect(await attack(client({}, noTargetCheck.guards))).toBe(true);
    expect(await attack(client())).toBe(false);
  });
});

async function firstFree(ports: readonly number[], start: (port: number) => Promise<number>): Promise<number> {
  for (const port of ports)
    try {
      return await start(port);
    } catch {}
  throw new Error("no port of the list is free");
}

describe("lines of the guest's own on the wire", () => {
  const injects = (part: Parameters<typeof call>[1], won: RegExp) => async (it: HttpClient) => {
    const { port, text } = await recordBytes();
    await it.request(call(`http://public.test:${port}/`, { timeoutMs: 2000, ...part }), context(["*"]));
    return won.test(text());
  };
  const naive: Weakness = { guards: { headers: naiveHeaders, exchange: naiveExchange } };
  const injected = /\r\nx-admin: 1\r\n/;
  attackTest("CR LF in a value", naive, {}, injects({ headers: [["x-a", "b\r\nx-admin: 1"]] }, injected));
  attackTest("LF in a value", naive, {}, injects({ headers: [["x-a", "b\nx-admin: 1"]] }, /\nx-admin: 1\r\n/));
  attackTest("CR LF in a name", naive, {}, injects({ headers: [["x-a: b\r\nx-admin", "1"]] }, injected));
  attackTest("NUL in a value", naive, {}, injects({ headers: [["x-a", "b\u0000c"]] }, /b\u0000c/));
  // U+010D U+010A: the low bytes are CR LF; a client that writes "latin1" sends them.
  attackTest(
    "letters whose low bytes are CR LF",
    naive,
    {},
    injects({ headers: [["x-a", "b\u010d\u010ax-admin: 1"]] }, injected),
  );
  attackTest("a blank before the colon", naive, {}, injects({ headers: [["x-a ", "1"]] }, /x-a : 1/));
  attackTest(
    "a second request in a value",
    naive,
    {},
    injects({ headers: [["x-a", "b\r\n\r\nGET /admin HTTP/1.1"]] }, /\r\n\r\nGET \/admin/),
  );

  const noCallCheck: Weakness = { guards: { call: (made) => made, exchange: naiveExchange } };
  attackTest(
    "a second request in the method",
    noCallCheck,
    {},
    injects({ method: "GET /admin HTTP/1.1\r\nx-admin: 1\r\n\r\nGET" }, /GET \/admin HTTP/),
  );
  attackTest("a method for tunnels", noCallCheck, {}, injects({ method: "CONNECT" }, /CONNECT/));
  attackTest("a method that echoes headers", noCallCheck, {}, injects({ method: "TRACE" }, /TRACE/));
  // Takes the path as it was written.
  const rawPath: Guards["target"] = (text, base) => ({
    ...naiveTarget(text, base, { hosts: [] }, 0),
    path: text.replace(/^http:..[^/]*/, ""),
  });
  attackTest(
    "a second request in the path",
    { guards: { target: rawPath, exchange: naiveExchange } },
    {},
    async (it) => {
      const { port, text } = await recordBytes();
      const url = `http://public.test:${port}/x HTTP/1.1\r\nx-admin: 1\r\n\r\nGET /admin`;
      await it.request(call(url, { timeoutMs: 2000 }), context(["*"]));
      return injected.test(text());
    },
  );

  const passthrough: Weakness = { guards: { headers: naiveHeaders, exchange: naiveExchange } };
  const body = Buffer.from("GET /admin HTTP/1.1\r\n\r\n");
  attackTest(
    "a Host of its own",
    passthrough,
    {},
    injects({ headers: [["Host", "inner.test"]] }, /host: inner\.test/i),
  );
  attackTest(
    "Transfer-Encoding beside a length",
    passthrough,
    {},
    injects({ method: "POST", headers: [["Transfer-Encoding", "chunked"]], body }, /transfer-encoding/i),
  );
  attackTest(
    "a Content-Length that lies",
    passthrough,
    {},
    injects({ method: "POST", headers: [["Content-Length", "0"]], body }, /content-length: 0/i),
  );
  attackTest(
    "an upgrade to another protocol",
    passthrough,
    {},
    injects(
      {
        headers: [
          ["Connection", "upgrade"],
          ["Upgrade", "websocket"],
        ],
      },
      /upgrade: websocket/i,
    ),
  );
  attackTest(
    "words for a proxy",
    passthrough,
    {},
    injects({ headers: [["Proxy-Authorization", "Basic eA=="]] }, /proxy-authorization/i),
  );
  attackTest(
    "Expect: 100-continue, which makes servers wait",
    passthrough,
    {},
    injects({ headers: [["Expect", "100-continue"]] }, /expect:/i),
  );
});

describe("credentials carried to another origin", () => {
  const keepsAll: Weakness = { guards: { next: (request, _, __, to) => ({ ...request, url: to.href }) } };
  const leaks =
    (header: readonly [string, string], location: (port: number) => string, status = 302) =>
    async (it: HttpClient) => {
      const seen: string[] = [];
      const thief = await serve((request, response) => {
        seen.push(request.rawHeaders.join("\n"));
        response.end();
      });
      const port = await serve((_, response) => response.writeHead(status, { location: location(thief) }).end());
      await it.request(call(`http://public.test:${port}/`, { headers: [header] }), context(["*"]));
      expect(seen).toHaveLength(1);
      return seen[0]!.includes("s3cret");
    };
  const toOther = (port: number) => `http://other.test:${port}/`;
  attackTest("Authorization to another host", keepsAll, {}, leaks(["Authorization", "Bearer s3cret"], toOther));
  attackTest("AUTHORIZATION in capitals", keepsAll, {}, leaks(["AUTHORIZATION", "Bearer s3cret"], toOther));
  attackTest("Cookie to another host", keepsAll, {}, leaks(["Cookie", "session=s3cret"], toOther));
  attackTest("Authorization by a 308", keepsAll, {}, leaks(["Authorization", "s3cret"], toOther, 308));
  attackTest(
    "Authorization to another port",
    keepsAll,
    {},
    leaks(["Authorization", "s3cret"], (port) => `http://public.test:${port}/`),
  );

  attackTest("Authorization from https to http", keepsAll, { extraCa: [certificates.authority] }, async (it) => {
    let seen = "";
    const plain = await serve((request, response) => {
      seen = String(request.headers.authorization);
      response.end();
    });
    const port = await serve(
      (_, response) => response.writeHead(302, { location: `http://secure.test:${plain}/` }).end(),
      { tls: true },
    );
    await it.request(call(`https://secure.test:${port}/`, { headers: [["Authorization", "s3cret"]] }), context(["*"]));
    expect(seen).not.toBe("");
    return seen === "s3cret";
  });
  attackTest("the body of a POST, by a 303", keepsAll, {}, async (it) => {
    let seen: string | undefined;
    const thief = await serve((request, response) => {
      seen = `${request.method} ${request.headers["content-type"]}`;
      response.end();
    });
    const port = await serve((_, response) => response.writeHead(303, { location: toOther(thief) }).end());
    const request = { method: "POST", headers: [["Content-Type", "s3cret/x"]] as const, body: Buffer.from("s3cret") };
    await it.request(call(`http://public.test:${port}/`, request), context(["*"]));
    return seen === "POST s3cret/x";
  });
});

describe("a certificate that proves nothing", () => {
  const lax: Guards["connect"] = (target, [address]) =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ host: address!, port: target.port, rejectUnauthorized: false }, () =>
        resolve(socket),
      );
      socket.once("error", reject);
    });
  const reads = (host: string) => async (it: HttpClient) => {
    const port = await serve((_, response) => void response.end(secret), { tls: true });
    return bodyText(await it.request(call(`https://${host}:${port}/`), context(["*"]))) === secret;
  };
  const trusted = { extraCa: [certificates.authority] };
  attackTest("of an unknown authority", { guards: { connect: lax } }, {}, reads("secure.test"));
  attackTest("of another name", { guards: { connect: lax } }, trusted, reads("bank.test"));
  attackTest("of a wildcard two levels up", { guards: { connect: lax } }, trusted, reads("a.b.wild.test"));
  attackTest("for a name, shown by an address", { guards: { connect: lax } }, trusted, async (it) => {
    const port = await serve((_, response) => void response.end(secret), { tls: true, address: "127.0.0.3" });
    const reply = await it.request(call(`https://127.0.0.3:${port}/`), {
      ...context(["*"]),
      privateAddresses: context([]).privateAddresses.map((range) => ({ ...range, value: 0x7f000000n, prefix: 8 })),
    });
    return bodyText(reply) === secret;
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 in the host's environment changes nothing", async () => {
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    onTestFinished(() => {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    });
    const byEnvironment: Guards["connect"] = (target, [address]) =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ host: address!, port: target.port }, () => resolve(socket));
        socket.once("error", reject);
      });
    expect(await reads("secure.test")(client({}, { connect: byEnvironment }))).toBe(true);
    expect(await reads("secure.test")(client())).toBe(false);
  });
});

describe("too much", () => {
  const mebibyte = 1024 * 1024;
  const small = { limits: { responseBytes: mebibyte } };
  const unbounded: Weakness = {
    guards: { bounded: (chunks) => bounded(chunks, Infinity) },
    options: { limits: { responseBytes: Infinity } },
  };
  const gets = (headers: Record<string, string>, body: Uint8Array) => async (it: HttpClient) => {
    const port = await serve((_, response) => response.writeHead(200, headers).end(body));
    const reply = await it.request(call(`http://public.test:${port}/`), context(["*"]));
    if (!reply.ok) expect(reply.code).toBe("too_large");
    return reply.ok && reply.body.length > mebibyte;
  };
  const zeros = Buffer.alloc(16 * mebibyte);
  attackTest("a gzip bomb", unbounded, small, gets({ "content-encoding": "gzip" }, gzipSync(zeros, { level: 1 })));
  attackTest(
    "a brotli bomb",
    unbounded,
    small,
    gets({ "content-encoding": "br" }, brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  );
  attackTest(
    "a deflate bomb",
    unbounded,
    small,
    gets({ "content-encoding": "deflate" }, deflateRawSync(zeros, { level: 1 })),
  );
  attackTest("a body beyond the limit", unbounded, small, gets({}, zeros.subarray(0, 2 * mebibyte)));
  attackTest(
    "a body in chunks without length",
    unbounded,
    small,
    gets({ "transfer-encoding": "chunked" }, zeros.subarray(0, 2 * mebibyte)),
  );
  attackTest(
    "gzip that decodes to nothing, for ever",
    unbounded,
    { limits: { responseBytes: mebibyte, timeoutMs: 5000 } },
    async (it) => {
      // Members of no content: no output ever, so a limit on output alone does not end it.
      const member = gzipSync("");
      const port = await serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" });
        response.end(Buffer.concat(Array<Buffer>(Math.ceil((3 * mebibyte) / member.length)).fill(member)));
      });
      const reply = await it.request(call(`http://public.test:${port}/`), context(["*"]));
      return reply.ok;
    },
  );

  attackTest("headers without end", { options: { limits: { responseHeaderBytes: 4 * mebibyte } } }, {}, async (it) => {
    const port = await serveBytes((socket) => {
      socket.once("data", () =>
        socket.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(mebibyte)}\r\ncontent-length: 0\r\n\r\n`),
      );
    });
    const reply = await it.request(call(`http://public.test:${port}/`), context(["*"]));
    if (!reply.ok) expect(reply.code).toBe("too_large");
    return reply.ok;
  });
  attackTest("headers of the guest", { guards: { headers: naiveHeaders } }, {}, async (it) => {
    const port = await serveBytes((socket) => {
      let bytes = 0;
      socket.on("data", (data) => {
        bytes += data.length;
        if (bytes > 300_000) socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const headers = Array.from({ length: 90 }, (_, index) => [`x-${index}`, "y".repeat(4096)] as const);
    return (await it.request(call(`http://public.test:${port}/`, { headers, timeoutMs: 3000 }), context(["*"]))).ok;
  });
  attackTest("a circle of redirects", { options: { limits: { redirects: 40 } } }, {}, async (it) => {
    let hits = 0;
    const port = await serve((_, response) => {
      hits++;
      response.writeHead(302, { location: `/${hits}` }).end();
    });
    const reply = await it.request(call(`http://public.test:${port}/`), context(["*"]));
    expect(reply.ok ? "ok" : reply.code).toBe("too_large");
    return hits > 11;
  });
  attackTest("a flood of requests at one time", { options: { limits: { parallel: 100 } } }, {}, async (it) => {
    const held = new Set<() => void>();
    let most = 0;
    const release = () => {
      for (const answer of held) answer();
      held.clear();
    };
    let quiet: NodeJS.Timeout | undefined;
    // All that will come at one time have come when nothing more comes for a while.
    const port = await serve((_, response) => {
      held.add(() => void response.end());
      most = Math.max(most, held.size);
      clearTimeout(quiet);
      quiet = setTimeout(release, 100);
    });
    const url = `http://public.test:${port}/`;
    const replies = await Promise.all(Array.from({ length: 60 }, () => it.request(call(url), context(["*"]))));
    expect(replies.every(({ ok }) => ok)).toBe(true);
    return most > 16;
  });
  attackTest("requests without end", { options: { limits: {} } }, { limits: { requests: 30 } }, async (it) => {
    const port = await serve((_, response) => void response.end());
    const replies = [];
    for (let index = 0; index < 40; index++)
      replies.push(await it.request(call(`http://public.test:${port}/`), context(["*"])));
    return replies.every(({ ok }) => ok);
  });
});

describe("an answer that never comes", () => {
  const limits = { timeoutMs: 200, maxTimeoutMs: 200 };
  const patient: Weakness = { options: { limits: { timeoutMs: 60_000, maxTimeoutMs: 60_000 } } };
  /** In small steps: where this process itself stood still, what was due in the meantime comes first. */
  const fiveTimes = async (milliseconds: number): Promise<true> => {
    for (let step = 0; step < 50; step++) await delay(milliseconds / 10);
    return true;
  };
  /** Won: the request is still held after five times its time. */
  const holds =
    (answer: (write: (text: string) => void) => void, timeoutMs: number | null = null) =>
    async (it: HttpClient) => {
      const port = await serveBytes((socket) => {
        socket.once("data", () => answer((text) => void socket.write(text)));
      });
      const stop = new AbortController();
      const reply = it.request(
        call(`http://public.test:${port}/`, { timeoutMs }),
        context(["*"], { signal: stop.signal }),
      );
      const held = await Promise.race([reply.then(() => false), fiveTimes(200)]);
      stop.abort();
      const ended = await reply;
      expect(ended.ok ? "ok" : ended.code).toBe(held ? "network" : "timeout");
      return held;
    };
  const dripping = (prefix: string, drop: string) => (write: (text: string) => void) => {
    write(prefix);
    const timer = setInterval(() => write(drop), 50);
    onTestFinished(() => clearInterval(timer));
  };
  attackTest(
    "silence",
    patient,
    { limits },
    holds(() => {}),
  );
  attackTest("headers in drops", patient, { limits }, holds(dripping("HTTP/1.1 200 OK\r\n", "x: y\r\n")));
  attackTest(
    "a body in drops",
    patient,
    { limits },
    holds(dripping("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", ".")),
  );
  attackTest(
    "informational answers in drops",
    patient,
    { limits },
    holds(dripping("", "HTTP/1.1 102 Processing\r\n\r\n")),
  );
  attackTest(
    "the guest asks for a year",
    patient,
    { limits },
    holds(() => {}, 365 * 86_400_000),
  );
  attackTest(
    "a TLS handshake that stalls",
    { options: { limits: { connectTimeoutMs: 60_000 } } },
    { limits: { connectTimeoutMs: 200 } },
    async (it) => {
      const port = await serveBytes(() => {});
      const stop = new AbortController();
      const reply = it.request(call(`https://secure.test:${port}/`), context(["*"], { signal: stop.signal }));
      const held = await Promise.race([reply.then(() => false), fiveTimes(200)]);
      stop.abort();
      await reply;
      return held;
    },
  );
});
