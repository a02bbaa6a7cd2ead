//go:build linux

package main

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// figure is what one measurement found. All shares are of 1.
type figure struct {
	// Cost is processor time of the server for each packet that arrived.
	Cost micros `json:"usPerPacket,omitempty"`
	// Rate is packets that arrived, a second.
	Rate float64 `json:"packetsPerSecond,omitempty"`
	// Delivery is the share of the packets that were due to the listeners; Paced is what was sent of what should be.
	Delivery float64 `json:"delivery,omitempty"`
	Paced    float64 `json:"paced,omitempty"`
	// Lost is gaps in the sequence numbers that nothing filled.
	Lost uint64 `json:"lost"`
	// Extra is what came on top, such as retransmissions.
	Extra uint64 `json:"extra"`
	usage
	RSS uint64 `json:"rssBytes,omitempty"`
	// Content is what the listener saw that looks into its packets; nil when there is none.
	Content *content  `json:"content,omitempty"`
	Idle    *idleness `json:"idle,omitempty"`
	Join    *entries  `json:"join,omitempty"`
	Growth  *churned  `json:"growth,omitempty"`
	// Allocations is of each forwarded packet.
	Allocations *float64 `json:"allocationsPerPacket,omitempty"`
	// Run names the run that found it: only figures of one run compare.
	Run string `json:"run"`
	// Invalid says why the figure must not be used; empty when it may.
	Invalid string `json:"invalid,omitempty"`
}

// usage is of processors, in shares of one: Foreign of the whole machine that others used just before, Core of the
// server's and Load of the load's.
type usage struct {
	Foreign float64 `json:"foreignLoad"`
	Core    float64 `json:"serverCore,omitempty"`
	Load    float64 `json:"loadCore,omitempty"`
}

// forwards says whether the figure is of packets that were due.
func (f figure) forwards() bool {
	return f.Idle == nil && f.Join == nil && f.Growth == nil && f.Allocations == nil
}

// idleness is what a member costs that only is there.
type idleness struct {
	RSS float64 `json:"rssBytesPerMember"`
	// Goroutines is 0 when the server does not tell.
	Goroutines float64 `json:"goroutinesPerMember,omitempty"`
	// Cost is milliseconds of processor time for each second.
	Cost float64 `json:"msPerSecondAndMember"`
}

// micros is a time as JSON and tables show it, in microseconds.
type micros time.Duration

func (m micros) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%.3f", m.float()), nil }
func (m micros) float() float64               { return float64(m) / 1e3 }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *micros) UnmarshalJSON(data []byte) error {
	us, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("%.20q is no time in microseconds: %w", data, err)
	}
	*m = micros(math.Round(us * 1e3))
	return nil
}

// The limits beyond which a measurement says nothing about the cost of forwarding. A burst may fall on either side of
// the moment when the counters are read, and a server that is behind delivers what was due before. Repairs
// are counted apart.
const (
	deliveryMin, deliveryMax = 0.995, 1.06
	pacedMin, pacedMax       = 0.975, 1.025
	// readMin is how much of what the sampled listener got must have been decrypted.
	readMin = 0.95
)

// judge says why a figure of a scenario must not be used; empty when it may.
func (f figure) judge() string {
	switch {
	case f.Invalid != "" || !f.forwards():
		return f.Invalid
	case f.Lost != 0:
		return fmt.Sprintf("%d packets lost", f.Lost)
	case !within(f.Delivery, deliveryMin, deliveryMax):
		return fmt.Sprintf("%.1f %% delivered", f.Delivery*100)
	case !within(f.Paced, pacedMin, pacedMax):
		return fmt.Sprintf("the load sent %.1f %% of its packets", f.Paced*100)
	case f.Content != nil && f.Content.Read < readMin:
		return fmt.Sprintf("%.1f %% of the sample decrypted", f.Content.Read*100)
	case f.Content != nil && f.Content.Shifts != 0:
		return fmt.Sprintf("renumbered %d times", f.Content.Shifts)
	case f.Content != nil && f.Content.Tag != gcmTag:
		return fmt.Sprintf("the cipher's tag has %d bytes: not AES-GCM", f.Content.Tag)
	}
	return ""
}

// valid says whether the figure may be used.
func (f figure) valid() bool { return f.Invalid == "" }

// busyMin is how much of its processor a server has used that had too little of it.
const busyMin = 0.97

// validOrBusy says whether the processor time may be used: that of a server which had too little is less than it needs,
// so it flatters it.
func (f figure) validOrBusy() bool { return f.valid() || f.Core >= busyMin }

func within(x, least, most float64) bool { return !math.IsNaN(x) && least <= x && x <= most }

// String is a line of progress.
func (f figure) String() string {
	var text string
	switch {
	case f.Idle != nil:
		text = fmt.Sprintf("%.0f KiB and %.3f ms/s a member, %.1f goroutines",
			f.Idle.RSS/1024, f.Idle.Cost, f.Idle.Goroutines)
	case f.Join != nil:
		text = f.Join.String()
	case f.Growth != nil:
		text = f.Growth.String()
	case f.Allocations != nil:
		text = fmt.Sprintf("%g allocations", *f.Allocations)
	case f.Rate > 0:
		text = fmt.Sprintf("%.2f µs a packet, %.0f packets/s, %.2f %% delivered, %d lost, %d extra, %d MiB",
			f.Cost.float(), f.Rate, f.Delivery*100, f.Lost, f.Extra, f.RSS>>20)
	}
	if f.Content != nil {
		text += ", " + f.Content.String()
	}
	if f.Core > 0 {
		text += fmt.Sprintf(", %.0f %% of its core, load %.0f %%", f.Core*100, f.Load*100)
	}
	text += fmt.Sprintf(", foreign load %.1f %%", f.Foreign*100)
	if f.Invalid != "" {
		text += ": INVALID, " + f.Invalid
	}
	return text
}
