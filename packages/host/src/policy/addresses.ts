/** Job: IP addresses and ranges as numbers: read them, test whether a range holds an address. Never: say which are dangerous (see net/special.ts). */
import { isIPv4, isIPv6 } from "node:net";

/** `bits` is 32 or 128; the family is part of an address, "::ffff:10.0.0.1" is not "10.0.0.1" here. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A CIDR range. */
export interface AddressRange extends Address {
  readonly prefix: number;
}

/** The canonical text forms: "192.0.2.7", "2001:db8::7" (no zone, no brackets); null for anything else. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return { bits: 32, value: ipv4Value(text) };
  if (!isIPv6(text) || text.includes("%")) return null;
  // A trailing dotted quad is two groups.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let groups = text;
  if (dotted !== null) {
    const low = ipv4Value(dotted[2]!);
    groups = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head = "", tail] = groups.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return { bits: 128, value: all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}

const ipv4Value = (text: string) => text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);

/** "10.0.0.0/8", "fd00::/8", or one address; null for anything else, also when bits right of the prefix are set. */
export function parseAddressRange(text: string): AddressRange | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match === null ? null : parseAddress(match[1]!);
  if (match === null || address === null) return null;
  const prefix = match[2] === undefined ? address.bits : Number(match[2]);
  if (prefix > address.bits) return null;
  const rest = BigInt(address.bits - prefix);
  if ((address.value >> rest) << rest !== address.value) return null;
  return Object.freeze({ ...address, prefix });
}

/** Whether `range` holds `address`. */
export function rangeHolds(range: AddressRange, address: Address): boolean {
  const rest = BigInt(range.bits - range.prefix);
  return range.bits === address.bits && range.value >> rest === address.value >> rest;
}

/** The text of an IPv4 address that sits in the low 32 bits of `value`. */
export const ipv4Text = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
