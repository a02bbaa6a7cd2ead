import type { TRTCAudioQuality, TRTCAudioRecordingParams, TRTCRecordType } from '../define';
import { type Neutral, nothing, refused } from './report';

/** Sound: recording, and positions in space. */
export interface AudioMembers {
  startAudioRecording(params: TRTCAudioRecordingParams | string): number;
  stopAudioRecording(): void;
  enable3DSpatialAudioEffect(enabled: boolean): void;
  updateSelf3DSpatialPosition(position: number[], axisForward: number[], axisRight: number[], axisUp: number[]): void;
  updateRemote3DSpatialPosition(userId: string, position: number[]): void;
  set3DSpatialReceivingRange(userId: string, range: number): void;
  setAudioQuality(quality: TRTCAudioQuality): void;
  /** @deprecated by TRTC. */
  setMicVolumeOnMixing(volume: number): void;
  startLocalRecording(options: { filePath: string; recordType: TRTCRecordType; interval: number }): void;
  stopLocalRecording(): void;
}

/** What each of them returns. */
export const audio: Neutral<AudioMembers> = {
  startAudioRecording: refused,
  stopAudioRecording: nothing,
  enable3DSpatialAudioEffect: nothing,
  updateSelf3DSpatialPosition: nothing,
  updateRemote3DSpatialPosition: nothing,
  set3DSpatialReceivingRange: nothing,
  setAudioQuality: nothing,
  setMicVolumeOnMixing: nothing,
  startLocalRecording: nothing,
  stopLocalRecording: nothing,
};
