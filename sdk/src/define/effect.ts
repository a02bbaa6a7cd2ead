// Music, voice effects and sound effects.
// Names, values and defaults are TRTC's: applications compare and store them.

/** Room in which a voice seems to be; 0 is off. */
export enum TRTCVoiceReverbType {
  TRTCLiveVoiceReverbType_0 = 0,
  TRTCLiveVoiceReverbType_1 = 1,
  TRTCLiveVoiceReverbType_2 = 2,
  TRTCLiveVoiceReverbType_3 = 3,
  TRTCLiveVoiceReverbType_4 = 4,
  TRTCLiveVoiceReverbType_5 = 5,
  TRTCLiveVoiceReverbType_6 = 6,
  TRTCLiveVoiceReverbType_7 = 7,
  TRTCLiveVoiceReverbType_8 = 8,
  TRTCLiveVoiceReverbType_9 = 9,
  TRTCLiveVoiceReverbType_10 = 10,
  TRTCLiveVoiceReverbType_11 = 11,
}

/** What a voice is changed into; 0 is off. */
export enum TRTCVoiceChangerType {
  TRTCLiveVoiceChangerType_0 = 0,
  TRTCLiveVoiceChangerType_1 = 1,
  TRTCLiveVoiceChangerType_2 = 2,
  TRTCLiveVoiceChangerType_3 = 3,
  TRTCLiveVoiceChangerType_4 = 4,
  TRTCLiveVoiceChangerType_5 = 5,
  TRTCLiveVoiceChangerType_6 = 6,
  TRTCLiveVoiceChangerType_7 = 7,
  TRTCLiveVoiceChangerType_8 = 8,
  TRTCLiveVoiceChangerType_9 = 9,
  TRTCLiveVoiceChangerType_10 = 10,
  TRTCLiveVoiceChangerType_11 = 11,
}

/** Music to play. */
export class AudioMusicParam {
  constructor(
    public id = 0,
    public path = '',
    /** Repetitions after the first time. */
    public loopCount = 0,
    /** Whether the others hear it. */
    public publish = true,
    public isShortFile = false,
    /** Milliseconds. */
    public startTimeMS = 0,
    /** Milliseconds; 0 is the end of the file. */
    public endTimeMS = 0,
  ) {}
}

/** AudioMusicParam as a plain object. */
export interface TRTCAudioMusicParam {
  id: number;
  path: string;
  loopCount: number;
  publish: boolean;
  isShortFile: boolean;
  startTimeMS: number;
  endTimeMS: number;
}

/** What happens to a music. */
export interface TRTCMusicPlayObserver {
  onStart: (id: number, errCode: number) => void;
  onPlayProgress: (id: number, curPtsMS: number, durationMS: number) => void;
  onComplete: (id: number, errCode: number) => void;
}

/** What happens while a music loads; progress in per cent. */
export interface TRTCMusicPreloadObserver {
  onLoadProgress: (id: number, progress: number) => void;
  onLoadError: (id: number, errorCode: number) => void;
}

/** A short sound. */
export class TRTCAudioEffectParam {
  constructor(
    public effectId = 0,
    public path = '',
    /** Repetitions after the first time. */
    public loopCount = 0,
    /** Whether the others hear it. */
    public publish = false,
    /** 0 to 100. */
    public volume = 100,
  ) {}
}
