/** Job: an answer to a guest's call that its prelude throws as an error. Never: text of the host's. */

/** `code`: a POSIX name, as Node's errors carry it. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}
