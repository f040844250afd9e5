// Four goroutines share one layer; each has a context of its own. SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"log"
	"reflect"
	"selfattn"
)

const tokens, width = 5, 64

func forward(layer *selfattn.Layer, x []float32) ([]float32, error) {
	ctx, err := selfattn.NewContext(selfattn.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	defer ctx.Close()
	y, shape := make([]float32, len(x)), selfattn.Shape{1, 1, tokens, width}
	in, err := selfattn.BSHD(x, shape)
	if err != nil {
		return nil, err
	}
	out, err := selfattn.BSHD(y, shape)
	if err != nil {
		return nil, err
	}
	return y, layer.Forward(ctx, selfattn.Forward{X: in, Y: out, Masking: selfattn.Masking{Causal: true}})
}

func run() error {
	x, w := make([]float32, tokens*width), make([]float32, 4*width*width)
	for i := range x {
		x[i] = float32(i*i%13) / 13
	}
	for i := range w {
		w[i] = float32(i*7%31-15) / 160
	}
	matrix := func(n int) []float32 { return w[n*width*width : (n+1)*width*width] }
	ctx, err := selfattn.NewContext(selfattn.Options{})
	if err != nil {
		return err
	}
	layer, err := selfattn.NewLayer(ctx, selfattn.LayerConfig{ModelWidth: width, QueryHeads: 4,
		WeightQ: matrix(0), WeightK: matrix(1), WeightV: matrix(2), WeightO: matrix(3)})
	if err != nil {
		return err
	}
	var results [4][]float32
	done := make(chan error)
	for i := range results {
		i := i
		go func() {
			var err error
			results[i], err = forward(layer, x)
			done <- err
		}()
	}
	for range results {
		if err := <-done; err != nil {
			return err
		}
	}
	for _, y := range results {
		if !reflect.DeepEqual(y, results[0]) {
			return fmt.Errorf("the bits differ")
		}
	}
	fmt.Printf("4 threads, the same bits, y[0] = %.4f\n", results[0][0])
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
