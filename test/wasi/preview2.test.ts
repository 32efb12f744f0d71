/** Job: what preview2's front does itself: names, streams, waiting, clocks, files' odd corners, sockets, the end. Never: paths (see attacks.test.ts). */
import type { DefinedType } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import { ComponentTrap } from "../../packages/host/src/component/errors.ts";
import { GuestExit } from "../../packages/host/src/wasi/kernel.ts";
import { wasiWorld } from "../../packages/host/src/wasi/preview2/world.ts";
import { type Answer, bytes, Host, noFlags, text } from "./preview2/host.ts";

const tmp = [{ kind: "temporary", guestPath: "/", maxBytes: 1 << 22 }] as const;
const ok = (val?: unknown) => (val === undefined ? { tag: "ok" } : { tag: "ok", val });
const err = (val?: unknown) => (val === undefined ? { tag: "err" } : { tag: "err", val });
const closed = err({ tag: "closed" });

describe("names", () => {
  /** Interface → its functions, as WASI 0.2.12 has them. */
  function promised(): Map<string, string[]> {
    const types: (DefinedType | null)[] = [];
    const found = new Map<string, string[]>();
    for (const declaration of wasiWorld()) {
      if (declaration.kind === "type") types.push(declaration.type);
      // An alias takes an index too.
      else if (declaration.kind === "alias") types.push(null);
      if (declaration.kind !== "import" || declaration.extern.kind !== "instance") continue;
      const type = types[declaration.extern.type];
      if (type?.kind !== "instance") throw new TypeError("an interface is an instance");
      const names = type.declarations.flatMap((item) =>
        item.kind === "export-declaration" && item.extern.kind === "func" ? [item.name] : [],
      );
      found.set(declaration.name, names);
    }
    return found;
  }

  test("every interface and function of WASI 0.2 is there, and no other", () => {
    const given = [...new Host().all].map(([name, { functions }]) => [name, [...functions.keys()].sort()] as const);
    const wanted = [...promised()].map(([name, functions]) => [name, functions.sort()] as const);
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(wanted));
  });

  test("every method's resource is there", () => {
    for (const [name, { functions, resources }] of new Host().all)
      for (const key of functions.keys()) {
        const resource = /^\[(?:constructor|method|static)\]([^.]+)/.exec(key)?.[1];
        if (resource !== undefined) expect([...resources.keys()], name).toContain(resource);
      }
  });
});

describe("cli", () => {
  test("arguments and environment are exactly those of the configuration", () => {
    const host = new Host({
      args: ["a", "b c"],
      env: [
        ["A", "1=2"],
        ["B", ""],
      ],
    });
    expect(host.call("environment get-arguments")).toEqual(["a", "b c"]);
    expect(host.call("environment get-environment")).toEqual([
      ["A", "1=2"],
      ["B", ""],
    ]);
    expect(host.call("environment initial-cwd")).toBeNull();
  });

  test.each([
    ["exit", ok(), 0],
    ["exit", err(), 1],
    ["exit-with-code", 33, 33],
  ])("%s ends the run: %o is %i", (name, argument, code) => {
    const host = new Host();
    expect(() => host.call(`exit ${name}`, argument)).toThrow(GuestExit);
    expect(host.guest.kernel.ended).toEqual({ code });
    expect(host.guest.exhausted).toBe(1);
    expect(() => host.call("stdout get-stdout")).toThrow(GuestExit);
  });

  test("there are no terminals", () => {
    const host = new Host();
    for (const name of ["stdin", "stdout", "stderr"])
      expect(host.call(`terminal-${name} get-terminal-${name}`)).toBeNull();
  });
});

