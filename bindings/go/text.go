//go:build !selfattn_core

// SPDX-License-Identifier: MIT

package selfattn

import (
	"bytes"
	"unicode/utf8"
)

// growing is the text of tokens that come one by one. What might become a stop string is held back.
type growing struct {
	tokenizer *Tokenizer
	stop      []string
	ids       []int32
	text      []byte
	shown     int
	ended     bool // a stop string came: the text ends before it
}

// newGrowing puts the last token of the prompt in front: a decoder may drop a space at the beginning of a text.
func newGrowing(t *Tokenizer, prompt []int32, stop []string) (*growing, error) {
	ids := append([]int32{}, prompt[len(prompt)-min(1, len(prompt)):]...)
	text, err := t.Decode(ids)
	return &growing{tokenizer: t, stop: stop, ids: ids, text: text, shown: len(text)}, err
}

// add returns what is new and whole with this token.
func (g *growing) add(token int32) (string, error) {
	g.ids = append(g.ids, token)
	text, err := g.tokenizer.Decode(g.ids)
	if err != nil {
		return "", err
	}
	g.text = text
	fresh := text[g.shown:]
	end := len(fresh) - unfinished(fresh)
	for _, stop := range g.stop {
		for n := 1; n < len(stop); n++ {
			if bytes.HasSuffix(fresh, []byte(stop[:n])) {
				end = min(end, len(fresh)-n)
			}
		}
	}
	for _, stop := range g.stop {
		if at := bytes.Index(fresh, []byte(stop)); stop != "" && at >= 0 {
			end, g.ended = min(end, at), true
		}
	}
	return g.show(end), nil
}

// rest is what was held back, when no more tokens come.
func (g *growing) rest() string {
	if g.ended {
		return ""
	}
	return g.show(len(g.text) - g.shown)
}

func (g *growing) show(count int) string {
	g.shown += count
	return string(g.text[g.shown-count : g.shown])
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// unfinished is how many bytes at the end begin a character that is not whole.
func unfinished(text []byte) int {
	for n := 1; n <= min(3, len(text)); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
