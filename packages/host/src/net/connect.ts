/** Job: a connection to exactly one of the addresses that were checked, with TLS verified for the host's name. Never: resolve a name. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, getCACertificates } from "node:tls";
import { parseAddress } from "../policy/index.ts";
import { HttpFailure } from "./failure.ts";
import type { HttpLimits } from "./limits.ts";
import type { Target } from "./target.ts";

export type Connect = (
  target: Target,
  addresses: readonly string[],
  options: { readonly limits: HttpLimits; readonly extraCa: readonly string[]; readonly signal: AbortSignal },
) => Promise<Socket>;

/** Tries the addresses in order. */
export const connectChecked: Connect = async (target, addresses, options) => {
  let failure: unknown;
  for (const address of addresses.slice(0, options.limits.connectAttempts)) {
    options.signal.throwIfAborted();
    try {
      const { connectTimeoutMs } = options.limits;
      const socket = await open(address, target.port, connectTimeoutMs, options.signal);
      if (!target.secure) return socket;
      return await secure(socket, target.host, options.extraCa, connectTimeoutMs, options.signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

async function open(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  // A literal address: Node has nothing to look up.
  const socket = connectTcp({ host: address, port, noDelay: true, signal });
  await happens(socket, "connect", timeoutMs);
  // Linux leads 0.0.0.0 and :: to loopback: where the socket is counts, not what it was told.
  if (parseAddress(socket.remoteAddress ?? "")?.value === parseAddress(address)?.value) return socket;
  socket.destroy();
  throw new HttpFailure("denied", "the connection went to another address than the one checked");
}

async function secure(
  socket: Socket,
  host: string,
  extraCa: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const tls = connectTls({
    socket,
    // SNI takes no addresses.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Said aloud, or NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    ...(extraCa.length === 0 ? {} : { ca: [...getCACertificates("default"), ...extraCa] }),
  });
  const abort = () => tls.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  tls.once("close", () => {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  });
  await happens(tls, "secureConnect", timeoutMs);
  return tls;
}

/** Waits for an event of a new socket; an error or too long a wait ends the socket. */
function happens(socket: Socket, event: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => socket.destroy(new HttpFailure("timeout", "the host did not answer in time", null, "ETIMEDOUT"));
    const timer = setTimeout(late, timeoutMs);
    // Stays: an error between two owners of the socket would otherwise be nobody's and end the process.
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      reject(Object.assign(new Error("closed"), { code: "ECONNRESET" }));
    });
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
