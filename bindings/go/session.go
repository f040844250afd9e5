//go:build !selfattn_core

// SPDX-License-Identifier: MIT

package selfattn

// #include <stdlib.h>
// #include "models.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// SessionOptions are sizes of a session; zeros are the defaults of sa_session_config.
type SessionOptions struct{ Batch, Capacity, CacheType int }

// Session is a decoder with the keys and values of all tokens so far. It keeps its model.
type Session struct {
	*handle
	raw     *C.sa_session
	batch   int
	pending []int32 // the last token of the text before, which has not been run: the next one begins with it
}

// NewSession makes a session with empty sequences.
func NewSession(ctx *Context, model *Model, options SessionOptions) (*Session, error) {
	config := C.sa_session_config{batch: C.int64_t(options.Batch), capacity: C.int64_t(options.Capacity),
		cache_dtype: C.int32_t(options.CacheType)}
	config.struct_size = C.uint64_t(unsafe.Sizeof(config))
	if err := model.retain(); err != nil {
		return nil, err
	}
	var raw *C.sa_session
	if err := ctx.call(func() C.sa_status { return C.sa_session_create(ctx.raw, model.raw, &config, &raw) }); err != nil {
		model.release()
		return nil, err
	}
	s := &Session{&handle{}, raw, or(options.Batch, 1), nil}
	s.init(model.handle, func() { C.sa_session_destroy(&raw) })
	return s, nil
}

// Close frees the session once no call uses it.
func (s *Session) Close() { s.close() }

// Length is how many tokens a sequence has; -1 if there is no such sequence.
func (s *Session) Length(sequence int) int {
	if s.retain() != nil {
		return -1
	}
	defer s.release()
	return int(C.sa_session_length(s.raw, C.int64_t(sequence)))
}

// Truncate removes the tokens of all sequences from number length on.
func (s *Session) Truncate(length int) error {
	if err := s.retain(); err != nil {
		return err
	}
	defer s.release()
	s.pending = nil
	return withThread(func() C.sa_status { return C.sa_session_truncate(s.raw, -1, C.int64_t(length)) })
}

// Sampling says how tokens are chosen, as sa_sampling; zeros: the most probable one.
type Sampling struct {
	Seed                                       uint64
	Temperature, TopP, MinP, RepetitionPenalty float64
	TopK                                       int
}

// Generate has what a generation takes. OnToken is called on the same goroutine; false ends its sequence.
type Generate struct {
	MaxTokens  int
	Sampling   Sampling
	Stop       []string // stop strings; they need the tokenizer
	Tokenizer  *Tokenizer
	ModelRules bool // what the model's makers forbid and force holds
	OnToken    func(sequence int, token int32, logProbability float32) bool
}

// Ends of a sequence.
const (
	EndNone      = C.SA_END_NONE
	EndMaxTokens = C.SA_END_MAX_TOKENS
	EndToken     = C.SA_END_TOKEN
	EndString    = C.SA_END_STRING
	EndCaller    = C.SA_END_CALLER
	EndFull      = C.SA_END_FULL
)

// Generated has the new tokens of a sequence, and why it ended.
type Generated struct {
	Tokens []int32
	End    int
}

// listener is what the callback needs: the function, and what it threw.
type listener struct {
	onToken func(int, int32, float32) bool
	thrown  any
}

//export selfattnToken
func selfattnToken(user C.uintptr_t, sequence C.int64_t, token C.int32_t, log C.float) (end C.int32_t) {
	l := cgo.Handle(user).Value().(*listener)
	// A panic must not pass through C: the sequence ends here, and Generate goes on panicking.
	defer func() {
		if thrown := recover(); thrown != nil {
			l.thrown, end = thrown, 1
		}
	}()
	if l.onToken != nil && !l.onToken(int(sequence), int32(token), float32(log)) {
		return 1
	}
	return 0
}

