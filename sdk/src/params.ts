import type { Entry } from './connection';
import type { TRTCAppScene, TRTCParams } from './define';
import { TXLiteAVError } from './errors';
import type { Unasked } from './receive';

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

/** The Enter frame for these parameters, but for offer and resumption. */
export function entryFor(params: TRTCParams, scene: TRTCAppScene, unasked: Unasked): Entry {
  // The number wins over the string when both are given.
  const room: Entry['room'] = params.roomId
    ? { case: 'roomId', value: params.roomId }
    : { case: 'strRoomId', value: params.strRoomId };
  return {
    sdkAppId: params.sdkAppId,
    userId: params.userId,
    userSig: params.userSig,
    room,
    scene: scene ?? 0,
    role: params.role,
    privateMapKey: params.privateMapKey ?? '',
    receiveAudio: unasked.audio,
    receiveVideo: unasked.video,
    client: `exeunt-sdk/${sdkVersion}`,
  };
}
