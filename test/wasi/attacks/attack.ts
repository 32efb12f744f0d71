/** Job: the shape of an attack, and what attacks have in common. Never: an attack. */
import { right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import { type Front, type Guest, type GuestOptions, oflag } from "../guest.ts";
import type { Weakness } from "./weak.ts";
import { secret, type World } from "./world.ts";

export interface Attack {
  readonly name: string;
  /** The kernel on which it wins. */
  readonly weak: Weakness | ((world: World) => Weakness);
  readonly options?: GuestOptions;
  /** Where the weak kernel is not enough, because the other front has a guard of its own. */
  readonly only?: Front;
  /** True when the guest got what it wanted. */
  wins(guest: Guest, world: World): boolean;
}

export const readWrite = right.fdRead | right.fdWrite | right.fdSeek | right.fdFilestatGet;

/** The guest reads the host's secret. */
export function reads(guest: Guest, path: string, fd = 3, lookup = 1): boolean {
  const opened = guest.open(path, { lookup }, fd);
  return opened.value !== undefined && guest.read(opened.value).value === secret;
}

/** The guest makes or overwrites a file. */
export function writes(guest: Guest, path: string, fd = 3): boolean {
  const opened = guest.open(path, { oflags: oflag.create, base: readWrite }, fd);
  return opened.value !== undefined && guest.write(opened.value, "owned").errno === "OK";
}
