//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// sheet is what the page shows.
type sheet struct {
	Heading, Janus   string
	Passed, Measured int
	Reached          int
	Goals            []goalRow
	Charts           []chart
}

// goalRow is one goal as the page shows it.
type goalRow struct {
	Title, Scenario, Must, Aim, Shown, Word string
	// Class is pass, aim, fail or none; Plot shows how far the measured is from what must be.
	Class string
	Plot  template.HTML
}

// chart is one plot with its words.
type chart struct {
	Title, Note string
	// Legend names the series; empty where the rows have their names.
	Legend []key
	Plot   template.HTML
}

// key is one entry of a legend.
type key struct {
	Name  string
	Class string
}

// html writes the page: one file that needs no other.
func (r record) html(w io.Writer) error {
	all := r.results()
	s := sheet{Heading: strings.TrimSpace(strings.ReplaceAll(r.heading(), "`", "")), Charts: all.charts()}
	for _, v := range all.verdicts() {
		s.Goals = append(s.Goals, v.row())
		if v.Known {
			s.Measured++
		}
		if v.met() {
			s.Passed++
		}
		if v.met() && v.reached() {
			s.Reached++
		}
	}
	if err := pageTemplate.Execute(w, s); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func (v verdict) row() goalRow {
	row := goalRow{
		Title: v.Title, Scenario: v.Scenario, Must: v.limit(v.Must), Aim: v.limit(v.Aim), Shown: v.shown(),
		Word: v.Word(), Class: "none",
	}
	switch {
	case !v.Known:
		return row
	case v.met() && v.reached():
		row.Class = "aim"
	case v.met():
		row.Class = "pass"
	default:
		row.Class = "fail"
	}
	row.Plot = v.bullet()
	return row
}

// bulletWidest is how far a bullet reaches, in parts of what must be: beyond that it ends in an arrow's place.
const bulletWidest = 2.0

// bullet draws how far what was measured is from what must be, where less is better; a goal where more is better is
// turned around.
func (v verdict) bullet() template.HTML {
	part, aim, must := v.Measured, v.Aim, 1.0
	switch {
	case v.Must == 0:
		must = 0
		if v.Measured > 0 {
			part = bulletWidest
		}
	case v.better == higher:
		part, aim = v.Must/max(v.Measured, 1e-9), v.Must/v.Aim
	default:
		part, aim = v.Measured/v.Must, v.Aim/v.Must
	}
	p := &drawing{}
	percent := func(x float64) float64 { return min(x, bulletWidest) / bulletWidest * 100 }
	p.rect(0, 7, 100, 8, "track")
	p.rect(0, 7, max(0.6, percent(part)), 8, "value")
	p.line(percent(aim), 3, percent(aim), 19, "aimline")
	p.line(percent(must), 1, percent(must), 21, "mustline")
	return p.draw(22, fmt.Sprintf("%s: measured %s, must be %s", v.Title, v.shown(), v.limit(v.Must)))
}
