package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/exeunt/exeunt/bench/page"
)

// report prints the tables, and writes them into a page when one is named.
func report(o options, tables string) error {
	text := fmt.Sprintf("Measured on %s with `make bench` on %d cores, %s; medians of %d rounds.\n\n%s",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), o.rounds, tables)
	fmt.Print(text)
	if o.write == "" {
		return nil
	}
	return page.Write(o.write, text)
}
