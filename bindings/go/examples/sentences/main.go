// Says how close two sentences are in meaning: sentences MODEL SENTENCE SENTENCE
// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"log"
	"math"
	"os"
	"selfattn"
)

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func run(path string, sentences []string) error {
	ctx, err := selfattn.NewContext(selfattn.Options{})
	if err != nil {
		return err
	}
	model, err := selfattn.OpenModel(ctx, path)
	if err != nil {
		return err
	}
	tokenizer, err := selfattn.OpenTokenizer(ctx, path)
	if err != nil {
		return err
	}
	var ids [2][]int32
	for i, sentence := range sentences {
		if ids[i], err = tokenizer.Encode(sentence); err != nil {
			return err
		}
	}
	found, err := model.Encode(ctx, ids[:], selfattn.Wanted{Embedding: true})
	if err != nil {
		return err
	}
	width := len(found.Embedding) / 2 // the vectors lie one behind the other
	a, b := found.Embedding[:width], found.Embedding[width:]
	cosine := dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))
	fmt.Printf("\"%s\" and \"%s\": %.3f\n", sentences[0], sentences[1], cosine)
	return nil
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("sentences MODEL SENTENCE SENTENCE")
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}
