import type { TRTCAudioFrame, TRTCAudioFrameCallback } from '../define';
import { type Neutral, nothing, refused, zero } from './report';

/** Own sound and raw frames. */
export interface CustomMembers {
  enableCustomAudioCapture(enable: boolean): void;
  sendCustomAudioData(frame: TRTCAudioFrame): void;
  enableMixExternalAudioFrame(enablePublish: boolean, enablePlayout: boolean): void;
  mixExternalAudioFrame(frame: TRTCAudioFrame): number;
  setMixExternalAudioVolume(publishVolume: number, playoutVolume: number): void;
  generateCustomPTS(): number;
  setAudioFrameCallback(callback: TRTCAudioFrameCallback): void;
  startSystemAudioLoopback(path?: string | null): void;
  stopSystemAudioLoopback(): void;
  setSystemAudioLoopbackVolume(volume: number): void;
}

/** What each of them returns. */
export const custom: Neutral<CustomMembers> = {
  enableCustomAudioCapture: nothing,
  sendCustomAudioData: nothing,
  enableMixExternalAudioFrame: nothing,
  mixExternalAudioFrame: refused,
  setMixExternalAudioVolume: nothing,
  generateCustomPTS: zero,
  setAudioFrameCallback: nothing,
  startSystemAudioLoopback: nothing,
  stopSystemAudioLoopback: nothing,
  setSystemAudioLoopbackVolume: nothing,
};