describe("streams", () => {
  test("standard output and error", () => {
    const host = new Host();
    const [out, error] = [host.call("stdout get-stdout"), host.call("stderr get-stderr")];
    expect(host.method(out, "output-stream.check-write")).toEqual(ok(1n << 20n));
    expect(host.method(out, "output-stream.write", bytes("one "))).toEqual(ok());
    expect(host.method(out, "output-stream.blocking-write-and-flush", bytes("two"))).toEqual(ok());
    expect(host.method(out, "output-stream.blocking-flush")).toEqual(ok());
    expect(host.method(error, "output-stream.blocking-write-zeroes-and-flush", 3n)).toEqual(ok());
    expect([host.guest.stdout, host.guest.stderr]).toEqual(["one two", "\0\0\0"]);
  });

  test("standard input ends", () => {
    const host = new Host({ stdin: "hello" });
    const stdin = host.call("stdin get-stdin");
    expect(text(host.method(stdin, "input-stream.blocking-read", 2n).val)).toBe("he");
    expect(host.method(stdin, "input-stream.skip", 1n)).toEqual(ok(1n));
    expect(text(host.method(stdin, "input-stream.read", 1n << 60n).val)).toBe("lo");
    expect(host.method(stdin, "input-stream.read", 0n)).toEqual(ok(new Uint8Array(0)));
    expect(host.method(stdin, "input-stream.read", 1n)).toEqual(closed);
    expect(host.method(stdin, "input-stream.read", 0n)).toEqual(closed);
  });

  test("a failed write says why, then the stream is closed", () => {
    const host = new Host({ quotas: { outputBytes: 4 } });
    const out = host.call("stdout get-stdout");
    const failed = host.method(out, "output-stream.blocking-write-and-flush", bytes("too much"));
    expect(failed).toMatchObject({ tag: "err", val: { tag: "last-operation-failed" } });
    expect(host.call("wasi:filesystem/types#filesystem-error-code", failed.val.val)).toBe("quota");
    expect(host.call("wasi:http/types#http-error-code", failed.val.val)).toBeNull();
    expect(host.call("error error.to-debug-string", failed.val.val)).toBe("quota");
    expect(host.method(out, "output-stream.check-write")).toEqual(closed);
    expect(host.method(out, "output-stream.flush")).toEqual(closed);
    expect(host.guest.stdout).toBe("too ");
  });

  test("more than is permitted is a trap, and the end", () => {
    for (const [name, argument] of [
      ["write", new Uint8Array((1 << 20) + 1)],
      ["write-zeroes", 1n << 40n],
      ["blocking-write-zeroes-and-flush", 1n << 40n],
    ] as const) {
      const host = new Host();
      const out = host.call("stdout get-stdout");
      expect(() => host.method(out, `output-stream.${name}`, argument)).toThrow(ComponentTrap);
      expect(() => host.method(out, "output-stream.check-write")).toThrow(GuestExit);
      expect(host.guest.stdout).toBe("");
    }
  });

  test("files through streams: at an offset, at the end, spliced", () => {
    const host = new Host({ mounts: tmp });
    const file = host.open("a", { create: true, write: true }).val;
    const writer = host.method(file, "descriptor.write-via-stream", 2n).val;
    host.method(writer, "output-stream.write", bytes("cd"));
    host.method(writer, "output-stream.write", bytes("ef"));
    const end = host.method(file, "descriptor.append-via-stream").val;
    host.method(end, "output-stream.write", bytes("gh"));
    const reader = host.method(file, "descriptor.read-via-stream", 0n).val;
    // The file outlives its descriptor while a stream has it.
    host.drop("wasi:filesystem/types", "descriptor", file);
    const out = host.call("stdout get-stdout");
    expect(host.method(out, "output-stream.splice", reader, 4n)).toEqual(ok(4n));
    expect(host.method(out, "output-stream.blocking-splice", reader, 1n << 50n)).toEqual(ok(4n));
    expect(host.method(out, "output-stream.splice", reader, 1n)).toEqual(closed);
    expect(host.method(reader, "input-stream.read", 1n)).toEqual(closed);
    expect(host.guest.stdout).toBe("\0\0cdefgh");
    const before = host.guest.kernel.ledger;
    for (const [kind, stream] of [
      ["output", writer],
      ["output", end],
      ["input", reader],
    ] as const)
      host.drop("wasi:io/streams", `${kind}-stream`, stream);
    expect(before).toBe(host.guest.kernel.ledger);
  });

  test("streams give their file back: no handle is left", () => {
    const host = new Host({ mounts: tmp, quotas: { openHandles: 6 } });
    for (let i = 0; i < 50; i += 1) {
      const file = host.open("a", { create: true, write: true }).val;
      const stream = host.method(file, "descriptor.write-via-stream", 0n).val;
      host.drop("wasi:filesystem/types", "descriptor", file);
      host.drop("wasi:io/streams", "output-stream", stream);
    }
  });
});

