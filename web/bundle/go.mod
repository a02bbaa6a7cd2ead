module github.com/exeunt/exeunt/web/bundle

go 1.26.0

replace github.com/exeunt/exeunt => ../..

require (
	github.com/evanw/esbuild v0.28.2
	github.com/exeunt/exeunt v0.0.0
	go.uber.org/goleak v1.3.0
)

require golang.org/x/sys v0.49.0 // indirect
