"""Arrays of others as the library's tensors, without copies: NumPy's, PyTorch's, anything with the buffer protocol,
__array_interface__ or DLPack; and Array, what is returned where none of these is used.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import struct
import sys
from typing import Any, Iterator, NamedTuple, Optional, Sequence, Tuple

from . import _dlpack
from ._declarations import constants, structs

F32, BF16, F16, BOOL = (constants["SA_" + name] for name in ("F32", "BF16", "F16", "BOOL"))
I32, I64 = -1, -2  # not types of the library: token numbers and counts
SIZES = {F32: 4, BF16: 2, F16: 2, BOOL: 1, I32: 4, I64: 8}
NAMES = {F32: "float32", BF16: "bfloat16", F16: "float16", BOOL: "bool", I32: "int32", I64: "int64"}
_BY_NAME = {name: dtype for dtype, name in NAMES.items()}
_TYPESTRS = {"<f4": F32, "<f2": F16, "|b1": BOOL, "<i4": I32, "<i8": I64}
_BY_DLPACK = {(_dlpack.FLOAT, 32): F32, (_dlpack.BFLOAT, 16): BF16, (_dlpack.FLOAT, 16): F16,
              (_dlpack.BOOL, 8): BOOL, (_dlpack.INT, 32): I32, (_dlpack.INT, 64): I64}
_TO_DLPACK = {dtype: pair for pair, dtype in _BY_DLPACK.items()}
_FORMATS = {"f": F32, "e": F16, "?": BOOL, "i": I32, "q": I64, "l": I64 if ctypes.sizeof(ctypes.c_long) == 8 else I32}


def contiguous(shape: Sequence[int]) -> Tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def count(shape: Sequence[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


_TENSOR = structs["sa_tensor"]
_FIELDS = struct.Struct("@P2i8q")  # data, dtype, reserved, size [4], stride [4]


class View(NamedTuple):
    """An array that lies somewhere: strides in elements; `keep` keeps its memory."""

    address: int
    dtype: int
    shape: Tuple[int, ...]
    strides: Tuple[int, ...]
    keep: Any

    @property
    def is_contiguous(self) -> bool:
        return all(size < 2 or step == want
                   for size, step, want in zip(self.shape, self.strides, contiguous(self.shape)))

    def at(self, index: Sequence[int]) -> "View":
        """The part at an index of the first axes; an axis of size 1 is repeated."""
        offset = sum(i * step for i, step, size in zip(index, self.strides, self.shape) if size > 1)
        return View(self.address + offset * SIZES[self.dtype], self.dtype, self.shape[len(index):],
                    self.strides[len(index):], self.keep)

    def tensor(self, order: str = "BHSD"):
        """As sa_tensor. `order` names the axes: "SD" has one head and batch, "BSHD" swaps axes."""
        sizes, steps = self.shape, self.strides
        if order != "BHSD":
            place = {axis: i for i, axis in enumerate(order)}
            sizes = tuple(self.shape[place[axis]] if axis in place else 1 for axis in "BHSD")
            steps = tuple(self.strides[place[axis]] if axis in place else 0 for axis in "BHSD")
        # An array without elements may have no address, which would mean that it is absent.
        return _TENSOR.from_buffer_copy(_FIELDS.pack(self.address or 64, self.dtype, 0, *sizes, *steps))


class _Buffer(ctypes.Structure):
    """Py_buffer"""

    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p), ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
                ("strides", ctypes.POINTER(ctypes.c_ssize_t)), ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
                ("internal", ctypes.c_void_p)]
    held = False

    def __del__(self):
        if self.held:
            ctypes.pythonapi.PyBuffer_Release(ctypes.byref(self))


_STRIDED, _FORMAT, _WRITABLE = 0x10 | 0x8, 0x4, 0x1


def _by_buffer(x, what, writable):
    buffer = _Buffer()
    flags = _STRIDED | _FORMAT | (_WRITABLE if writable else 0)
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(x), ctypes.byref(buffer), flags)
    buffer.held = True
    dtype = _FORMATS.get((buffer.format or b"B").decode().lstrip("@=<"))
    if dtype is None:
        raise TypeError(f"{what} has elements of the format {buffer.format.decode()!r}: {_WANTED}")
    return _bytes_view(what, buffer.buf or 0, dtype, tuple(buffer.shape[:buffer.ndim]),
                       tuple(buffer.strides[:buffer.ndim]), (buffer, x))


_WANTED = "float32, float16, bfloat16, masks of bool, and int32 or int64 numbers of tokens are taken"


def _bytes_view(what, address, dtype, shape, steps, keep):
    size = SIZES[dtype]
    if steps is None:
        return View(address, dtype, shape, contiguous(shape), keep)
    if any(step % size for step in steps):
        raise TypeError(f"{what} has strides of {steps} bytes, which are no multiples of its elements of {size}")
    return View(address, dtype, shape, tuple(step // size for step in steps), keep)


def _by_interface(x, what, writable):
    interface = x.__array_interface__
    address, read_only = interface["data"]
    kind = interface["typestr"]
    dtype = _TYPESTRS.get(kind)
    if dtype is None and getattr(x.dtype, "name", "") == "bfloat16":  # of ml_dtypes
        dtype = BF16
    if dtype is None:
        raise TypeError(f"{what} is {x.dtype}: {_WANTED}. Convert it, as by .astype('float32')")
    if writable and read_only:
        raise ValueError(f"{what} is read-only")
    return _bytes_view(what, address, dtype, interface["shape"], interface.get("strides"), x)


def _by_dlpack(x, what):
    capsule = x.__dlpack__()
    address, code, bits, shape, strides = _dlpack.read(capsule)
    dtype = BOOL if (code, bits) == (_dlpack.UINT, 8) else _BY_DLPACK.get((code, bits))
    if dtype is None:
        raise TypeError(f"{what} is {getattr(x, 'dtype', 'of another type')}: {_WANTED}. Convert it, as by .float()")
    return View(address, dtype, shape, contiguous(shape) if strides is None else strides, (capsule, x))


_torch_types: dict = {}  # torch.float32 and others: ours


def _by_torch(x, what):
    """What DLPack says of a tensor, without making a capsule, and with bool, which older PyTorch does not export."""
    if x.requires_grad:
        raise ValueError(f"{what} requires a gradient, and this library computes none here: pass {what}.detach()")
    if x.device.type != "cpu" or x.is_neg() or x.is_conj():
        raise TypeError(f"{what} is on {x.device}, or negated lazily: pass {what}.cpu() or {what}.resolve_neg()")
    if not _torch_types:
        _torch_types.update({getattr(_torch(), name): dtype for name, dtype in _BY_NAME.items()})
    dtype = _torch_types.get(x.dtype)
    if dtype is None:
        raise TypeError(f"{what} is {x.dtype}: {_WANTED}. Convert it, as by .float()")
    return View(x.data_ptr(), dtype, tuple(x.shape), x.stride(), x)


def view(x, what: str, writable: bool = False) -> View:
    """An array as it lies. `what` is its name in messages."""
    if isinstance(x, View):
        return x
    if isinstance(x, Array):
        return x.view
    if hasattr(x, "__array_interface__"):
        return _by_interface(x, what, writable)
    if is_torch(x):
        return _by_torch(x, what)
    if hasattr(x, "__dlpack__"):
        return _by_dlpack(x, what)
    try:
        return _by_buffer(x, what, writable)
    except BufferError as reason:
        raise ValueError(f"{what} cannot be used: {reason}") from None
    except TypeError as reason:
        if what in str(reason):
            raise
        raise TypeError(f"{what} is a {type(x).__name__}: an array is needed, of NumPy, PyTorch, or anything with the "
                        "buffer protocol or DLPack. selfattn.array() makes one of nested lists") from None


def _torch():
    return sys.modules.get("torch")


def _numpy():
    return sys.modules.get("numpy")


def is_torch(x) -> bool:
    torch = _torch()
    return torch is not None and isinstance(x, torch.Tensor)


def is_numpy(x) -> bool:
    numpy = _numpy()
    return numpy is not None and isinstance(x, numpy.ndarray)


def like(x, shape: Sequence[int], dtype: Optional[int] = None):
    """A new array of the same kind as x: NumPy's, PyTorch's or an Array. dtype None: that of x."""
    shape = tuple(shape)
    if is_torch(x):
        return x.new_empty(shape, dtype=None if dtype is None else getattr(_torch(), NAMES[dtype]))
    if is_numpy(x):
        return _numpy().empty(shape, x.dtype if dtype is None else NAMES[dtype])
    return Array(shape, NAMES[view(x, "array").dtype if dtype is None else dtype])


def new(shape: Sequence[int], dtype: int = F32):
    """A new array where nothing says of which kind: NumPy's if it can be imported."""
    try:
        import numpy
    except ImportError:
        return Array(tuple(shape), NAMES[dtype])
    return numpy.empty(tuple(shape), NAMES[dtype])


