"""Decoding the bytes of a table file."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib

from prelu_rules.errors import DataError, InvalidValueError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks and their encodings; the mark of UTF-16 is a prefix of that of UTF-32, so it comes later."""

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
"""Characters that no text in a one-byte encoding contains; such an encoding would decode any bytes."""


def decode(data: bytes, encoding: str | None, where: str) -> tuple[str, str]:
    r"""Decode the bytes of a file.

    A byte order mark determines the encoding. Without one, it is UTF-8, or Windows-1252 if the bytes are not valid
    UTF-8.

    Args:
        data: the bytes of the file, which may be compressed with gzip.
        encoding: the encoding, by its Python name; None to detect it.
        where: the name of the file in error messages.

    Returns:
        The text without a byte order mark, and the name of the encoding.

    Raises:
        DataError: if the bytes are not text, or not text in the given encoding.
        InvalidValueError: if `encoding` is not the name of an encoding.

    Example:
        >>> decode("größe\n".encode("latin-1"), None, "data.csv")
        ('größe\n', 'cp1252')
    """
    data = _unpacked(data, where)
    text, name = _detected(data, where) if encoding is None else (_as_given(data, encoding, where), encoding)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise DataError(
            f"{where} contains zero bytes, so it is either not a text file or UTF-16 without a byte order mark; "
            "save it as CSV in UTF-8, or give --encoding utf-16-le."
        )
    return text, name


def encoding_of(start: bytes, encoding: str | None, where: str) -> str:
    r"""The encoding of a file of which the beginning is known.

    Args:
        start: the first bytes, not gzip'ed; the last character may be cut.
        encoding: one of Python's names for an encoding; None to find it.
        where: what errors call the file.

    Returns:
        The name of an encoding.

    Raises:
        DataError: if the bytes are not text.
        InvalidValueError: if `encoding` is not the name of an encoding.

    Example:
        >>> encoding_of("größe\n".encode()[:3], None, "data.csv")
        'utf-8'
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise InvalidValueError(f"encoding is {encoding!r}; give one of Python's, such as 'utf-8'.") from None
        return encoding
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked is not None:
        return marked
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return _detected(start, where)[1]
    return "utf-8"


def _unpacked(data: bytes, where: str) -> bytes:
    """The bytes, decompressed if they are compressed with gzip."""
    if data.startswith(b"PK\x03\x04"):
        raise DataError(f"{where} is a workbook or a zip archive, not a text file; save its table as CSV.")
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{where} is a damaged gzip file; compress it again.") from None


def _detected(data: bytes, where: str) -> tuple[str, str]:
    """The text and the detected encoding."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return _as_given(data, marked, where), marked
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined; Latin-1 defines all of them.
        name = "latin-1" if re.search(rb"[\x81\x8d\x8f\x90\x9d]", data) else "cp1252"
        text = data.decode(name)
    if _CONTROL.search(text):
        raise DataError(f"{where} is not a text file; save it as CSV in UTF-8.")
    return text, name


def _as_given(data: bytes, encoding: str, where: str) -> str:
    """The text, decoded with the encoding that the user gave."""
    try:
        return data.decode(encoding)
    except (LookupError, ValueError) as problem:
        if not isinstance(problem, UnicodeError):
            raise InvalidValueError(
                f"encoding is {encoding!r}; give the Python name of an encoding, such as 'utf-8'."
            ) from None
        raise DataError(f"{where} is not a text file in {encoding}; give another --encoding.") from None
