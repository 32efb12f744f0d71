/** Job: the kernel in the places where it runs: a thread that is ended, a process under Node's permission model, a full stack. Never: paths. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuestExit } from "../../packages/host/src/wasi/kernel.ts";
import { directoryMount, Guest } from "./guest.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capsule-thread-"));
  writeFileSync(join(folder, "file"), "text");
});
afterEach(() => rmSync(folder, { recursive: true }));

const guestModule = JSON.stringify(resolve(import.meta.dirname, "guest.ts"));
const script = (body: string) => `
  import(${guestModule}).then(async ({ Guest, directoryMount, oflag }) => {
    const guest = new Guest({ mounts: [directoryMount(${JSON.stringify(folder)})] });
    ${body}
  });`;

test("a thread that is ended leaves no descriptor of the host open", async () => {
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  const worker = new Worker(
    script(`
      for (let i = 0; i < 50; i += 1) guest.open("file");
      require("node:worker_threads").parentPort.postMessage("ready");
      for (;;) guest.stat("./././file");`),
    { eval: true },
  );
  await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  expect(descriptors()).toBeGreaterThan(before + 50);
  await worker.terminate();
  // The process may have one of its own at any time.
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});

test("under Node's permission model everything works but links and times", () => {
  const grants = [
    `--allow-fs-read=${resolve(import.meta.dirname, "../..")}`,
    ...[folder, "/proc/self/fd"].flatMap((path) => [`--allow-fs-read=${path}`, `--allow-fs-write=${path}`]),
  ];
  const body = `console.log(JSON.stringify([
    guest.open("file").errno, guest.openAll("new", { oflags: oflag.create }).errno, guest.mkdir("dir"), guest.rename("new", "dir/new"),
    guest.stat("dir/new").errno, guest.names("dir"), guest.unlink("dir/new"), guest.rmdir("dir"), guest.symlink("file", "link"),
  ]));`;
  const output = execFileSync(process.execPath, ["--permission", ...grants, "--eval", script(body)], {
    encoding: "utf8",
  });
  expect(JSON.parse(output)).toEqual(["OK", "OK", "OK", "OK", "OK", ["new"], "OK", "OK", "ENOTSUP"]);
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("text");
});

test("after a call that a full stack cut off, the guest gets no other", () => {
  const guest = new Guest({ mounts: [directoryMount(folder)] });
  guest.text("file");
  const outcomes: unknown[] = [];
  const deeper = (): void => {
    try {
      deeper();
    } catch {
      // A guest with catch_all, which calls again at each level on its way up: at some of them the stack ends within the call.
      try {
        outcomes.push(guest.calls["path_filestat_get"]!(3, 1, 4096, 4, 1024));
      } catch (error) {
        outcomes.push(error instanceof GuestExit ? "ended" : "cut off");
      }
      throw new Error("up");
    }
  };
  expect(deeper).toThrow("up");
  expect(outcomes).not.toContain(0);
  expect(outcomes.at(-1)).toBe("ended");
  expect(guest.exhausted).toBe(1);
});

test("a device cannot lead the guest back in while it is in a call", () => {
  let again: unknown;
  const guest: Guest = new Guest({
    services: {
      devices: new Map([
        [
          "/dev/loop",
          {
            write: () => {
              try {
                guest.stat(".");
              } catch (error) {
                again = error;
              }
            },
            read: () => new Uint8Array(0),
          },
        ],
      ]),
    },
  });
  const fd = guest.openAll("dev/loop").value!;
  guest.write(fd, "x");
  expect(again).toBeInstanceOf(GuestExit);
  expect(() => guest.stat(".")).toThrow(GuestExit);
});
