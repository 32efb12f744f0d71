/** Job: loopback servers, a fake resolver, and clients with a guard taken away. Never: reach beyond loopback. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import {
  createGuardedClient,
  type Guards,
  guards,
  type HttpClient,
  type HttpClientOptions,
  type HttpContext,
} from "../../packages/host/src/net/client.ts";
import type { HostDenial, HttpCall, HttpReply, RequestRecord } from "../../packages/host/src/net/index.ts";
import { type HostRule, parseLimits, parsePolicyOptions } from "../../packages/host/src/policy/index.ts";
import * as certificates from "./certificates.ts";

/** Plays the public internet: tests grant it as if it were a public address. All of 127/8 is loopback on Linux. */
export const publicAddress = "127.0.0.2";
/** Plays what nobody granted. */
export const internalAddress = "127.0.0.1";

export async function listen(server: Server, address: string, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP server that is gone after the test; the answer is its port. */
export async function serve(
  handler: RequestListener,
  { address = publicAddress, tls = false, port = 0 } = {},
): Promise<number> {
  const server = tls ? createTlsServer(certificates.server, handler) : createServer(handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server, address, port);
}

/** A server of bytes. */
export async function serveBytes(handler: (socket: Socket) => void, address = publicAddress): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handler(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server, address);
}

/** What a server was sent, as text, up to its first pause; answers 200 "ok". */
export async function recordBytes(): Promise<{ readonly port: number; readonly text: () => string }> {
  let text = "";
  const port = await serveBytes((socket) => {
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      setTimeout(() => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 30);
    });
  });
  return { port, text: () => text };
}

export const rules = (...texts: string[]): readonly HostRule[] =>
  parsePolicyOptions({ allowed_hosts: texts }, "test").hosts!;
export const granted = (...addresses: string[]) =>
  parseLimits({ private_addresses: addresses }, "test").privateAddresses!;

/** Every name is at the public address unless the table says otherwise; one entry is taken per lookup, the last one stays. */
export function resolver(table: Readonly<Record<string, readonly (readonly string[])[]>> = {}) {
  const asked = new Map<string, number>();
  return async (host: string): Promise<readonly string[]> => {
    const answers = table[host] ?? [[publicAddress]];
    const turn = asked.get(host) ?? 0;
    asked.set(host, turn + 1);
    return answers[Math.min(turn, answers.length - 1)]!;
  };
}

export const call = (url: string, part: Partial<HttpCall> = {}): HttpCall => ({
  kind: "http",
  method: "GET",
  url,
  headers: [],
  body: null,
  timeoutMs: null,
  ...part,
});

export const bodyText = (reply: HttpReply): string =>
  reply.ok ? Buffer.from(reply.body).toString("latin1") : `${reply.code}: ${reply.message}`;

/** A context that remembers what it was told. */
export function context(hosts: readonly string[], part: Partial<HttpContext> = {}) {
  const records: RequestRecord[] = [];
  const denials: HostDenial[] = [];
  return {
    hosts: rules(...hosts),
    privateAddresses: granted(publicAddress),
    onRequest: (record: RequestRecord) => void records.push(record),
    onDenied: (denial: HostDenial) => void denials.push(denial),
    records,
    denials,
    ...part,
  };
}

/** A client whose guards are those of production but for `weak`. */
export const client = (options: HttpClientOptions = {}, weak: Partial<Guards> = {}): HttpClient =>
  createGuardedClient({ resolve: resolver(), ...options }, { ...guards, ...weak });

/** The textbook's way to send a request: put strings together. */
export const naiveExchange: Guards["exchange"] = ({ method, target, headers, body }, socket) => {
  const lines = [`${method} ${target.path} HTTP/1.1`, `host: ${target.authority}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (body !== null) socket.write(body);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", () => {
      socket.destroy();
      reject(new Error("the naive client does not read answers"));
    });
    void (resolve as (response: IncomingMessage) => void);
  });
};

/** Takes a URL apart and believes it. */
export const naiveTarget: Guards["target"] = (text, base) => {
  const url = base === null ? new URL(text) : new URL(text, base);
  const secure = url.protocol === "https:";
  return {
    url,
    secure,
    host: url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, ""),
    port: Number(url.port) || (secure ? 443 : 80),
    authority: url.host,
    path: url.pathname + url.search,
  };
};

/** Sends whatever the guest wrote. */
export const naiveHeaders: Guards["headers"] = (headers) => headers;
