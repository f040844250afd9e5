//go:build !selfattn_core

// SPDX-License-Identifier: MIT

package selfattn

// #include <stdlib.h>
// #include "models.h"
import "C"

import (
	"strings"
	"unsafe"
)

// Tokenizer turns text into token numbers and back. Immutable: any number of goroutines may share one.
type Tokenizer struct {
	*handle
	raw *C.sa_tokenizer
}

// OpenTokenizer reads a file, or the first one that a folder has.
func OpenTokenizer(ctx *Context, path string) (*Tokenizer, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var raw *C.sa_tokenizer
	if err := ctx.call(func() C.sa_status { return C.sa_tokenizer_open(ctx.raw, name, &raw) }); err != nil {
		return nil, err
	}
	t := &Tokenizer{&handle{}, raw}
	t.init(nil, func() { C.sa_tokenizer_destroy(&raw) })
	return t, nil
}

// Close frees the tokenizer once no call uses it.
func (t *Tokenizer) Close() { t.close() }

// sized calls f with room for what its first call, without room, counts.
func sized[T any](t *Tokenizer, f func(*C.sa_ctx, *T, C.int64_t, *C.int64_t) C.sa_status) ([]T, error) {
	ctx, err := shortCalls()
	if err != nil {
		return nil, err
	}
	var count C.int64_t
	if err := ctx.call(func() C.sa_status { return f(ctx.raw, nil, 0, &count) }, t.handle); err != nil || count == 0 {
		return nil, err
	}
	out := make([]T, count)
	return out, ctx.call(func() C.sa_status { return f(ctx.raw, &out[0], C.int64_t(len(out)), &count) }, t.handle)
}

// Flags of EncodeWith; add them up.
const (
	EncodeNoTemplate = C.SA_ENCODE_NO_TEMPLATE
	EncodeNoSpecial  = C.SA_ENCODE_NO_SPECIAL
)

// Encode gives token numbers, with those that the tokenizer puts around a text.
func (t *Tokenizer) Encode(text string) ([]int32, error) { return t.EncodeWith(text, 0) }

// EncodeWith is Encode with flags: EncodeNoTemplate, ...
func (t *Tokenizer) EncodeWith(text string, flags int) ([]int32, error) {
	bytes := C.CString(text)
	defer C.free(unsafe.Pointer(bytes))
	return sized(t, func(ctx *C.sa_ctx, out *int32, room C.int64_t, count *C.int64_t) C.sa_status {
		return C.sa_tokenizer_encode_with(ctx, t.raw, bytes, C.int64_t(len(text)), C.int32_t(flags),
			(*C.int32_t)(out), room, count)
	})
}

// EncodeOffsets is EncodeWith, and gives for each token the range of the text's bytes that it stands for: token i is
// text[offsets[i][0]:offsets[i][1]]. A token of some bytes of a character has those alone.
func (t *Tokenizer) EncodeOffsets(text string, flags int) (ids []int32, offsets [][2]int, err error) {
	bytes := C.CString(text)
	defer C.free(unsafe.Pointer(bytes))
	var places []int64
	ids, err = sized(t, func(ctx *C.sa_ctx, out *int32, room C.int64_t, count *C.int64_t) C.sa_status {
		places = make([]int64, 2*int(room))
		return C.sa_tokenizer_encode_offsets(ctx, t.raw, bytes, C.int64_t(len(text)), C.int32_t(flags),
			(*C.int32_t)(out), (*C.int64_t)(pointer(places)), room, count)
	})
	for i := 0; i < len(places); i += 2 {
		offsets = append(offsets, [2]int{int(places[i]), int(places[i+1])})
	}
	return ids, offsets, err
}

// EncodePair gives the token numbers of two texts as one input, and their types, for models that compare texts. The
// longer text is cut until `most` tokens are left; 0: none is cut.
func (t *Tokenizer) EncodePair(first, second string, most int) (ids, types []int32, err error) {
	a, b := C.CString(first), C.CString(second)
	defer C.free(unsafe.Pointer(a))
	defer C.free(unsafe.Pointer(b))
	ids, err = sized(t, func(ctx *C.sa_ctx, out *int32, room C.int64_t, count *C.int64_t) C.sa_status {
		var kinds *C.int32_t
		if room > 0 {
			types = make([]int32, int(room))
			kinds = (*C.int32_t)(pointer(types))
		}
		return C.sa_tokenizer_encode_pair(ctx, t.raw, a, C.int64_t(len(first)), b, C.int64_t(len(second)), 0,
			C.int64_t(most), (*C.int32_t)(out), kinds, room, count)
	})
	return ids, types, err
}

