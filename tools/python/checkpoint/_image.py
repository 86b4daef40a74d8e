# SPDX-License-Identifier: LGPL-2.1-only
"""Reading an image."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

from . import _library
from ._calls import Path
from ._errors import CheckpointError, problem_of
from ._library import lib

Value = int | bytes | list["Value"] | dict[str, "Value"]

_SCALARS = {"u8": (1, False), "s8": (1, True), "u16": (2, False), "s16": (2, True),
            "u32": (4, False), "s32": (4, True), "u64": (8, False), "s64": (8, True)}
_HEADER = 1
_ABI = 2 | 1 << 31


@dataclass
class _Layout:
    """A record or struct in the image's description of itself: (name, type, offset, size)."""

    fields: list[tuple[str, str, int, int]] = field(default_factory=list)


class _Schema:
    """The description that each image carries, so that its records can be read by name."""

    def __init__(self, text: str) -> None:
        self.records: dict[int, _Layout] = {}
        self.structs: dict[str, _Layout] = {}
        layout = _Layout()
        for line in text.splitlines():
            words = line.split(None, 4)
            if words[:1] == ["record"]:
                layout = self.records[int(words[2], 0)] = _Layout()
            elif words[:1] == ["struct"]:
                layout = self.structs[words[1]] = _Layout()
            elif words[:1] == ["field"]:
                layout.fields.append((words[1], words[4], int(words[2]), int(words[3])))

    def value(self, kind: str, data: bytes) -> Value:
        """Bytes of a described type in Python.  Of characters the zeros at the end go."""
        base = kind.split("[")[0]
        if base == "char":
            return data.rstrip(b"\0")
        if base in self.structs:
            return self.struct(self.structs[base], data)
        if base not in _SCALARS:
            return data
        size, signed = _SCALARS[base]
        if kind == base:
            return int.from_bytes(data[:size], "little", signed=signed)
        if size == 1:
            return data
        return [int.from_bytes(data[i:i + size], "little", signed=signed)
                for i in range(0, len(data), size)]

    def struct(self, layout: _Layout, data: bytes) -> dict[str, Value]:
        """All fields of a struct that are there."""
        return {name: self.value(kind, data[offset:offset + size])
                for name, kind, offset, size in layout.fields if offset + size <= len(data)}


@dataclass(frozen=True)
class Record:
    """A record of an image: its name ("task"), its type, the object it is about, its fields."""

    name: str | None
    type: int
    object: int
    offset: int
    fields: dict[str, Value]


class Image:
    """An image, read forward and checked on the way.

    It is an iterator over its records.  What is wrong is a CheckpointError when it is reached;
    without contents the pages are passed over, unchecked, where that is possible.
    """

    def __init__(self, file: Path | int, *, contents: bool = False) -> None:
        self._owned = not isinstance(file, int)
        self._fd = file if isinstance(file, int) else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        self._schema = _Schema("")
        self._waiting: list[Record] = []
        self._reader: int | None = lib.ckpt_image_open(
            self._fd, _library.OPEN_LENIENT | (0 if contents else _library.OPEN_SKIP_DATA))
        if not self._reader:
            self.close()
            raise MemoryError
        try:
            self.header = self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> dict[str, Value]:
        """The header can be read by name when the description, which follows it, is known."""
        first = self._next_item()
        data = self._bytes(first.data, first) if first else b""
        second = self._next_item()
        if second and second.type == _ABI:
            text = ctypes.string_at(second.array, second.count * second.elem)
            self._schema = _Schema(text.decode("ascii", "replace"))
        elif second:
            self._waiting.append(self._record(second))
        layout = self._schema.records.get(_HEADER, _Layout())
        return self._schema.struct(layout, data)

    def _next_item(self) -> _library.Item | None:
        item = _library.Item()
        if not self._reader:
            raise ValueError("the image is closed")
        ret = lib.ckpt_image_next(self._reader, ctypes.byref(item))
        if ret < 0:
            problem = problem_of(lib.ckpt_image_error(self._reader).contents)
            raise CheckpointError(-ret, [problem], _library.CALL_READ)
        return item if ret else None

    @staticmethod
    def _bytes(address: int | None, item: _library.Item) -> bytes:
        """The fixed part of a record, as long as the library has made it."""
        size = item.info.contents.size if item.info else item.size
        return ctypes.string_at(address, size) if address else b""

    def _record(self, item: _library.Item) -> Record:
        fixed = self._bytes(item.data, item)
        fields: dict[str, Value] = {}
        layout = self._schema.records.get(item.type, _Layout())
        for name, kind, offset, size in layout.fields:
            if kind.startswith("array:"):
                fields[name] = self._array(kind[6:], item)
            elif offset + size <= len(fixed):
                fields[name] = self._schema.value(kind, fixed[offset:offset + size])
        name = item.info.contents.name.decode() if item.info else None
        return Record(name, item.type, item.object, item.offset, fields)

    def _array(self, kind: str, item: _library.Item) -> Value:
        if not item.array:
            return b"" if kind in ("char", "u8") else []
        data = ctypes.string_at(item.array, item.count * item.elem)
        if kind in ("char", "u8"):
            return data
        return [self._schema.value(kind, data[i:i + item.elem])
                for i in range(0, len(data), item.elem)]

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        if self._waiting:
            return self._waiting.pop(0)
        item = self._next_item()
        if not item:
            raise StopIteration
        return self._record(item)

    def close(self) -> None:
        """End reading; a descriptor that was given stays open."""
        lib.ckpt_image_close(self._reader)
        self._reader = None
        if self._owned and self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> Image:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    @staticmethod
    def verify(file: Path | int) -> None:
        """Read an image to its end and check all of it; a CheckpointError says what is wrong."""
        fd = file if isinstance(file, int) else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        error = _library.Error()
        try:
            ret = lib.ckpt_image_verify(fd, ctypes.byref(error))
        finally:
            if not isinstance(file, int):
                os.close(fd)
        if ret:
            raise CheckpointError(-ret, [problem_of(error)], _library.CALL_READ)
