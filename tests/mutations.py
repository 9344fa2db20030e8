"""Valid files with a few changes, as damage, an editor or somebody with bad intentions makes them."""

import json
import random

VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 10**400, -(10**400), 2**63),
    *(1e308, -1e308, 5e-324, 1.5, float("nan"), float("inf")),
    *("", "false", "1", "a", "\ud800", "\0", "x" * 10_000),
    *([], [[]], [0], [None], ["a"], [[0.0]], [True], list(range(50)), {}, {"a": 1}, {"name": "a"}, {"box": []}),
]
"""What takes the place of a value."""

SNIPPETS = [
    *(b"", b"0", b"9" * 400, b"9" * 5000, b"-", b".", b"e999", b"NaN", b"Infinity", b"null", b"true"),
    *(b'"', b"\\", b"\\u", b"[", b"]", b"{", b"}", b",", b":", b"[" * 2000, b'{"a":' * 2000),
    *(b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
]
"""What takes the place of some bytes."""


def changed_bytes(data: bytes, draw: random.Random) -> bytes:
    """A text in which some bytes are changed, left out, repeated or moved."""
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        start, other = draw.randrange(len(data) + 1), draw.randrange(len(data) + 1)
        end = min(len(data), start + draw.choice([0, 1, 1, 2, 10, 200]))
        parts = [draw.choice(SNIPPETS), bytes([draw.randrange(256)]), data[start:end] * 2, data[other : other + 50]]
        data = data[:start] + draw.choice(parts) + data[end:]
    return data[: draw.randrange(len(data) + 1)] if draw.random() < 0.05 else data


def changed_values(content: object, draw: random.Random) -> str:
    """JSON in which some values are of another type, of another size, missing, repeated or in another place."""
    content = json.loads(json.dumps(content))
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        parents = [parent for parent in _containers(content) if len(parent)]
        if not parents:
            break
        parent = draw.choice(parents)
        key = draw.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
        action = draw.randrange(6)
        if action <= 2:
            parent[key] = draw.choice(VALUES)
        elif action == 3:
            del parent[key]
        elif action == 4:
            other = draw.choice(parents)
            parent[key] = json.loads(
                json.dumps(draw.choice(list(other.values() if isinstance(other, dict) else other)))
            )
        elif isinstance(parent, list):
            parent.insert(draw.randrange(len(parent) + 1), parent[key])
        else:
            parent[str(key) + draw.choice(["", "s", " "])] = parent[key]
    text = json.dumps(content)
    if draw.random() < 0.1:
        # The same key again, which only a text can have.
        place = text.find("{") + 1
        text = text[:place] + '"version": 2, ' + text[place:]
    return text


def _containers(value: object) -> list[dict | list]:
    if not isinstance(value, (dict, list)):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(found for item in inner for found in _containers(item))]
