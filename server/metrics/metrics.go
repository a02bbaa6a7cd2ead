// Package metrics names the numbers that an operator watches. It counts; it decides nothing.
//
// Every method works on a nil [Metrics] and then counts nothing, so a test needs none.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/exeunt/exeunt/server/exit"
)

// Metrics holds the numbers of one process.
type Metrics struct {
	registry *prometheus.Registry

	entries  prometheus.Counter
	refusals *prometheus.CounterVec
	exits    *prometheus.CounterVec
	fanout   prometheus.Histogram

	sessions prometheus.Gauge
	rooms    prometheus.Gauge
	relayed  prometheus.Gauge

	packetsReceived  prometheus.Counter
	packetsForwarded prometheus.Counter
	datagramsLost    prometheus.Counter
	bursts           prometheus.Gauge
	secured          *prometheus.CounterVec
	overdue          *prometheus.CounterVec
	calls            *prometheus.CounterVec
}

// New makes the numbers of one process, all zero.
func New() *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	make := promauto.With(registry)
	m := &Metrics{
		registry: registry,
		entries:  make.NewCounter(counter("entries_total", "Stays that began.")),
		refusals: make.NewCounterVec(counter("refusals_total", "Entries refused, by TRTC error code."), []string{"code"}),
		exits:    make.NewCounterVec(counter("exits_total", "Stays that ended, by reason."), []string{"reason"}),
		fanout: make.NewHistogram(prometheus.HistogramOpts{
			Name:    "exeunt_exit_fanout_seconds",
			Help:    "From the decision that a stay ends until everybody's notice of it is queued.",
			Buckets: prometheus.ExponentialBuckets(0.00001, 4, 10),
		}),
		sessions:         make.NewGauge(gauge("sessions", "Stays now.")),
		rooms:            make.NewGauge(gauge("rooms", "Rooms now.")),
		relayed:          make.NewGauge(gauge("turn_allocations", "Relayed addresses of members now.")),
		packetsReceived:  make.NewCounter(counter("packets_received_total", "RTP packets taken from publishers.")),
		packetsForwarded: make.NewCounter(counter("packets_forwarded_total", "RTP packets sent to listeners.")),
		datagramsLost: make.NewCounter(counter("datagrams_lost_total",
			"Datagrams of media that the kernel did not take.")),
		bursts: make.NewGauge(gauge("bursts", "1 while the kernel takes bursts whole, 0 while each packet costs a call.")),
		secured: make.NewCounterVec(counter("media_sessions_total",
			"Sessions whose media was secured, by the SRTP profile agreed on."), []string{"profile"}),
		overdue: make.NewCounterVec(counter("overdue_total",
			"Waits that passed their deadline, by what was waited for."), []string{"what"}),
		calls: make.NewCounterVec(counter("control_calls_total",
			"Calls of the control API, by action and code (OK when done)."), []string{"action", "code"}),
	}
	for _, reason := range exit.Reasons() {
		m.exits.WithLabelValues(reason.String())
	}
	return m
}

func counter(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Name: "exeunt_" + name, Help: help}
}

func gauge(name, help string) prometheus.GaugeOpts {
	return prometheus.GaugeOpts{Name: "exeunt_" + name, Help: help}
}

// Handler serves the numbers in Prometheus' text form.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// RoomOpened counts a room that came to be.
func (m *Metrics) RoomOpened() {
	if m != nil {
		m.rooms.Inc()
	}
}

// RoomClosed counts a room that ended.
func (m *Metrics) RoomClosed() {
	if m != nil {
		m.rooms.Dec()
	}
}

// Entered counts a stay that began.
func (m *Metrics) Entered() {
	if m != nil {
		m.entries.Inc()
		m.sessions.Inc()
	}
}

// Restored counts a stay that began in an earlier process and goes on.
func (m *Metrics) Restored() {
	if m != nil {
		m.sessions.Inc()
	}
}

// Exited counts a stay that ended.
func (m *Metrics) Exited(reason exit.Reason) {
	if m != nil {
		m.exits.WithLabelValues(reason.String()).Inc()
		m.sessions.Dec()
	}
}

// ExitTold notes how long it took from the decision until everybody's notice was queued.
func (m *Metrics) ExitTold(took time.Duration) {
	if m != nil {
		m.fanout.Observe(took.Seconds())
	}
}

// RelayOpened counts a relayed address that a member got.
func (m *Metrics) RelayOpened() {
	if m != nil {
		m.relayed.Inc()
	}
}

// RelayClosed counts a relayed address that ended.
func (m *Metrics) RelayClosed() {
	if m != nil {
		m.relayed.Dec()
	}
}

// Refused counts an entry that was refused with a TRTC error code.
func (m *Metrics) Refused(code int32) {
	if m != nil {
		m.refusals.WithLabelValues(strconv.Itoa(int(code))).Inc()
	}
}

// PacketsReceived counts n RTP packets taken from a publisher.
func (m *Metrics) PacketsReceived(n int) {
	if m != nil {
		m.packetsReceived.Add(float64(n))
	}
}

// PacketsForwarded counts n RTP packets sent to listeners.
func (m *Metrics) PacketsForwarded(n int) {
	if m != nil {
		m.packetsForwarded.Add(float64(n))
	}
}

// DatagramsLost counts n datagrams that the kernel did not take.
func (m *Metrics) DatagramsLost(n uint64) {
	if m != nil {
		m.datagramsLost.Add(float64(n))
	}
}

// Bursts notes whether the kernel takes bursts whole.
func (m *Metrics) Bursts(whole bool) {
	if m == nil {
		return
	}
	m.bursts.Set(0)
	if whole {
		m.bursts.Set(1)
	}
}

// Secured counts a session that has keys for its media. The profile is one of those that we agree to, so that a
// stranger cannot grow the set of labels.
func (m *Metrics) Secured(profile string) {
	if m != nil {
		m.secured.WithLabelValues(profile).Inc()
	}
}

// Overdue counts a wait that passed its deadline; what is a fixed word such as "transport_close".
func (m *Metrics) Overdue(what string) {
	if m != nil {
		m.overdue.WithLabelValues(what).Inc()
	}
}

// ControlCall counts a call of the control API; code is "OK" when it was done. Callers pass known actions only, so
// that a stranger cannot grow the set of labels.
func (m *Metrics) ControlCall(action, code string) {
	if m != nil {
		m.calls.WithLabelValues(action, code).Inc()
	}
}
