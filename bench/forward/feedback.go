//go:build linux

package main

import (
	"time"

	"github.com/pion/rtcp"
)

// lanes is into how many groups the reports are spread.
const lanes = 97

// report sends what a receiver reports, if it is time: a receiver report (RFC 3550 §6.4.2) and what arrived when, by
// the transport's own packet numbers. Pion encrypts it, as it does for any member.
func (p *port) report(every time.Duration) {
	pc := p.pc.Load()
	now := time.Now()
	if pc == nil || len(p.streams) == 0 || now.Before(p.due) {
		return
	}
	if p.due.IsZero() {
		// Members do not report in step, though the first packets come to all at once.
		p.due = now.Add(every * time.Duration(p.fd%lanes) / lanes)
		return
	}
	p.due = now.Add(every)
	packets := append([]rtcp.Packet{p.receiverReport()}, p.recorder.BuildFeedbackPacket()...)
	// A transport that closes needs no report.
	_ = pc.WriteRTCP(packets)
}

// blocksMax is how many streams one receiver report can have (RFC 3550 §6.4.2: five bits).
const blocksMax = 31

func (r *reception) receiverReport() *rtcp.ReceiverReport {
	report := &rtcp.ReceiverReport{SSRC: 1}
	for _, s := range r.streams[:min(len(r.streams), blocksMax)] {
		report.Reports = append(report.Reports, rtcp.ReceptionReport{SSRC: s.ssrc, LastSequenceNumber: s.highest})
	}
	return report
}