class Array:
    """Numbers in memory, for programs without NumPy. NumPy (numpy.asarray), PyTorch (torch.from_dlpack) and memoryview
    (.memory) see the same memory."""

    def __init__(self, shape: Sequence[int], dtype: str = "float32", _view: Optional[View] = None):
        if _view is None:
            if dtype not in _BY_NAME:
                raise ValueError(f"dtype {dtype!r} is none of {', '.join(_BY_NAME)}")
            number = _BY_NAME[dtype]
            memory = (ctypes.c_char * (max(count(shape), 1) * SIZES[number] + 63))()
            address = (ctypes.addressof(memory) + 63) // 64 * 64
            _view = View(address, number, tuple(shape), contiguous(shape), memory)
        self.view = _view

    @property
    def shape(self) -> Tuple[int, ...]:
        return self.view.shape

    @property
    def dtype(self) -> str:
        return NAMES[self.view.dtype]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def _cells(self):
        """All numbers as one ctypes array, if they lie without gaps."""
        if not self.view.is_contiguous:
            raise ValueError("this part of an array has gaps")
        return (_CELLS[self.view.dtype] * count(self.shape)).from_address(self.view.address)

    @property
    def memory(self) -> memoryview:
        cells = self._cells()
        cells._keep = self
        shape = self.shape
        code = _CODES[self.view.dtype]
        flat = memoryview(cells).cast("B")
        return flat.cast(code, shape) if count(shape) else flat

    @property
    def __array_interface__(self) -> dict:
        kinds = {dtype: kind for kind, dtype in _TYPESTRS.items()}
        if self.view.dtype not in kinds:
            raise TypeError(f"NumPy has no {self.dtype}")
        size = SIZES[self.view.dtype]
        return {"version": 3, "shape": self.shape, "typestr": kinds[self.view.dtype],
                "data": (self.view.address, False), "strides": tuple(step * size for step in self.view.strides)}

    def __dlpack_device__(self) -> Tuple[int, int]:
        return _dlpack.CPU, 0

    def __dlpack__(self, stream=None, **_):
        code, bits = _TO_DLPACK[self.view.dtype]
        return _dlpack.export(self.view.address, code, bits, self.shape, self.view.strides, self)

    def __buffer__(self, _flags) -> memoryview:  # from Python 3.12 on
        return self.memory

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if len(index) > self.ndim or not all(isinstance(i, int) for i in index):
            raise IndexError(f"an index of at most {self.ndim} whole numbers is needed, not {index}")
        places = []
        for i, size in zip(index, self.shape):
            if not -size <= i < size:
                raise IndexError(f"index {i} is outside of an axis of {size}")
            places.append(i % size)
        part = Array((), _view=self.view.at(places)._replace(keep=self.view.keep))
        return part if part.ndim else part.tolist()

    def __iter__(self) -> Iterator:
        return (self[i] for i in range(len(self)))

    def tolist(self):
        if self.ndim:
            return [part.tolist() if isinstance(part, Array) else part for part in self]
        return _number(self.view)

    def item(self):
        if count(self.shape) != 1:
            raise ValueError(f"an array of the shape {self.shape} is not one number")
        return _number(self.view)

    def __repr__(self) -> str:
        if count(self.shape) <= 64:
            return f"Array({self.tolist()}, {self.dtype})"
        return f"<Array {self.shape} {self.dtype}>"


