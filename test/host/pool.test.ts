/** Job: the pool: bounded, fair, replaces threads after traps, leaks none, lets the process end. */
import { execFileSync } from "node:child_process";
import { Capsule, CapsuleError } from "@capsule-run/host";
import { instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import { expect, test } from "vitest";
import { jobOf } from "../../bench/support/job.ts";
import { Pool } from "../../packages/host/src/worker/pool.ts";
import { command, printing, sleeping, spin, testHost } from "./support.ts";

const trap = command("unreachable");
const endless = { compute: "9000000000000000000" };

test("no more runs at once than there are threads; the others wait and all end", async () => {
  const host = await testHost({ pool: { threads: 2 } });
  let most = 0;
  const runs = Array.from({ length: 12 }, () =>
    host.run(printing("x"), {
      onEvent: ({ kind }) => {
        if (kind === "started") most = Math.max(most, host.capsule.state.running);
      },
    }),
  );
  for (const envelope of await Promise.all(runs)) expect(envelope.success).toBe(true);
  expect(most).toBeLessThanOrEqual(2);
});

test("a thread whose guest trapped is replaced, and none is left over", async () => {
  const host = await testHost({ pool: { threads: 2, spare: 1 } });
  for (let round = 0; round < 6; round++) {
    const [broken, whole] = await Promise.all([host.run(trap), host.run(printing("x"))]);
    expect(broken.error?.error_type).toBe("wasm_error");
    expect(whole.success).toBe(true);
  }
  await host.capsule.warm();
  await expect.poll(() => host.capsule.state).toMatchObject({ running: 0, starting: 0, queued: 0, lost: 0 });
  expect(host.capsule.state.idle).toBeLessThanOrEqual(2);
});

test("what one run leaves in its memory, the next one does not see", async () => {
  const host = await testHost({ pool: { threads: 1 } });
  const mark = command(
    `(if (i32.ne (i32.load (i32.const 4096)) (i32.const 0)) (then (call $exit (i32.const 9))))
     (i32.store (i32.const 4096) (i32.const 1))`,
  );
  for (let round = 0; round < 5; round++) expect((await host.run(mark)).success).toBe(true);
});

test("a reader that takes nothing holds back the run that it reads, and no run after it", async () => {
  const host = await testHost({ pool: { threads: 1, spare: 1 } });
  // More than the window in one run's lines; the last of them need not wait.
  const much = command(
    `(local $lines i32) (local.set $lines (i32.const 18))
     (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 60000))
     (loop $again
       (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
       (br_if $again (local.tee $lines (i32.sub (local.get $lines) (i32.const 1)))))`,
  );
  const releases: (() => void)[] = [];
  const stdout = () => new Promise<void>((resolve) => releases.push(resolve));
  for (let round = 0; round < 3; round++) {
    const { error } = await host.run(much, { stdout, policy: { timeout: "5s" } });
    expect(error).toBe(null);
  }
  // What is taken late counts for nobody: the next run is held back as ever.
  for (const release of releases) release();
  const seen: number[] = [];
  const stop = new AbortController();
  const slow = (bytes: Uint8Array) => {
    // The window is full; what a guest that is not held back would send comes within this time.
    if (seen.push(bytes.length) === 18) setTimeout(() => stop.abort(), 500);
    return new Promise<void>(() => {});
  };
  const more = much.replace("(i32.const 18)", "(i32.const 60)");
  expect((await host.run(more, { stdout: slow, signal: stop.signal })).error?.error_type).toBe("cancelled");
  expect(seen.length).toBe(18);
});

test("a deadline frees the thread, whether the guest spins or sleeps", async () => {
  const host = await testHost({ pool: { threads: 1 } });
  for (const guest of [spin, sleeping]) {
    const envelope = await host.run(guest, { policy: { ...endless, timeout: "100ms" } });
    expect(envelope.error?.error_type).toBe("timeout");
    expect((await host.run(printing("x"))).success).toBe(true);
  }
});

test("the time in the queue is not the task's", async () => {
  const host = await testHost({ pool: { threads: 1 } });
  const first = host.run(sleeping, { policy: { timeout: "1100ms" } });
  const second = host.run(printing("x"), { policy: { timeout: "1s" } });
  expect((await first).error?.error_type).toBe("timeout");
  expect((await second).success).toBe(true);
});

test("owners take turns: one with many jobs does not keep another waiting for all of them", async () => {
  await using pool = new Pool({ threads: 1 });
  const metered = instrument(await parseText('(module (func (export "_start")))'), { memory: "import" });
  const job = jobOf(metered, { fuel: 1000n, memoryBytes: 0 });
  const order: string[] = [];
  const owners = ["many", "many", "many", "many", "few", "many", "other"];
  await Promise.all(owners.map((owner) => pool.run(job, {}, { owner, started: () => void order.push(owner) })));
  expect(order).toEqual(["many", "many", "few", "other", "many", "many", "many"]);
});

test("a run that waits can be cancelled without touching the one that runs", async () => {
  const host = await testHost({ pool: { threads: 1 } });
  const stop = new AbortController();
  const end = new AbortController();
  let isOver = false;
  const running = host.run(sleeping, { policy: { timeout: "60s" }, signal: end.signal });
  void running.then(() => {
    isOver = true;
  });
  await expect.poll(() => host.capsule.state.running).toBe(1);
  const waiting = host.run(printing("x"), { signal: stop.signal });
  await expect.poll(() => host.capsule.state.queued).toBe(1);
  stop.abort();
  expect((await waiting).error?.error_type).toBe("cancelled");
  expect(host.capsule.state).toMatchObject({ running: 1, queued: 0 });
  expect(isOver).toBe(false);
  end.abort();
  expect((await running).error?.error_type).toBe("cancelled");
});

test("a full queue refuses with a sentence", async () => {
  const host = await testHost({ pool: { threads: 1, maxQueue: 1 } });
  const end = new AbortController();
  const first = host.run(sleeping, { policy: { timeout: "60s" }, signal: end.signal });
  await expect.poll(() => host.capsule.state.running).toBe(1);
  const second = host.run(printing("x"));
  await expect.poll(() => host.capsule.state.queued).toBe(1);
  const third = await host.run(printing("x"));
  expect(third.error?.message).toContain("queue is full");
  end.abort();
  expect((await first).error?.error_type).toBe("cancelled");
  expect((await second).success).toBe(true);
});

test("closing cancels what runs and what waits, and leaves no thread", async () => {
  const host = await testHost({ pool: { threads: 1 } });
  const runs = [host.run(spin, { policy: endless }), host.run(spin, { policy: endless })];
  await expect.poll(() => host.capsule.state).toMatchObject({ running: 1, queued: 1 });
  await host.capsule[Symbol.asyncDispose]();
  for (const envelope of await Promise.all(runs)) expect(envelope.error?.error_type).toBe("cancelled");
  expect(host.capsule.state).toMatchObject({ running: 0, idle: 0, starting: 0, queued: 0 });
});

test("after closing, runs are refused", async () => {
  const host = await testHost();
  await host.capsule[Symbol.asyncDispose]();
  const envelope = await host.run(printing("x"));
  expect(envelope.error?.message).toContain("closed");
});

test("an open host with idle threads lets the process end", async () => {
  const host = await testHost();
  const module = host.write("hello.wat", printing("hello"));
  const program = host.write(
    "program.mjs",
    `import { Capsule } from ${JSON.stringify(import.meta.resolve("@capsule-run/host"))};
     const capsule = await Capsule.open({ cache: { folder: ${JSON.stringify(`${host.folder}/cache`)} } });
     await capsule.warm();
     const envelope = await capsule.run(${JSON.stringify(module)});
     console.log(envelope.success);`,
  );
  const output = execFileSync(process.execPath, ["--conditions=capsule-source", program], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(output).toBe("true\n");
});

test.each([
  [{ threads: 0 }, "pool.threads is 0"],
  [{ threads: 1.5 }, "pool.threads is 1.5"],
  [{ spare: -1 }, "pool.spare is -1"],
  [{ maxQueue: Number.NaN }, "pool.maxQueue is NaN"],
])("an option that is wrong is refused: %j", async (pool, message) => {
  const opening = Capsule.open({ pool });
  await expect(opening).rejects.toThrow(CapsuleError);
  await expect(Capsule.open({ pool })).rejects.toThrow(message);
});
