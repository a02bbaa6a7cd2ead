// Rooms, roles and how one enters.
// Names, values and defaults are TRTC's: applications compare and store them.

/** What a room is for. It is fixed by whoever enters first; in live scenes only anchors are announced to others. */
export enum TRTCAppScene {
  TRTCAppSceneVideoCall = 0,
  TRTCAppSceneLIVE = 1,
  TRTCAppSceneAudioCall = 2,
  TRTCAppSceneVoiceChatRoom = 3,
}

/** Who may publish. Only live scenes look at it: everyone in a call is an anchor. */
export enum TRTCRoleType {
  TRTCRoleAnchor = 20,
  TRTCRoleAudience = 21,
}

/** What `enterRoom` needs. It must be an instance of this class: a plain object is refused, as in TRTC. */
export class TRTCParams {
  constructor(
    /** Application number given by the server's configuration. */
    public sdkAppId = 0,
    /** 1 to 32 bytes; the same id entering again replaces the earlier stay. */
    public userId = '',
    /** UserSig v2, signed by your back end. */
    public userSig = '',
    /** 1 to 4294967294. It wins over `strRoomId`; room 7 and string room "7" are two rooms. */
    public roomId = 0,
    /** At most 64 bytes; used when `roomId` is 0. */
    public strRoomId = '',
    /** Initial role in a live scene. */
    public role: number = TRTCRoleType.TRTCRoleAnchor,
    /** Ticket of advanced permission control, when the server asks for one. */
    public privateMapKey: null | string = null,
    /** Kept for compatibility; the server does not read it. */
    public businessInfo: null | string = null,
    /** Name on a CDN, at most 64 bytes. */
    public streamId: null | string = null,
    /** Tag for recordings, at most 64 bytes of letters, digits, `_` and `-`. */
    public userDefineRecordId: null | string = null,
  ) {}
}

/** Where `switchRoom` goes. An empty `userSig` means: the one used to enter. */
export class TRTCSwitchRoomParam {
  constructor(
    /** 1 to 4294967294, or 0 for a string room. */
    public roomId = 0,
    /** At most 64 bytes. */
    public strRoomId = '',
    public userSig = '',
    public privateMapKey = '',
  ) {}
}

/** Options of the constructor. A browser has its own proxy settings, so `networkProxy` is accepted and not used. */
export interface TRTCInitConfig {
  networkProxy?: {
    host: string;
    port: number;
    username: string;
    password: string;
    config: {
      supportHttps: boolean;
      supportTcp: boolean;
      supportUdp: boolean;
    };
  };
  isIPCMode?: boolean;
}
