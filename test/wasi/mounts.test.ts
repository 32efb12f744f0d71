/** Job: the tree that mounts make together, and which directories can be mounted at all. Never: what happens inside one volume. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Kernel } from "../../packages/host/src/wasi/kernel.ts";
import { openVolume } from "../../packages/host/src/wasi/volume/open.ts";
import { directoryMount, fdflag, Guest, oflag } from "./guest.ts";
import { cleanups, get, put } from "./volumes.ts";

describe("mounts", () => {
  const nested = () => {
    const folder = mkdtempSync(join(tmpdir(), "capsule-mounts-"));
    const guest = new Guest({
      mounts: [
        directoryMount(folder, "rw", "/work"),
        { kind: "temporary", guestPath: "/work/deep/tmp", maxBytes: 4096 },
        { kind: "library", guestPath: "/lib", files: new Map([["a.py", new Uint8Array(3)]]) },
      ],
      preopens: ["/", "/work"],
    });
    cleanups.push(() => {
      guest.kernel.dispose();
      rmSync(folder, { recursive: true });
    });
    return guest;
  };

  test("nest, and show themselves in listings once", () => {
    const guest = nested();
    expect(guest.names(".")).toEqual(["lib", "work"]);
    expect(guest.names("work")).toEqual(["deep"]);
    put(guest, "work/deep/tmp/file", "in memory");
    put(guest, "work/file", "on disk");
    expect(guest.names("work")).toEqual(["deep", "file"]);
    expect(guest.mkdir("work/deep")).toBe("EEXIST");
    expect(get(guest, "work/deep/tmp/file")).toBe("in memory");
    expect(get(guest, "work/deep/../file")).toBe("on disk");
    expect(guest.stat("tmp/file", true, guest.openDirectory("deep", {}, 4).value!).errno).toBe("OK");
  });

  test("cannot be renamed, removed or replaced", () => {
    const guest = nested();
    guest.mkdir("work/other");
    expect(guest.rename("work", "x")).toBe("EACCES");
    for (const code of [
      guest.rename("work", "work/x"),
      guest.rename("work/deep", "work/x"),
      guest.rename("work/other", "work/deep"),
      guest.rename("work/other", "lib"),
      guest.rmdir("work/deep"),
      guest.rmdir("lib"),
      guest.unlink("work/deep/tmp"),
    ])
      expect(code).toBe("EBUSY");
  });

  test("files do not move or link between them", () => {
    const guest = nested();
    put(guest, "work/file", "x");
    expect(guest.rename("work/file", "work/deep/tmp/file")).toBe("EXDEV");
    expect(guest.link("work/file", "work/deep/tmp/file")).toBe("EXDEV");
    put(guest, "work/deep/tmp/t", "y");
    expect(guest.rename("work/deep/tmp/t", "work/t")).toBe("EXDEV");
    expect(guest.rename("lib/a.py", "work/a.py")).toBe("EACCES");
    expect(guest.rename("work/file", "work/moved")).toBe("OK");
    guest.mkdir("work/plain");
    expect(guest.rename("work/moved", "work/plain/moved")).toBe("OK");
    expect(guest.rename("work/plain/moved", "work/back")).toBe("OK");
    expect(get(guest, "work/back")).toBe("x");
  });

  test("leave no descriptor of the host open at the end", () => {
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const before = descriptors();
    const guest = nested();
    guest.openDirectory("work");
    guest.openDirectory("work/deep");
    guest.openAll("work/file", { oflags: oflag.create, fdflags: fdflag.append });
    guest.write(7, "x");
    guest.open("work/../work/./deep/../file");
    guest.open("work/none/file");
    expect(descriptors()).toBeGreaterThan(before);
    guest.kernel.dispose();
    expect(descriptors()).toBe(before);
  });

  test("a front that passes half a character is refused: it would name another file", () => {
    const guest = nested();
    const { files, preopens } = guest.kernel;
    expect(() => files.createDirectory(preopens[1]!.open, "\ud800")).toThrow(
      expect.objectContaining({ code: "EILSEQ" }),
    );
    expect(() => files.symlink("\udfff", preopens[1]!.open, "link")).toThrow(
      expect.objectContaining({ code: "EILSEQ" }),
    );
  });

  test("a directory that does not exist is an error before the guest runs", () => {
    expect(() => new Guest({ mounts: [directoryMount("/nonexistent/capsule")] })).toThrow(
      '"/nonexistent/capsule" cannot be granted as "/": ENOENT',
    );
  });

  test("that contradict each other are errors before the guest runs", () => {
    const temporary = (guestPath: string) => ({ kind: "temporary", guestPath, maxBytes: 1 }) as const;
    expect(() => new Guest({ mounts: [temporary("/a"), temporary("/a")] })).toThrow('"/a" is mounted twice');
    expect(() => new Guest({ mounts: [temporary("a/../b")] })).toThrow("must be absolute");
    expect(() => new Guest({ preopens: ["/none"] })).toThrow('"/none" cannot be preopened');
  });

  test("the whole file system and /proc are never granted", () => {
    for (const path of ["/", "/proc", "/proc/self", "/sys"])
      expect(() => new Guest({ mounts: [directoryMount(path)] })).toThrow("cannot be granted");
  });

  test("host directories are refused where they cannot be kept safe", () => {
    const elsewhere = () =>
      new Guest({
        mounts: [directoryMount(tmpdir())],
        kernel: (config, services) =>
          new Kernel(config, services, { open: (mount, clock, ledger) => openVolume(mount, clock, ledger, "darwin") }),
      });
    expect(elsewhere).toThrow("host directories need Linux with /proc");
  });
});