describe("waiting", () => {
  test("a poll of clocks answers the first, a stream at once", () => {
    const host = new Host({ clock: { kind: "virtual", startNs: 0n } });
    const clock = (name: string, time: bigint) => host.call(`monotonic-clock ${name}`, time);
    const early = clock("subscribe-duration", 1_000_000n);
    const late = clock("subscribe-duration", 3_600_000_000_000n);
    expect(host.call("poll pollable.ready", late)).toBe(false);
    expect(host.call("poll poll", [late, early])).toEqual([1]);
    const out = host.method(host.call("stdout get-stdout"), "output-stream.subscribe") as unknown as object;
    expect(host.call("poll poll", [late, out])).toEqual([1]);
    host.call("poll pollable.block", late);
    expect(host.call("poll poll", [late, early, out])).toEqual([0, 1, 2]);
    expect(host.call("monotonic-clock now")).toBeGreaterThan(3_600_000_000_000n);
    expect(host.guest.slept).toBe(0);
  });

  test("real time is slept, without the processor", () => {
    const host = new Host();
    const before: bigint = host.call("monotonic-clock now");
    // What a busy machine takes of it until the guest waits is not slept.
    host.call("poll pollable.block", host.call("monotonic-clock subscribe-instant", before + 500_000_000n));
    expect(host.call("monotonic-clock now") - before).toBeGreaterThanOrEqual(500_000_000n);
    expect(host.guest.slept).toBeGreaterThan(100);
  });

  test("nothing to wait for, and too much, are traps", () => {
    expect(() => new Host().call("poll poll", [])).toThrow(ComponentTrap);
    const host = new Host({ quotas: { pollSubscriptions: 4 } });
    const pollable = host.call("monotonic-clock subscribe-duration", 0n);
    expect(() => host.call("poll poll", Array(5).fill(pollable))).toThrow(ComponentTrap);
    expect(host.guest.denials).toMatchObject([{ kind: "quota" }]);
  });
});

describe("clocks and randomness", () => {
  test("times are what the kernel's clocks say", () => {
    const host = new Host({ clock: { kind: "virtual", startNs: 1_700_000_000_999_999_000n } });
    expect(host.call("wall-clock now")).toEqual({ seconds: 1_700_000_001n, nanoseconds: 0 });
    expect(host.call("wall-clock resolution")).toEqual({ seconds: 0n, nanoseconds: 1000 });
    expect(host.call("monotonic-clock resolution")).toBe(1000n);
  });

  test("randomness is the seed's, of the length asked for, bounded", () => {
    const draw = () => {
      const host = new Host({ random: { kind: "seeded", seed: 7n } });
      return [
        host.call("random get-random-bytes", 5n),
        host.call("random get-random-u64"),
        host.call("insecure get-insecure-random-bytes", 0n),
        host.call("insecure-seed insecure-seed"),
      ];
    };
    expect(draw()).toEqual(draw());
    expect(draw()[0]).toHaveLength(5);
    expect(() => new Host().call("random get-random-bytes", 1n << 28n)).toThrow(ComponentTrap);
  });
});

