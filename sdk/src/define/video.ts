// Pictures: sizes, looks and encoders.
// Names, values and defaults are TRTC's: applications compare and store them.

/** Encoded size; the name says width and height in landscape, in pixels. */
export enum TRTCVideoResolution {
  TRTCVideoResolution_120_120 = 1,
  TRTCVideoResolution_160_160 = 3,
  TRTCVideoResolution_270_270 = 5,
  TRTCVideoResolution_480_480 = 7,
  TRTCVideoResolution_160_120 = 50,
  TRTCVideoResolution_240_180 = 52,
  TRTCVideoResolution_280_210 = 54,
  TRTCVideoResolution_320_240 = 56,
  TRTCVideoResolution_400_300 = 58,
  TRTCVideoResolution_480_360 = 60,
  TRTCVideoResolution_640_480 = 62,
  TRTCVideoResolution_960_720 = 64,
  TRTCVideoResolution_160_90 = 100,
  TRTCVideoResolution_256_144 = 102,
  TRTCVideoResolution_320_180 = 104,
  TRTCVideoResolution_480_270 = 106,
  TRTCVideoResolution_640_360 = 108,
  TRTCVideoResolution_960_540 = 110,
  TRTCVideoResolution_1280_720 = 112,
  TRTCVideoResolution_1920_1080 = 114,
  TRTCVideoResolution_2560_1440 = 116,
}

/** Whether width and height of a TRTCVideoResolution are kept or swapped. */
export enum TRTCVideoResolutionMode {
  TRTCVideoResolutionModeLandscape = 0,
  TRTCVideoResolutionModePortrait = 1,
}

/** Which picture of a user: camera, its small version, or the shared screen. */
export enum TRTCVideoStreamType {
  TRTCVideoStreamTypeBig = 0,
  TRTCVideoStreamTypeSmall = 1,
  TRTCVideoStreamTypeSub = 2,
}

/** How a picture fits its view: cropped to fill it, or whole with bars. */
export enum TRTCVideoFillMode {
  TRTCVideoFillMode_Fill = 0,
  TRTCVideoFillMode_Fit = 1,
}

/** Clockwise rotation of a picture. */
export enum TRTCVideoRotation {
  TRTCVideoRotation0 = 0,
  TRTCVideoRotation90 = 1,
  TRTCVideoRotation180 = 2,
  TRTCVideoRotation270 = 3,
}

/** Whether a picture is mirrored; Auto mirrors a front camera only. */
export enum TRTCVideoMirrorType {
  TRTCVideoMirrorType_Auto = 0,
  TRTCVideoMirrorType_Enable = 1,
  TRTCVideoMirrorType_Disable = 2,
}

/** Strength of skin smoothing. */
export enum TRTCBeautyStyle {
  TRTCBeautyStyleSmooth = 0,
  TRTCBeautyStyleNature = 1,
}

/** Layout of the pixels in a frame. */
export enum TRTCVideoPixelFormat {
  TRTCVideoPixelFormat_Unknown = 0,
  TRTCVideoPixelFormat_I420 = 1,
  TRTCVideoPixelFormat_Texture_2D = 2,
  TRTCVideoPixelFormat_BGRA32 = 3,
  TRTCVideoPixelFormat_RGBA32 = 5,
  TRTCVideoPixelFormat_H264 = 6,
}

/** Where the pixels of a frame are. */
export enum TRTCVideoBufferType {
  TRTCVideoBufferType_Unknown = 0,
  TRTCVideoBufferType_Buffer = 1,
  TRTCVideoBufferType_Texture = 3,
}

/** Range of luma values. */
export enum TRTCVideoColorRange {
  TRTCVideoColorRange_Auto = 0,
  TRTCVideoColorRange_Limited = 1,
  TRTCVideoColorRange_Full = 2,
}

/** Matrix between RGB and YUV. */
export enum TRTCVideoColorSpace {
  TRTCVideoColorSpace_Auto = 0,
  TRTCVideoColorSpace_BT601 = 1,
  TRTCVideoColorSpace_BT709 = 2,
}

/** How much work an encoder spends on a frame. */
export enum TRTCVideoEncodeComplexity {
  TRTCVideoEncodeComplexity_Fastest = 0,
  TRTCVideoEncodeComplexity_Fast = 1,
  TRTCVideoEncodeComplexity_Medium = 2,
  TRTCVideoEncodeComplexity_Slow = 3,
  TRTCVideoEncodeComplexity_Slowest = 4,
}

/** Who decides on quality when the network is poor. */
export enum TRTCQosControlMode {
  TRTCQosControlModeClient = 0,
  TRTCQosControlModeServer = 1,
}

/** What to give up first on a poor network: sharpness or fluency. */
export enum TRTCVideoQosPreference {
  TRTCVideoQosPreferenceSmooth = 1,
  TRTCVideoQosPreferenceClear = 2,
}

