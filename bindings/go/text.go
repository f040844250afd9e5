//go:build !selfattn_core

// SPDX-License-Identifier: MIT

package selfattn

// #include "models.h"
import "C"

// textStream is the text of tokens that come one by one, in whole characters. What might become a stop string is held
// back. It calls with a context of its own.
type textStream struct {
	*handle
	raw  *C.sa_text_stream
	room []C.char
}

// newTextStream puts the last token of the prompt in front: a decoder may drop a space at the beginning of a text.
func newTextStream(t *Tokenizer, prompt []int32, stop []string) (*textStream, error) {
	ctx, err := shortCalls()
	if err != nil {
		return nil, err
	}
	before := C.int32_t(-1)
	if len(prompt) > 0 {
		before = C.int32_t(prompt[len(prompt)-1])
	}
	stops, free := cStrings(stop)
	defer free()
	if err := t.retain(); err != nil {
		return nil, err
	}
	var raw *C.sa_text_stream
	err = ctx.call(func() C.sa_status {
		return C.sa_text_stream_create(ctx.raw, t.raw, before, stops, C.int64_t(len(stop)), &raw)
	})
	if err != nil {
		t.release()
		return nil, err
	}
	s := &textStream{&handle{}, raw, make([]C.char, C.sa_text_stream_room(raw))}
	s.init(t.handle, func() { C.sa_text_stream_destroy(&raw) })
	return s, nil
}

// add returns what is new and whole with this token.
func (s *textStream) add(token int32) (string, error) {
	return s.write(func(ctx *C.sa_ctx, room C.int64_t, bytes *C.int64_t) C.sa_status {
		return C.sa_text_stream_add(ctx, s.raw, C.int32_t(token), &s.room[0], room, bytes)
	})
}

// rest is what was held back, when no more tokens come.
func (s *textStream) rest() (string, error) {
	return s.write(func(ctx *C.sa_ctx, room C.int64_t, bytes *C.int64_t) C.sa_status {
		return C.sa_text_stream_rest(ctx, s.raw, &s.room[0], room, bytes)
	})
}

// ended says that a stop string came: the text ends before it.
func (s *textStream) ended() bool { return C.sa_text_stream_ended(s.raw) == 1 }

func (s *textStream) write(f func(*C.sa_ctx, C.int64_t, *C.int64_t) C.sa_status) (string, error) {
	ctx, err := shortCalls()
	if err != nil {
		return "", err
	}
	var bytes C.int64_t
	err = ctx.call(func() C.sa_status { return f(ctx.raw, C.int64_t(len(s.room)), &bytes) }, s.handle)
	return C.GoStringN(&s.room[0], C.int(bytes)), err
}
