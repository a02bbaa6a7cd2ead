package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/exeunt/exeunt/client"
)

// A bot that greets whoever enters, until its stay ends.
func ExampleEnter() {
	ctx := context.Background()
	c, err := client.Enter(ctx, client.Config{
		URL: "ws://127.0.0.1:8080/signal", SdkAppID: 1400000000, UserID: "bot", UserSig: "made by exeunt usersig",
		RoomID: 7,
	})
	if err != nil {
		log.Print(err)
		return
	}
	for event := range c.Events() {
		switch e := event.(type) {
		case client.RemoteUserEnter:
			if err := c.SendMessage(ctx, 1, []byte("hello, "+e.User)); err != nil {
				log.Print(err)
			}
		case client.Exited:
			fmt.Println("over:", e.Detail.Text)
		}
	}
}
