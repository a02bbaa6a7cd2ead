package load

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"time"
)

// Report is what a run found. Times are in milliseconds, shares of 1.
type Report struct {
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Plan    Plan      `json:"plan"`
	// Measured is how long packets counted; 0 when the run was interrupted before.
	Measured    Millis `json:"measuredMs"`
	Interrupted bool   `json:"interrupted,omitempty"`
	// Asked are those who asked to enter, Entered those who were let in, PutOut those who had to leave.
	Asked   int `json:"asked"`
	Entered int `json:"entered"`
	PutOut  int `json:"putOut"`

	Times Times `json:"times"`
	Media Media `json:"media"`
	// Generator says how well this process did its own part.
	Generator Generator `json:"generator"`
	Server    *Server   `json:"server,omitempty"`
	Faults    []Fault   `json:"faults"`
	Verdict
}

// Times are what took time.
type Times struct {
	// Enter is from asking to enter until being let in; FirstPacket from there until the first packet came, of those
	// who only listen.
	Enter       Timing `json:"enter"`
	FirstPacket Timing `json:"firstPacket"`
	// Picture and Sound are from a packet's writing until it was decrypted at a listener.
	Picture Timing `json:"picture"`
	Sound   Timing `json:"sound"`
	// Told is from a call of exit until another member was told of it; Everybody until the last one was.
	Told      Timing `json:"exitTold"`
	Everybody Timing `json:"exitEverybody"`
}

// Millis is a duration that is written in milliseconds.
type Millis time.Duration

// MarshalJSON writes a number with microseconds.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(float64(m)/float64(time.Microsecond)) / 1000)
}

// Timing is how long something took.
type Timing struct {
	Count uint64 `json:"count"`
	P50   Millis `json:"p50"`
	P95   Millis `json:"p95"`
	P99   Millis `json:"p99"`
	Max   Millis `json:"max"`
}

func (h *Histogram) timing() Timing {
	quantile := func(q float64) Millis { return Millis(h.Quantile(q)) }
	return Timing{h.Count(), quantile(0.5), quantile(0.95), quantile(0.99), Millis(h.Max())}
}

// Media is what became of the packets. Each is counted once for each listener.
type Media struct {
	Due       uint64  `json:"due"`
	Came      uint64  `json:"came"`
	Lost      uint64  `json:"lost"`
	LostShare float64 `json:"lostShare"`
	// Late are those that came after a newer one: repaired or overtaken. Again are repetitions.
	Late  uint64 `json:"late"`
	Again uint64 `json:"again"`
	// Corrupt are not as they were sent; Misrouted are of another stream than said.
	Corrupt   uint64 `json:"corrupt"`
	Misrouted uint64 `json:"misrouted"`
	// Streams are all pairs of stream and listener; Silent those of them that brought nothing.
	Streams int `json:"streams"`
	Silent  int `json:"silent"`
	// PacketsPerSecond and BitsPerSecond came to all listeners together, without headers.
	PacketsPerSecond float64 `json:"packetsPerSecond"`
	BitsPerSecond    float64 `json:"bitsPerSecond"`
}

// Generator says how well this process did its own part: a load that comes late measures itself.
type Generator struct {
	// Planned are the packets that publishers should have sent, Sent those that they did.
	Planned uint64 `json:"planned"`
	Sent    uint64 `json:"sent"`
	// Late is how late frames were written.
	Late Timing `json:"late"`
	// CPUs is how many processors this process kept busy, of Cores.
	CPUs  float64 `json:"cpus"`
	Cores int     `json:"cores"`
	// Warning says that the numbers are not the server's alone; empty when they are.
	Warning string `json:"warning,omitempty"`
}

// Server is what the server's numbers say.
type Server struct {
	// CPUMicros is processor time for each forwarded packet, all that the server did included.
	CPUMicros float64 `json:"cpuMicrosPerPacket"`
	CPUs      float64 `json:"cpus"`
	Forwarded uint64  `json:"forwarded"`
	// DatagramsLost are those that its kernel did not take, and Overdue its waits that passed their deadline.
	DatagramsLost uint64 `json:"datagramsLost"`
	Overdue       uint64 `json:"overdue"`
	Memory        Level  `json:"memoryBytes"`
	Goroutines    Level  `json:"goroutines"`
	// Warning says that some of it could not be read.
	Warning string `json:"warning,omitempty"`
}

