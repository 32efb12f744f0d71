/** Job: the addresses of a target that may be connected to. Never: connect. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type AddressRange, quote } from "../policy/index.ts";
import { HttpFailure } from "./failure.ts";
import type { Target } from "./target.ts";

/** All addresses of a host name, as text; rejects with Node's error codes. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveWithSystem: Resolve = async (host) =>
  (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);

/**
 * Resolves once; what comes back is what is connected to, so no second answer of the DNS counts.
 * @param refuse why an address is refused, or null
 * @throws HttpFailure `denied` when every address is refused. The guest learns the kind of address, the operator which.
 */
export async function addressesOf(
  target: Target,
  granted: readonly AddressRange[],
  resolve: Resolve,
  refuse: (address: string, granted: readonly AddressRange[]) => string | null,
): Promise<readonly string[]> {
  const found = isIP(target.host) === 0 ? await resolve(target.host) : [target.host];
  if (found.length === 0)
    throw new HttpFailure("network", `the name ${quote(target.host)} does not resolve`, null, "ENOTFOUND");
  const refused = found.map((address) => refuse(address, granted));
  const allowed = found.filter((_, index) => refused[index] === null);
  if (allowed.length > 0) return allowed;
  const reason = `${quote(target.host)} is at an address that is not public: ${refused[0]}`;
  throw new HttpFailure("denied", `${reason}; only the operator can allow it (private_addresses under [limits])`, {
    kind: "host",
    what: `${target.authority} (${found[0]})`,
    reason,
    hint: `private_addresses=[${quote(found[0])}] under [limits] of capsule.toml`,
  });
}
