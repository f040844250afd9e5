// A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
// normalised. SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"log"
	"math"
	"selfattn"
)

const tokens, width, inner = 5, 64, 128

func numbers(count int) []float32 {
	list := make([]float32, count)
	for i := range list {
		list[i] = float32(i*7%31-15) / 160
	}
	return list
}

// addAndNorm adds more to x; then each row gets mean 0 and variance 1.
func addAndNorm(x, more []float32) {
	for i := range x {
		x[i] += more[i]
	}
	for ; len(x) > 0; x = x[width:] {
		var mean, variance float64
		for _, a := range x[:width] {
			mean += float64(a) / width
		}
		for _, a := range x[:width] {
			variance += (float64(a) - mean) * (float64(a) - mean) / width
		}
		for i, a := range x[:width] {
			x[i] = float32((float64(a) - mean) / math.Sqrt(variance+1e-5))
		}
	}
}

// linear is rows times a matrix [out][in].
func linear(x, weight []float32, inputs int) []float32 {
	var y []float32
	for ; len(x) > 0; x = x[inputs:] {
		for w := weight; len(w) > 0; w = w[inputs:] {
			var sum float32
			for i := range x[:inputs] {
				sum += x[i] * w[i]
			}
			y = append(y, sum)
		}
	}
	return y
}

func run() error {
	matrix := numbers(width * width)
	x := make([]float32, tokens*width)
	for i := range x {
		x[i] = float32(i*i%13) / 13
	}
	ctx, err := selfattn.NewContext(selfattn.Options{})
	if err != nil {
		return err
	}
	layer, err := selfattn.NewLayer(ctx, selfattn.LayerConfig{ModelWidth: width, QueryHeads: 4,
		WeightQ: matrix, WeightK: matrix, WeightV: matrix, WeightO: matrix})
	if err != nil {
		return err
	}

	y := make([]float32, tokens*width)
	shape := selfattn.Shape{1, 1, tokens, width} // batch, heads, tokens, width
	in, err := selfattn.BSHD(x, shape)
	if err != nil {
		return err
	}
	out, err := selfattn.BSHD(y, shape)
	if err != nil {
		return err
	}
	if err := layer.Forward(ctx, selfattn.Forward{X: in, Y: out}); err != nil {
		return err
	}

	addAndNorm(x, y)
	hidden := linear(x, numbers(inner*width), width)
	for i, a := range hidden {
		if a < 0 {
			hidden[i] = 0
		}
	}
	addAndNorm(x, linear(hidden, numbers(width*inner), inner))
	fmt.Printf("%.4f %.4f %.4f %.4f\n", x[0], x[1], x[2], x[3])
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
