/** Job: an account of what a guest makes its host hold in the thread's own heap: header fields, bodies, listings. Never: linear memory. */
import { trap } from "../../component/errors.ts";

/** All together; more than the largest request body and the longest listing. */
const most = 64 * 1024 * 1024;

export class Held {
  #bytes = 0;

  fits(bytes: number): boolean {
    return this.#bytes + bytes <= most;
  }

  /** What takes from the account gives back when it is dropped. More than there is ends the run: it has no honest use. */
  take(bytes: number): void {
    if (!this.fits(bytes)) trap(`the program makes its host hold more than ${most} bytes`);
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
