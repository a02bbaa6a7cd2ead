package api

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// fields are what an answer says beside its RequestId.
type fields map[string]any

// complaint is the error of an answer.
type complaint struct{ Code, Message string }

// writeReply answers a call. What went wrong inside the server is for its log, not for the caller.
func writeReply(w http.ResponseWriter, id string, answer fields, failed error) error {
	response := map[string]any{"RequestId": id}
	var refused *Error
	switch {
	case failed == nil:
		for name, value := range answer {
			response[name] = value
		}
	case errors.As(failed, &refused):
		response["Error"] = complaint(*refused)
	default:
		response["Error"] = complaint{codeInternalError, "the server failed; its log says more under this RequestId"}
	}
	body, err := json.Marshal(map[string]any{"Response": response})
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("send the answer: %w", err)
	}
	return nil
}

// newRequestID returns a random UUID (RFC 9562 §5.4).
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // Never fails (package crypto/rand).
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
