/** Job: what all directories and files of one mount share: its mode, its account, which file systems below it are opened. Never: a descriptor. */
import { statfsSync } from "node:fs";
import { Fault } from "../../fault.ts";
import type { Ledger } from "../../ledger.ts";
import { reopened } from "./descriptors.ts";
import { ExactTimes } from "./stat.ts";

/**
 * File systems whose files are doors into the host's kernel and its processes (linux/magic.h): /proc/<pid>/mem is a regular file.
 */
const kernelFileSystems: ReadonlyMap<number, string> = new Map([
  [0x9fa0, "proc"],
  [0x62656572, "sysfs"],
  [0x64626720, "debugfs"],
  [0x74726163, "tracefs"],
  [0x73636673, "securityfs"],
  [0x62656570, "configfs"],
  [0x27e0eb, "cgroup"],
  [0x63677270, "cgroup2"],
  [0xcafe4a11, "bpf"],
  [0x42494e4d, "binfmt_misc"],
  [0xde5e81e4, "efivarfs"],
  [0x6165676c, "pstore"],
  [0xf97cff8c, "selinuxfs"],
  [0x6e736673, "nsfs"],
]);

export const isKernelFileSystem = (fd: number): boolean => kernelFileSystems.has(statfsSync(reopened(fd)).type);

export class Volume {
  readonly writable: boolean;
  readonly ledger: Ledger;
  readonly times = new ExactTimes();
  /** Device numbers that were met, and whether what lies on them may be opened. */
  readonly #devices = new Map<bigint, boolean>();

  constructor(writable: boolean, ledger: Ledger) {
    this.writable = writable;
    this.ledger = ledger;
  }

  checkWritable(): void {
    if (!this.writable) throw new Fault("EACCES", "read-only");
  }

  /** A /proc may be mounted somewhere below what was granted: in the root of a container, say. */
  checkDevice(device: bigint, reference: number): void {
    let allowed = this.#devices.get(device);
    if (allowed === undefined) {
      allowed = !isKernelFileSystem(reference);
      this.#devices.set(device, allowed);
    }
    if (!allowed) throw new Fault("EACCES", "special");
  }
}