// Level is how high something stood before the first entry, at most, and after the last exit.
type Level struct {
	Before uint64 `json:"before"`
	Most   uint64 `json:"most"`
	After  uint64 `json:"after"`
}

// What makes the load itself suspect: frames later than lateWarning, a smaller share of packets sent, or so much of the
// processors used.
const (
	lateWarning = 20 * time.Millisecond
	sentWarning = 0.99
	busyWarning = 0.9
)

func (r *run) report() *Report {
	var first Histogram
	for _, o := range r.rooms {
		heard := time.Duration(o.heard.Load())
		for _, m := range o.members {
			if came := time.Duration(m.first.Load()); came > 0 && len(m.sources) == 0 {
				first.Add(came - max(m.asked, heard))
			}
		}
	}
	report := &Report{
		Started: r.started.UTC().Truncate(time.Millisecond), Plan: r.plan, Measured: Millis(r.took),
		Asked: int(r.asked.Load()), Entered: int(r.enter.Count()), PutOut: int(r.putOut.Load()),
		Times: Times{
			Enter: r.enter.timing(), FirstPacket: first.timing(), Told: r.told.timing(), Everybody: r.everybody.timing(),
			Picture: r.latency[picture].timing(), Sound: r.latency[sound].timing(),
		},
	}
	if r.took > 0 {
		report.Media, report.Generator = r.media(), r.generator()
		report.Server = r.server.report()
	}
	report.Faults = r.faults.sorted()
	return report
}

// media adds up what became of the packets, and notes what must never happen as faults.
func (r *run) media() Media {
	m := Media{Corrupt: r.corrupt.Load(), Misrouted: r.misrouted.Load()}
	var sum counts
	r.each(func(_ *member, s *source, t *tally) {
		sent, _ := s.sent()
		got, _ := t.result()
		m.Streams++
		m.Due += sent
		sum.add(got)
		if got.came == 0 && sent > 0 {
			m.Silent++
		}
	})
	m.Came, m.Late, m.Again = sum.came, sum.late, sum.again
	m.Lost = m.Due - m.Came
	if m.Due > 0 {
		m.LostShare = float64(m.Lost) / float64(m.Due)
	}
	m.PacketsPerSecond = float64(m.Came) / r.took.Seconds()
	m.BitsPerSecond = 8 * float64(sum.bytes) / r.took.Seconds()
	r.faults.add("packet was not as it was sent", "", "", int(m.Corrupt))
	r.faults.add("packet was of another stream", "", "", int(m.Misrouted))
	r.faults.add("stream brought nothing", "", "", m.Silent)
	return m
}

func (r *run) generator() Generator {
	g := Generator{Late: r.late.timing(), CPUs: r.own.Seconds() / r.took.Seconds(), Cores: runtime.NumCPU()}
	for _, s := range r.sources {
		sent, planned := s.sent()
		g.Sent += sent
		g.Planned += planned
	}
	switch {
	case float64(g.Sent) < sentWarning*float64(g.Planned):
		g.Warning = fmt.Sprintf("only %d of %d packets were sent in time", g.Sent, g.Planned)
	case g.Late.P99 > Millis(lateWarning):
		g.Warning = fmt.Sprintf("1 %% of the frames were written more than %v late",
			time.Duration(g.Late.P99).Round(time.Millisecond))
	case g.CPUs > busyWarning*float64(g.Cores):
		g.Warning = fmt.Sprintf("it used %.1f of %d processors", g.CPUs, g.Cores)
	}
	return g
}

// report says what the server's numbers came to; nil when nobody looked.
func (p *probe) report() *Server {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	gain := func(name string) float64 { return max(0, p.last.numbers[name]-p.first.numbers[name]) }
	level := func(name string, most float64) Level {
		return Level{uint64(p.idle.numbers[name]), uint64(most), uint64(p.rest.numbers[name])}
	}
	s := &Server{
		Forwarded: uint64(gain(serverForwarded)), DatagramsLost: uint64(gain(serverDropped)),
		Overdue: uint64(gain(serverOverdue)),
		Memory:  level(serverMemory, p.memory), Goroutines: level(serverGoroutines, p.goroutines),
	}
	if s.Forwarded > 0 {
		s.CPUMicros = gain(serverCPU) * 1e6 / float64(s.Forwarded)
	}
	if took := p.last.at.Sub(p.first.at).Seconds(); took > 0 {
		s.CPUs = gain(serverCPU) / took
	}
	if p.failed != nil {
		s.Warning = p.failed.Error()
	}
	return s
}