describe("files", () => {
  test("what a descriptor says of itself", () => {
    const host = new Host({ mounts: tmp });
    const file = host.open("a", { create: true, write: true }).val;
    const flags = (object: object) => host.method(object, "descriptor.get-flags").val;
    expect(flags(file)).toEqual({ ...noFlags, read: true, write: true });
    expect(flags(host.root)).toEqual({ ...noFlags, read: true, "mutate-directory": true });
    expect(host.method(file, "descriptor.get-type")).toEqual(ok("regular-file"));
    expect(host.method(host.root, "descriptor.get-type")).toEqual(ok("directory"));
    expect(host.method(file, "descriptor.is-same-object", host.open("a").val)).toBe(true);
    expect(host.method(file, "descriptor.is-same-object", host.root)).toBe(false);
  });

  test("reading says where the end is, whatever length is named", () => {
    const host = new Host({ mounts: tmp });
    const file = host.open("a", { create: true, write: true }).val;
    expect(host.method(file, "descriptor.write", bytes("hello"), 0n)).toEqual(ok(5n));
    const read = (length: bigint, offset: bigint) => {
      const [part, ended] = host.method(file, "descriptor.read", length, offset).val;
      return [text(part), ended];
    };
    expect(read(2n, 0n)).toEqual(["he", false]);
    expect(read(1n << 60n, 1n)).toEqual(["ello", true]);
    expect(read(5n, 5n)).toEqual(["", true]);
    expect(host.method(file, "descriptor.read", 1n, 1n << 60n)).toEqual(err("invalid"));
    expect(host.method(host.root, "descriptor.read", 1n, 0n)).toEqual(err("is-directory"));
    expect(host.method(file, "descriptor.read-directory")).toEqual(err("not-directory"));
  });

  test("a file opened for reading is not written", () => {
    const host = new Host({ mounts: tmp });
    host.open("a", { create: true, write: true });
    const file = host.open("a").val;
    expect(host.method(file, "descriptor.write-via-stream", 0n)).toEqual(err("bad-descriptor"));
    expect(host.method(file, "descriptor.append-via-stream")).toEqual(err("bad-descriptor"));
    expect(host.method(file, "descriptor.write", bytes("x"), 0n)).toEqual(err("bad-descriptor"));
    expect(host.method(file, "descriptor.set-size", 0n)).toEqual(err("invalid"));
  });

  test("times: set, kept, refused where they are none", () => {
    const host = new Host({ mounts: tmp });
    const file = host.open("a", { create: true, write: true }).val;
    const at = (seconds: bigint, nanoseconds: number) => ({ tag: "timestamp", val: { seconds, nanoseconds } });
    expect(host.method(file, "descriptor.set-times", at(5n, 7), { tag: "no-change" })).toEqual(ok());
    const stat = host.method(file, "descriptor.stat").val;
    expect(stat["data-access-timestamp"]).toEqual({ seconds: 5n, nanoseconds: 7 });
    expect(stat["data-modification-timestamp"].seconds).toBeGreaterThan(1_000_000_000n);
    expect(host.method(file, "descriptor.set-times", at(0n, 1_000_000_000), { tag: "now" })).toEqual(err("invalid"));
    expect(host.method(file, "descriptor.set-times", at(1n << 63n, 0), { tag: "now" })).toEqual(err("overflow"));
  });

  test("a listing is of its beginning, several at once", () => {
    const host = new Host({ mounts: tmp });
    for (const name of ["a", "b"]) host.open(name, { create: true, write: true });
    const next = (stream: object) =>
      host.call("wasi:filesystem/types#[method]directory-entry-stream.read-directory-entry", stream).val;
    const [one, two] = [0, 1].map(() => host.method(host.root, "descriptor.read-directory").val);
    host.open("c", { create: true, write: true });
    expect([next(one), next(two), next(one), next(one), next(one)]).toEqual([
      { type: "regular-file", name: "a" },
      { type: "regular-file", name: "a" },
      { type: "regular-file", name: "b" },
      null,
      null,
    ]);
  });

  test("listings that are kept are paid for", () => {
    const host = new Host({ mounts: tmp });
    const name = "n".repeat(200);
    for (let i = 0; i < 1000; i += 1) {
      const file = host.open(`${name}${i}`, { create: true, write: true }).val;
      host.drop("wasi:filesystem/types", "descriptor", file);
    }
    const list = () => host.method(host.root, "descriptor.read-directory");
    for (let i = 0; i < 200; i += 1) host.drop("wasi:filesystem/types", "directory-entry-stream", list().val);
    const kept = Array.from({ length: 200 }, list);
    expect(kept.at(0)!.tag).toBe("ok");
    expect(kept.at(-1)).toEqual(err("insufficient-memory"));
    for (const { tag, val } of kept)
      if (tag === "ok") host.drop("wasi:filesystem/types", "directory-entry-stream", val);
    expect(list().tag).toBe("ok");
  });

  test("metadata hashes tell files apart and say nothing else", () => {
    const host = new Host({ mounts: tmp });
    const [a, b] = ["a", "b"].map((name) => host.open(name, { create: true, write: true }).val);
    const hash = (object: object) => host.method(object, "descriptor.metadata-hash").val;
    const before = hash(a);
    host.method(a, "descriptor.write", bytes("x"), 0n);
    expect(hash(a)).toEqual(before);
    expect(hash(b)).not.toEqual(before);
    expect(host.method(host.root, "descriptor.metadata-hash-at", { "symlink-follow": true }, "a").val).toEqual(before);
    const other = new Host({ mounts: tmp });
    other.open("a", { create: true, write: true });
    expect(other.method(other.root, "descriptor.metadata-hash-at", { "symlink-follow": true }, "a").val).not.toEqual(
      before,
    );
  });

  test("dropping every handle of a preopened directory does not close it", () => {
    const host = new Host({ mounts: tmp });
    for (let i = 0; i < 3; i += 1) host.drop("wasi:filesystem/types", "descriptor", host.root);
    expect(host.open("a", { create: true, write: true }).tag).toBe("ok");
  });
});

