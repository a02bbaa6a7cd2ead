// Command preview shows the call page without a server behind it: the page is built afresh at each load, over a
// stand-in for the SDK (web/test/fake-sdk.ts) that plays a room with invented members. It is for work on the design and
// for the page's own tests.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing/fstest"
	"time"

	"github.com/exeunt/exeunt/web"
	"github.com/exeunt/exeunt/web/bundle"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "address to listen on")
	root := flag.String("root", "../..", "the repository")
	sdk := flag.String("sdk", "web/test/fake-sdk.ts", "the SDK's entry file, inside the repository")
	flag.Parse()
	if err := preview(*addr, *root, *sdk); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// preview says where the page is, once it can be asked for.
func preview(addr, root, sdk string) error {
	socket, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("addr: %w", err)
	}
	fmt.Printf("the call page, without a server: http://%s\n", socket.Addr())
	server := &http.Server{Handler: routes(root, sdk), ReadHeaderTimeout: time.Minute}
	return server.Serve(socket)
}

func routes(root, sdk string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /usersig", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, `{"sdkAppId":1400000000,"userSig":"preview"}`)
	})
	var one sync.Mutex
	var page http.Handler
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		if r.URL.Path == "/" || page == nil {
			built, err := build(root, sdk)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			page = built
		}
		page.ServeHTTP(w, r)
	})
	return mux
}

func build(root, sdk string) (http.Handler, error) {
	files, err := bundle.Build(root, sdk)
	if err != nil {
		return nil, err
	}
	site := fstest.MapFS{}
	for name, content := range files {
		site[name] = &fstest.MapFile{Data: content}
	}
	return web.HandlerOf(site)
}
