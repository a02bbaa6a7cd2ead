package media

import (
	"slices"
	"strings"

	"github.com/exeunt/exeunt/server/picture"
	"github.com/exeunt/exeunt/server/sdp"
)

// line is one send line of a session, and who gets its packets.
type line struct {
	session *session
	mid     string
	kind    sdp.Kind
	codecs  []sdp.Codec
	// primary says which payload type each one repairs; 0 for one that is none of RFC 4588.
	primary payloads
	// accepted are the payload types of the codecs, and formats how to read them.
	accepted payloads
	formats  [128]picture.Format
	// red is the payload type of redundant sound; 0 for none.
	red uint8
	// declared are the SSRCs that the offer names, and what they carry.
	declared map[uint32]ssrcRole
	// layers are the simulcast streams, the best first; one without a name if there is no simulcast.
	layers []*layer
	// published says that the line carries a stream.
	published bool
	forwards  []*forward
	// seen is the payload type of the latest packet, or of what it repeats; 0 before the first.
	seen uint8
}

// ranks orders layers by the names that our clients give them, the best first, whatever order they must be offered in
// (docs/protocol.md). Layers with other names stay in the offer's order.
var ranks = map[string]int{"h": 1, "m": 2, "l": 3}

// ssrcRole is what the packets of an SSRC are: a layer of a line, or its repairs.
type ssrcRole struct {
	rid    string
	repair bool
}

// newLine makes what an offer describes; codecs are those of its codecs that we take.
func newLine(s *session, offered *sdp.Line, codecs []sdp.Codec) *line {
	l := &line{session: s, mid: offered.Mid, kind: offered.Kind}
	l.describe(offered, codecs)
	rids := []string{""}
	if len(offered.Layers) > 0 {
		rids = rids[:0]
		for _, one := range offered.Layers {
			rids = append(rids, one.RID)
		}
	}
	slices.SortStableFunc(rids, func(a, b string) int { return ranks[a] - ranks[b] })
	for _, rid := range rids {
		l.layers = append(l.layers, &layer{line: l, rid: rid})
	}
	return l
}

// describe notes what a later offer may change.
func (l *line) describe(offered *sdp.Line, codecs []sdp.Codec) {
	l.codecs, l.primary, l.accepted, l.red = codecs, payloads{}, payloads{}, 0
	for _, c := range codecs {
		if strings.EqualFold(c.Name, redundant) {
			l.red = c.Type
		}
		if isRTX(c) {
			l.primary[c.Type] = repaired(c)
		} else {
			l.accepted[c.Type], l.formats[c.Type] = c.Type, picture.FormatOf(c.Name)
		}
	}
	l.declared = map[uint32]ssrcRole{}
	if len(offered.Layers) > 0 {
		return // Its packets name their layers.
	}
	for _, ssrc := range offered.SSRCs {
		l.declared[ssrc] = ssrcRole{}
	}
	for _, repair := range offered.Repairs {
		l.declared[repair] = ssrcRole{repair: true}
	}
}

// layer finds a layer; nil for a name that the offer does not have.
func (l *line) layer(rid string) *layer {
	i := slices.IndexFunc(l.layers, func(one *layer) bool { return one.rid == rid })
	if i < 0 {
		return nil
	}
	return l.layers[i]
}

// isPicture says whether the line needs key frames and repairs.
func (l *line) isPicture() bool { return l.kind == sdp.Video }
