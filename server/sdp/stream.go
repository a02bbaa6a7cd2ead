package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// ssrc notes a synchronisation source (RFC 5576 §4.1). What is said of it is not needed.
func (r *lineReader) ssrc(value string) error {
	text, _, _ := strings.Cut(value, " ")
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return refuse(r.field, "a=ssrc is %s; 0 to 4294967295 are allowed", quote(text))
	}
	if slices.Contains(r.line.SSRCs, uint32(id)) {
		return nil
	}
	if len(r.line.SSRCs) == ssrcsMax {
		return refuse(r.field, "more than %d SSRCs", ssrcsMax)
	}
	r.line.SSRCs = append(r.line.SSRCs, uint32(id))
	return nil
}

// ssrcGroup notes which SSRC retransmits which (RFC 5576 §4.2, RFC 4588 §8.3).
func (r *lineReader) ssrcGroup(value string) error {
	semantics, rest, _ := strings.Cut(value, " ")
	if semantics != "FID" {
		return nil
	}
	primaryText, repairText, _ := strings.Cut(rest, " ")
	primary, err := strconv.ParseUint(primaryText, 10, 32)
	repair, err2 := strconv.ParseUint(repairText, 10, 32)
	if err != nil || err2 != nil || primary == repair {
		return refuse(r.field, "a=ssrc-group:FID has %s; two different SSRCs are allowed", quote(rest))
	}
	if _, twice := r.line.Repairs[uint32(primary)]; twice {
		return refuse(r.field, "a=ssrc-group:FID has %d twice", primary)
	}
	if len(r.line.Repairs) == ssrcsMax {
		return refuse(r.field, "more than %d lines of a=ssrc-group:FID", ssrcsMax)
	}
	if r.line.Repairs == nil {
		r.line.Repairs = map[uint32]uint32{}
	}
	r.line.Repairs[uint32(primary)] = uint32(repair)
	return nil
}

// rid notes a layer that the client may send (RFC 8851 §4). Its restrictions bind the client, not us.
func (r *lineReader) rid(value string) error {
	id, rest, _ := strings.Cut(value, " ")
	way, _, _ := strings.Cut(rest, " ")
	if len(id) > ridMax || !isAlphanumeric(id, "-_") {
		return refuse(r.field, "a=rid is %s; 1 to %d letters, digits, - and _ are allowed", quote(id), ridMax)
	}
	if way != "send" {
		return nil
	}
	if slices.Contains(r.rids, id) {
		return refuse(r.field, "a=rid:%s stands there twice", id)
	}
	if len(r.rids) == ridsMax {
		return refuse(r.field, "more than %d lines of a=rid", ridsMax)
	}
	r.rids = append(r.rids, id)
	return nil
}

// simulcast reads the layers that the client sends (RFC 8853 §5.1), such as "send h;~m;l recv x". Pion's later offers
// have a second line, which repeats what it has agreed to receive.
func (r *lineReader) simulcast() error {
	for _, a := range r.attributes {
		if a.name != "simulcast" {
			continue
		}
		fields := strings.Fields(a.value)
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] != "send" {
				continue
			}
			if r.line.Layers != nil {
				return refuse(r.field, "a=simulcast:send stands there twice")
			}
			if err := r.layers(fields[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *lineReader) layers(list string) error {
	for layer := range strings.SplitSeq(list, ";") {
		first, _, _ := strings.Cut(layer, ",")
		id, paused := strings.CutPrefix(first, "~")
		if !slices.Contains(r.rids, id) {
			return refuse(r.field, "a=simulcast:send has %s, which no a=rid sends", quote(id))
		}
		if slices.ContainsFunc(r.line.Layers, func(l Layer) bool { return l.RID == id }) {
			return refuse(r.field, "a=simulcast:send has %s twice", id)
		}
		r.line.Layers = append(r.line.Layers, Layer{id, paused})
	}
	return nil
}
