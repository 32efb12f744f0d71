/**
 * Job: which IP addresses are not the public internet (IANA's special-purpose registries, metadata services), and
 * whether the operator granted one. Never: resolve or connect.
 */
import { type Address, type AddressRange, parseAddress, parseAddressRange, rangeHolds } from "../policy/index.ts";

const range = (text: string) => parseAddressRange(text)!;

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and addresses that clouds took from public space. */
const special4: readonly (readonly [AddressRange, string])[] = [
  [range("0.0.0.0/8"), "this host"],
  [range("10.0.0.0/8"), "private"],
  [range("100.64.0.0/10"), "shared (carrier-grade NAT)"],
  [range("127.0.0.0/8"), "loopback"],
  [range("168.63.129.16"), "cloud metadata (Azure)"],
  [range("169.254.0.0/16"), "link-local (cloud metadata)"],
  [range("172.16.0.0/12"), "private"],
  [range("192.0.0.0/24"), "reserved (protocol assignments)"],
  [range("192.0.2.0/24"), "documentation"],
  [range("192.31.196.0/24"), "reserved (AS112)"],
  [range("192.52.193.0/24"), "reserved (AMT)"],
  [range("192.88.99.0/24"), "6to4 relay"],
  [range("192.168.0.0/16"), "private"],
  [range("192.175.48.0/24"), "reserved (AS112)"],
  [range("198.18.0.0/15"), "benchmarking"],
  [range("198.51.100.0/24"), "documentation"],
  [range("203.0.113.0/24"), "documentation"],
  [range("224.0.0.0/4"), "multicast"],
  [range("240.0.0.0/4"), "reserved"],
];

/** Names for what lies outside the global unicast range, all of which is refused, and the special parts inside it. */
const special6: readonly (readonly [AddressRange, string])[] = [
  [range("::1"), "loopback"],
  [range("::"), "unspecified"],
  [range("::ffff:0:0/96"), "IPv4-mapped"],
  [range("::ffff:0:0:0/96"), "IPv4-translated"],
  [range("::/96"), "IPv4-compatible"],
  [range("64:ff9b::/96"), "NAT64"],
  [range("64:ff9b:1::/48"), "NAT64 (local)"],
  [range("100::/64"), "discard"],
  [range("fc00::/7"), "private (unique local)"],
  [range("fe80::/10"), "link-local"],
  [range("fec0::/10"), "site-local"],
  [range("ff00::/8"), "multicast"],
  [range("2001::/32"), "Teredo"],
  [range("2001::/23"), "reserved (protocol assignments)"],
  [range("2001:db8::/32"), "documentation"],
  [range("2002::/16"), "6to4"],
  [range("2620:4f:8000::/48"), "reserved (AS112)"],
  [range("3fff::/20"), "documentation"],
];
const globalUnicast = range("2000::/3");

/** What kind of special address this is; null for one of the public internet. */
export function specialKind(address: Address): string | null {
  const table = address.bits === 32 ? special4 : special6;
  const kind = table.find(([part]) => rangeHolds(part, address))?.[1];
  if (kind !== undefined) return kind;
  return address.bits === 32 || rangeHolds(globalUnicast, address) ? null : "reserved";
}

/**
 * Why a request must not go to this address, or null.
 * An address that carries another one (mapped, NAT64, 6to4, Teredo) is judged in the form it has: a grant of 10.0.0.0/8
 * does not open ::ffff:10.0.0.1.
 * @param text the address as a resolver gives it
 * @param granted what the operator allows besides the public internet
 */
export function refuseAddress(text: string, granted: readonly AddressRange[]): string | null {
  const address = parseAddress(text);
  // Also an address with a zone ("fe80::1%eth0"): link-local by nature.
  if (address === null) return "no plain address";
  const kind = specialKind(address);
  return kind === null || granted.some((part) => rangeHolds(part, address)) ? null : kind;
}
