package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds are what a server must keep to; nil for no bound.
type Bounds struct {
	// Loss bounds the share of packets that were lost.
	Loss *Share
	// Latency bounds the p99 of pictures and of sound, Enter and Exit that of entering and of everybody's knowing.
	Latency, Enter, Exit *time.Duration
}

// Share is a part of the whole, 0 to 1. It is written in percent.
type Share float64

// UnmarshalText reads "1%" or "0.05%".
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(string(text), "%")
	n, err := strconv.ParseFloat(number, 64)
	if !percent || err != nil || math.IsNaN(n) || n < 0 || n > 100 {
		return &LimitError{"a share", strconv.Quote(string(text)), "from 0% to 100%, such as 0.5%"}
	}
	*s = Share(n / 100)
	return nil
}

func (s Share) String() string { return strconv.FormatFloat(float64(s)*100, 'g', 3, 64) + "%" }

// Verdict says whether the server held.
type Verdict struct {
	Gates []Gate `json:"gates"`
	// OK says that no gate failed and that nothing went wrong.
	OK bool `json:"ok"`
}

// Gate is a bound and what was measured.
type Gate struct {
	Name     string `json:"name"`
	Bound    string `json:"bound"`
	Measured string `json:"measured"`
	OK       bool   `json:"ok"`
}

// Judge says whether the server held. What was not measured fails its gate: nobody can say that it was kept.
func (r *Report) Judge(b Bounds) {
	v := Verdict{Gates: []Gate{}, OK: len(r.Faults) == 0}
	if b.Loss != nil {
		judge(&v, "loss", *b.Loss, Share(r.Media.LostShare), r.Media.Due > 0)
	}
	t := &r.Times
	for _, g := range []struct {
		name  string
		bound *time.Duration
		of    []Timing
	}{
		{"latency p99", b.Latency, []Timing{t.Picture, t.Sound}},
		{"enter p99", b.Enter, []Timing{t.Enter}},
		{"exit p99", b.Exit, []Timing{t.Everybody}},
	} {
		if g.bound == nil {
			continue
		}
		var slowest Timing
		for _, one := range g.of {
			if one.Count > 0 && (slowest.Count == 0 || one.P99 > slowest.P99) {
				slowest = one
			}
		}
		judge(&v, g.name, *g.bound, time.Duration(slowest.P99).Round(time.Microsecond), slowest.Count > 0)
	}
	r.Verdict = v
}

// quantity is what a gate compares.
type quantity interface {
	~float64 | ~int64
	fmt.Stringer
}

func judge[Q quantity](v *Verdict, name string, bound, measured Q, known bool) {
	g := Gate{Name: name, Bound: bound.String(), Measured: "nothing", OK: known && measured <= bound}
	if known {
		g.Measured = measured.String()
	}
	v.Gates = append(v.Gates, g)
	v.OK = v.OK && g.OK
}
