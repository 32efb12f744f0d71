/**
 * Job: a real thread that keeps swapping a directory for a link to the outside, and a guest that keeps trying: never on our
 * kernel, soon on one that looks before it opens.
 * Never: assert a time.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { reads, writes } from "./attacks/attack.ts";
import { type Weakness, weak } from "./attacks/weak.ts";
import { createWorld, secret, type World } from "./attacks/world.ts";
import { Guest } from "./guest.ts";

const swapper = `
  const { workerData } = require("node:worker_threads");
  const { renameSync } = require("node:fs");
  const stop = new Int32Array(workerData.stop);
  const { moving, real, link } = workerData;
  Atomics.store(stop, 1, 1);
  while (Atomics.load(stop, 0) === 0) {
    renameSync(moving, real); renameSync(link, moving);
    renameSync(moving, link); renameSync(real, moving);
  }
`;

async function swapping(world: World, during: () => void): Promise<void> {
  const at = (name: string) => join(world.root, name);
  mkdirSync(at("moving"));
  for (const name of ["secret.txt", "mine.txt"]) writeFileSync(at(`moving/${name}`), "not the secret");
  symlinkSync(world.outside, at("link"));
  const stop = new SharedArrayBuffer(8);
  const flags = new Int32Array(stop);
  const worker = new Worker(swapper, {
    eval: true,
    workerData: { stop, moving: at("moving"), real: at("real"), link: at("link") },
  });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  while (Atomics.load(flags, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  try {
    during();
  } finally {
    Atomics.store(flags, 0, 1);
    await ended;
  }
}

/** One round of everything that could go through the link. */
function attempts(guest: Guest): boolean {
  writes(guest, "moving/planted.txt");
  guest.unlink("moving/secret.txt.bak");
  guest.rename("moving/mine.txt", "moving/planted2.txt");
  guest.rename("moving/planted2.txt", "moving/mine.txt");
  guest.link("moving/mine.txt", "moving/planted3.txt");
  guest.mkdir("moving/planted4");
  guest.setTimes("moving/secret.txt", 1n, 1n, 5);
  const size = guest.stat("moving/secret.txt").value?.size;
  const won = reads(guest, "moving/secret.txt") || size === BigInt(secret.length);
  for (let fd = 4; fd < 10; fd += 1) guest.close(fd);
  return won;
}

async function race(world: World, weakness: Weakness | null, rounds: number): Promise<number> {
  const guest = new Guest({ mounts: world.mounts, quotas: { directoryEntries: 10_000_000 }, ...weakness });
  let won = 0;
  await swapping(world, () => {
    for (let i = 0; i < rounds && (weakness === null || won === 0); i += 1) if (attempts(guest)) won += 1;
  });
  guest.kernel.dispose();
  return won;
}

test("a directory swapped for a link while the guest walks through it never leads out", async () => {
  using world = createWorld();
  const before = world.canaries();
  expect(await race(world, null, 3000)).toBe(0);
  expect(world.canaries()).toBe(before);

  using other = createWorld();
  expect(
    await race(
      other,
      weak.racing(() => {}),
      1_000_000,
    ),
    "the race cannot be won at all, so this test shows nothing",
  ).toBe(1);
});
