# SPDX-License-Identifier: LGPL-2.1-only
"""What went wrong, in Python's words."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from . import _library
from ._library import lib


@dataclass(frozen=True)
class Problem:
    """One obstacle, or a note: who, and a sentence.  code is an errno, 0 for a note."""

    code: int
    pid: int
    tid: int
    record: int
    object: int
    text: str

    def __str__(self) -> str:
        return self.text


class CheckpointError(OSError):
    """A save, a restart or an image failed.  errno says how, problems is all that was said."""

    def __init__(self, code: int, problems: list[Problem], call: int) -> None:
        advice = lib.ckpt_error_advice(call, code)
        first = next((problem for problem in problems if problem.code), None)
        self._arguments = (code, problems, call)
        self.problems = problems
        self.advice: str | None = advice.decode() if advice else None
        text = first.text if first else "no reason was given"
        super().__init__(code, f"{text}; {self.advice}" if self.advice else text)

    def __reduce__(self) -> tuple[type[CheckpointError], tuple[int, list[Problem], int]]:
        """For pools of processes: OSError would be made of errno and text."""
        return CheckpointError, self._arguments


def problem_of(error: _library.Error) -> Problem:
    """A structure of the library's in Python."""
    buffer = ctypes.create_string_buffer(512)
    lib.ckpt_error_text(ctypes.byref(error), buffer, len(buffer))
    return Problem(error.err, error.pid, error.tid, error.type, error.object,
                   buffer.value.decode(errors="replace"))


def problems_of(result: _library.Result) -> list[Problem]:
    """All that a call has said."""
    return [problem_of(result.errors[i]) for i in range(result.nr_errors)]
