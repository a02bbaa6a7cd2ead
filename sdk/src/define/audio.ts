// Sound: quality, frames and recording.
// Names, values and defaults are TRTC's: applications compare and store them.

/** Encoding of the microphone: narrow for speech, wide and stereo for music. */
export enum TRTCAudioQuality {
  TRTCAudioQualitySpeech = 1,
  TRTCAudioQualityDefault = 2,
  TRTCAudioQualityMusic = 3,
}

/** Encoding of an audio frame. */
export enum TRTCAudioFrameFormat {
  TRTCAudioFrameFormatNone = 0,
  TRTCAudioFrameFormatPCM = 1,
}

/** One frame of sound. */
export class TRTCAudioFrame {
  /** Signed 16-bit samples, interleaved. A Node Buffer is a Uint8Array; a browser has no Buffer. */
  data: Uint8Array | ArrayBuffer | null;

  constructor(
    public audioFormat: TRTCAudioFrameFormat = TRTCAudioFrameFormat.TRTCAudioFrameFormatNone,
    data: any = null,
    /** Bytes. */
    public length = 0,
    /** Hertz. */
    public sampleRate = 48000,
    /** 1 or 2. */
    public channel = 1,
    /** Milliseconds. */
    public timestamp = 0,
    public extraData: ArrayBuffer | null = null,
    public extraDataLength = 0,
  ) {
    this.data = data;
  }
}

/** Where frames of sound are handed out. */
export interface TRTCAudioFrameCallback {
  onCapturedAudioFrame: (frame: TRTCAudioFrame) => void;
  onLocalProcessedAudioFrame: (frame: TRTCAudioFrame) => void;
  onPlayAudioFrame: (frame: TRTCAudioFrame, userId: string) => void;
  onMixedPlayAudioFrame: (frame: TRTCAudioFrame) => void;
  onMixedAllAudioFrame: (frame: TRTCAudioFrame) => void;
}

/** How many speakers are heard at once, and who of them always. */
export interface TRTCAudioParallelParams {
  maxCount: number;
  includeUsers: Array<string>;
}

/** Whose sound is recorded. */
export enum TRTCAudioRecordingContent {
  TRTCAudioRecordingContentAll = 0,
  TRTCAudioRecordingContentLocal = 1,
  TRTCAudioRecordingContentRemote = 2,
}

/** How sound is recorded. */
export class TRTCAudioRecordingParams {
  constructor(
    public filePath: null | string = null,
    public recordingContent: TRTCAudioRecordingContent = TRTCAudioRecordingContent.TRTCAudioRecordingContentAll,
    /** Milliseconds; 0 means one file. */
    public maxDurationPerFile = 0,
  ) {}
}

/** What a local recording holds. */
export enum TRTCRecordType {
  TRTCRecordTypeAudio = 0,
  TRTCRecordTypeVideo = 1,
  TRTCRecordTypeBoth = 2,
}

/** How loud a user is. */
export class TRTCVolumeInfo {
  constructor(
    /** Empty for oneself. */
    public userId = '',
    /** 0 to 100. */
    public volume = 0,
    /** 1 when it is a voice, else 0. */
    public vad = 0,
    /** Hertz. */
    public pitch = 0,
    public spectrumData: Float32Array = new Float32Array(0),
    public spectrumDataLength = 0,
  ) {}
}
