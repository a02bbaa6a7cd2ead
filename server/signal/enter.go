package signal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/exeunt/exeunt/server/config"
	"github.com/exeunt/exeunt/server/host"
	"github.com/exeunt/exeunt/server/room"
	"github.com/exeunt/exeunt/server/usersig"
	"github.com/exeunt/exeunt/server/wire"
)

// clientMax, sessionMax and deviceMax bound what is only written into a log, looked up or compared.
const (
	clientMax  = 128
	sessionMax = 64
	deviceMax  = 64
)

// The TRTC codes with which the door refuses (TRTCErrorCode).
const (
	codeSdkAppID        int32 = -3317
	codeRoomID          int32 = -3318
	codeUserID          int32 = -3319
	codeUserSig         int32 = -3320
	codePrivilegeFlag   int32 = -100006
	codeSceneOrRole     int32 = -100011
	codeStrRoomIDSigns  int32 = -100014
	codeUserSigCheck    int32 = -100018
	codeNoEnter         int32 = -102011
	codeStrRoomIDLength int32 = -102030
)

func refuse(code int32, format string, args ...any) *host.Refusal {
	return &host.Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

// applicant is a user who wants to enter, as far as the checks have come.
type applicant struct {
	entry host.Entry
	app   config.App
	// judged is the moment at which the credentials count.
	judged time.Time
}

// check proves that the user may enter: first what needs no secret, in TRTC's order, then the signatures.
func (d *Door) check(e *wire.Enter, now time.Time) (applicant, *host.Refusal) {
	app, known := d.config.Apps.App(e.GetSdkAppId())
	if !known {
		return applicant{}, refuse(codeSdkAppID, "sdkAppId %d is not served here", e.GetSdkAppId())
	}
	a := applicant{app: app, judged: now, entry: host.Entry{
		User: e.GetUserId(), Scene: room.Scene(min(e.GetScene(), 255)), Role: roleOf(e.GetRole()),
		Offer: e.GetOffer(), ReceiveAudio: e.GetReceiveAudio(), ReceiveVideo: e.GetReceiveVideo(),
		Client: clip(e.GetClient(), clientMax), ResumeSession: clip(e.GetResumeSessionId(), sessionMax),
		Device: clip(e.GetDevice(), deviceMax), Rights: room.AllRights,
	}}
	if r := checkUserID(e.GetUserId()); r != nil {
		return a, r
	}
	if e.GetUserSig() == "" {
		return a, refuse(codeUserSig, "userSig is empty")
	}
	key, r := roomKey(e.GetSdkAppId(), e)
	if r != nil {
		return a, r
	}
	a.entry.Key = key
	if r := checkSceneAndRole(e); r != nil {
		return a, r
	}
	if r := checkUserSig(&a, e.GetUserSig()); r != nil {
		return a, r
	}
	r = checkPermit(&a, e.GetPrivateMapKey())
	return a, r
}

func checkUserID(id string) *host.Refusal {
	if id == "" {
		return refuse(codeUserID, "userId is empty")
	}
	if len(id) > room.UserMax {
		return refuse(codeUserID, "userId has %d bytes; its limit is %d", len(id), room.UserMax)
	}
	if strings.ContainsFunc(id, unicode.IsControl) {
		return refuse(codeUserID, "userId has a control character")
	}
	return nil
}

// place is a frame that says which room is meant.
type place interface {
	GetRoomId() uint32
	GetStrRoomId() string
}

// roomKey reads which room is meant. Of two, the number wins (TRTC, enterRoom); the schema allows only one.
func roomKey(app uint32, p place) (room.Key, *host.Refusal) {
	key := room.Key{App: app, Kind: room.Numeric}
	id := p.GetStrRoomId()
	if id == "" && p.GetRoomId() == 0 {
		return key, refuse(codeRoomID, "neither roomId nor strRoomId is given; a roomId must be from 1 to %d",
			uint32(room.NumberMax))
	}
	if id == "" {
		if p.GetRoomId() > room.NumberMax {
			return key, refuse(codeRoomID, "roomId is %d; it must be from 1 to %d", p.GetRoomId(), uint32(room.NumberMax))
		}
		key.ID = strconv.FormatUint(uint64(p.GetRoomId()), 10)
		return key, nil
	}
	if len(id) > room.StrMax {
		return key, refuse(codeStrRoomIDLength, "strRoomId has %d bytes; its limit is %d", len(id), room.StrMax)
	}
	if i := room.StrangeSign(id); i >= 0 {
		return key, refuse(codeStrRoomIDSigns, "strRoomId has, at byte %d, a character that TRTC does not allow", i)
	}
	return room.Key{App: app, Kind: room.Str, ID: id}, nil
}

func checkSceneAndRole(e *wire.Enter) *host.Refusal {
	if e.GetScene() > uint32(room.VoiceChatRoom) {
		return refuse(codeSceneOrRole, "scene is %d; it must be from 0 to 3", e.GetScene())
	}
	if room.Scene(e.GetScene()).Live() && roleOf(e.GetRole()) == 0 {
		return refuse(codeSceneOrRole, "role is %d; it must be 20 (anchor) or 21 (audience)", e.GetRole())
	}
	return nil
}

// checkUserSig verifies who the user is.
func checkUserSig(a *applicant, sig string) *host.Refusal {
	if _, err := usersig.Verify(sig, a.app.SdkAppID, a.entry.User, a.app.Secret, a.judged); err != nil {
		return refuse(codeUserSigCheck, "userSig: %s", err)
	}
	return nil
}

// checkPermit verifies the PrivateMapKey of an app that demands one.
func checkPermit(a *applicant, key string) *host.Refusal {
	if !a.app.PermissionControl {
		return nil
	}
	permit, r := permitOf(*a, key)
	if r != nil {
		return r
	}
	if !permit.Has(usersig.EnterRoom) {
		return refuse(codeNoEnter, "privateMapKey does not allow to enter this room")
	}
	a.entry.Existing = !permit.Has(usersig.CreateRoom)
	a.entry.Rights = room.Rights(permit)
	return nil
}

// permitOf reads what a PrivateMapKey allows, after proving it.
func permitOf(a applicant, key string) (usersig.Privilege, *host.Refusal) {
	if key == "" {
		return 0, refuse(codePrivilegeFlag, "privateMapKey is missing; this app demands one")
	}
	place := usersig.Place{Str: a.entry.Key.ID}
	if a.entry.Key.Kind == room.Numeric {
		number, err := strconv.ParseUint(a.entry.Key.ID, 10, 32)
		if err != nil {
			return 0, refuse(codeRoomID, "roomId is no number")
		}
		place = usersig.Place{ID: uint32(number)}
	}
	permit, err := usersig.VerifyPermit(key, a.app.SdkAppID, a.entry.User, a.app.Secret, place, a.judged)
	if err != nil {
		return 0, refuse(codePrivilegeFlag, "privateMapKey: %s", err)
	}
	return permit.Privilege, nil
}
