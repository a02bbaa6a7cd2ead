// Types of the live pusher and player.
// Names, values and defaults are TRTC's: applications compare and store them.

/** Result of a call to a pusher or player. */
export enum V2LiveCode {
  V2LIVE_OK = 0,
  V2LIVE_ERROR_FAILED = -1,
  V2LIVE_ERROR_INVALID_PARAMETER = -2,
  V2LIVE_ERROR_REFUSED = -3,
  V2LIVE_ERROR_NOT_SUPPORTED = -4,
  V2LIVE_ERROR_INVALID_LICENSE = -5,
  V2LIVE_ERROR_REQUEST_TIMEOUT = -6,
  V2LIVE_ERROR_SERVER_PROCESS_FAILED = -7,
  V2LIVE_ERROR_DISCONNECTED = -8,
  V2LIVE_ERROR_NO_AVAILABLE_HEVC_DECODERS = -2304,
  V2LIVE_WARNING_NETWORK_BUSY = 1101,
  V2LIVE_WARNING_VIDEO_BLOCK = 2105,
}

/** Protocol of a pusher. */
export enum V2LiveMode {
  V2LiveModeRTMP = 0,
  V2LiveModeRTC = 1,
}

/** Events of a pusher. */
export enum V2LivePusherEvent {
  onError = 'onError',
  onWarning = 'onWarning',
  onCaptureFirstAudioFrame = 'onCaptureFirstAudioFrame',
  onCaptureFirstVideoFrame = 'onCaptureFirstVideoFrame',
  onMicrophoneVolumeUpdate = 'onMicrophoneVolumeUpdate',
  onPushStatusUpdate = 'onPushStatusUpdate',
  onStatisticsUpdate = 'onStatisticsUpdate',
}

/** Events of a player. */
export enum V2LivePlayerEvent {
  onError = 'onError',
  onWarning = 'onWarning',
  onVideoResolutionChanged = 'onVideoResolutionChanged',
  onConnected = 'onConnected',
  onVideoPlaying = 'onVideoPlaying',
  onAudioPlaying = 'onAudioPlaying',
  onVideoLoading = 'onVideoLoading',
  onAudioLoading = 'onAudioLoading',
  onPlayoutVolumeUpdate = 'onPlayoutVolumeUpdate',
  onStatisticsUpdate = 'onStatisticsUpdate',
  onStreamSwitched = 'onStreamSwitched',
}

/** Encoded size in pixels. */
export enum V2LiveVideoResolution {
  V2LiveVideoResolution160x160 = 0,
  V2LiveVideoResolution270x270 = 1,
  V2LiveVideoResolution480x480 = 2,
  V2LiveVideoResolution320x240 = 3,
  V2LiveVideoResolution480x360 = 4,
  V2LiveVideoResolution640x480 = 5,
  V2LiveVideoResolution320x180 = 6,
  V2LiveVideoResolution480x270 = 7,
  V2LiveVideoResolution640x360 = 8,
  V2LiveVideoResolution960x540 = 9,
  V2LiveVideoResolution1280x720 = 10,
  V2LiveVideoResolution1920x1080 = 11,
}

/** Whether width and height are kept or swapped. */
export enum V2LiveVideoResolutionMode {
  V2LiveVideoResolutionModeLandscape = 0,
  V2LiveVideoResolutionModePortrait = 1,
}

/** How a pusher encodes. */
export class V2LiveVideoEncoderParam {
  constructor(
    public videoResolution: V2LiveVideoResolution = V2LiveVideoResolution.V2LiveVideoResolution640x360,
    public videoResolutionMode = V2LiveVideoResolutionMode.V2LiveVideoResolutionModeLandscape,
    /** Frames per second. */
    public videoFps = 15,
    /** Kilobits per second. */
    public videoBitrate = 0,
    public minVideoBitrate = 0,
  ) {}
}

