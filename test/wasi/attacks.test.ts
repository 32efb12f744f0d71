/** Job: every attack fails on our kernel and leaves the canaries as they were, and wins on a kernel with the mistake it needs. Never: run one without the other. */
import { describe, expect, test } from "vitest";
import { Fault } from "../../packages/host/src/wasi/fault.ts";
import type { Attack } from "./attacks/attack.ts";
import { pathAttacks } from "./attacks/paths.ts";
import { resourceAttacks } from "./attacks/resources.ts";
import { rightsAttacks } from "./attacks/rights.ts";
import { TrustingMemory, type Weakness } from "./attacks/weak.ts";
import { createWorld, type World } from "./attacks/world.ts";
import { Guest } from "./guest.ts";

function attempt({ wins, options }: Attack, world: World, weakness: Weakness | null): boolean {
  TrustingMemory.largest = 0;
  const guest = new Guest({ mounts: world.mounts, ...options, ...weakness });
  try {
    return wins(guest, world);
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  } finally {
    guest.kernel.dispose();
  }
}

const all = { paths: pathAttacks, rights: rightsAttacks, resources: resourceAttacks };

describe.each(Object.entries(all))("%s", (_, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", (_name, attack) => {
    using world = createWorld();
    const before = world.canaries();
    expect(attempt(attack, world, null), "won on our kernel").toBe(false);
    expect(world.canaries()).toBe(before);

    using other = createWorld();
    const weakness = typeof attack.weak === "function" ? attack.weak(other) : attack.weak;
    expect(attempt(attack, other, weakness), `failed even on a kernel that ${weakness.mistake}`).toBe(true);
  });
});

test("there are as many as we say", () => {
  const names = Object.values(all).flatMap((attacks) => attacks.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
});
