package history

import "github.com/anishathalye/porcupine"

// settleUnsure makes the most of operations without an answer, each of which doubles the orders that the checker has to
// try. It is called when every stay has ended, so that the server's log tells which of them cannot have happened. The
// others have, if at all, before the process was killed that did not answer them: that is when the call failed. An
// entry that began no stay may still have ended the one that it was to replace: that may be on disk first.
func (p *play) settleUnsure(known ends) {
	ghosts := p.ghosts()
	var sure []porcupine.Operation
	for _, op := range p.ops {
		in, out := op.Input.(Input), op.Output.(Output)
		ghost := ghosts[name(in.User)] > 0
		switch {
		case !out.Unknown:
		case in.Op == Exit && known[in.Session] != "left":
			continue // The stay ended otherwise, or its vanishing is among the operations.
		case in.Op == Vanish && in.Session[:1] == unknown && !ghost:
			continue
		case in.Op == Enter && !ghost:
			op.Input = Input{Op: Displace, User: in.User}
			op.Return = op.Metadata.(int64)
		case in.Op != Exit && in.Op != Vanish:
			op.Return = op.Metadata.(int64)
		}
		sure = append(sure, op)
	}
	p.ops = sure
}

// ghosts counts, by user, the stays of which no member knows: their entries were not answered.
func (p *play) ghosts() map[string]int {
	mine := map[string]bool{}
	for _, g := range p.all {
		mine[g.Session()] = true
	}
	count := map[string]int{}
	for session, user := range p.server.Log.Stays(p.app) {
		if !mine[session] {
			count[user]++
		}
	}
	return count
}
