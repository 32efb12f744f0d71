"""Job: a task's result as JSON text, or an error that names the value, where it is and what to do. Never: change a value."""

import json
import math

_SCALARS = frozenset((str, int, float, bool, type(None)))
#: As many containers within containers as the host takes.
_DEEPEST = 1000
_ADVICE = {
    "set": "use sorted(…) or list(…)",
    "frozenset": "use sorted(…) or list(…)",
    "bytes": "use .decode(), .hex() or base64",
    "bytearray": "use .decode(), .hex() or base64",
    "datetime": "use .isoformat()",
    "date": "use .isoformat()",
    "time": "use .isoformat()",
    "timedelta": "use .total_seconds()",
    "Decimal": "use str(…) or float(…)",
    "Fraction": "use str(…) or float(…)",
    "UUID": "use str(…)",
    "complex": "use [z.real, z.imag]",
    "generator": "use list(…)",
    "map": "use list(…)",
    "filter": "use list(…)",
    "range": "use list(…)",
    "dict_keys": "use list(…)",
    "dict_values": "use list(…)",
    "coroutine": "await it, or make the task async",
    "ndarray": "use .tolist()",
}


class ResultError(TypeError):
    """A result that JSON cannot hold."""

    __module__ = "capsule"


def encode(value, what="result") -> bytes:
    """The JSON text of `value` in UTF-8, as `json.dumps` writes it; raises ResultError where JSON has no such value."""
    try:
        if _is_plain(value):
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
            try:
                return text.encode()
            except UnicodeEncodeError:  # a lone surrogate: only an escape can carry it
                return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        pass
    _explain(value, what)
    raise ResultError(f"{what} is nested deeper than this build of CPython can write; 300 levels always work")


def _is_plain(value) -> bool:
    """Whether all keys are strings, which json.dumps does not ask (it turns 1, True and None into strings), and nothing is
    nested too deep. The types of a container's items are gathered at C speed, so that a million numbers cost one pass."""
    if type(value) in _SCALARS:
        return True
    level, depth = [value], 0
    seen = set()
    while level:
        depth += 1
        if depth > _DEEPEST:
            return False
        below = []
        for container in level:
            if isinstance(container, dict):
                if not all(issubclass(kind, str) for kind in set(map(type, container))):
                    return False
                items = container.values()
            elif isinstance(container, (list, tuple)):
                items = container
            else:
                continue
            if id(container) not in seen:
                seen.add(id(container))
                if not _SCALARS.issuperset(map(type, items)):
                    below.extend(item for item in items if type(item) not in _SCALARS)
        level = below
    return True


def _explain(value, what):
    """Find the first value that JSON cannot hold and say so."""
    pending = [(what, value, 0)]
    open_containers = []  # the containers on the way to the current value, by depth
    while pending:
        where, value, depth = pending.pop()
        del open_containers[depth:]
        if isinstance(value, (str, bool)) or value is None:
            continue
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ResultError(f"{where} is {value!r}, which JSON cannot hold; use None or a string instead")
            continue
        if isinstance(value, int):
            try:
                int.__repr__(value)
            except ValueError:
                raise ResultError(
                    f"{where} is an integer of more than 4300 digits, Python's own limit; return it as hex(…)"
                ) from None
            continue
        if any(value is container for container in open_containers):
            raise ResultError(f"{where} contains itself; JSON has no cycles")
        if depth >= _DEEPEST:
            raise ResultError(f"{where[:60]}… is nested more than {_DEEPEST} levels deep")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise ResultError(
                        f"{where} has the key {_short(key)} of type {type(key).__name__}; JSON keys are strings: use str(key)"
                    )
            children = [(f"{where}[{_short(key)}]", item, depth + 1) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            children = [(f"{where}[{index}]", item, depth + 1) for index, item in enumerate(value)]
        else:
            kind = type(value).__name__
            article = "an" if kind.startswith(tuple("aeiouAEIOU")) else "a"
            raise ResultError(f"{where} is {article} {kind}, which JSON cannot hold; {_advice(value)}")
        open_containers.append(value)
        pending.extend(reversed(children))


def _advice(value) -> str:
    kind = type(value)
    if hasattr(value, "__dataclass_fields__"):
        return "use dataclasses.asdict(…)"
    if kind.__name__ not in _ADVICE and kind.__module__ == "numpy" and hasattr(value, "item"):
        return "use .item()"  # a scalar: int64, float32, bool
    return _ADVICE.get(kind.__name__, "return dicts, lists, strings, numbers")


def _short(key) -> str:
    text = json.dumps(key) if isinstance(key, str) else repr(key)
    return text if len(text) <= 60 else text[:57] + "…"
