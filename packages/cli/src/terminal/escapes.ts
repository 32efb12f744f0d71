/**
 * Job: make what a guest printed safe to show on a terminal: colours stay, every other control sequence is made visible.
 * Never: touch output that does not go to a terminal.
 *
 * A terminal obeys what is printed on it: escape sequences set its title, write to the clipboard, answer into the
 * keyboard, or hide and rewrite lines that were printed before. Swallowing them would hide that somebody tried, so each
 * control character is replaced by its picture (ESC becomes ␛), and the rest of the sequence shows as plain text.
 */

/** Select Graphic Rendition (colours, bold …) and "erase in line", which progress bars use: neither leaves its line. */
const harmless = /^\x1b\[[0-9;:]{0,32}[mK]/;
const rendition = /\x1b\[([0-9;:]{0,32})m/g;
/** The same, cut off by the end of a chunk. */
const cutOff = /\x1b(?:\[[0-9;:]{0,32})?$/;
/** C0 controls but tab, line feed and carriage return; DEL; C1 controls. */
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
const reset = "\x1b[0m";

/** The visible picture of one control character: U+2400 and on for C0, ␡ for DEL, `<9b>` for C1. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : `<${code.toString(16)}>`;
}

/** A whole text at once, such as an error message. */
export function visible(text: string): string {
  const filter = new EscapeFilter();
  return filter.push(new TextEncoder().encode(text)) + filter.end();
}

/** A stream of bytes, cut anywhere: also inside a character or a sequence. */
export class EscapeFilter {
  readonly #decoder = new TextDecoder();
  #held = "";
  #coloured = false;

  /** What of `bytes`, and of what was held back before, can be shown now. */
  push(bytes: Uint8Array): string {
    return this.#show(this.#held + this.#decoder.decode(bytes, { stream: true }), false);
  }

  /** What was held back, and the end of any colour that the guest left on. */
  end(): string {
    const rest = this.#show(this.#held + this.#decoder.decode(), true);
    return this.#coloured ? rest + reset : rest;
  }

  #show(text: string, last: boolean): string {
    const cut = last ? -1 : text.search(cutOff);
    this.#held = cut === -1 ? "" : text.slice(cut);
    const complete = cut === -1 ? text : text.slice(0, cut);
    for (const [, parameters] of complete.matchAll(rendition)) this.#coloured = !/^0*$/.test(parameters!);
    return complete.replace(control, (character, offset: number) =>
      character === "\x1b" && harmless.test(complete.slice(offset, offset + 40)) ? character : picture(character),
    );
  }
}
