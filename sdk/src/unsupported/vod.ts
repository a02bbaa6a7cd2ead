// Playing a file into a room. Every method exists and reports ERR_NOT_SUPPORTED.
import type { TRTCVideoFillMode, TRTCVideoRotation } from '../define';
import { nothing, unsupportedClass, zero } from './report';

/** Events of a player. */
export enum TRTCVodPlayerEvent {
  onVodPlayerStarted = 'onVodPlayerStarted',
  onVodPlayerLoaded = 'onVodPlayerLoaded',
  onVodPlayerProgress = 'onVodPlayerProgress',
  onVodPlayerPaused = 'onVodPlayerPaused',
  onVodPlayerResumed = 'onVodPlayerResumed',
  onVodPlayerStopped = 'onVodPlayerStopped',
  onVodPlayerError = 'onVodPlayerError',
}

/** Arguments of the events; times in milliseconds, sizes in pixels. */
export interface TRTCVodPlayerEventMap {
  [TRTCVodPlayerEvent.onVodPlayerStarted]: [msLength: number];
  [TRTCVodPlayerEvent.onVodPlayerLoaded]: [durationMs: number, width: number, height: number];
  [TRTCVodPlayerEvent.onVodPlayerProgress]: [msPos: number];
  [TRTCVodPlayerEvent.onVodPlayerPaused]: [];
  [TRTCVodPlayerEvent.onVodPlayerResumed]: [];
  [TRTCVodPlayerEvent.onVodPlayerStopped]: [reason: number];
  [TRTCVodPlayerEvent.onVodPlayerError]: [error: number];
}

/** Methods of TRTCVodPlayer. */
export interface TRTCVodPlayerMembers {
  setView(view: HTMLElement | null): void;
  preload(): void;
  start(): void;
  stop(): void;
  pause(): void;
  resume(): void;
  seek(msPos: number): void;
  switchSource(newMediaFile: string): void;
  getDuration(): number;
  getWidth(): number;
  getHeight(): number;
  setRenderRotation(rotation: TRTCVideoRotation): void;
  setFillMode(mode: TRTCVideoFillMode): void;
  setMirror(mirror: boolean): void;
  mute(mute: boolean): void;
  setVolume(volume: number): void;
  publishVideo(): void;
  publishAudio(): void;
  unpublishVideo(): void;
  unpublishAudio(): void;
}

/** Plays a file, and publishes what it plays. */
export class TRTCVodPlayer extends unsupportedClass<TRTCVodPlayerMembers>('TRTCVodPlayer', {
  setView: nothing,
  preload: nothing,
  start: nothing,
  stop: nothing,
  pause: nothing,
  resume: nothing,
  seek: nothing,
  switchSource: nothing,
  getDuration: zero,
  getWidth: zero,
  getHeight: zero,
  setRenderRotation: nothing,
  setFillMode: nothing,
  setMirror: nothing,
  mute: nothing,
  setVolume: nothing,
  publishVideo: nothing,
  publishAudio: nothing,
  unpublishVideo: nothing,
  unpublishAudio: nothing,
}) {
  /** Whether files can be played: not here. */
  static isSupported(): boolean {
    return false;
  }

  /** Makes one; each of its methods reports ERR_NOT_SUPPORTED. */
  static createVodPlayer(_mediaFilePath: string, _repeat?: boolean): TRTCVodPlayer {
    return new TRTCVodPlayer();
  }

  /** Nothing is held, so nothing is released. */
  static releaseVodPlayer(_player: TRTCVodPlayer): void {}
}
