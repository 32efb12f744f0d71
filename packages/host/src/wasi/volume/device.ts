/** Job: a host conversation dressed as a file of the guest's tree. Never: know what is said. */
import { Fault } from "../fault.ts";
import type { File, Stat } from "../node.ts";
import type { Device } from "../services.ts";
import { devices, fixedStat } from "./fixed.ts";

export const deviceStat = (inode: bigint): Stat => fixedStat(devices.synthetic, inode, "character-device", 0);

export class DeviceFile implements File {
  readonly kind = "file";
  readonly seekable = false;
  readonly #device: Device;
  readonly #inode: bigint;
  constructor(device: Device, inode: bigint) {
    this.#device = device;
    this.#inode = inode;
  }
  stat(): Stat {
    return deviceStat(this.#inode);
  }
  read(into: Uint8Array): number {
    const bytes = this.#device.read(into.length).subarray(0, into.length);
    into.set(bytes);
    return bytes.length;
  }
  write(from: Uint8Array): number {
    // A copy: the bytes lie in the guest's memory, which changes under a device that keeps them.
    this.#device.write(from.slice());
    return from.length;
  }
  setSize(): void {
    throw new Fault("EINVAL");
  }
  setTimes(): void {
    throw new Fault("EPERM");
  }
  sync(): void {}
  close(): void {}
}
