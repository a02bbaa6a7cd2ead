package api

import (
	"context"

	"github.com/exeunt/exeunt/server/ban"
)

const (
	// pageSize and pageSizeMax are how many bans an answer lists (as TRTC's DescribeRoomInfo lists rooms).
	pageSize    = 10
	pageSizeMax = 100
	// pageNumberMax is the last page of the longest list.
	pageNumberMax = ban.PerApp
)

// describeBans is DescribeBans, an action of ours: the bans of an app that hold now, the oldest first, in pages.
var describeBans = &action{
	name: "DescribeBans", group: groupDescribe, parameters: []string{"SdkAppId", "UserId", "PageNumber", "PageSize"},
	read: func(c *call) (deed, error) {
		app, err := c.app()
		if err != nil {
			return nil, err
		}
		user := ""
		if c.params["UserId"] != nil {
			if user, err = c.user(); err != nil {
				return nil, err
			}
		}
		page, err := c.params.count("PageNumber", 0, pageNumberMax, 0)
		if err != nil {
			return nil, err
		}
		size, err := c.params.count("PageSize", 1, pageSizeMax, pageSize)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, hall Hall) (fields, error) {
			bans, err := hall.Bans(ctx, app)
			if err != nil {
				return nil, explain(err)
			}
			return listBans(bans, user, page*size, size), nil
		}, nil
	},
}

// listBans lists size bans of a user, or of everybody, after so many others.
func listBans(bans []ban.Ban, user string, after, size int64) fields {
	total, list := int64(0), []Ban{}
	for _, b := range bans {
		if user != "" && b.User != user {
			continue
		}
		if total >= after && total < after+size {
			list = append(list, newBan(b))
		}
		total++
	}
	return fields{"Total": total, "Bans": list}
}
