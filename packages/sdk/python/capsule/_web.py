"""Job: one HTTP request through the host; a refusal or failure is the error that Python's own library would raise.
Never: open a connection.
"""

import base64
import errno
import json

from . import _channel


class Reply:
    """What the host answered: `url` is the one after redirects."""

    __slots__ = ("status", "reason", "url", "headers", "body")

    def __init__(self, head, body):
        self.status = head["status"]
        self.reason = head["reason"]
        self.url = head["url"]
        self.headers = head["headers"]
        self.body = body


def request(method, url, headers, body=None, timeout=None, follow=True) -> Reply:
    """`headers`: pairs. `timeout`: seconds or None. `follow`: whether the host follows redirects.

    Raises PermissionError (the policy), TimeoutError, ConnectionError (the network), ValueError (the request itself).
    """
    _channel.send_json(
        "http",
        {
            "method": method,
            "url": url,
            "headers": [[str(name), str(value)] for name, value in headers],
            "body": None if body is None else base64.b64encode(body).decode(),
            "redirect": "follow" if follow else "manual",
            "timeoutMs": timeout * 1000 if isinstance(timeout, (int, float)) else None,
        },
    )
    head, _, content = _channel.receive().partition(b"\n")
    head = json.loads(head)
    if "status" in head:
        return Reply(head, content)
    message = head["message"]
    match head["code"]:
        case "denied":
            raise PermissionError(errno.EACCES, message)
        case "timeout":
            raise TimeoutError(errno.ETIMEDOUT, message)
        case "too_large":
            raise OSError(errno.EFBIG, message)
        case "invalid":
            raise ValueError(message)
        case _:
            raise ConnectionError(message)
