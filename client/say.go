package client

import (
	"context"

	"github.com/exeunt/exeunt/server/wire"
)

// Subscribe asks for a stream of a user: now, or as soon as it is published. [SlotBound] follows.
func (c *Client) Subscribe(ctx context.Context, user string, stream Stream) error {
	wish := &wire.Subscribe{UserId: user, Stream: wire.Stream(stream)}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Subscribe{Subscribe: wish}})
}

// Unsubscribe refuses a stream of a user. [SlotUnbound] follows, if it was arriving.
func (c *Client) Unsubscribe(ctx context.Context, user string, stream Stream) error {
	wish := &wire.Unsubscribe{UserId: user, Stream: wire.Stream(stream)}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Unsubscribe{Unsubscribe: wish}})
}

// Quality is which layer of a picture is wanted, where it is sent in several sizes.
type Quality uint32

const (
	// High is the best (TRTCVideoStreamTypeBig).
	High Quality = 0
	// Middle is the one below it.
	Middle Quality = 1
	// Low is the one below that (TRTCVideoStreamTypeSmall).
	Low Quality = 2
)

// Prefer says which layer of a user's picture is wanted at most. It subscribes to nothing, and holds until the user
// leaves.
func (c *Client) Prefer(ctx context.Context, user string, stream Stream, quality Quality) error {
	wish := &wire.Prefer{UserId: user, Stream: wire.Stream(stream), Quality: wire.Quality(quality)}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_Prefer{Prefer: wish}})
}

// HearAtMost says how many voices are heard at once, the loudest of all: 1 to 50, or 0 for the usual 8. The users of
// always are heard whatever others say; they must be fewer than that, or a [Problem] follows. It holds for the stay.
func (c *Client) HearAtMost(ctx context.Context, voices int, always ...string) error {
	wish := &wire.HearAtMost{Voices: uint32(max(voices, 0)), Always: always}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_HearAtMost{HearAtMost: wish}})
}

// SwitchRole becomes anchor (20) or audience (21); live scenes only. [RoleSwitched] answers it.
func (c *Client) SwitchRole(ctx context.Context, role uint32, privateMapKey string) error {
	wish := &wire.SwitchRole{Role: role, PrivateMapKey: privateMapKey}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_SwitchRole{SwitchRole: wish}})
}

// SendMessage sends a custom message to everybody else: cmdID 1 to 10, at most 1024 bytes, 30 a second. Beyond the
// limits a [Problem] follows. It goes over the data channel, where there is one, and arrives once, whatever breaks on
// its way, as long as the stay lasts; one that was sent before [Client.Exit] is told before the exit.
func (c *Client) SendMessage(ctx context.Context, cmdID uint32, data []byte) error {
	if c.ctx.Err() != nil {
		return ErrExited
	}
	message := &wire.SendMessage{CmdId: cmdID, Data: data, Reliable: true, Ordered: true}
	if len(data) > messageMax {
		return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_SendMessage{SendMessage: message}})
	}
	return c.mail.outbox.post(ctx, message)
}

// UpdatePermit brings a newer PrivateMapKey, whose rights hold at once. [RightsChanged] answers it, or a [Problem].
func (c *Client) UpdatePermit(ctx context.Context, privateMapKey string) error {
	permit := &wire.UpdatePermit{PrivateMapKey: privateMapKey}
	return c.say(ctx, &wire.ClientFrame{Frame: &wire.ClientFrame_UpdatePermit{UpdatePermit: permit}})
}
