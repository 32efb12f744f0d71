"""Job: one HTTP request through the host; a refusal or failure is the error that Python's own library would raise.
Never: open a connection.
"""

import base64
import errno
import json

from . import _calls


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
    return _reply(*_calls.ask("http", _payload(method, url, headers, body, timeout, follow)))


def start(method, url, headers, body=None, timeout=None, finish=lambda reply: reply):
    """The same as a future, of what `finish` makes of the reply."""
    payload = _payload(method, url, headers, body, timeout, True)
    return _calls.start("http", payload, lambda head, content: finish(_reply(head, content)))


def _payload(method, url, headers, body, timeout, follow):
    return json.dumps(
        {
            "method": method,
            "url": url,
            "headers": [[str(name), str(value)] for name, value in headers],
            "body": None if body is None else base64.b64encode(body).decode(),
            "redirect": "follow" if follow else "manual",
            "timeoutMs": timeout * 1000 if isinstance(timeout, (int, float)) else None,
        }
    ).encode()


def _reply(head, content):
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
