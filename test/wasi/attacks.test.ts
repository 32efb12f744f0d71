/** Job: every attack fails on our kernel and leaves the canaries as they were, and wins on a kernel with the mistake it needs. Never: run one without the other. */
import { describe, expect, test } from "vitest";
import { ComponentTrap } from "../../packages/host/src/component/errors.ts";
import { Fault } from "../../packages/host/src/wasi/fault.ts";
import type { Attack } from "./attacks/attack.ts";
import { pathAttacks } from "./attacks/paths.ts";
import { resourceAttacks } from "./attacks/resources.ts";
import { rightsAttacks } from "./attacks/rights.ts";
import { TrustingMemory, type Weakness } from "./attacks/weak.ts";
import { createWorld, type World } from "./attacks/world.ts";
import { type Front, Guest } from "./guest.ts";

function attempt({ wins, options }: Attack, world: World, weakness: Weakness | null, front: Front): boolean {
  TrustingMemory.largest = 0;
  const guest = new Guest({ mounts: world.mounts, ...options, ...weakness, front });
  try {
    return wins(guest, world);
  } catch (error) {
    if (error instanceof Fault || error instanceof ComponentTrap) return false;
    throw error;
  } finally {
    guest.kernel.dispose();
  }
}

const all = { paths: pathAttacks, rights: rightsAttacks, resources: resourceAttacks };

function check(attack: Attack, front: Front): void {
  using world = createWorld();
  const before = world.canaries();
  expect(attempt(attack, world, null, front), "won on our kernel").toBe(false);
  expect(world.canaries()).toBe(before);

  using other = createWorld();
  const weakness = typeof attack.weak === "function" ? attack.weak(other) : attack.weak;
  expect(attempt(attack, other, weakness, front), `failed even on a kernel that ${weakness.mistake}`).toBe(true);
}

describe.each(Object.entries(all))("%s", (_, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", (_name, attack) => {
    check(attack, "preview1");
  });
});

/** Not those on what preview1's front does itself: rights of handles, lengths in linear memory. */
const onTheKernel = (attack: Attack): boolean => {
  if (attack.only !== undefined) return false;
  using world = createWorld();
  const weakness = typeof attack.weak === "function" ? attack.weak(world) : attack.weak;
  return weakness.kernel !== undefined && !("handlesPart" in weakness) && !("memoryPart" in weakness);
};

describe.each(Object.entries(all))("%s, through preview2", (_, attacks) => {
  test.each(attacks.filter(onTheKernel).map((attack) => [attack.name, attack] as const))("%s", (_name, attack) => {
    check(attack, "preview2");
  });
});

test("there are as many as we say", () => {
  const names = Object.values(all).flatMap((attacks) => attacks.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
});
