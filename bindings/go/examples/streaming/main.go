// Goes on with a text, and shows it as it is written: streaming MODEL PROMPT
// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"log"
	"os"
	"selfattn"
)

func run(path, prompt string) error {
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
	session, err := selfattn.NewSession(ctx, model, selfattn.SessionOptions{})
	if err != nil {
		return err
	}
	fmt.Print(prompt)
	_, err = session.Stream(ctx, tokenizer, prompt, selfattn.Generate{MaxTokens: 40}, func(piece string) bool {
		fmt.Print(piece)
		return true
	})
	fmt.Println()
	return err
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("streaming MODEL PROMPT")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
