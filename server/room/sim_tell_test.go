package room

import (
	"fmt"
	"strings"
	"time"
)

// tellScript tells a script as a story that can be put into testdata as it is, with the effects that really happened.
// What happens to links stands there as a remark: a story has no clients.
func tellScript(script []action) string {
	w := newWorld()
	var lines []string
	var at time.Duration
	told := DefaultPolicy()
	for _, a := range script {
		begun := w.begun
		w.try(a)
		if w.begun > begun {
			lines = append(lines, tellSetup(a.setup, begun > 0, &told)...)
		}
		if _, tick := a.do.(Tick); tick {
			lines = append(lines, fmt.Sprint("> wait ", a.at-at))
			at = a.at
			continue
		}
		if a.at != at {
			lines = append(lines, fmt.Sprint("> pass ", a.at-at))
			at = a.at
		}
		lines = append(lines, tellAction(a.do, &told))
	}
	text := strings.Join(lines, "\n") + "\n"
	played, err := play(text)
	if err != nil {
		return fmt.Sprintf("%s# This cannot be played: %v\n", text, err)
	}
	return played
}

func tellSetup(made *setup, again bool, told *Policy) []string {
	var lines []string
	if again {
		lines = append(lines, "> reopen")
	}
	if made == nil {
		return lines
	}
	if l := made.limits; l != DefaultLimits() {
		lines = append(lines, fmt.Sprintf("> limits call=%d live=%d publishers=%d subs=%d",
			l.CallMembers, l.LiveMembers, l.Publishers, l.SubStreams))
	}
	if made.policy != *told {
		lines = append(lines, tellPolicy(made.policy, told))
	}
	return lines
}

// tellPolicy says what is other than in the policy that was told before.
func tellPolicy(p Policy, told *Policy) string {
	words := []string{"> policy"}
	say := func(name string, other bool, value any) {
		if other {
			words = append(words, fmt.Sprintf("%s=%v", name, value))
		}
	}
	if p.Presence == TRTCPolicy().Presence && told.Presence != p.Presence {
		*told = TRTCPolicy()
		words = append(words, "trtc")
	}
	was, t, now := *told, told.Timers, p.Timers
	say("unstable", p.Presence.UnstableAfter != was.Presence.UnstableAfter, p.Presence.UnstableAfter)
	say("gone", p.Presence.GoneAfter != was.Presence.GoneAfter, p.Presence.GoneAfter)
	say("closed", p.Presence.ClosedAfter != was.Presence.ClosedAfter, p.Presence.ClosedAfter)
	say("same", p.SameUser != was.SameUser, [...]string{"replace", "refuse", "allow"}[p.SameUser])
	say("devices", p.Devices != was.Devices, p.Devices)
	say("never", now.NeverEntered != t.NeverEntered, now.NeverEntered)
	say("empty", now.Empty != t.Empty, now.Empty)
	say("alone", now.Alone != t.Alone, now.Alone)
	say("idle", now.Idle != t.Idle, now.Idle)
	say("age", now.MaxAge != t.MaxAge, now.MaxAge)
	say("stay", now.MaxStay != t.MaxStay, now.MaxStay)
	say("away", now.HostAway != t.HostAway, now.HostAway)
	say("host", p.Host != was.Host, p.Host)
	say("then", p.HostGone != was.HostGone, [...]string{"keep", "hand", "end"}[p.HostGone])
	*told = p
	return strings.Join(words, " ")
}