/** What the source of a watermark is. */
export enum TRTCWaterMarkSrcType {
  TRTCWaterMarkSrcTypeFile = 0,
  TRTCWaterMarkSrcTypeBGRA32 = 1,
  TRTCWaterMarkSrcTypeRGBA32 = 2,
}

/** How a picture is encoded. */
export class TRTCVideoEncParam {
  colorRange?: TRTCVideoColorRange = TRTCVideoColorRange.TRTCVideoColorRange_Auto;
  colorSpace?: TRTCVideoColorSpace = TRTCVideoColorSpace.TRTCVideoColorSpace_Auto;
  complexity?: TRTCVideoEncodeComplexity = TRTCVideoEncodeComplexity.TRTCVideoEncodeComplexity_Fastest;
  constructor(
    public videoResolution: TRTCVideoResolution = TRTCVideoResolution.TRTCVideoResolution_640_360,
    public resMode: TRTCVideoResolutionMode = TRTCVideoResolutionMode.TRTCVideoResolutionModeLandscape,
    /** Frames per second. */
    public videoFps = 15,
    /** Kilobits per second. */
    public videoBitrate = 550,
    /** Kilobits per second; 0 leaves it to the encoder. */
    public minVideoBitrate = 0,
    /** Whether width and height may be swapped to follow the source. */
    public enableAdjustRes = false,
  ) {}
}

/** How a picture is shown in its view. */
export class TRTCRenderParams {
  constructor(
    public rotation: TRTCVideoRotation = TRTCVideoRotation.TRTCVideoRotation0,
    public fillMode: TRTCVideoFillMode = TRTCVideoFillMode.TRTCVideoFillMode_Fit,
    public mirrorType: TRTCVideoMirrorType = TRTCVideoMirrorType.TRTCVideoMirrorType_Disable,
  ) {}
}

/** What to do on a poor network. */
export class TRTCNetworkQosParam {
  constructor(
    public preference: TRTCVideoQosPreference = TRTCVideoQosPreference.TRTCVideoQosPreferenceClear,
    public controlMode: TRTCQosControlMode = TRTCQosControlMode.TRTCQosControlModeServer,
  ) {}
}

/** A rectangle. */
export class Rect {
  constructor(
    /** Pixels, as the others. */
    public left = 0,
    public top = 0,
    public right = 0,
    public bottom = 0,
  ) {}
}

/** A picture in memory. */
export class TRTCImageBuffer {
  constructor(
    /** BGRA, four bytes a pixel. */
    public buffer: ArrayBuffer = new ArrayBuffer(0),
    /** Bytes. */
    public length = 0,
    /** Pixels. */
    public width = 0,
    /** Pixels. */
    public height = 0,
  ) {}
}

/** One frame of video. */
export class TRTCVideoFrame {
  constructor(
    public videoFormat: number = TRTCVideoPixelFormat.TRTCVideoPixelFormat_Unknown,
    public bufferType: number = TRTCVideoBufferType.TRTCVideoBufferType_Unknown,
    public data: null | ArrayBuffer = null,
    public textureId = 0,
    /** Bytes. */
    public length = 0,
    public width = 0,
    public height = 0,
    /** Milliseconds. */
    public timestamp = 0,
    /** A TRTCVideoRotation. */
    public rotation = 0,
  ) {}
}

/** A decoded frame on its way to a view. */
export interface VideoFramePayload {
  uid: string;
  type: TRTCVideoStreamType;
  rotation: TRTCVideoRotation;
  timestamp: number;
  data: {
    width: number;
    height: number;
    data: ArrayBuffer;
  };
}

/** The memory into which one picture is decoded. */
export class VideoBufferInfo {
  id: number;
  userId: string;
  // Uint8Array, where TRTC says Buffer: a browser has no Buffer, and every Buffer is a Uint8Array.
  buffer: Uint8Array | null = null;
  streamType: TRTCVideoStreamType;
  width: number;
  height: number;
  pixelFormat: TRTCVideoPixelFormat;
  /** Bytes of one pixel. */
  pixelLength: number;

  constructor(options?: {
    id: number;
    userId: string;
    width: number;
    height: number;
    streamType: TRTCVideoStreamType;
    pixelFormat: TRTCVideoPixelFormat;
  }) {
    this.id = options?.id ?? -1;
    this.userId = options?.userId ?? '';
    this.streamType = options?.streamType ?? TRTCVideoStreamType.TRTCVideoStreamTypeBig;
    this.width = options?.width ?? 0;
    this.height = options?.height ?? 0;
    this.pixelFormat = options?.pixelFormat ?? TRTCVideoPixelFormat.TRTCVideoPixelFormat_I420;
    this.pixelLength = this.pixelFormat === TRTCVideoPixelFormat.TRTCVideoPixelFormat_I420 ? 1.5 : 4;
  }
}

/** Where frames of video are handed out. */
export interface TRTCVideoRenderCallback {
  onRenderVideoFrame(userId: string, streamType: TRTCVideoStreamType, frame: TRTCVideoFrame): void;
}
