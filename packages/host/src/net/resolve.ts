/** Job: the addresses of a name, by the machine's own resolver. Never: judge them. */
import { lookup } from "node:dns/promises";

/** All addresses of a host name, as text; rejects with Node's error codes. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveWithSystem: Resolve = async (host) =>
  (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);
