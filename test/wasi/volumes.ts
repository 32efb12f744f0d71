/** Job: guests on each kind of volume, and files put and got in one line. Never: expectations of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import type { Mount } from "../../packages/host/src/wasi/config.ts";
import { directoryMount, Guest, type GuestOptions, oflag } from "./guest.ts";

/** Run after each test. */
export const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

export function guestOn(kind: Mount["kind"], options: GuestOptions = {}): Guest {
  const folder = mkdtempSync(join(tmpdir(), "capsule-files-"));
  const mount: Mount =
    kind === "directory" ? directoryMount(folder) : { kind: "temporary", guestPath: "/", maxBytes: 1 << 20 };
  const guest = new Guest({ mounts: [mount], ...options });
  cleanups.push(() => {
    guest.kernel.dispose();
    rmSync(folder, { recursive: true });
  });
  return guest;
}

export const put = (guest: Guest, path: string, text = "") => {
  const fd = guest.openAll(path, { oflags: oflag.create | oflag.truncate }).value!;
  if (text !== "") expect(guest.write(fd, text)).toEqual({ errno: "OK", value: text.length });
  expect(guest.close(fd)).toBe("OK");
};
export const get = (guest: Guest, path: string) => {
  const fd = guest.open(path);
  if (fd.value === undefined) return fd.errno;
  const text = guest.read(fd.value).value;
  guest.close(fd.value);
  return text;
};
