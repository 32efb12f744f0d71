/** Job: what a guest prints cannot steer the terminal that shows it; colours and progress bars still work. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { EscapeFilter, visible } from "../../packages/cli/src/terminal/escapes.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** What a terminal would obey: any control character but line feed, tab, return and a harmless sequence. */
const dangerous = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;:]*[mK])/;

const attacks: readonly (readonly [name: string, sequence: string])[] = [
  ["set the window's title", "\x1b]0;owned\x07"],
  ["write to the clipboard", "\x1b]52;c;cm0gLXJmIH4=\x07"],
  ["a hyperlink that lies", "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\"],
  ["make the terminal type its answer", "\x1b[6n\x1b[c\x1b[>q\x1bP$qm\x1b\\"],
  ["rewrite lines above", "\x1b[2A\x1b[2Kall tests passed"],
  ["clear the screen", "\x1b[2J\x1b[H"],
  ["switch to the other screen", "\x1b[?1049h"],
  ["change the keyboard's mode", "\x1b[?1h\x1b=\x1b[>1u"],
  ["reset the terminal", "\x1bc"],
  ["switch the character set", "\x1b(0\x0e"],
  ["8-bit introducers", "\u009b2J\u009d0;owned\u009c"],
  ["device control and application commands", "\x1bPpayload\x1b\\\x1b_payload\x1b\\\x1b^x\x1b\\"],
  ["take back what was printed", "rm -rf\x08\x08\x08\x08\x08\x08ls    "],
  ["an unfinished sequence at the end", "text\x1b["],
];

test.each(attacks)("made visible: %s", (_, sequence) => {
  const filter = new EscapeFilter();
  const shown = filter.push(encode(sequence)) + filter.end();
  expect(shown).not.toMatch(dangerous);
  expect(shown.length).toBeGreaterThanOrEqual(sequence.length);
  expect(visible(sequence)).toBe(shown);
});

test.each([
  ["colours", "\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[m"],
  ["progress bars", "10 %\r\x1b[K20 %\r\x1b[K"],
  ["text of any script", "naïve — 日本語 🎉\n\ttab"],
])("left alone: %s", (_, text) => {
  const filter = new EscapeFilter();
  expect((filter.push(encode(text)) + filter.end()).replace(/\x1b\[0m$/, "")).toBe(text.replace(/\x1b\[0m$/, ""));
});

test("a colour that the guest leaves on ends with its output", () => {
  const filter = new EscapeFilter();
  expect(filter.push(encode("\x1b[31mred")) + filter.end()).toBe("\x1b[31mred\x1b[0m");
  expect(new EscapeFilter().end()).toBe("");
});

test("where a chunk is cut makes no difference", () => {
  const bytes = encode(attacks.map(([, sequence]) => sequence).join("é\x1b[32mgreen\x1b[0m🎉"));
  const whole = new EscapeFilter();
  const expected = whole.push(bytes) + whole.end();
  for (let cut = 1; cut < bytes.length; cut++) {
    const filter = new EscapeFilter();
    expect(filter.push(bytes.subarray(0, cut)) + filter.push(bytes.subarray(cut)) + filter.end()).toBe(expected);
  }
});

test("no bytes, however cut, come out as anything dangerous, and none are held back for long", () => {
  const nasty = fc.oneof(
    fc.constantFrom(...encode("\x1b[]m;0123K\x07\x9b")).map((byte) => Uint8Array.of(byte)),
    fc.uint8Array({ maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 60 }), (chunks) => {
      const filter = new EscapeFilter();
      const shown = chunks.map((chunk) => filter.push(chunk)).join("") + filter.end();
      expect(shown).not.toMatch(dangerous);
      const text = new TextDecoder().decode(Buffer.concat(chunks));
      expect(shown.replace(/\x1b\[0m$/, "").length).toBeGreaterThanOrEqual(text.replace(/\x1b\[0m$/, "").length);
    }),
    { numRuns: 2000 },
  );
});
