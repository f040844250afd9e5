//go:build !selfattn_core

// The cases that all bindings share, and whether the headers of this build are those of the library.
// SPDX-License-Identifier: MIT

package selfattn

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"testing"
	"time"
)

type packed struct {
	Shape []int
	Data  []*float64
	Dtype string
}

type options struct {
	Scale, Softcap float32
	Causal         bool
	Align          string
	Window         *[2]int
	KeyLengths     []int64   `json:"key_lengths"`
	AlibiSlopes    []float32 `json:"alibi_slopes"`
	Mask           *packed
}

type table struct {
	Tolerance float64
	Attention []struct {
		Name                                    string
		Query, Key, Value, Output, Lse, Weights packed
		Options                                 options
	}
	Layer []struct {
		Name   string
		Config struct {
			ModelWidth   int `json:"model_width"`
			ContextWidth int `json:"context_width"`
			OutputWidth  int `json:"output_width"`
			QueryHeads   int `json:"query_heads"`
			KVHeads      int `json:"kv_heads"`
			HeadSize     int `json:"head_size"`
			Rope         bool
		}
		Weights         map[string]packed
		X, Y, Attention packed
		Context         *packed
		Options         options
	}
	Encode struct {
		Model                         string
		Texts                         []string
		Ids                           [][]int32
		Embeddings, Hidden, Attention packed
	}
	Offsets []struct {
		Name, Model, Text string
		Ids               []int32
		Bytes             []int
	}
	Generate struct {
		Model, Prompt, Text string
		PromptIds           []int32 `json:"prompt_ids"`
		MaxTokens           int     `json:"max_tokens"`
		Tokens              []int32
		LogProbabilities    packed `json:"log_probabilities"`
		Attention           packed
	}
	Stream []struct {
		Name  string
		Calls []struct {
			Prompt, Text string
			MaxTokens    int  `json:"max_tokens"`
			ModelRules   bool `json:"model_rules"`
			Stop         []string
			Length       int
		}
	}
	Errors []struct {
		Name, Call, Status, Path, Constant string
		Query, Key, Value                  Shape
		Options                            options
		Config                             map[string]int
		Says                               []string
	}
}

