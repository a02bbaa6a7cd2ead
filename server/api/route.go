package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/exeunt/exeunt/server/host"
)

// Version is the one version of the API (X-TC-Version).
const Version = "2019-07-22"

// regions are taken, because the official clients must name one. They mean nothing here: the endpoint says where.
var regions = []string{"ap-beijing", "ap-guangzhou", "ap-singapore"}

// action is one thing that the API does.
type action struct {
	name string
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
	removeUser, removeUserByStrRoomID, dismissRoom, dismissRoomByStrRoomID, listRooms, describeRoom,
	describeRoomByStrRoomID,
)

func index(list ...*action) map[string]*action {
	byName := map[string]*action{}
	for _, a := range list {
		byName[a.name] = a
	}
	return byName
}

// route finds the action, and checks the version and the region.
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
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(codeRoomUnreachable, "the server that keeps the room did not answer in time")
	case errors.Is(err, context.Canceled):
		return refuse(codeInternalError, "the caller hung up")
	}
	return err
}
