package api

import (
	"errors"
	"fmt"
)

// Error is a call that was refused: a code of Tencent Cloud's, and one sentence for a developer.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// The codes of every action (Tencent Cloud API 3.0, "Common error codes").
const (
	codeInvalidAuthorization = "AuthFailure.InvalidAuthorization"
	codeInvalidSecretID      = "AuthFailure.InvalidSecretId"
	codeSecretIDNotFound     = "AuthFailure.SecretIdNotFound"
	codeSignatureExpire      = "AuthFailure.SignatureExpire"
	codeSignatureFailure     = "AuthFailure.SignatureFailure"
	codeTokenFailure         = "AuthFailure.TokenFailure"

	codeUnsupportedProtocol = "UnsupportedProtocol"
	codeUnsupportedRegion   = "UnsupportedRegion"
	codeInvalidAction       = "InvalidAction"
	codeInvalidRequest      = "InvalidRequest"
	codeNoSuchVersion       = "NoSuchVersion"

	codeMissingParameter      = "MissingParameter"
	codeInvalidParameter      = "InvalidParameter"
	codeInvalidParameterValue = "InvalidParameterValue"
	codeUnknownParameter      = "UnknownParameter"

	codeRequestLimitExceeded     = "RequestLimitExceeded"
	codeRequestSizeLimitExceeded = "RequestSizeLimitExceeded"
	codeLimitExceeded            = "LimitExceeded"
	codeUnauthorizedOperation    = "UnauthorizedOperation"
	codeUnsupportedOperation     = "UnsupportedOperation"
	codeInternalError            = "InternalError"
)

// The codes of the room actions (TRTC, "Error codes" of each action).
const (
	codeRoomNotExist         = "FailedOperation.RoomNotExist"
	codeRoomUnreachable      = "InternalError.GetRoomCacheIpError"
	codeUnauthorizedSdkAppID = "UnauthorizedOperation.SdkAppId"
	codeInvalidSdkAppID      = "InvalidParameter.SdkAppId"
	codeMissingRoomID        = "MissingParameter.RoomId"
	codeMissingUserID        = "MissingParameter.UserId"
	codeInvalidUserID        = "InvalidParameter.UserId"
	codeInvalidRoomID        = "InvalidParameter.RoomId"
	codeRoomIDOutOfRange     = "InvalidParameterValue.RoomId"
	codeUserNotExist         = "FailedOperation.UserNotExist"
)

// codeRoomAlreadyExist is ours, for an action of ours.
const codeRoomAlreadyExist = "FailedOperation.RoomAlreadyExist"

// codeOK stands in logs and metrics for a call that was done.
const codeOK = "OK"

// codeOf returns the code that a caller sees. An error that is no refusal is the server's own fault.
func codeOf(err error) string {
	if err == nil {
		return codeOK
	}
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return codeInternalError
}
