/** Job: the command on a terminal: colours for people, nothing that a guest prints steers it, Ctrl-C ends it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project, root, terminal } from "./support/capsule.ts";

const spin = join(root, "fixtures/modules/spin.wat");

/** A WASI command that prints `text`. */
function printer(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const data = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "${data}")
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 8))
      (i32.store (i32.const 4) (i32.const ${bytes.length}))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 4096)))))`;
}

const attack = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \u009b6n é\n";

test("a guest's colours are shown, its other control sequences are not obeyed", async () => {
  using folder = project({ "attack.wat": printer(attack) });
  const { code, screen } = await terminal(["run", "attack.wat"], { cwd: folder.path });
  expect(code).toBe(0);
  expect(screen).toBe("␛]0;owned␇␛[2J\x1b[31mred\x1b[0m <9b>6n é\n");
});

test("a file or a pipe gets a guest's bytes as they are", async () => {
  using folder = project({ "attack.wat": printer(attack) });
  expect((await capsule(["run", "attack.wat"], { cwd: folder.path })).stdout).toBe(attack);
});

test("a colour that the guest leaves on does not stay", async () => {
  using folder = project({ "red.wat": printer("\x1b[31mred") });
  expect((await terminal(["run", "red.wat"], { cwd: folder.path })).screen).toBe("\x1b[31mred\x1b[0m");
});

test("our own colours: on a terminal, not with NO_COLOR, not in a pipe", async () => {
  const args = ["run", spin, "--compute", "1000"];
  expect((await terminal(args)).screen).toContain("\x1b[31mout_of_fuel\x1b[39m");
  expect((await terminal(args, { env: { NO_COLOR: "1" } })).screen).not.toContain("\x1b[");
  expect((await capsule(args)).stderr).not.toContain("\x1b[");
});

test("Ctrl-C in an endless guest ends it with code 130", async () => {
  const { code, screen } = await terminal(["run", spin, "--compute", "HIGH", "--verbose"], { stdin: "\x03" });
  expect(screen).toContain("cancelled");
  expect(code).toBe(130);
});

test("a module is not printed on a terminal", async () => {
  const { code, screen } = await terminal(["instrument", spin, "-o", "-"]);
  expect(screen).toContain("redirect standard output");
  expect(code).toBe(2);
});