// Generate appends a prompt to each sequence and generates new tokens. Afterwards each sequence has its prompt and all
// new tokens but the last one, which has not been run: begin the next prompt with it.
func (s *Session) Generate(ctx *Context, prompts [][]int32, g Generate) ([]Generated, error) {
	if len(prompts) != s.batch {
		return nil, shapeError("there are %d prompts for %d sequences", len(prompts), s.batch)
	}
	s.pending = nil
	ids, lengths, tokens := padded(prompts)
	if tokens == 0 {
		ids, lengths = nil, nil
	}
	if g.MaxTokens < 0 {
		return nil, shapeError("MaxTokens is %d", g.MaxTokens)
	}
	generated := make([]int32, s.batch*g.MaxTokens+1)
	counts, endings := make([]int64, s.batch), make([]int32, s.batch)
	stops, free := cStrings(g.Stop)
	defer free()
	args := C.sa_generate_args{tokens: C.int64_t(tokens), max_tokens: C.int64_t(g.MaxTokens),
		stop_string_count: C.int64_t(len(g.Stop))}
	if g.ModelRules {
		args.model_rules = 1
	}
	sampling := C.sa_sampling{seed: C.uint64_t(g.Sampling.Seed), temperature: C.double(g.Sampling.Temperature),
		top_k: C.int64_t(g.Sampling.TopK), top_p: C.double(g.Sampling.TopP), min_p: C.double(g.Sampling.MinP),
		repetition_penalty: C.double(g.Sampling.RepetitionPenalty)}
	l := &listener{onToken: g.OnToken}
	user := cgo.NewHandle(l)
	defer user.Delete()
	var tokenizer *C.sa_tokenizer
	held := []*handle{s.handle}
	if g.Tokenizer != nil {
		tokenizer, held = g.Tokenizer.raw, append(held, g.Tokenizer.handle)
	}
	err := ctx.call(func() C.sa_status {
		return C.go_generate(ctx.raw, s.raw, args, (*C.int32_t)(pointer(ids)), (*C.int64_t)(pointer(lengths)), sampling,
			(*C.int32_t)(&generated[0]), (*C.int64_t)(&counts[0]), (*C.int32_t)(&endings[0]), stops, tokenizer,
			C.uintptr_t(user))
	}, held...)
	if l.thrown != nil {
		panic(l.thrown)
	}
	if err != nil {
		return nil, err
	}
	all := make([]Generated, s.batch)
	for b := range all {
		all[b] = Generated{generated[b*g.MaxTokens:][:counts[b]:counts[b]], int(endings[b])}
	}
	return all, nil
}

// cStrings copies texts to C; nil without texts.
func cStrings(texts []string) (**C.char, func()) {
	if len(texts) == 0 {
		return nil, func() {}
	}
	list := (**C.char)(C.calloc(C.size_t(len(texts)), C.size_t(unsafe.Sizeof(uintptr(0)))))
	all := unsafe.Slice(list, len(texts))
	for i, text := range texts {
		all[i] = C.CString(text)
	}
	return list, func() {
		for _, text := range all {
			C.free(unsafe.Pointer(text))
		}
		C.free(unsafe.Pointer(list))
	}
}

// Stream goes on with a text, in a session of one sequence: onText gets pieces of whole characters as they come, and
// false from it ends the text. The text ends before the first of the stop strings. The next call goes on behind it,
// with a prompt that may be empty. It returns the new text.
func (s *Session) Stream(
	ctx *Context, t *Tokenizer, prompt string, g Generate, onText func(string) bool,
) (string, error) {
	flags := 0
	if s.pending != nil || s.Length(0) > 0 {
		flags = EncodeNoTemplate
	}
	added, err := t.EncodeWith(prompt, flags)
	if err != nil {
		return "", err
	}
	ids := append(s.pending, added...)
	text, err := newTextStream(t, ids, g.Stop)
	if err != nil {
		return "", err
	}
	defer text.close()
	written, goOn, failed := "", true, error(nil)
	show := func(piece string) bool {
		written += piece
		return piece == "" || onText == nil || onText(piece)
	}
	g.Stop, g.OnToken = nil, func(_ int, token int32, _ float32) bool {
		var piece string
		if piece, failed = text.add(token); failed == nil {
			goOn = show(piece)
		}
		return goOn && failed == nil && !text.ended()
	}
	all, err := s.Generate(ctx, [][]int32{ids}, g)
	if failed != nil {
		err = failed
	}
	if err != nil {
		return written, err
	}
	if tokens := all[0].Tokens; len(tokens) > 0 {
		s.pending = tokens[len(tokens)-1:]
	}
	if goOn {
		var piece string
		piece, err = text.rest()
		show(piece)
	}
	return written, err
}
