/** Job: components with changed bytes, through the host's door: looked at and run, they end in a way that is theirs, never in a fault of ours. */
import { CapsuleError } from "@capsule-run/host";
import { expect, test } from "vitest";
import { componentHost, fromModule, fromText } from "./run-support.ts";
import { commandModule, commandWit } from "./run-worlds.ts";

const host = await componentHost();
const policy = { compute: 1_000_000, ram: "2MB", timeout: "10s" };
const rounds = 80;

const seeds = {
  command: await fromModule(commandModule("(call $print (i32.const 0) (i32.const 5)) (i32.const 0)"), commandWit),
  nested: await fromText(`(component
    (component $c
      (type $r' (resource (rep i32))) (export $r "thing" (type $r'))
      (core func $new (canon resource.new $r'))
      (core module $m (import "" "new" (func $new (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "make") (result i32) (call $new (i32.const 7)))
        (func (export "echo") (param i32 i32) (result i32)
          (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
      (func (export "echo") (param "x" string) (result string)
        (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
    (instance $a (instantiate $c)) (instance $b (instantiate $c))
    (export "docs:a/b@0.1.0" (instance $a))
    (export "echo" (func $b "echo")))`),
};

/** Park and Miller's generator: the same changes on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

test.each(Object.entries(seeds))("%s", async (name, seed) => {
  const random = generator(20_261_121);
  for (let round = 0; round < rounds; round++) {
    const bytes = seed.slice();
    const changes: string[] = [];
    for (let left = 1 + random(3); left > 0; left--) {
      const at = 8 + random(bytes.length - 8);
      bytes[at] = random(2) === 0 ? random(256) : random(8);
      changes.push(`${at}: ${bytes[at]}`);
    }
    const what = `${name}, byte ${changes.join(", ")}`;
    const path = host.write("changed.wasm", bytes);
    const inspection = await host.capsule.inspect(path, { cwd: host.folder }).catch((error: unknown) => error);
    if (inspection instanceof Error) {
      expect(inspection, what).toBeInstanceOf(CapsuleError);
      expect((inspection as CapsuleError).code, what).toMatch(/^(build_error|invalid_config)$/);
    }
    for (const invoke of [null, 'echo("four")']) {
      const call = invoke === null ? {} : { invoke };
      const { error } = await host.capsule.run(path, { cwd: host.folder, policy, ...call });
      expect(error?.error_type, `${what}: ${error?.message}`).not.toBe("internal_error");
    }
  }
});
