package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The numbers that are read of a server; doubles of one name, with other labels, are added up.
const (
	serverCPU        = "process_cpu_seconds_total"
	serverMemory     = "process_resident_memory_bytes"
	serverGoroutines = "go_goroutines"
	serverForwarded  = "exeunt_packets_forwarded_total"
	serverDropped    = "exeunt_datagrams_lost_total"
	serverOverdue    = "exeunt_overdue_total"
)

const (
	// readWait is how long an answer may take, and readMax its size in bytes.
	readWait, readMax = 5 * time.Second, 4 << 20
	// readEvery is how often a server is asked while it is loaded.
	readEvery = time.Second
	// restMax is how long a server may take to be again as it was, after everybody left.
	restMax = 3 * time.Second
)

// reading is what a server said of itself at some moment.
type reading struct {
	numbers map[string]float64
	at      time.Time
}

// probe watches a server by its numbers.
type probe struct {
	address string
	client  *http.Client
	reading sync.WaitGroup

	mu sync.Mutex
	// idle is from before the first entry, first and last from the measurement, rest from after the last exit.
	idle, first, last, rest reading
	memory, goroutines      float64
	failed                  error
}

// newProbe asks the server once, so that a wrong address is told before anybody enters.
func newProbe(ctx context.Context, address string) (*probe, error) {
	p := &probe{address: address, client: &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
	}}
	var err error
	if p.idle, err = p.read(ctx); err != nil {
		return nil, err
	}
	if _, ok := p.idle.numbers[serverForwarded]; !ok {
		return nil, fmt.Errorf("--metrics is %q: that is no exeunt, it does not say %s", address, serverForwarded)
	}
	return p, nil
}

// read asks the server.
func (p *probe) read(ctx context.Context) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address, nil)
	if err != nil {
		return reading{}, fmt.Errorf("--metrics is %q: %w", p.address, err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return reading{}, fmt.Errorf("read the server's numbers: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return reading{}, fmt.Errorf("read the server's numbers: %s answers %s", p.address, response.Status)
	}
	numbers, err := parse(io.LimitReader(response.Body, readMax))
	return reading{numbers, time.Now()}, err
}

// parse reads Prometheus' text form: a name, perhaps labels in braces, a value.
func parse(text io.Reader) (map[string]float64, error) {
	all := map[string]float64{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		if brace := strings.IndexByte(line, '{'); brace >= 0 {
			// A label may hold a space or a brace, so the last one counts.
			name, rest = line[:brace], line[strings.LastIndexByte(line, '}')+1:]
		}
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			return nil, fmt.Errorf("read the server's numbers: the line %q has none", line)
		}
		value, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return nil, fmt.Errorf("read the server's numbers: %w", err)
		}
		all[name] += value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the server's numbers: %w", err)
	}
	return all, nil
}

// begin watches until ctx is over.
func (p *probe) begin(ctx context.Context) {
	p.note(&p.first)
	p.reading.Go(func() {
		every(ctx, readEvery, func() bool {
			p.note(&p.last)
			return true
		})
	})
}

// pause ends what begin began, with one more look.
func (p *probe) pause() {
	p.reading.Wait()
	p.note(&p.last)
}

// end looks once more, when the server has had time to clean up.
func (p *probe) end() {
	ctx, cancel := context.WithTimeout(context.Background(), restMax)
	defer cancel()
	every(ctx, showEvery, func() bool {
		p.note(&p.rest)
		return p.rest.numbers[serverGoroutines] > p.idle.numbers[serverGoroutines]
	})
}

// note takes a reading.
func (p *probe) note(to *reading) {
	now, err := p.read(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed = err
		return
	}
	*to = now
	p.memory = max(p.memory, now.numbers[serverMemory])
	p.goroutines = max(p.goroutines, now.numbers[serverGoroutines])
}