describe("sockets", () => {
  test("every way to one is refused, and told", () => {
    const host = new Host();
    const network = host.call("instance-network instance-network");
    expect(host.call("ip-name-lookup resolve-addresses", network, "example.com")).toEqual(err("access-denied"));
    expect(host.call("tcp-create-socket create-tcp-socket", "ipv4")).toEqual(err("access-denied"));
    expect(host.call("udp-create-socket create-udp-socket", "ipv6")).toEqual(err("access-denied"));
    expect(host.guest.denials.map(({ what }) => what)).toEqual([
      'the address of "example.com"',
      "a TCP socket",
      "a UDP socket",
    ]);
  });
});

describe("the end", () => {
  test("a call from within a call ends the run", () => {
    let inner: unknown = null;
    const host: Host = new Host({
      services: {
        output: () => {
          try {
            host.call("monotonic-clock now");
          } catch (error) {
            inner = error;
          }
        },
      },
    });
    const answer: Answer = host.method(host.call("stdout get-stdout"), "output-stream.write", bytes("x"));
    expect(answer).toEqual(ok());
    expect(inner).toBeInstanceOf(GuestExit);
    expect(() => host.call("monotonic-clock now")).toThrow(GuestExit);
  });

  test("a failure of our own ends it, and dropping has no effect any more", () => {
    const host = new Host({
      services: {
        output: () => {
          throw new Error("ours");
        },
      },
    });
    const out = host.call("stdout get-stdout");
    expect(() => host.method(out, "output-stream.write", bytes("x"))).toThrow("ours");
    expect(() => host.method(out, "output-stream.write", bytes("x"))).toThrow(GuestExit);
    host.drop("wasi:io/streams", "output-stream", out);
  });
});
