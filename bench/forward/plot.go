//go:build linux

package main

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// drawing is an SVG as wide as the page lets it be: widths are percent, heights are pixels, so that its letters keep
// their size on every screen.
type drawing struct{ strings.Builder }

func (p *drawing) rect(x, y, width, height float64, class string) {
	fmt.Fprintf(p, `<rect x="%.2f%%" y="%.1f" width="%.2f%%" height="%.1f" rx="2" class="%s"/>`, x, y, width, height,
		class)
}

func (p *drawing) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(p, `<line x1="%.2f%%" y1="%.1f" x2="%.2f%%" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

func (p *drawing) dot(x, y float64, class, title string) {
	fmt.Fprintf(p, `<circle cx="%.2f%%" cy="%.1f" r="4" class="%s"><title>%s</title></circle>`, x, y, class,
		template.HTMLEscapeString(title))
}

// side is on which side of its point a text stands.
type side string

const (
	begins  side = "start"
	centred side = "middle"
	ends    side = "end"
)

func (p *drawing) text(x, y float64, at side, class, words string) {
	fmt.Fprintf(p, `<text x="%.2f%%" y="%.1f" text-anchor="%s" class="%s">%s</text>`, x, y, at, class,
		template.HTMLEscapeString(words))
}

// draw closes a picture of a height in pixels; the title is for those who do not see it.
func (p *drawing) draw(height float64, title string) template.HTML {
	// All text in it went through HTMLEscapeString, and the classes are this program's.
	return template.HTML(fmt.Sprintf(`<svg role="img" aria-label="%s" width="100%%" height="%.0f">%s</svg>`,
		template.HTMLEscapeString(title), height, p.String()))
}

// bar is one row of a bar chart. Least and most are the rounds' own, Mark a target; 0 for none of those.
type bar struct {
	name, class string
	value       float64
	least, most float64
	mark        float64
	shown       string
}

// part is a row of bars under one heading.
type part struct {
	heading string
	bars    []bar
}

// The heights of a bar chart, in pixels.
const (
	headingHeight = 24
	barHeight     = 20
	partGap       = 12
	// nameWidth and shownWidth are percent beside the bars.
	nameWidth  = 24
	shownWidth = 17
)

// drawBars draws parts to one scale.
func drawBars(title string, parts []part) template.HTML {
	most := 0.0
	for _, one := range parts {
		for _, b := range one.bars {
			most = max(most, b.value, b.most, b.mark)
		}
	}
	if most == 0 {
		most = 1
	}
	const wide = 100 - nameWidth - shownWidth
	at := func(x float64) float64 { return nameWidth + x/most*wide }
	p := &drawing{}
	y := 0.0
	for _, one := range parts {
		p.text(0, y+16, begins, "heading", one.heading)
		y += headingHeight
		for _, b := range one.bars {
			p.text(nameWidth-1.5, y+14, ends, "name", b.name)
			p.rect(nameWidth, y+3, max(0.3, b.value/most*wide), barHeight-6, b.class)
			if b.most > b.least {
				p.line(at(b.least), y+barHeight/2, at(b.most), y+barHeight/2, "whisker")
			}
			if b.mark > 0 {
				p.line(at(b.mark), y, at(b.mark), y+barHeight, "mustline")
			}
			p.text(max(at(b.value), at(b.most), at(b.mark))+1, y+14, begins, "number", b.shown)
			y += barHeight
		}
		y += partGap
	}
	return p.draw(y, title)
}

// point is one of a line.
type point struct{ x, y float64 }

// series is one line of a plot.
type series struct {
	name, class string
	points      []point
}

// scaling says how a number becomes a place.
type scaling int

const (
	evenly scaling = iota
	byPowers
)

// axis is one direction of a plot.
type axis struct {
	title string
	scaling
	ticks []float64
}

// place is where a number is between the first and the last tick, from 0 to 1.
func (a axis) place(x float64) float64 {
	low, high := a.ticks[0], a.ticks[len(a.ticks)-1]
	if a.scaling == byPowers {
		return math.Log(max(x, low)/low) / math.Log(high/low)
	}
	return (x - low) / (high - low)
}

// The frame of a line plot: pixels in height, percent in width.
const (
	plotTop, plotHeight   = 26, 200
	plotLeft, plotRight   = 11, 97
	plotBelow             = 44
	evenTicks, powersMost = 4, 10
)

// drawLines draws series between two axes.
func drawLines(title string, across, up axis, all []series) template.HTML {
	p := &drawing{}
	x := func(v float64) float64 { return plotLeft + across.place(v)*(plotRight-plotLeft) }
	y := func(v float64) float64 { return plotTop + (1-up.place(v))*plotHeight }
	p.text(0, 14, begins, "axis", up.title)
	for _, tick := range up.ticks {
		p.line(plotLeft, y(tick), plotRight, y(tick), "grid")
		p.text(plotLeft-1.5, y(tick)+4, ends, "number", short(tick))
	}
	for _, tick := range across.ticks {
		p.line(x(tick), plotTop+plotHeight, x(tick), plotTop+plotHeight+5, "whisker")
		p.text(x(tick), plotTop+plotHeight+19, centred, "number", short(tick))
	}
	p.text((plotLeft+plotRight)/2, plotTop+plotHeight+38, centred, "axis", across.title)
	for _, one := range all {
		for i, at := range one.points {
			if i > 0 {
				from := one.points[i-1]
				p.line(x(from.x), y(from.y), x(at.x), y(at.y), "stroke "+one.class)
			}
		}
		for _, at := range one.points {
			p.dot(x(at.x), y(at.y), one.class, fmt.Sprintf("%s: %s at %s", one.name, short(at.y), short(at.x)))
		}
	}
	return p.draw(plotTop+plotHeight+plotBelow, title)
}

// short writes a number as an axis has it.
func short(x float64) string {
	if x == 0 {
		return "0"
	}
	// Three digits that matter, and no powers of ten in words.
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(x))))
	return strconv.FormatFloat(math.Round(x*scale)/scale, 'f', -1, 64)
}

// upTo are even ticks from 0 to at least most.
func upTo(most float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10(max(most, 1e-9))))
	for _, part := range []float64{0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5} {
		if step*part*evenTicks >= most {
			step *= part
			break
		}
	}
	var all []float64
	for n := range evenTicks + 1 {
		all = append(all, float64(n)*step)
	}
	return all
}

// powers are the powers of ten around all numbers.
func powers(all []float64) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range all {
		if x > 0 {
			low, high = min(low, math.Floor(math.Log10(x))), max(high, math.Ceil(math.Log10(x)))
		}
	}
	if low >= high {
		low, high = 0, 1
	}
	var ticks []float64
	for n := low; n <= high && len(ticks) < powersMost; n++ {
		ticks = append(ticks, math.Pow(10, n))
	}
	return ticks
}
