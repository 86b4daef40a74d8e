# SPDX-License-Identifier: LGPL-2.1-only
"""Saving and restarting."""

from __future__ import annotations

import ctypes
import enum
import errno
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType

from . import _library
from ._errors import CheckpointError, Problem, problems_of
from ._library import lib

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Outcome(enum.Enum):
    """What save_self() has come back from."""

    SAVED = _library.SAVED
    RESTARTED = _library.RESTARTED


@dataclass(frozen=True)
class Times:
    """What the time went to, in seconds: one part after the other."""

    freeze: float
    survey: float
    capture: float
    write: float
    sync: float


@dataclass(frozen=True)
class Saved:
    """An image that was made."""

    crid: int
    image_id: str
    frozen: float
    size: int
    processes: int
    threads: int
    notes: list[Problem]
    times: Times


@dataclass(frozen=True)
class Restarted:
    """A tree that was restarted; pid is a child of this process."""

    pid: int
    pgrp: int
    processes: int
    threads: int
    notes: list[Problem]

    def wait(self) -> int:
        """Wait for its end.  Return: its exit status, or the negative signal that ended it"""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Hold:
    """A tree that is frozen, with its image safe: it goes on when this is closed."""

    def __init__(self, fd: int, saved: Saved) -> None:
        self.fd = fd
        self.saved = saved

    def kill(self, force: bool = False) -> None:
        """Kill the tree; with force also if a process got a signal that the image lacks."""
        ret = lib.ckpt_end_tree(self.fd, force)
        if ret:
            raise CheckpointError(-ret, [], _library.CALL_CHECKPOINT)

    def close(self) -> None:
        """Let it go on."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()


def _options(flags: int, timeout: float | None, external: Iterable[int]) -> _library.SaveOptions:
    numbers = list(external)
    return _library.SaveOptions(ctypes.sizeof(_library.SaveOptions), flags,
                                (ctypes.c_uint32 * len(numbers))(*numbers), len(numbers),
                                0 if timeout is None else max(1, round(timeout * 1000)))


class _Call:
    """A result of the library's, freed at the end; failures become exceptions."""

    def __init__(self, call: int) -> None:
        self.call = call
        self.result = _library.Result(ctypes.sizeof(_library.Result))
        self.result.hold = -1

    def __enter__(self) -> _library.Result:
        return self.result

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        # A signal may have come before somebody had it.
        if self.result.hold >= 0:
            os.close(self.result.hold)
        lib.ckpt_result_free(ctypes.byref(self.result))

    def check(self, ret: int) -> int:
        """Return: ret, unless it says that the call failed"""
        if ret < 0:
            raise CheckpointError(-ret, problems_of(self.result), self.call)
        return ret


def _saved(result: _library.Result) -> Saved:
    return Saved(result.crid, f"{result.image_id[0]:016x}{result.image_id[1]:016x}",
                 result.frozen_ns / 1e9, result.bytes, result.nr_processes, result.nr_tasks,
                 problems_of(result),
                 Times(*(ns / 1e9 for ns in (result.freeze_ns, result.survey_ns, result.capture_ns,
                                             result.write_ns, result.sync_ns))))


def supported() -> bool:
    """Does this kernel have the system calls, be it that the caller may not use them?"""
    return bool(lib.ckpt_supported())


def check(pid: int, *, close: bool = False, external: Iterable[int] = ()) -> list[Problem]:
    """All that keeps a tree from being saved; nothing if it can be saved.

    Whoever may not save it, or finds no such process, gets a CheckpointError.
    """
    call = _Call(_library.CALL_CHECKPOINT)
    options = _options(_library.CLOSE if close else 0, None, external)
    with call as result:
        ret = lib.ckpt_check(pid, ctypes.byref(options), ctypes.byref(result))
        problems = [problem for problem in problems_of(result) if problem.code]
        if ret in (-errno.EBUSY, -errno.EOPNOTSUPP):
            return problems
        call.check(ret)
        return problems


def save(pid: int, path: Path, *, kill: bool = False, close: bool = False,
         timeout: float | None = None, external: Iterable[int] = ()) -> Saved | None:
    """Save process pid and all below it into a file, and with kill kill it then.

    In the restarted copy, if the caller is part of the tree, the answer is None.
    """
    call = _Call(_library.CALL_CHECKPOINT)
    flags = (_library.KILL if kill else 0) | (_library.CLOSE if close else 0)
    options = _options(flags, timeout, external)
    with call as result:
        crid = call.check(lib.ckpt_save(pid, os.fsencode(path), ctypes.byref(options),
                                        ctypes.byref(result)))
        return _saved(result) if crid else None


