// SPDX-License-Identifier: MIT

package selfattn

// #include <selfattn.h>
import "C"

import (
	"math/bits"
	"unsafe"
)

// BF16 is the upper half of a float32; F16 is IEEE binary16. Both are bits.
type (
	BF16 uint16
	F16  uint16
)

// Element is a type that tensors have; bool is for masks only.
type Element interface{ float32 | BF16 | F16 | bool }

// Tensor is a view of a slice with four axes: batch, heads, sequence, head size. The zero Tensor is absent.
type Tensor struct {
	raw   C.sa_tensor // without the pointer
	first unsafe.Pointer
}

// Shape has the sizes of batch, heads, sequence and head size, or strides.
type Shape [4]int

// BHSD is a contiguous array [batch][head][sequence][head size].
func BHSD[T Element](data []T, shape Shape) (Tensor, error) {
	return contiguous(data, shape, [4]int{3, 2, 1, 0})
}

// BSHD is a contiguous array [batch][sequence][head][head size]; shape has the order of Shape all the same.
func BSHD[T Element](data []T, shape Shape) (Tensor, error) {
	return contiguous(data, shape, [4]int{3, 1, 2, 0})
}

func contiguous[T Element](data []T, shape Shape, inner [4]int) (Tensor, error) {
	var strides Shape
	step := 1
	for _, axis := range inner {
		strides[axis] = step
		high, low := bits.Mul64(uint64(step), uint64(shape[axis]))
		if shape[axis] < 0 || high != 0 || low > 1<<62 {
			return Tensor{}, shapeError("the shape %v does not fit", shape)
		}
		step = int(low)
	}
	if step != len(data) {
		return Tensor{}, shapeError("the shape %v has %d elements, and the slice %d", shape, step, len(data))
	}
	return Strided(data, 0, shape, strides)
}

// Strided is any view: its first element is data[offset], and strides count elements. They may be 0 or negative.
func Strided[T Element](data []T, offset int, shape, strides Shape) (Tensor, error) {
	first, last, empty := float64(offset), float64(offset), false
	for axis, size := range shape {
		if size < 0 {
			return Tensor{}, shapeError("the shape %v has a negative size", shape)
		}
		empty = empty || size == 0
		if reach := float64(size-1) * float64(strides[axis]); reach < 0 {
			first += reach
		} else {
			last += reach
		}
	}
	var t Tensor
	if !empty && (first < 0 || last >= float64(len(data))) {
		return t, shapeError("the shape %v with strides %v reaches elements %.0f to %.0f of %d", shape, strides, first,
			last, len(data))
	}
	for axis := range shape {
		t.raw.size[axis], t.raw.stride[axis] = C.int64_t(shape[axis]), C.int64_t(strides[axis])
	}
	t.raw.dtype = dtypeOf[T]()
	if !empty {
		t.first = unsafe.Pointer(&data[offset])
	}
	return t, nil
}

func dtypeOf[T Element]() C.int32_t {
	var zero T
	switch any(zero).(type) {
	case BF16:
		return C.SA_BF16
	case F16:
		return C.SA_F16
	case bool:
		return C.SA_BOOL
	}
	return C.SA_F32
}

func (t Tensor) size(axis int) int { return int(t.raw.size[axis]) }

// Align says where query t stands among the keys.
type Align int

// As in the header. At is for AlignOffset.
const (
	AlignDefault     Align = C.SA_ALIGN_DEFAULT
	AlignTopLeft     Align = C.SA_ALIGN_TOP_LEFT
	AlignBottomRight Align = C.SA_ALIGN_BOTTOM_RIGHT
	AlignOffset      Align = C.SA_ALIGN_OFFSET
)

// Masking says which keys a query sees; all rules hold together, and the zero Masking shows every key.
type Masking struct {
	KeyLengths []int64 // real keys of each sequence
	Causal     bool
	Align      Align
	Offset     int
	Window     *[2]int // keys before and after a query's place, -1: all of them
	Mask       Tensor  // bool (true: seen), or numbers that are added; axes of size 1 are repeated
}

func (m Masking) raw(batch int) (C.sa_masking, *C.int64_t, error) {
	raw := C.sa_masking{align: C.int32_t(m.Align), offset: C.int64_t(m.Offset), mask: m.Mask.raw}
	if m.Causal {
		raw.causal = 1
	}
	if m.Window != nil {
		raw.window, raw.window_left, raw.window_right = 1, C.int64_t(m.Window[0]), C.int64_t(m.Window[1])
	}
	if m.Mask.first != nil {
		raw.mask_keys = C.SA_MASK_KEYS_REPEATED
	}
	if m.KeyLengths == nil {
		return raw, nil, nil
	}
	if len(m.KeyLengths) != batch {
		return raw, nil, shapeError("there are %d lengths of keys for %d sequences", len(m.KeyLengths), batch)
	}
	return raw, (*C.int64_t)(pointer(m.KeyLengths)), nil
}

// pointer of a slice; nil if it is empty.
func pointer[T any](data []T) *T {
	if len(data) == 0 {
		return nil
	}
	return &data[0]
}

func floats(data []float32) *C.float { return (*C.float)(pointer(data)) }