/** Whether a picture is mirrored. */
export enum V2LiveMirrorType {
  V2LiveMirrorTypeAuto = 0,
  V2LiveMirrorTypeEnable = 1,
  V2LiveMirrorTypeDisable = 2,
}

/** How a picture fits its view. */
export enum V2LiveFillMode {
  V2LiveFillModeFill = 0,
  V2LiveFillModeFit = 1,
}

/** Clockwise rotation. */
export enum V2LiveRotation {
  V2LiveRotation0 = 0,
  V2LiveRotation90 = 1,
  V2LiveRotation180 = 2,
  V2LiveRotation270 = 3,
}

/** Layout of the pixels in a frame. */
export enum V2LivePixelFormat {
  V2LivePixelFormatUnknown = 0,
  V2LivePixelFormatI420 = 1,
  V2LivePixelFormatBGRA32 = 2,
  V2LivePixelFormatRGBA32 = 3,
}

/** Where the pixels of a frame are. */
export enum V2LiveBufferType {
  V2LiveBufferTypeUnknown = 0,
  V2LiveBufferTypeByteBuffer = 1,
}

/** Encoding of the microphone. */
export enum V2LiveAudioQuality {
  V2LiveAudioQualitySpeech = 0,
  V2LiveAudioQualityDefault = 1,
  V2LiveAudioQualityMusic = 2,
}

/** State of a pusher: per cent, pixels, frames per second, kilobits per second, milliseconds. */
export class V2LivePusherStatistics {
  constructor(
    public appCpu = 0,
    public systemCpu = 0,
    public width = 0,
    public height = 0,
    public fps = 0,
    public videoBitrate = 0,
    public audioBitrate = 0,
    public rtt = 0,
    public netSpeed = 0,
  ) {}
}

/** State of a player: per cent, pixels, frames and kilobits per second, milliseconds. */
export class V2LivePlayerStatistics {
  constructor(
    public appCpu = 0,
    public systemCpu = 0,
    public width = 0,
    public height = 0,
    public fps = 0,
    public videoBitrate = 0,
    public audioBitrate = 0,
    public audioPacketLoss = 0,
    public videoPacketLoss = 0,
    public jitterBufferDelay = 0,
    public audioTotalBlockTime = 0,
    public audioBlockRate = 0,
    public videoTotalBlockTime = 0,
    public videoBlockRate = 0,
    public rtt = 0,
    public netSpeed = 0,
  ) {}
}

/** Connection of a pusher. */
export enum V2LivePushStatus {
  V2LivePushStatusDisconnected = 0,
  V2LivePushStatusConnecting = 1,
  V2LivePushStatusConnectSuccess = 2,
  V2LivePushStatusReconnecting = 3,
}

/** What of a user goes into a mix. */
export enum V2TXLiveMixInputType {
  V2TXLiveMixInputTypeAudioVideo = 0,
  V2TXLiveMixInputTypePureVideo = 1,
  V2TXLiveMixInputTypePureAudio = 2,
}

/** A user's place in a mix. */
export class V2TXLiveMixStream {
  constructor(
    public userId = '',
    public streamId = '',
    public x = 0,
    public y = 0,
    public width = 0,
    public height = 0,
    public zOrder = 0,
    public inputType: V2TXLiveMixInputType = V2TXLiveMixInputType.V2TXLiveMixInputTypeAudioVideo,
  ) {}
}

/** A mix. */
export class V2TXLiveTranscodingConfig {
  constructor(
    public videoWidth = 0,
    public videoHeight = 0,
    public videoBitrate = 0,
    public videoFramerate = 15,
    public videoGOP = 2,
    public backgroundColor = 0,
    public backgroundImage = '',
    public audioSampleRate = 64,
    public audioBitrate = 48000,
    public audioChannels = 1,
    public mixStreams: V2TXLiveMixStream[] = [],
    public outputStreamId = '',
  ) {}
}
