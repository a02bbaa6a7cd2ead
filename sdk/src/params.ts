import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TRTCAppScene, TRTCParams } from './define';
import { TXLiteAVError } from './errors';
import { installation } from './installation';
import type { Unasked } from './receive';
import type { EnterSchema, ResumeSchema } from './wire/exeunt/v1/signal_pb';

/** An Enter frame. */
export type Entry = MessageInitShape<typeof EnterSchema>;

/** A Resume frame. */
export type Resumption = MessageInitShape<typeof ResumeSchema>;

/** Name and version as the server logs them. */
export const sdkVersion = '0.1.0';

/** A fault in the parameters of enterRoom that this side can see: the code for onError and onEnterRoom. */
export interface Fault {
  code: number;
  message: string;
}

/** The first fault in the parameters, in TRTC's order; undefined when only the server can say more. */
export function faultIn(params: TRTCParams): Fault | undefined {
  const { sdkAppId, userId, userSig, roomId, strRoomId } = params;
  if (!Number.isInteger(sdkAppId) || sdkAppId <= 0 || sdkAppId > 0xffffffff) {
    return {
      code: TXLiteAVError.ERR_SDK_APPID_INVALID,
      message: 'sdkAppId must be a whole number from 1 to 4294967295',
    };
  }
  if (typeof userId !== 'string' || userId === '') {
    return { code: TXLiteAVError.ERR_USER_ID_INVALID, message: 'userId must not be empty' };
  }
  if (typeof userSig !== 'string' || userSig === '') {
    return { code: TXLiteAVError.ERR_USER_SIG_INVALID, message: 'userSig must not be empty' };
  }
  if (!roomId && typeof strRoomId === 'string' && strRoomId !== '') return undefined;
  if (!Number.isInteger(roomId) || roomId < 1 || roomId > 0xfffffffe) {
    const message = 'roomId must be a whole number from 1 to 4294967294, or 0 beside a strRoomId that is not empty';
    return { code: TXLiteAVError.ERR_ROOM_ID_INVALID, message };
  }
  return undefined;
}

// The number wins over the string when both are given.
function roomOf({ roomId, strRoomId }: TRTCParams): Entry['room'] {
  return roomId ? { case: 'roomId', value: roomId } : { case: 'strRoomId', value: strRoomId };
}

const client = `exeunt-sdk/${sdkVersion}`;

/** The Enter frame for these parameters, but for offer and resumption. */
export function entryFor(params: TRTCParams, scene: TRTCAppScene, unasked: Unasked): Entry {
  return {
    sdkAppId: params.sdkAppId,
    userId: params.userId,
    userSig: params.userSig,
    room: roomOf(params),
    scene: scene ?? 0,
    role: params.role,
    privateMapKey: params.privateMapKey ?? '',
    receiveAudio: unasked.audio,
    receiveVideo: unasked.video,
    device: installation(),
    client,
  };
}

/** The Resume frame for a stay that these parameters began, but for what the stay itself knows. */
export function resumptionFor(params: TRTCParams): Resumption {
  return { sdkAppId: params.sdkAppId, room: roomOf(params), device: installation(), client };
}