// Decode gives the text of tokens; the last one may end inside of a character.
func (t *Tokenizer) Decode(ids []int32) ([]byte, error) {
	return sized(t, func(ctx *C.sa_ctx, out *byte, room C.int64_t, count *C.int64_t) C.sa_status {
		return C.sa_tokenizer_decode(ctx, t.raw, (*C.int32_t)(pointer(ids)), C.int64_t(len(ids)),
			(*C.char)(unsafe.Pointer(out)), room, count)
	})
}

// Model is a trained transformer. Immutable: any number of goroutines may share one.
type Model struct {
	*handle
	raw *C.sa_model
}

// OpenModel reads weights and config: a folder or a file.
func OpenModel(ctx *Context, path string) (*Model, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var raw *C.sa_model
	if err := ctx.call(func() C.sa_status { return C.sa_model_open(ctx.raw, name, &raw) }); err != nil {
		return nil, err
	}
	m := &Model{&handle{}, raw}
	m.init(nil, func() { C.sa_model_destroy(&raw) })
	return m, nil
}

// Close frees the model once no call and no session uses it.
func (m *Model) Close() { m.close() }

// Get is a number about the model: Get("LAYERS") is SA_MODEL_LAYERS. -1 if there is none of that name.
func (m *Model) Get(what string) int {
	number, err := Constant("SA_MODEL_" + strings.ToUpper(what))
	if err != nil || m.retain() != nil {
		return -1
	}
	defer m.release()
	return int(C.sa_model_get(m.raw, C.int32_t(number)))
}

// Wanted says which outputs Encode returns.
type Wanted struct{ Embedding, Hidden, Attention, Logits bool }

// Encoded has them, in C order: [B, embedding width], [B,T,E], [L,B,H,T,T], and [B,V] of a classifier, else [B,T,V].
type Encoded struct {
	Tokens                               int // T: tokens of the longest sequence; the others are padded at the end
	Embedding, Hidden, Attention, Logits []float32
}

// padded makes one array [B,T] of sequences, and their lengths.
func padded(sequences [][]int32) (ids []int32, lengths []int64, longest int) {
	for _, s := range sequences {
		lengths = append(lengths, int64(len(s)))
		if len(s) > longest {
			longest = len(s)
		}
	}
	ids = make([]int32, longest*len(sequences))
	for b, s := range sequences {
		copy(ids[b*longest:], s)
	}
	return ids, lengths, longest
}

func room(wanted bool, sizes ...int) []float32 {
	if !wanted {
		return nil
	}
	all := 1
	for _, size := range sizes {
		all *= or(size, 1) // what the model does not have is refused, not left out
	}
	return make([]float32, all)
}

// Encode runs the model over whole sequences of tokens.
func (m *Model) Encode(ctx *Context, sequences [][]int32, wanted Wanted) (Encoded, error) {
	if err := m.retain(); err != nil {
		return Encoded{}, err
	}
	defer m.release()
	ids, lengths, tokens := padded(sequences)
	batch, rows := len(sequences), 1
	if m.Get("TOKEN_LOGITS") == 1 {
		rows = tokens
	}
	out := Encoded{tokens, room(wanted.Embedding, batch, m.Get("EMBEDDING_WIDTH")),
		room(wanted.Hidden, batch, tokens, m.Get("WIDTH")),
		room(wanted.Attention, m.Get("LAYERS"), batch, m.Get("QUERY_HEADS"), tokens, tokens),
		room(wanted.Logits, batch, rows, m.Get("OUTPUTS"))}
	err := ctx.call(func() C.sa_status {
		return C.go_model_encode(ctx.raw, m.raw, C.int64_t(batch), C.int64_t(tokens), (*C.int32_t)(pointer(ids)),
			(*C.int64_t)(pointer(lengths)), floats(out.Embedding), floats(out.Hidden), floats(out.Attention),
			floats(out.Logits))
	}, m.handle)
	return out, err
}