// tellAction says one action in the words of a story.
func tellAction(do any, told *Policy) string {
	switch e := do.(type) {
	case Enter:
		return tellEnter(e)
	case Exit:
		return strings.TrimSpace(fmt.Sprintf("> exit %s %v:%s %s", e.Session, e.Why.Reason, e.Why.Actor,
			strings.Join(e.Users, ",")))
	case Remove:
		return fmt.Sprintf("> remove %v:%s %s", e.Why.Reason, e.Why.Actor, strings.Join(e.Users, ","))
	case Dismiss:
		return fmt.Sprintf("> dismiss %v:%s", e.Why.Reason, e.Why.Actor)
	case SetPolicy:
		return tellPolicy(e.Policy, told)
	case SetBlock:
		return fmt.Sprintf("> block %s %s", e.User, tellBlock(e.Block))
	case Open:
		return "> open"
	case keep:
		return "> keep"
	case restart:
		return "> restart"
	case cut:
		return fmt.Sprintf("# the link of %s is cut; the last %d frames are lost", e.session, e.lost)
	case own:
		return tellOwn(e)
	default:
		return fmt.Sprintf("# %T%+v", do, do)
	}
}

func tellBlock(b Block) string {
	switch b {
	case Block{Audio: true, Video: true}:
		return "audio,video"
	case Block{Audio: true}:
		return "audio"
	case Block{Video: true}:
		return "video"
	default:
		return "none"
	}
}

func tellEnter(e Enter) string {
	words := []string{"> enter", e.Session, e.User}
	if e.Scene != 0 {
		words = append(words, fmt.Sprint("scene=", uint8(e.Scene)))
	}
	if e.Role != Anchor {
		words = append(words, "role="+tellRole(e.Role))
	}
	switch {
	case !e.ReceiveAudio && !e.ReceiveVideo:
		words = append(words, "unasked=none")
	case !e.ReceiveAudio:
		words = append(words, "unasked=video")
	case !e.ReceiveVideo:
		words = append(words, "unasked=audio")
	}
	if e.Device != "" {
		words = append(words, "device="+e.Device)
	}
	if e.Resumes != "" {
		words = append(words, "resumes="+e.Resumes)
	}
	if e.Rights != AllRights {
		words = append(words, fmt.Sprint("rights=", uint32(e.Rights)))
	}
	return strings.Join(words, " ")
}

func tellRole(r Role) string {
	switch r {
	case Anchor:
		return "anchor"
	case Audience:
		return "audience"
	default:
		return "another"
	}
}

func tellStream(s Stream) string {
	if s < Audio || s > Sub {
		return "another"
	}
	return streamNames[s]
}

// tellOwn says what a member does, or what its connection shows.
func tellOwn(e own) string {
	who := e.speaker()
	switch e := e.(type) {
	case Lost:
		return fmt.Sprintf("> lost %s %d", who, e.Code)
	case Proof:
		if e.Promised != 0 {
			return fmt.Sprintf("> promise %s %v", who, e.Promised)
		}
		return "> proof " + who
	case Publish:
		return strings.TrimSuffix(fmt.Sprintf("> publish %s %s %s%s", who, tellStream(e.Stream), e.Mid,
			map[bool]string{true: " muted"}[e.Muted]), " ")
	case Unpublish:
		return fmt.Sprintf("> unpublish %s %s", who, tellStream(e.Stream))
	case Subscribe:
		return fmt.Sprintf("> subscribe %s %s %s", who, e.User, tellStream(e.Stream))
	case Unsubscribe:
		return fmt.Sprintf("> unsubscribe %s %s %s", who, e.User, tellStream(e.Stream))
	case SwitchRole:
		return fmt.Sprintf("> role %s %s", who, tellRole(e.Role))
	case Grant:
		return fmt.Sprintf("> grant %s %d", who, e.Rights)
	case Say:
		said := fmt.Sprintf("> say %s %d %d", who, e.CmdID, len(e.Data))
		if e.Reliable {
			said += " reliable"
		}
		if e.Ordered {
			said += " ordered"
		}
		return fmt.Sprintf("%s number=%d", said, e.Number)
	default:
		return "> " + quietVerb(e) + " " + who
	}
}

// quietVerb names what has nothing to say but who.
func quietVerb(e own) string {
	switch e.(type) {
	case Resume:
		return "resume"
	case Deafen:
		return "deafen"
	case Renew:
		return "renew"
	case MediaInterruption:
		return "nomedia"
	default:
		return "media"
	}
}
