// Types of local mixing.
// Names, values and defaults are TRTC's: applications compare and store them.
import type {
  Rect,
  TRTCRenderParams,
  TRTCVideoEncParam,
  TRTCVideoFillMode,
  TRTCVideoMirrorType,
  TRTCVideoRotation,
} from './video';

/** Result of local mixing. */
export enum TRTCMediaMixingErrorCode {
  Success = 0,
  Error = -1,
  InvalidParams = -2,
  NotFoundSource = -3,
  ImageSourceLoadFailed = -4,
  CameraNotAuthorized = -5,
  CameraIsOccupied = -6,
  CameraDisconnected = -7,
  UnsupportedOnlineVideoProtocol = -8,
  UnsupportedLocalVideoFileFormat = -9,
  OnlineVideoConnectFailed = -10,
  OnlineVideoConnectionLost = -11,
  NoAvailableHevcDecoder = -12,
  VideoFileNotExist = -13,
  InsertTimeout = -9001,
}

/** What is mixed. */
export enum TRTCMediaSourceType {
  kCamera = 0,
  kScreen = 1,
  kImage = 2,
  kPhoneMirror = 4,
  kOnlineVideo = 5,
  kVideoFile = 6,
}

/** A telephone whose screen is mixed. */
export interface TRTCPhoneMirrorParam {
  platformType: number;
  connectType: number;
  deviceId: string;
  deviceName: string;
  placeholderImagePath: string;
  frameRate: number;
  bitrateKbps: number;
}

/** A thing that is mixed. */
export interface TRTCMediaSource {
  sourceType: TRTCMediaSourceType;
  sourceId: string;
  zOrder: number;
  enableGreenScreen?: boolean;
  rect: Rect;
  isSelected?: boolean;
  rotation?: TRTCVideoRotation;
  fillMode?: TRTCVideoFillMode;
  mirrorType?: TRTCVideoMirrorType;
}

/** How a mix is encoded. */
export interface TRTCMediaMixingEncParam {
  videoEncoderParams: TRTCVideoEncParam;
  canvasColor: number;
  selectedBorderColor?: number;
}

/** Who lays out the streams of a room. */
export enum TRTCStreamLayoutMode {
  Custom = 'Custom',
  None = 'None',
}

/** Place of a user's stream. */
export interface TRTCUserStream {
  userId: string;
  fillMode?: TRTCVideoFillMode;
  rect?: Rect;
  zOrder?: number;
}

/** Place of a user's stream in pixels. */
export interface TRTCStreamInfo {
  userId: string;
  x: number;
  y: number;
  w: number;
  h: number;
  zOrder?: number;
  fillMode?: TRTCVideoFillMode;
}

/** Places of the streams of a room. */
export interface TRTCStreamLayout {
  layoutMode: TRTCStreamLayoutMode;
  userList?: Array<TRTCUserStream>;
  size?: {
    width: number;
    height: number;
  };
  streams?: Array<TRTCStreamInfo>;
}

/** Events of a mixing manager. */
export enum TRTCMediaMixingEvent {
  onSourceSelected = 'onSourceSelected',
  onSourceMoved = 'onSourceMoved',
  onSourceResized = 'onSourceResized',
  onRightButtonClicked = 'onRightButtonClicked',
  onError = 'onError',
  onSourcePlugged = 'onSourcePlugged',
  onSourceConnected = 'onSourceConnected',
  onSourceDisconnected = 'onSourceDisconnected',
  onSourceUnplugged = 'onSourceUnplugged',
  onMediaSourceSizeChanged = 'onMediaSourceSizeChanged',
  onMediaMixingServerLost = 'onMediaMixingServerLost',
}

/** Events of a mixing service. */
export enum TRTCMediaMixingServiceEvent {
  onMediaMixingServerLost = 'onMediaMixingServerLost',
}

/** Result of a local transcoder. */
export enum TRTCLocalMediaTranscodingError {
  Success = 0,
  Error = -1,
  InvalidParams = -2,
  NotFoundSource = -3,
  ImageSourceLoadFailed = -4,
  CameraNotAuthorized = -5,
  CameraIsOccupied = -6,
  CameraDisconnected = -7,
  UnsupportedOnlineVideoProtocol = -8,
  UnsupportedLocalVideoFileFormat = -9,
  OnlineVideoConnectFailed = -10,
  OnlineVideoConnectionLost = -11,
  NoAvailableHevcDecoder = -12,
  VideoFileNotExist = -13,
}

/** What a local transcoder mixes. */
export enum TRTCLocalMediaTranscodingSourceType {
  MediaSourceCamera = 0,
  MediaSourceScreen = 1,
  MediaSourceImage = 2,
  MediaSourceRemoteVideo = 3,
}

/** A thing that a local transcoder mixes. */
export interface TRTCLocalMediaTranscodingSource {
  sourceType: TRTCLocalMediaTranscodingSourceType;
  cameraDeviceId?: string;
  screenSourceId?: string;
  imagePath?: string;
  userId?: string;
  rect: Rect;
  zOrder: number;
  renderParams: TRTCRenderParams;
}

/** What a local transcoder makes. */
export interface TRTCLocalMediaTranscodingParams {
  inputSourceList: TRTCLocalMediaTranscodingSource[];
  videoEncoderParams: TRTCVideoEncParam;
  canvasColor: number;
}

/** A video of the net that is mixed: cache in kilobytes, volume 0 to 100. */
export interface TRTCOnlineVideoParam {
  networkCacheSizeKB: number;
  playoutVolume: number;
}

/** A file that is mixed: volume 0 to 100. */
export interface TRTCVideoFileParam {
  playoutVolume: number;
}
