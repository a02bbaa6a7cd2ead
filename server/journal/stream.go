package journal

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/exeunt/exeunt/server/room"
)

const (
	exitsStream, exitsSubject = "exits", "exits."
	staysStream, staysSubject = "stays", "stays."

	// exitsAge is how long an exit record is kept.
	exitsAge = 14 * 24 * time.Hour
	// exitsBytes and exitsMessages bound the exit records: about a million stays. The oldest make room for new ones.
	exitsBytes, exitsMessages = 256 << 20, 1_000_000
	// staysBytes bounds the state of rooms and members: several hundred thousand. Nothing makes room for a new one.
	staysBytes = 384 << 20
	// doubleWindow is how long the stream of exits knows a record again.
	doubleWindow = 2 * time.Minute
)

func exitsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: exitsStream, Subjects: []string{exitsSubject + ">"}, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardOld, MaxAge: exitsAge, MaxBytes: exitsBytes, MaxMsgs: exitsMessages,
		Duplicates: doubleWindow,
	}
}

func staysConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: staysStream, Subjects: []string{staysSubject + ">"}, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardNew, MaxBytes: staysBytes, MaxMsgsPerSubject: 1, AllowAtomicPublish: true,
	}
}

// place is the part of a subject that names an incarnation. A room's id may hold dots, stars and spaces, which mean
// something in a subject; base64url holds none of them. What is stored names itself, so no subject is ever read.
func place(key room.Key, incarnation string) string {
	return fmt.Sprintf("%d.%d.%s.%s", key.App, key.Kind, token(key.ID), token(incarnation))
}

func token(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func exitsOf(place string) string { return exitsSubject + place }

func roomAt(place string) string { return staysSubject + place + ".room" }

func memberAt(place, session string) string {
	return staysSubject + place + ".member." + token(session)
}

func everythingAt(place string) string { return staysSubject + place + ".>" }
