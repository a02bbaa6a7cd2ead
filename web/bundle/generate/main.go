// Command generate builds the call page into web/dist. Run it by "go generate ./web".
package main

import (
	"fmt"
	"os"

	"github.com/exeunt/exeunt/web/bundle"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate runs in web/bundle, where go generate starts it.
func generate() error {
	files, err := bundle.Build("../..", bundle.RealSDK)
	if err != nil {
		return err
	}
	for _, name := range files.Names() {
		fmt.Printf("dist/%s %d bytes\n", name, len(files[name]))
	}
	return files.Write("../dist")
}
