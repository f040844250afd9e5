// Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"log"
	"selfattn"
)

var shape = selfattn.Shape{1, 2, 5, 8} // batch, heads, tokens, head size

func numbers(step int) []float32 {
	list := make([]float32, 2*5*8)
	for i := range list {
		list[i] = float32(i*step%13) / 13
	}
	return list
}

func run() error {
	ctx, err := selfattn.NewContext(selfattn.Options{})
	if err != nil {
		return err
	}
	y := make([]float32, 2*5*8)
	var tensors [4]selfattn.Tensor
	for i, list := range [][]float32{numbers(3), numbers(5), numbers(7), y} {
		if tensors[i], err = selfattn.BHSD(list, shape); err != nil {
			return err
		}
	}
	err = selfattn.Attention{Query: tensors[0], Key: tensors[1], Value: tensors[2], Output: tensors[3],
		Masking: selfattn.Masking{Causal: true}}.Run(ctx)
	if err != nil {
		return err
	}
	last := y[len(y)-4:]
	fmt.Printf("%.4f %.4f %.4f %.4f\n", last[0], last[1], last[2], last[3])
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
