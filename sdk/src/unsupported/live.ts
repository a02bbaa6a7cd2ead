// Pushing to and playing from a CDN. Every method exists and reports ERR_NOT_SUPPORTED.
import { type TRTCCameraCaptureParams, TRTCDeviceInfo, type TRTCDeviceType } from '../define';
import type {
  V2LiveAudioQuality,
  V2LiveFillMode,
  V2LiveMirrorType,
  V2LiveMode,
  V2LiveRotation,
  V2LiveVideoEncoderParam,
  V2TXLiveTranscodingConfig,
} from '../define/live';
import { V2LiveCode } from '../define/live';
import { no, nothing, unsupportedClass, zero } from './report';

const refused = () => V2LiveCode.V2LIVE_ERROR_NOT_SUPPORTED;

/** Methods of V2LivePusher. */
export interface V2LivePusherMembers {
  destroy(): void;
  setRenderView(view: HTMLElement | null): void;
  setRenderMirror(mirrorType: V2LiveMirrorType): number;
  setEncoderMirror(mirror: boolean): number;
  setRenderRotation(rotation: V2LiveRotation): number;
  setRenderFillMode(mode: V2LiveFillMode): number;
  startCamera(cameraId: string): number;
  stopCamera(): number;
  startMicrophone(): number;
  stopMicrophone(): number;
  pauseAudio(): number;
  resumeAudio(): number;
  pauseVideo(): number;
  resumeVideo(): number;
  startPush(url: string): number;
  stopPush(): number;
  isPushing(): number;
  setAudioQuality(quality: V2LiveAudioQuality): number;
  setVideoQuality(param: V2LiveVideoEncoderParam): number;
  enableVolumeEvaluation(intervalMs: number): number;
  setMixTranscodingConfig(config: V2TXLiveTranscodingConfig | null): number;
  getCameraDevicesList(): TRTCDeviceInfo[];
  setCurrentCameraDevice(deviceId: string): void;
  getCurrentCameraDevice(): TRTCDeviceInfo;
  startCameraDeviceTest(view: HTMLElement): void;
  stopCameraDeviceTest(): void;
  getMicDevicesList(): TRTCDeviceInfo[];
  getCurrentMicDevice(): TRTCDeviceInfo;
  setCurrentMicDevice(micId: string): void;
  getCurrentMicDeviceVolume(): number;
  setCurrentMicDeviceVolume(volume: number): void;
  setCurrentMicDeviceMute(mute: boolean): void;
  getCurrentMicDeviceMute(): boolean;
  getSpeakerDevicesList(): TRTCDeviceInfo[];
  getCurrentSpeakerDevice(): TRTCDeviceInfo;
  setCurrentSpeakerDevice(speakerId: string): void;
  getCurrentSpeakerVolume(): number;
  setCurrentSpeakerVolume(volume: number): void;
  setCurrentSpeakerDeviceMute(mute: boolean): void;
  getCurrentSpeakerDeviceMute(): boolean;
  enableFollowingDefaultAudioDevice(deviceType: TRTCDeviceType, enable: boolean): void;
  setCameraCapturerParam(params: TRTCCameraCaptureParams): void;
}

/** Pushes a live stream to a CDN. */
export class V2LivePusher extends unsupportedClass<V2LivePusherMembers>('V2LivePusher', {
  destroy: nothing,
  setRenderView: nothing,
  setRenderMirror: refused,
  setEncoderMirror: refused,
  setRenderRotation: refused,
  setRenderFillMode: refused,
  startCamera: refused,
  stopCamera: refused,
  startMicrophone: refused,
  stopMicrophone: refused,
  pauseAudio: refused,
  resumeAudio: refused,
  pauseVideo: refused,
  resumeVideo: refused,
  startPush: refused,
  stopPush: refused,
  isPushing: zero,
  setAudioQuality: refused,
  setVideoQuality: refused,
  enableVolumeEvaluation: refused,
  setMixTranscodingConfig: refused,
  getCameraDevicesList: () => [],
  setCurrentCameraDevice: nothing,
  getCurrentCameraDevice: () => new TRTCDeviceInfo(),
  startCameraDeviceTest: nothing,
  stopCameraDeviceTest: nothing,
  getMicDevicesList: () => [],
  getCurrentMicDevice: () => new TRTCDeviceInfo(),
  setCurrentMicDevice: nothing,
  getCurrentMicDeviceVolume: zero,
  setCurrentMicDeviceVolume: nothing,
  setCurrentMicDeviceMute: nothing,
  getCurrentMicDeviceMute: no,
  getSpeakerDevicesList: () => [],
  getCurrentSpeakerDevice: () => new TRTCDeviceInfo(),
  setCurrentSpeakerDevice: nothing,
  getCurrentSpeakerVolume: zero,
  setCurrentSpeakerVolume: nothing,
  setCurrentSpeakerDeviceMute: nothing,
  getCurrentSpeakerDeviceMute: no,
  enableFollowingDefaultAudioDevice: nothing,
  setCameraCapturerParam: nothing,
}) {
  /** Makes one; each of its methods reports ERR_NOT_SUPPORTED. */
  static createV2LivePusher(_mode: V2LiveMode): V2LivePusher {
    return new V2LivePusher();
  }

  /** Nothing is held, so nothing is released. */
  static releaseV2LivePusher(_pusher: V2LivePusher): void {}
}

/** Methods of V2LivePlayer. */
export interface V2LivePlayerMembers {
  destroy(): void;
  setRenderView(view: HTMLElement | null): void;
  setRenderRotation(rotation: V2LiveRotation): number;
  setRenderFillMode(mode: V2LiveFillMode): number;
  startPlay(url: string): number;
  stopPlay(): number;
  isPlaying(): number;
  pauseAudio(): number;
  resumeAudio(): number;
  pauseVideo(): number;
  resumeVideo(): number;
  setPlayoutVolume(volume: number): number;
  setCacheParams(minTime: number, maxTime: number): number;
  switchStream(newUrl: string): number;
  enableVolumeEvaluation(intervalMs: number): number;
}

/** Plays a live stream from a CDN. */
export class V2LivePlayer extends unsupportedClass<V2LivePlayerMembers>('V2LivePlayer', {
  destroy: nothing,
  setRenderView: nothing,
  setRenderRotation: refused,
  setRenderFillMode: refused,
  startPlay: refused,
  stopPlay: refused,
  isPlaying: zero,
  pauseAudio: refused,
  resumeAudio: refused,
  pauseVideo: refused,
  resumeVideo: refused,
  setPlayoutVolume: refused,
  setCacheParams: refused,
  switchStream: refused,
  enableVolumeEvaluation: refused,
}) {
  /** Makes one; each of its methods reports ERR_NOT_SUPPORTED. */
  static createV2LivePlayer(): V2LivePlayer {
    return new V2LivePlayer();
  }

  /** Nothing is held, so nothing is released. */
  static releaseV2LivePlayer(_player: V2LivePlayer): void {}
}
