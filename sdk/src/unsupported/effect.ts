import type {
  AudioMusicParam,
  TRTCAudioEffectParam,
  TRTCMusicPlayObserver,
  TRTCVoiceChangerType,
  TRTCVoiceReverbType,
} from '../define';
import { type Neutral, nothing, zero } from './report';

/** Music, voice effects and sound effects. */
export interface EffectMembers {
  setMusicObserver(observer: TRTCMusicPlayObserver): void;
  startPlayMusic(musicParam: AudioMusicParam, callbackMap?: TRTCMusicPlayObserver): void;
  stopPlayMusic(id: number): void;
  pausePlayMusic(id: number): void;
  resumePlayMusic(id: number): void;
  getMusicCurrentPosInMS(id: number): Promise<number> | number;
  getMusicDurationInMS(path: string): number;
  seekMusicToPosInTime(id: number, pts: number): void;
  setAllMusicVolume(volume: number): void;
  setMusicPlayoutVolume(id: number, volume: number): void;
  setMusicPublishVolume(id: number, volume: number): void;
  setMusicPitch(id: number, pitch: number): void;
  enableVoiceEarMonitor(enable: boolean): void;
  setVoiceEarMonitorVolume(volumn: number): void;
  setVoiceCaptureVolume(volume: number): void;
  setVoicePitch(pitch: number): void;
  setVoiceReverbType(type: TRTCVoiceReverbType): void;
  setVoiceChangerType(type: TRTCVoiceChangerType): void;
  /** @deprecated by TRTC. */
  playBGM(path: string): void;
  /** @deprecated by TRTC. */
  stopBGM(): void;
  /** @deprecated by TRTC. */
  pauseBGM(): void;
  /** @deprecated by TRTC. */
  resumeBGM(): void;
  /** @deprecated by TRTC. */
  getBGMDuration(path: string): number;
  /** @deprecated by TRTC. */
  setBGMPosition(pos: number): void;
  /** @deprecated by TRTC. */
  setBGMVolume(volume: number): void;
  /** @deprecated by TRTC. */
  setBGMPlayoutVolume(volume: number): void;
  /** @deprecated by TRTC. */
  setBGMPublishVolume(volume: number): void;
  /** @deprecated by TRTC. */
  playAudioEffect(effect: TRTCAudioEffectParam): void;
  /** @deprecated by TRTC. */
  setAudioEffectVolume(effectId: number, volume: number): void;
  /** @deprecated by TRTC. */
  stopAudioEffect(effectId: number): void;
  /** @deprecated by TRTC. */
  stopAllAudioEffects(): void;
  /** @deprecated by TRTC. */
  setAllAudioEffectsVolume(volume: number): void;
  /** @deprecated by TRTC. */
  pauseAudioEffect(effectId: number): void;
  /** @deprecated by TRTC. */
  resumeAudioEffect(effectId: number): void;
}

/** What each of them returns. */
export const effect: Neutral<EffectMembers> = {
  setMusicObserver: nothing,
  startPlayMusic: nothing,
  stopPlayMusic: nothing,
  pausePlayMusic: nothing,
  resumePlayMusic: nothing,
  getMusicCurrentPosInMS: zero,
  getMusicDurationInMS: zero,
  seekMusicToPosInTime: nothing,
  setAllMusicVolume: nothing,
  setMusicPlayoutVolume: nothing,
  setMusicPublishVolume: nothing,
  setMusicPitch: nothing,
  enableVoiceEarMonitor: nothing,
  setVoiceEarMonitorVolume: nothing,
  setVoiceCaptureVolume: nothing,
  setVoicePitch: nothing,
  setVoiceReverbType: nothing,
  setVoiceChangerType: nothing,
  playBGM: nothing,
  stopBGM: nothing,
  pauseBGM: nothing,
  resumeBGM: nothing,
  getBGMDuration: zero,
  setBGMPosition: nothing,
  setBGMVolume: nothing,
  setBGMPlayoutVolume: nothing,
  setBGMPublishVolume: nothing,
  playAudioEffect: nothing,
  setAudioEffectVolume: nothing,
  stopAudioEffect: nothing,
  stopAllAudioEffects: nothing,
  setAllAudioEffectsVolume: nothing,
  pauseAudioEffect: nothing,
  resumeAudioEffect: nothing,
};
