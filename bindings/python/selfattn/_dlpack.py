"""DLPack by ctypes: https://dmlc.github.io/dlpack/latest/c_api.html

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes

CPU = 1
INT, UINT, FLOAT, BFLOAT, BOOL = 0, 1, 2, 4, 6


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
                ("ndim", ctypes.c_int32), ("dtype", DataType), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


class ManagedTensor(ctypes.Structure):
    _fields_ = [("tensor", DLTensor), ("manager", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_python = ctypes.pythonapi
_python.PyCapsule_GetPointer.restype = ctypes.c_void_p
_python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
_python.PyCapsule_New.restype = ctypes.py_object
_python.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
# A destructor's capsule must not be counted as an object again: it goes as an address.
_is_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_IsValid", _python))
_get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_GetPointer", _python))

_exported: dict = {}


@_Deleter
def _forget(managed):
    _exported.pop(managed, None)


@ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
def _drop(capsule):
    """Of a capsule that nobody has taken; who takes it renames it."""
    if _is_valid(capsule, b"dltensor"):
        _forget(_get_pointer(capsule, b"dltensor"))


def export(address, code, bits, shape, strides, owner):
    """A capsule of memory that belongs to `owner`, which lives until the capsule's user lets go."""
    managed = ManagedTensor()
    sizes, steps = (ctypes.c_int64 * len(shape))(*shape), (ctypes.c_int64 * len(shape))(*strides)
    managed.tensor = DLTensor(data=address, device_type=CPU, device_id=0, ndim=len(shape),
                              dtype=DataType(code, bits, 1), shape=sizes, strides=steps, byte_offset=0)
    managed.deleter = ctypes.cast(_forget, ctypes.c_void_p).value
    place = ctypes.addressof(managed)
    _exported[place] = (managed, sizes, steps, owner)
    return _python.PyCapsule_New(place, b"dltensor", ctypes.cast(_drop, ctypes.c_void_p).value)


def read(capsule):
    """Address, code, bits, shape and strides in elements. The capsule is borrowed: it frees its memory itself."""
    tensor = ManagedTensor.from_address(_python.PyCapsule_GetPointer(capsule, b"dltensor")).tensor
    if tensor.device_type != CPU:
        raise TypeError("the array is not in the CPU's memory: move it there first, as by .cpu()")
    if tensor.dtype.lanes != 1:
        raise TypeError(f"elements of {tensor.dtype.lanes} lanes are not supported")
    shape = tuple(tensor.shape[:tensor.ndim])
    strides = tuple(tensor.strides[:tensor.ndim]) if tensor.strides else None
    return (tensor.data or 0) + tensor.byte_offset, tensor.dtype.code, tensor.dtype.bits, shape, strides
