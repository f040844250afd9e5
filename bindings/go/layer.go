// SPDX-License-Identifier: MIT

package selfattn

// #include "calls.h"
import "C"

// Attention is scaled dot-product attention: inputs, options and optional outputs.
type Attention struct {
	Query, Key, Value, Output Tensor // [B,H,T,D], [B,K,S,D], [B,K,S,Dv], [B,H,T,Dv]
	Scale, Softcap            float32
	Masking                   Masking
	AlibiSlopes               []float32 // [H]
	LSE, Weights              Tensor    // [B,H,T,1] and [B,H,T,S] of float32, optional
}

// Run computes it.
func (a Attention) Run(ctx *Context) error {
	masking, lengths, err := a.Masking.raw(a.Query.size(0))
	if err != nil {
		return err
	}
	if a.AlibiSlopes != nil && len(a.AlibiSlopes) != a.Query.size(1) {
		return shapeError("there are %d slopes for %d heads", len(a.AlibiSlopes), a.Query.size(1))
	}
	args := C.sa_attention_args{query: a.Query.raw, key: a.Key.raw, value: a.Value.raw, output: a.Output.raw,
		lse: a.LSE.raw, weights: a.Weights.raw, scale: C.float(a.Scale), softcap: C.float(a.Softcap)}
	return ctx.call(func() C.sa_status {
		return C.go_attention(ctx.raw, args, a.Query.first, a.Key.first, a.Value.first, a.Output.first, a.LSE.first,
			a.Weights.first, masking, lengths, a.Masking.Mask.first, floats(a.AlibiSlopes))
	})
}

// LayerConfig has sizes and weights of a layer. Matrices are [out][in], as PyTorch's nn.Linear has them; 0 means what
// the header says. Without WeightO there is no output projection.
type LayerConfig struct {
	ModelWidth, ContextWidth, OutputWidth        int
	QueryHeads, KVHeads, HeadSize, ValueHeadSize int
	WeightQ, WeightK, WeightV, WeightO           []float32
	BiasQ, BiasK, BiasV, BiasO                   []float32
	Scale                                        float32
	Rotates                                      bool    // rotary positions, in halves
	RopeTheta                                    float64 // 0: 10000
}

// Layer is one multi-head attention layer. Immutable: any number of goroutines may share one.
type Layer struct {
	*handle
	raw   *C.sa_layer
	width int
}

func or(value, otherwise int) int {
	if value == 0 {
		return otherwise
	}
	return value
}

// check fails if an array has not the size that the others ask for.
func (c LayerConfig) check() error {
	if c.QueryHeads <= 0 || c.HeadSize == 0 && c.ModelWidth%c.QueryHeads != 0 {
		return nil // the library refuses it, before it looks at arrays
	}
	head, kv := or(c.HeadSize, c.ModelWidth/c.QueryHeads), or(c.KVHeads, c.QueryHeads)
	value, context := or(c.ValueHeadSize, head), or(c.ContextWidth, c.ModelWidth)
	rows := [4]int{c.QueryHeads * head, kv * head, kv * value, or(c.OutputWidth, c.ModelWidth)}
	columns := [4]int{c.ModelWidth, context, context, c.QueryHeads * value}
	biases := [4][]float32{c.BiasQ, c.BiasK, c.BiasV, c.BiasO}
	for i, matrix := range [4][]float32{c.WeightQ, c.WeightK, c.WeightV, c.WeightO} {
		if (i < 3 || matrix != nil) && len(matrix) != rows[i]*columns[i] {
			return shapeError("Weight%c has %d numbers, and the sizes ask for %d times %d", "QKVO"[i], len(matrix), rows[i],
				columns[i])
		}
		if biases[i] != nil && len(biases[i]) != rows[i] {
			return shapeError("Bias%c has %d numbers, and the sizes ask for %d", "QKVO"[i], len(biases[i]), rows[i])
		}
	}
	return nil
}

// NewLayer copies the weights. The layer does not need the context afterwards.
func NewLayer(ctx *Context, c LayerConfig) (*Layer, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	config := C.sa_layer_config{model_width: C.int64_t(c.ModelWidth), context_width: C.int64_t(c.ContextWidth),
		output_width: C.int64_t(c.OutputWidth), query_heads: C.int64_t(c.QueryHeads), kv_heads: C.int64_t(c.KVHeads),
		head_size: C.int64_t(c.HeadSize), value_head_size: C.int64_t(c.ValueHeadSize), scale: C.float(c.Scale)}
	rotates := C.int(0)
	if c.Rotates {
		rotates = 1
	}
	layer := &Layer{handle: &handle{}}
	var raw *C.sa_layer
	err := ctx.call(func() C.sa_status {
		return C.go_layer_create(ctx.raw, config, floats(c.WeightQ), floats(c.WeightK), floats(c.WeightV), floats(c.WeightO),
			floats(c.BiasQ), floats(c.BiasK), floats(c.BiasV), floats(c.BiasO), rotates, C.double(c.RopeTheta), &raw)
	})
	if err != nil {
		return nil, err
	}
	layer.raw, layer.width = raw, int(C.sa_layer_output_width(raw))
	layer.init(nil, func() { C.sa_layer_destroy(&raw) })
	return layer, nil
}

// Close frees the layer once no call uses it.
func (l *Layer) Close() { l.close() }

// OutputWidth is how many numbers a row of the result has.
func (l *Layer) OutputWidth() int { return l.width }

// Forward has what a layer reads and writes.
type Forward struct {
	X, Y    Tensor // [B,1,T,model width], [B,1,T,output width]
	Context Tensor // [B,1,S,context width]: keys and values come from it; absent: from X
	Masking Masking
	Weights Tensor // [B,H,T,S] of float32, optional
}

// Forward runs the layer.
func (l *Layer) Forward(ctx *Context, f Forward) error {
	masking, lengths, err := f.Masking.raw(f.X.size(0))
	if err != nil {
		return err
	}
	args := C.sa_forward_args{x: f.X.raw, context: f.Context.raw, y: f.Y.raw, weights: f.Weights.raw}
	return ctx.call(func() C.sa_status {
		return C.go_forward(ctx.raw, l.raw, args, f.X.first, f.Context.first, f.Y.first, f.Weights.first, masking, lengths,
			f.Masking.Mask.first)
	}, l.handle)
}
