// Program failures says which test holds each row of the catalogue of failures in rows.txt, and what came of that test
// when it last ran. It writes docs/failures.md. Called as `failures record ARGS`, it runs `go test ARGS` and notes the
// results for itself; the reporters of the JavaScript tests do the same for theirs.
//
// It reads names and results only: it never runs a test by itself, and it never judges what a test proves.
package main

import (
	"fmt"
	"os"
)

// heldAtLeast is the ratchet: the number of rows that tests hold. It only ever grows.
const heldAtLeast = 124

// page is what the program writes.
const page = "docs/failures.md"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "record" {
		os.Exit(record(os.Args[2:]))
	}
	if err := report(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// report prints each row and the total, and writes the page.
func report() error {
	c, err := readCatalogue(".")
	if err != nil {
		return err
	}
	results, err := readResults(resultsDir)
	if err != nil {
		return err
	}
	c.judge(results)
	fmt.Print(c.lines())
	if err := os.WriteFile(page, []byte(c.page()), 0o644); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return c.verdict(heldAtLeast)
}