def hold(pid: int, path: Path, *, close: bool = False, timeout: float | None = None,
         external: Iterable[int] = ()) -> Hold:
    """Save a tree, and leave it frozen: for what has to be copied together with the image."""
    call = _Call(_library.CALL_CHECKPOINT)
    options = _options(_library.FROZEN | (_library.CLOSE if close else 0), timeout, external)
    with call as result:
        call.check(lib.ckpt_save(pid, os.fsencode(path), ctypes.byref(options),
                                 ctypes.byref(result)))
        held = Hold(result.hold, _saved(result))
        result.hold = -1
        return held


def restart(path: Path, *, rewind: bool = False, allow_changed: bool = False,
            strict_io: bool = False, orphan: bool = False,
            inherit: Mapping[int, int] | None = None, trust: bool = False,
            moved: Mapping[Path, Path] | None = None) -> Restarted:
    """Restart a tree from a file, with the pids that it had.

    inherit says which descriptor of the caller's takes the place of which of the program's,
    moved where files below a directory of the image, or a file, are now: both absolute.
    Root restarts with the rights of the file's owner, unless it trusts the image.
    """
    call = _Call(_library.CALL_RESTART)
    flags = ((_library.REWIND if rewind else 0) |
             (_library.ALLOW_CHANGED if allow_changed else 0) |
             (_library.STRICT_IO if strict_io else 0) | (_library.ORPHAN if orphan else 0))
    pairs = [_library.Inherit(*pair) for pair in (inherit or {}).items()]
    paths = [_library.Moved(os.fsencode(old), os.fsencode(new))
             for old, new in (moved or {}).items()]
    options = _library.RestartOptions(ctypes.sizeof(_library.RestartOptions), flags,
                                      (_library.Inherit * len(pairs))(*pairs), len(pairs),
                                      int(trust), (_library.Moved * len(paths))(*paths),
                                      len(paths))
    with call as result:
        pid = call.check(lib.ckpt_restart_file(os.fsencode(path), ctypes.byref(options),
                                               ctypes.byref(result)))
        return Restarted(pid, result.pgrp, result.nr_processes, result.nr_tasks,
                         problems_of(result))


def check_image(path: Path) -> None:
    """Raise a CheckpointError unless the image is whole, and this kernel can take it."""
    call = _Call(_library.CALL_RESTART)
    with call as result:
        call.check(lib.ckpt_check_file(os.fsencode(path), ctypes.byref(result)))


# -- the own process ------------------------------------------------------------------------

# An exception in a callback cannot pass through the library: it waits here.
_raised: list[BaseException] = []


class Callback:
    """Functions that are called before and after save_self(); see on_save()."""

    def __init__(self, before: Callable[[], object] | None,
                 after: Callable[[Outcome | None], object] | None) -> None:
        def call_before(_argument: object) -> int:
            try:
                if before:
                    before()
            except BaseException as exception:  # pylint: disable=broad-except
                _raised.append(exception)
                return -errno.ECANCELED
            return 0

        def call_after(outcome: int, _argument: object) -> None:
            try:
                if after:
                    after(Outcome(outcome) if outcome > 0 else None)
            except BaseException as exception:  # pylint: disable=broad-except
                _raised.append(exception)

        # the library has these functions until they are removed
        self._functions = _library.BEFORE(call_before), _library.AFTER(call_after)
        self._change(lib.ckpt_callback_add)
        _callbacks.append(self)

    def _change(self, function: Callable[..., int]) -> None:
        ret = function(*self._functions, None)
        if ret:
            raise OSError(-ret, os.strerror(-ret))

    def remove(self) -> None:
        """Be called no longer."""
        self._change(lib.ckpt_callback_remove)
        _callbacks.remove(self)


_callbacks: list[Callback] = []


def on_save(before: Callable[[], object] | None = None,
            after: Callable[[Outcome | None], object] | None = None) -> Callback:
    """Have functions called around save_self(): before it, and after it with the outcome.

    An exception in before ends the save.  The outcome of one that failed is None.
    """
    return Callback(before, after)


def save_self(path: Path, *, kill: bool = False, close: bool = False,
              timeout: float | None = None, external: Iterable[int] = ()) -> Outcome:
    """Save this process with all its threads and all below it.

    It returns twice: SAVED here, and RESTARTED in the process that is restarted from the image.
    """
    call = _Call(_library.CALL_CHECKPOINT)
    flags = (_library.KILL if kill else 0) | (_library.CLOSE if close else 0)
    options = _options(flags, timeout, external)
    _raised.clear()
    with call as result:
        ret = lib.ckpt_save_self(os.fsencode(path), ctypes.byref(options), ctypes.byref(result))
        if _raised:
            raise _raised.pop(0)
        return Outcome(call.check(ret))
