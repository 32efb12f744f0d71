/** Job: the streams standard's classes (package web-streams-polyfill) and the encoding streams on them. Never: a stream of our own. */
import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "web-streams-polyfill";
import { define } from "./define.ts";

class TextDecoderStream {
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<Uint8Array>;
  readonly encoding: string;
  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const decoder = new TextDecoder(label, options);
    this.encoding = decoder.encoding;
    const transform = new TransformStream<Uint8Array, string>({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text) controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text) controller.enqueue(text);
      },
    });
    this.readable = transform.readable;
    this.writable = transform.writable;
  }
}

class TextEncoderStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<string>;
  readonly encoding = "utf-8";
  constructor() {
    const encoder = new TextEncoder();
    const transform = new TransformStream<string, Uint8Array>({
      transform: (chunk, controller) => controller.enqueue(encoder.encode(`${chunk}`)),
    });
    this.readable = transform.readable;
    this.writable = transform.writable;
  }
}

export const streams = {
  ReadableStream,
  ReadableStreamDefaultReader,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableByteStreamController,
  ReadableStreamDefaultController,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  TextDecoderStream,
  TextEncoderStream,
};
export { ReadableStream };

define(globalThis, streams);
