// Relaying to a CDN and mixing in the cloud.
// Names, values and defaults are TRTC's: applications compare and store them.
import { type Rect, type TRTCVideoFillMode, TRTCVideoStreamType } from './video';

/** What is published, and where. */
export enum TRTCPublishMode {
  TRTCPublishModeUnknown = 0,
  TRTCPublishBigStreamToCdn = 1,
  TRTCPublishSubStreamToCdn = 2,
  TRTCPublishMixStreamToCdn = 3,
  TRTCPublishMixStreamToRoom = 4,
}

/** How a mix is laid out. */
export enum TRTCTranscodingConfigMode {
  TRTCTranscodingConfigMode_Unknown = 0,
  TRTCTranscodingConfigMode_Manual = 1,
  TRTCTranscodingConfigMode_Template_PureAudio = 2,
  TRTCTranscodingConfigMode_Template_PresetLayout = 3,
  TRTCTranscodingConfigMode_Template_ScreenSharing = 4,
  TRTC_TranscodingConfigMode_Unknown = 5,
  TRTC_TranscodingConfigMode_Manual = 6,
  TRTC_TranscodingConfigMode_Template_PureAudio = 7,
  TRTC_TranscodingConfigMode_Template_PresetLayout = 8,
  TRTC_TranscodingConfigMode_Template_ScreenSharing = 9,
}

/** What of a user goes into a mix. */
export enum TRTCMixInputType {
  TRTCMixInputTypeUndefined = 0,
  TRTCMixInputTypeAudioVideo = 1,
  TRTCMixInputTypePureVideo = 2,
  TRTCMixInputTypePureAudio = 3,
  TRTCMixInputTypeWatermark = 4,
}

/** An address of a CDN. */
export interface TRTCPublishCdnUrl {
  rtmpUrl: string;
  isInternalLine: boolean;
}

/** A user in a room; `intRoomId` or `strRoomId` says in which. */
export interface TRTCUser {
  userId: string;
  intRoomId: number;
  strRoomId: string;
}

/** Where a publication goes. */
export interface TRTCPublishTarget {
  mode: TRTCPublishMode;
  cdnUrlList: TRTCPublishCdnUrl[];
  mixStreamIdentity: TRTCUser;
}

/** How a publication is encoded; pixels, frames, seconds, kilobits per second and hertz. */
export interface TRTCStreamEncoderParam {
  videoEncodedWidth: number;
  videoEncodedHeight: number;
  videoEncodedFPS: number;
  videoEncodedGOP: number;
  videoEncodedKbps: number;
  audioEncodedSampleRate: number;
  audioEncodedChannelNum: number;
  audioEncodedKbps: number;
  audioEncodedCodecType: number;
  videoEncodedCodecType: number;
  videoSeiParams: string;
}

/** Place of one picture in a mix. */
export interface TRTCVideoLayout {
  rect: Rect;
  zOrder: number;
  fillMode: TRTCVideoFillMode;
  backgroundColor: number;
  placeHolderImage: string;
  fixedVideoUser: TRTCUser;
  fixedVideoStreamType: TRTCVideoStreamType;
}

/** A picture above a mix. */
export interface TRTCWatermark {
  watermarkUrl: string;
  rect: Rect;
  zOrder: number;
}

/** What a mix looks like; `backgroundColor` is 0xRRGGBB. */
export interface TRTCStreamMixingConfig {
  backgroundColor: number;
  backgroundImage: string;
  videoLayoutList: TRTCVideoLayout[];
  audioMixUserList: TRTCUser[];
  watermarkList: TRTCWatermark[];
}

/** A user's place in a mix of the older kind. */
export class TRTCMixUser {
  constructor(
    public userId = '',
    public roomId = '',
    public rect: null | Rect = null,
    public zOrder = 0,
    public pureAudio = false,
    public streamType: TRTCVideoStreamType = TRTCVideoStreamType.TRTCVideoStreamTypeBig,
    public inputType: TRTCMixInputType = TRTCMixInputType.TRTCMixInputTypeUndefined,
    public renderMode = 0,
    public image = '',
  ) {}
}

/** A mix of the older kind. */
export class TRTCTranscodingConfig {
  constructor(
    public mode: TRTCTranscodingConfigMode = TRTCTranscodingConfigMode.TRTCTranscodingConfigMode_Unknown,
    public appId = 0,
    public bizId = 0,
    public videoWidth = 0,
    public videoHeight = 0,
    /** Kilobits per second. */
    public videoBitrate = 0,
    /** Frames per second. */
    public videoFramerate = 15,
    /** Seconds between key frames. */
    public videoGOP = 2,
    /** 0xRRGGBB. */
    public backgroundColor = 0,
    public backgroundImage = '',
    public audioSampleRate = 64,
    public audioBitrate = 48000,
    public audioChannels = 1,
    public mixUsersArray: TRTCMixUser[] = [],
    public streamId = '',
  ) {}
}

/** A relay of the older kind. */
export class TRTCPublishCDNParam {
  constructor(
    public appId = 0,
    public bizId = 0,
    public url: null | string = null,
    public streamId: null | string = null,
  ) {}
}