var (
	folder = os.Getenv("SELFATTN_VECTORS")
	models = os.Getenv("SELFATTN_MODELS") != "OFF"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func read(t *testing.T) (shared table) {
	if folder == "" {
		t.Skip("SELFATTN_VECTORS is not set")
	}
	text := must(os.ReadFile(filepath.Join(folder, "vectors.json")))
	if err := json.Unmarshal(text, &shared); err != nil {
		t.Fatal(err)
	}
	return shared
}

func (p packed) numbers() []float32 {
	list := make([]float32, len(p.Data))
	for i, x := range p.Data {
		list[i] = float32(math.Inf(-1))
		if x != nil {
			list[i] = float32(*x)
		}
	}
	return list
}

func (p packed) tensor() Tensor {
	shape := Shape{p.Shape[0], 1, p.Shape[1], p.Shape[2]}
	if len(p.Shape) == 4 {
		shape = Shape{p.Shape[0], p.Shape[1], p.Shape[2], p.Shape[3]}
	}
	if p.Dtype == "SA_BOOL" {
		seen := make([]bool, len(p.Data))
		for i, x := range p.Data {
			seen[i] = *x != 0
		}
		return must(BHSD(seen, shape))
	}
	return must(BHSD(p.numbers(), shape))
}

func (o options) masking() Masking {
	m := Masking{Causal: o.Causal, Window: o.Window, KeyLengths: o.KeyLengths}
	m.Align = map[string]Align{"SA_ALIGN_TOP_LEFT": AlignTopLeft, "SA_ALIGN_BOTTOM_RIGHT": AlignBottomRight}[o.Align]
	if o.Mask != nil {
		m.Mask = o.Mask.tensor()
	}
	return m
}

func (shared table) near(t *testing.T, name string, got []float32, expected packed) {
	t.Helper()
	if len(got) != len(expected.Data) {
		t.Fatalf("%s: %d numbers instead of %d", name, len(got), len(expected.Data))
	}
	for i, want := range expected.numbers() {
		if got[i] != want && !(math.Abs(float64(got[i]-want)) <= shared.Tolerance) {
			t.Fatalf("%s[%d]: %g instead of %g", name, i, got[i], want)
		}
	}
}

func made(shape Shape) ([]float32, Tensor) {
	data := make([]float32, shape[0]*shape[1]*shape[2]*shape[3])
	return data, must(BHSD(data, shape))
}

func TestDeclarations(t *testing.T) {
	grows := regexp.MustCompile(`^SA_VERSION|^sizeof\(\w+\)$`)
	for name, value := range declared() {
		found, err := Constant(name)
		if err == nil && found != value && !(grows.MatchString(name) && found > value) || err != nil && models {
			t.Errorf("%s: %d in the header, %d in the library (%v)", name, value, found, err)
		}
	}
}

func TestAttention(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	for _, c := range shared.Attention {
		q, k, v := c.Query.tensor(), c.Key.tensor(), c.Value.tensor()
		output, out := made(Shape{q.size(0), q.size(1), q.size(2), v.size(3)})
		lse, row := made(Shape{q.size(0), q.size(1), q.size(2), 1})
		weights, all := made(Shape{q.size(0), q.size(1), q.size(2), k.size(2)})
		a := Attention{Query: q, Key: k, Value: v, Output: out, LSE: row, Weights: all, Scale: c.Options.Scale,
			Softcap: c.Options.Softcap, AlibiSlopes: c.Options.AlibiSlopes, Masking: c.Options.masking()}
		if err := a.Run(ctx); err != nil {
			t.Fatal(c.Name, err)
		}
		shared.near(t, c.Name+": output", output, c.Output)
		shared.near(t, c.Name+": lse", lse, c.Lse)
		shared.near(t, c.Name+": weights", weights, c.Weights)
	}
}

func TestLayer(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	for _, c := range shared.Layer {
		w := map[string][]float32{}
		for name, matrix := range c.Weights {
			w[name] = matrix.numbers()
		}
		layer := must(NewLayer(ctx, LayerConfig{ModelWidth: c.Config.ModelWidth, ContextWidth: c.Config.ContextWidth,
			OutputWidth: c.Config.OutputWidth, QueryHeads: c.Config.QueryHeads, KVHeads: c.Config.KVHeads,
			HeadSize: c.Config.HeadSize, Rotates: c.Config.Rope, WeightQ: w["weight_q"], WeightK: w["weight_k"],
			WeightV: w["weight_v"], WeightO: w["weight_o"], BiasQ: w["bias_q"], BiasK: w["bias_k"], BiasV: w["bias_v"],
			BiasO: w["bias_o"]}))
		f := Forward{X: c.X.tensor(), Masking: c.Options.masking()}
		keys := f.X.size(2)
		if c.Context != nil {
			f.Context = c.Context.tensor()
			keys = f.Context.size(2)
		}
		var y, weights []float32
		y, f.Y = made(Shape{f.X.size(0), 1, f.X.size(2), layer.OutputWidth()})
		weights, f.Weights = made(Shape{f.X.size(0), c.Config.QueryHeads, f.X.size(2), keys})
		if err := layer.Forward(ctx, f); err != nil {
			t.Fatal(c.Name, err)
		}
		shared.near(t, c.Name+": y", y, c.Y)
		shared.near(t, c.Name+": weights", weights, c.Attention)
		layer.Close()
		if err := layer.Forward(ctx, f); err == nil {
			t.Error("a closed layer works")
		}
	}
}

func open(t *testing.T, ctx *Context, name string) (*Model, *Tokenizer) {
	if !models {
		t.Skip("the library has no models")
	}
	path := filepath.Join(folder, name)
	return must(OpenModel(ctx, path)), must(OpenTokenizer(ctx, path))
}

func TestEncode(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	model, tokenizer := open(t, ctx, shared.Encode.Model)
	var ids [][]int32
	for _, text := range shared.Encode.Texts {
		ids = append(ids, must(tokenizer.Encode(text)))
	}
	if !reflect.DeepEqual(ids, shared.Encode.Ids) {
		t.Fatal(ids)
	}
	pair, types, err := tokenizer.EncodePair(shared.Encode.Texts[0], shared.Encode.Texts[1], 0)
	if err != nil || !reflect.DeepEqual(pair, append(append([]int32{}, ids[0]...), ids[1][1:]...)) {
		t.Fatal(pair, err)
	}
	for i, kind := range types {
		if (kind == 1) != (i >= len(ids[0])) || len(types) != len(pair) {
			t.Fatal(types)
		}
	}
	cut, _, err := tokenizer.EncodePair(shared.Encode.Texts[0], shared.Encode.Texts[1], 5)
	if err != nil || len(cut) != 5 {
		t.Fatal(cut, err)
	}
	all := must(model.Encode(ctx, ids, Wanted{Embedding: true}))
	shared.near(t, "embeddings", all.Embedding, shared.Encode.Embeddings)
	first := must(model.Encode(ctx, ids[:1], Wanted{Hidden: true, Attention: true}))
	shared.near(t, "hidden", first.Hidden, shared.Encode.Hidden)
	shared.near(t, "attention", first.Attention, shared.Encode.Attention)
}

func TestOffsets(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	if !models {
		t.Skip("the library has no models")
	}
	for _, c := range shared.Offsets {
		tokenizer := must(OpenTokenizer(ctx, filepath.Join(folder, c.Model)))
		ids, offsets, err := tokenizer.EncodeOffsets(c.Text, 0)
		var places []int
		for _, place := range offsets {
			places = append(places, place[:]...)
		}
		if err != nil || !reflect.DeepEqual(ids, c.Ids) || !reflect.DeepEqual(places, c.Bytes) {
			t.Error(c.Name, ids, places, err)
		}
	}
	tokenizer := must(OpenTokenizer(ctx, filepath.Join(folder, shared.Encode.Model)))
	if _, offsets, err := tokenizer.EncodeOffsets("the fox", EncodeNoTemplate); err != nil ||
		!reflect.DeepEqual(offsets, [][2]int{{0, 3}, {4, 7}}) {
		t.Error(offsets, err)
	}
	if ids, offsets, err := tokenizer.EncodeOffsets("", EncodeNoTemplate); len(ids)+len(offsets) > 0 || err != nil {
		t.Error(ids, offsets, err)
	}
	if _, _, err := tokenizer.EncodeOffsets("\xff", 0); err == nil {
		t.Error("a text that is not UTF-8 has tokens")
	}
}

func TestGenerate(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	c := shared.Generate
	model, tokenizer := open(t, ctx, c.Model)
	ids := must(tokenizer.Encode(c.Prompt))
	if !reflect.DeepEqual(ids, c.PromptIds) {
		t.Fatal(ids)
	}
	all := must(model.Encode(ctx, [][]int32{ids}, Wanted{Attention: true}))
	shared.near(t, "attention", all.Attention, c.Attention)
	session := must(NewSession(ctx, model, SessionOptions{}))
	two := must(NewSession(ctx, model, SessionOptions{Batch: 2}))
	model.Close() // the sessions keep it
	var logs []float32
	got := must(session.Generate(ctx, [][]int32{ids}, Generate{MaxTokens: c.MaxTokens,
		OnToken: func(_ int, _ int32, log float32) bool { logs = append(logs, log); return true }}))
	if !reflect.DeepEqual(got[0].Tokens, c.Tokens) || got[0].End != EndToken {
		t.Fatal(got)
	}
	shared.near(t, "log probabilities", logs, c.LogProbabilities)

	// A batch with prompts of two lengths: the sentence goes on wherever it is.
	both := must(two.Generate(ctx, [][]int32{ids, ids[:2]}, Generate{MaxTokens: c.MaxTokens}))
	sentence := append(append([]int32{}, ids...), c.Tokens...)
	if !reflect.DeepEqual(both[0].Tokens, c.Tokens) || !reflect.DeepEqual(both[1].Tokens, sentence[2:]) {
		t.Fatal(both)
	}

	again := func(g Generate, onText func(string) bool) string {
		if err := session.Truncate(0); err != nil {
			t.Fatal(err)
		}
		g.MaxTokens = c.MaxTokens
		return must(session.Stream(ctx, tokenizer, c.Prompt, g, onText))
	}
	pieces := ""
	text := again(Generate{}, func(piece string) bool { pieces += piece; return true })
	if text != c.Text || pieces != c.Text {
		t.Fatalf("%q, %q", text, pieces)
	}
	count := 0
	again(Generate{}, func(string) bool { count++; return false })
	if count != 1 {
		t.Fatal(count)
	}
	defer func() {
		if thrown := recover(); thrown != "through C" {
			t.Fatal(thrown)
		}
		session.Close()
		if session.Length(0) != -1 {
			t.Fatal("a closed session works")
		}
	}()
	again(Generate{}, func(string) bool { panic("through C") })
}

// What is dropped is freed, a session before its model, in whatever order they are collected.
func TestStream(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	model, tokenizer := open(t, ctx, shared.Generate.Model)
	for _, c := range shared.Stream {
		session := must(NewSession(ctx, model, SessionOptions{}))
		for _, call := range c.Calls {
			g := Generate{MaxTokens: call.MaxTokens, Stop: call.Stop, ModelRules: call.ModelRules}
			pieces := ""
			text := must(session.Stream(ctx, tokenizer, call.Prompt, g, func(piece string) bool {
				pieces += piece
				return true
			}))
			if text != call.Text || pieces != call.Text || session.Length(0) != call.Length {
				t.Errorf("%s: %q, %q, %d tokens", c.Name, text, pieces, session.Length(0))
			}
		}
	}
}

func TestDropped(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	for i := 0; i < 30; i++ {
		model, _ := open(t, ctx, shared.Generate.Model)
		must(NewSession(ctx, model, SessionOptions{}))
	}
	for i := 0; i < 6; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	if open := bytes.Count(maps, []byte(shared.Generate.Model+"/")); open > 15 {
		t.Errorf("%d models are still open", open)
	}
}

func TestErrors(t *testing.T) {
	shared, ctx := read(t), must(NewContext(Options{}))
	for _, c := range shared.Errors {
		var err error
		switch c.Call {
		case "attention":
			_, q := made(c.Query)
			_, k := made(c.Key)
			_, v := made(c.Value)
			_, out := made(Shape{c.Query[0], c.Query[1], c.Query[2], c.Value[3]})
			err = Attention{Query: q, Key: k, Value: v, Output: out, Softcap: c.Options.Softcap}.Run(ctx)
		case "layer":
			zeros := make([]float32, c.Config["model_width"]*c.Config["model_width"])
			_, err = NewLayer(ctx, LayerConfig{ModelWidth: c.Config["model_width"], QueryHeads: c.Config["query_heads"],
				WeightQ: zeros, WeightK: zeros, WeightV: zeros})
		case "model_open":
			if !models {
				continue
			}
			_, err = OpenModel(ctx, c.Path)
		case "constant":
			_, err = Constant(c.Constant)
		default:
			t.Fatal(c.Call)
		}
		var failed *Error
		if !errors.As(err, &failed) || int64(failed.Status) != must(Constant(c.Status)) {
			t.Fatalf("%s: %v", c.Name, err)
		}
		for _, word := range c.Says {
			if !regexp.MustCompile(regexp.QuoteMeta(word)).MatchString(failed.Message) {
				t.Errorf("%s: %s is not in %q", c.Name, word, failed.Message)
			}
		}
	}
	if _, err := BHSD(make([]float32, 5), Shape{1, 1, 2, 3}); err == nil {
		t.Error("a slice that is too short is taken")
	}
	if _, err := Strided(make([]float32, 5), 0, Shape{1, 1, 2, 3}, Shape{0, 0, -1, 1}); err == nil {
		t.Error("a view that begins before its slice is taken")
	}
}
