"""Job: the conversation with the host through the device. Never: decide; the host trusts nothing that is said here.

A message is one line, `verb payload`, where the payload holds no line break; the reply, if there is one, is read until
the device says end of file. `returned`, `raised` and `exited` end the run: they do not come back.
"""

import json
import os

_DEVICE = "/dev/capsule"
_descriptor = -1


def open_device():
    global _descriptor
    _descriptor = os.open(_DEVICE, os.O_RDWR)


def send(verb: str, payload: bytes = b""):
    message = memoryview(verb.encode() + b" " + payload + b"\n")
    while message:
        message = message[os.write(_descriptor, message) :]


def receive() -> bytes:
    parts = []
    while part := os.read(_descriptor, 1 << 16):
        parts.append(part)
    return b"".join(parts)


def send_json(verb: str, value):
    send(verb, json.dumps(value).encode())