_CELLS = {F32: ctypes.c_float, BF16: ctypes.c_uint16, F16: ctypes.c_uint16, BOOL: ctypes.c_uint8, I32: ctypes.c_int32,
          I64: ctypes.c_int64}
_CODES = {F32: "f", BF16: "H", F16: "e", BOOL: "?", I32: "i", I64: "q"}


def _number(at: View):
    raw = ctypes.string_at(at.address, SIZES[at.dtype])
    if at.dtype == BF16:
        return struct.unpack("<f", b"\0\0" + raw)[0]
    return struct.unpack("<" + _CODES[at.dtype], raw)[0]


def array(nested, dtype: str = "float32") -> Array:
    """An Array of nested lists of numbers."""
    shape, level = [], nested
    while isinstance(level, (list, tuple)):
        shape.append(len(level))
        level = level[0] if level else 0
    flat = list(_flatten(nested, shape))
    made = Array(shape, dtype)
    if made.view.dtype == BF16:
        raise ValueError("nested lists become float32, float16, bool, int32 or int64")
    data = struct.pack(f"<{len(flat)}{_CODES[made.view.dtype]}", *flat)
    ctypes.memmove(made.view.address, data, len(data))
    return made


def _flatten(nested, shape):
    if not shape:
        yield nested
        return
    if not isinstance(nested, (list, tuple)) or len(nested) != shape[0]:
        raise ValueError("the lists are not of equal lengths")
    for part in nested:
        yield from _flatten(part, shape[1:])


def integers(values, ctype) -> ctypes.Array:
    """Numbers of tokens, lengths and the like, from a sequence or an array of whole numbers; copied, they are few."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    flat = []
    for value in values:
        flat += list(value) if isinstance(value, (list, tuple)) else [value]
    return (ctype * max(len(flat), 1))(*flat)
