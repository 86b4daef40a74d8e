# SPDX-License-Identifier: LGPL-2.1-only
"""libcheckpoint by ctypes: its structures and functions, and nothing else.

What stands here is libcheckpoint.h and libcheckpoint_image.h once more, and like them as long
as the library is called libcheckpoint.so.1.
"""

from __future__ import annotations

import ctypes
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_int, c_int32,
                    c_size_t, c_uint, c_uint32, c_uint64, c_ulong, c_void_p)

KILL = 1 << 0
FROZEN = 1 << 1
CONTAINER = 1 << 3
CLOSE = 1 << 6

RESTART_FROZEN = 1 << 1
ALLOW_CHANGED = 1 << 3
STRICT_IO = 1 << 4
ORPHAN = 1 << 5
REWIND = 1 << 6

SAVED = 1
RESTARTED = 2

CALL_CHECKPOINT = 0
CALL_RESTART = 1
CALL_READ = 2

OPEN_LENIENT = 1 << 0
OPEN_SKIP_DATA = 1 << 1


class Error(Structure):
    """struct checkpoint_error"""

    _fields_ = [("err", c_int32), ("pid", c_int32), ("tid", c_int32), ("type", c_uint32),
                ("object", c_uint32), ("reserved", c_uint32), ("offset", c_uint64),
                ("address", c_uint64), ("message", c_char * 192)]


class SaveOptions(Structure):
    """struct ckpt_save_options"""

    _fields_ = [("size", c_size_t), ("flags", c_ulong), ("external", POINTER(c_uint32)),
                ("nr_external", c_uint), ("timeout_ms", c_uint)]


class Inherit(Structure):
    """struct restart_inherit"""

    _fields_ = [("fd", c_uint32), ("source", c_uint32)]


class Moved(Structure):
    """struct ckpt_moved"""

    _fields_ = [("old", c_char_p), ("new", c_char_p)]


class RestartOptions(Structure):
    """struct ckpt_restart_options"""

    _fields_ = [("size", c_size_t), ("flags", c_ulong), ("inherit", POINTER(Inherit)),
                ("nr_inherit", c_uint), ("trust", c_uint), ("moved", POINTER(Moved)),
                ("nr_moved", c_uint)]


class Result(Structure):
    """struct ckpt_result"""

    _fields_ = [("size", c_size_t), ("call", c_int), ("hold", c_int), ("crid", c_int),
                ("pgrp", c_int), ("image_id", c_uint64 * 2), ("frozen_ns", c_uint64),
                ("bytes", c_uint64), ("nr_processes", c_uint), ("nr_tasks", c_uint),
                ("nr_errors", c_uint), ("missing", c_uint), ("errors", POINTER(Error)),
                ("freeze_ns", c_uint64), ("survey_ns", c_uint64), ("capture_ns", c_uint64),
                ("write_ns", c_uint64), ("sync_ns", c_uint64)]


class RecordInfo(Structure):
    """struct ckpt_record_info"""

    _fields_ = [("name", c_char_p), ("type", c_uint32), ("size", c_uint32), ("array", c_uint32),
                ("elem", c_uint32), ("object_class", c_char_p), ("defines", c_bool),
                ("late", c_bool), ("refs", c_void_p)]


class Item(Structure):
    """struct ckpt_item"""

    _fields_ = [("info", POINTER(RecordInfo)), ("type", c_uint32), ("object", c_uint32),
                ("offset", c_uint64), ("len", c_uint64), ("size", c_uint32), ("count", c_uint32),
                ("elem", c_uint32), ("data", c_void_p), ("array", c_void_p), ("raw", c_void_p)]


BEFORE = CFUNCTYPE(c_int, c_void_p)
AFTER = CFUNCTYPE(None, c_int, c_void_p)

lib = ctypes.CDLL("libcheckpoint.so.1")

for _name, _result, _arguments in (
        ("ckpt_supported", c_bool, []),
        ("ckpt_save", c_int, [c_int, c_char_p, POINTER(SaveOptions), POINTER(Result)]),
        ("ckpt_save_self", c_int, [c_char_p, POINTER(SaveOptions), POINTER(Result)]),
        ("ckpt_check", c_int, [c_int, POINTER(SaveOptions), POINTER(Result)]),
        ("ckpt_restart_file", c_int, [c_char_p, POINTER(RestartOptions), POINTER(Result)]),
        ("ckpt_check_file", c_int, [c_char_p, POINTER(Result)]),
        ("ckpt_end_tree", c_int, [c_int, c_bool]),
        ("ckpt_result_free", None, [POINTER(Result)]),
        ("ckpt_error_text", c_char_p, [POINTER(Error), c_char_p, c_size_t]),
        ("ckpt_error_advice", c_char_p, [c_int, c_int]),
        ("ckpt_callback_add", c_int, [BEFORE, AFTER, c_void_p]),
        ("ckpt_callback_remove", c_int, [BEFORE, AFTER, c_void_p]),
        ("ckpt_image_open", c_void_p, [c_int, c_uint]),
        ("ckpt_image_close", None, [c_void_p]),
        ("ckpt_image_next", c_int, [c_void_p, POINTER(Item)]),
        ("ckpt_image_data", ctypes.c_ssize_t, [c_void_p, c_void_p, c_size_t]),
        ("ckpt_image_error", POINTER(Error), [c_void_p]),
        ("ckpt_image_verify", c_int, [c_int, POINTER(Error)])):
    _function = getattr(lib, _name)
    _function.restype = _result
    _function.argtypes = _arguments
