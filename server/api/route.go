package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/exeunt/exeunt/server/ban"
	"github.com/exeunt/exeunt/server/host"
)

// Version is the one version of the API (X-TC-Version).
const Version = "2019-07-22"

// regions are taken, because the official clients must name one. They mean nothing here: the endpoint says where.
var regions = []string{"ap-beijing", "ap-guangzhou", "ap-singapore"}

// The groups of actions; a key may have the right to some only (F15).
const (
	groupDescribe = "describe"
	groupRemove   = "remove"
	groupBan      = "ban"
	groupBlock    = "block"
	groupDismiss  = "dismiss"
	groupPolicy   = "policy"
)

// action is one thing that the API does.
type action struct {
	name string
	// group says what it does, for the rights of keys; one of [config.Groups].
	group string
	// parameters are those that the action knows.
	parameters []string
	// changes marks an action that changes a room, and therefore happens once for each signature.
	changes bool
	// read turns the parameters into a deed, and refuses those that make none.
	read func(c *call) (deed, error)
}

// deed is what a good call asks for.
type deed func(ctx context.Context, hall Hall) (fields, error)

// actions are all of them, by name.
var actions = index(
	removeUser, removeUserByStrRoomID, dismissRoom, dismissRoomByStrRoomID, setUserBlocked, setUserBlockedByStrRoomID,
	listRooms, describeRoom, describeRoomByStrRoomID, createRoom, createRoomByStrRoomID, setRoomPolicy,
	setRoomPolicyByStrRoomID, banUsers, banUsersByStrRoomID, describeBans, liftBans,
)

func index(list ...*action) map[string]*action {
	byName := map[string]*action{}
	for _, a := range list {
		byName[a.name] = a
	}
	return byName
}

// route finds the action, and checks the version, the region and the right of the key.
func (d *door) route(c *call, e envelope) error {
	switch {
	case e.version == "":
		return refuse(codeMissingParameter, "the version is missing (X-TC-Version)")
	case e.version != Version:
		return refuse(codeNoSuchVersion, "the version is %.20q; the only one is %s", e.version, Version)
	case e.action == "":
		return refuse(codeMissingParameter, "the action is missing (X-TC-Action)")
	}
	known, ok := actions[e.action]
	if !ok {
		return refuse(codeInvalidAction, "there is no action %.64q", e.action)
	}
	c.action = known
	if e.region == "" {
		return refuse(codeMissingParameter, "the region is missing (X-TC-Region): any of %s", strings.Join(regions, ", "))
	}
	if !slices.Contains(regions, e.region) {
		return refuse(codeUnsupportedRegion, "the region is %.64q; known are %s", e.region, strings.Join(regions, ", "))
	}
	if !c.key.may(known.group) {
		return refuse(codeUnauthorizedOperation, "this key may not sign %s; it lacks the right %q", known.name, known.group)
	}
	return nil
}

// ask hands a command to the room's owner and says in the API's codes what came of it.
func ask(ctx context.Context, hall Hall, command host.Command) (host.Reply, error) {
	reply, err := hall.Ask(ctx, command)
	if err != nil {
		return reply, explain(fmt.Errorf("%s %s: %w", command.Op, command.Key, err))
	}
	return reply, nil
}

// explain gives the hall's errors the API's codes. What has none is the server's own fault.
func explain(err error) error {
	switch {
	case errors.Is(err, host.ErrNoRoom):
		return refuse(codeRoomNotExist, "there is no such room")
	case errors.Is(err, host.ErrNoUser):
		return refuse(codeUserNotExist, "the user is not in the room")
	case errors.Is(err, host.ErrRoomExists):
		return refuse(codeRoomAlreadyExist, "the room is open already")
	case errors.Is(err, host.ErrNoBans):
		return refuse(codeUnsupportedOperation, "this server keeps no bans")
	case errors.Is(err, ban.ErrFull):
		return refuse(codeLimitExceeded, "an app has at most %d bans, and one user or device %d", ban.PerApp, ban.PerPerson)
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(codeRoomUnreachable, "the server that keeps the room did not answer in time")
	case errors.Is(err, context.Canceled):
		return refuse(codeInternalError, "the caller hung up")
	}
	return err
}
