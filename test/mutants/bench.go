package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// bench is a copy of the repository into which faults are planted, one at a time.
type bench struct {
	root string
	// wait bounds one command. A test that a fault makes hang has noticed it.
	wait time.Duration
}

// makeBenches copies the files that git knows or would take, n times. The SDK's packages are shared.
func makeBenches(dir string, n int) ([]bench, error) {
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("list the repository's files with git: %w", err)
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	packages, err := filepath.Abs("sdk/node_modules")
	if err != nil {
		return nil, fmt.Errorf("find the SDK's packages: %w", err)
	}
	var benches []bench
	for i := range n {
		b := bench{filepath.Join(dir, fmt.Sprint(i)), runWait}
		for _, name := range names {
			if err := copyFile(name, filepath.Join(b.root, name)); err != nil {
				return nil, err
			}
		}
		if err := os.Symlink(packages, filepath.Join(b.root, "sdk/node_modules")); err != nil {
			return nil, fmt.Errorf("share the SDK's packages: %w", err)
		}
		benches = append(benches, b)
	}
	return benches, nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if os.IsNotExist(err) {
		return nil // Deleted, but not committed yet.
	}
	if err != nil {
		return fmt.Errorf("copy the repository: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy the repository: %w", err)
	}
	return os.WriteFile(to, text, 0o644)
}

// verdict is what came of one fault, or of a command without one.
type verdict struct {
	caught bool
	// by is the command that failed, and whether it hung; empty when none did.
	by      string
	elapsed time.Duration
	// wrong is a fault of the list itself: the change does not compile.
	wrong error
}

// try plants a fault, runs its commands until one fails, and takes the fault out again.
func (b bench) try(ctx context.Context, f fault) (v verdict) {
	begun := time.Now()
	defer func() { v.elapsed = time.Since(begun) }()
	name := filepath.Join(b.root, f.file)
	sound, err := os.ReadFile(name)
	if err != nil {
		return verdict{wrong: err}
	}
	planted, err := f.plant(string(sound))
	if err != nil {
		return verdict{wrong: err}
	}
	defer func() {
		if err := os.WriteFile(name, sound, 0o644); err != nil && v.wrong == nil {
			v.wrong = err
		}
	}()
	if err := os.WriteFile(name, []byte(planted), 0o644); err != nil {
		return verdict{wrong: err}
	}
	for _, c := range f.runs {
		out, err := b.run(ctx, c)
		if err != nil {
			return verdict{wrong: err}
		}
		if strings.HasSuffix(out, hung) {
			return verdict{caught: true, by: c.String() + ", which hung"}
		}
		if out != "" {
			return verdict{caught: true, by: c.String()}
		}
	}
	return verdict{}
}

// run builds and tests. It returns what the tests said when they failed, "" when they passed, and an error when there
// was nothing to test.
func (b bench) run(ctx context.Context, c command) (string, error) {
	if out, err := c.build(ctx, b.root); err != nil {
		return "", fmt.Errorf("%s does not compile: %w\n%s", c, err, out)
	}
	testing, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	out, err := c.test(testing, b.root)
	switch {
	case err == nil:
		return "", nil
	case testing.Err() != nil:
		return out + hung, nil
	default:
		return out + err.Error(), nil
	}
}

// hung is said of a command that did not end in time.
const hung = "it did not end in time"

// checkSound runs every command once without a fault: a test that fails by itself catches nothing.
func checkSound(ctx context.Context, benches []bench, faults []fault) error {
	var commands []command
	seen := map[command]bool{}
	for _, f := range faults {
		for _, c := range f.runs {
			if !seen[c] {
				seen[c] = true
				commands = append(commands, c)
			}
		}
	}
	errs := make([]error, len(commands))
	spread(benches, len(commands), func(b bench, i int) {
		out, err := b.run(ctx, commands[i])
		if err == nil && out != "" {
			err = fmt.Errorf("%s fails without any fault:\n%s", commands[i], out)
		}
		errs[i] = err
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d commands pass without a fault\n", len(commands))
	return nil
}

// spread does n pieces of work, each bench one at a time.
func spread(benches []bench, n int, do func(b bench, i int)) {
	next := make(chan int)
	var working sync.WaitGroup
	for _, b := range benches {
		working.Go(func() {
			for i := range next {
				do(b, i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	working.Wait()
}

// tryAll tries every fault and prints what came of it.
func tryAll(ctx context.Context, benches []bench, faults []fault) error {
	verdicts := make([]verdict, len(faults))
	spread(benches, len(faults), func(b bench, i int) {
		v := b.try(ctx, faults[i])
		verdicts[i] = v
		took := v.elapsed.Round(100 * time.Millisecond)
		switch {
		case v.wrong != nil:
			fmt.Printf("WRONG    %s: %v\n", faults[i].name, v.wrong)
		case v.caught:
			fmt.Printf("caught   %s (by %s, %s)\n", faults[i].name, v.by, took)
		default:
			fmt.Printf("SURVIVED %s: %s (%s)\n", faults[i].name, faults[i].why, took)
		}
	})
	return sum(verdicts)
}

// sum prints the total and returns an error unless every fault was caught.
func sum(verdicts []verdict) error {
	caught, wrong := 0, 0
	for _, v := range verdicts {
		if v.caught {
			caught++
		}
		if v.wrong != nil {
			wrong++
		}
	}
	survived := len(verdicts) - caught - wrong
	fmt.Printf("%d faults: %d caught, %d survived, %d wrong\n", len(verdicts), caught, survived, wrong)
	if survived+wrong > 0 || caught == 0 {
		return fmt.Errorf("%d of %d faults are not caught", len(verdicts)-caught, len(verdicts))
	}
	return nil
}
