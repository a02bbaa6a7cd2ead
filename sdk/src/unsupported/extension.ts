// The managers behind a TRTCCloud. Every method exists and reports ERR_NOT_SUPPORTED.
import {
  type Rect,
  type TRTCAudioMusicParam,
  type TRTCAudioProcessPluginOptions,
  type TRTCCameraCaptureParams,
  TRTCDeviceInfo,
  type TRTCDeviceType,
  type TRTCMediaEncryptDecryptPluginOptions,
  type TRTCMusicPlayObserver,
  type TRTCMusicPreloadObserver,
  type TRTCPluginInfo,
  type TRTCPluginType,
  type TRTCVideoProcessPluginOptions,
  type TRTCVoiceChangerType,
  type TRTCVoiceReverbType,
} from '../define';
import { no, none, nothing, refused, unsupportedClass, zero } from './report';

const resolved = () => Promise.resolve();

/** Methods of TRTCDeviceManager. */
export interface TRTCDeviceManagerMembers {
  destroy(): void;
  getDevicesList(type: TRTCDeviceType): TRTCDeviceInfo[];
  setCurrentDevice(type: TRTCDeviceType, deviceId: string): Promise<void> | void;
  getCurrentDevice(type: TRTCDeviceType): Promise<TRTCDeviceInfo> | TRTCDeviceInfo;
  setCurrentDeviceVolume(type: TRTCDeviceType, volume: number): Promise<void> | void;
  getCurrentDeviceVolume(type: TRTCDeviceType): Promise<number> | number;
  setCurrentDeviceMute(type: TRTCDeviceType, mute: boolean): Promise<void> | void;
  getCurrentDeviceMute(type: TRTCDeviceType): Promise<boolean> | boolean;
  enableFollowingDefaultAudioDevice(type: TRTCDeviceType, enable: boolean): Promise<void> | void;
  startMicDeviceTest(interval: number, playback?: boolean): Promise<void> | void;
  stopMicDeviceTest(): Promise<void> | void;
  startSpeakerDeviceTest(filePath: string): Promise<void> | void;
  stopSpeakerDeviceTest(): Promise<void> | void;
  setApplicationPlayVolume(volume: number): Promise<void> | void;
  getApplicationPlayVolume(): Promise<number> | number;
  setApplicationMuteState(mute: boolean): Promise<void> | void;
  getApplicationMuteState(): Promise<boolean> | boolean;
  setCameraCaptureParam(params: TRTCCameraCaptureParams): Promise<void> | void;
  startCameraDeviceTest(windowID: number | Uint8Array, rect?: Rect): Promise<number>;
  stopCameraDeviceTest(): Promise<number>;
  setCameraTestRenderMirror(mirror: boolean): void;
  setCameraTestDeviceId(cameraId: string): void;
  setCameraTestResolution(width: number, height: number): void;
  setCameraTestVideoPluginPath(path: string): void;
  setCameraTestVideoPluginParameter(params: string): void;
}

/** Devices by kind. */
export class TRTCDeviceManager extends unsupportedClass<TRTCDeviceManagerMembers>('TRTCDeviceManager', {
  destroy: nothing,
  getDevicesList: () => [],
  setCurrentDevice: nothing,
  getCurrentDevice: () => new TRTCDeviceInfo(),
  setCurrentDeviceVolume: nothing,
  getCurrentDeviceVolume: zero,
  setCurrentDeviceMute: nothing,
  getCurrentDeviceMute: no,
  enableFollowingDefaultAudioDevice: nothing,
  startMicDeviceTest: nothing,
  stopMicDeviceTest: nothing,
  startSpeakerDeviceTest: nothing,
  stopSpeakerDeviceTest: nothing,
  setApplicationPlayVolume: nothing,
  getApplicationPlayVolume: zero,
  setApplicationMuteState: nothing,
  getApplicationMuteState: no,
  setCameraCaptureParam: nothing,
  startCameraDeviceTest: async () => refused(),
  stopCameraDeviceTest: async () => refused(),
  setCameraTestRenderMirror: nothing,
  setCameraTestDeviceId: nothing,
  setCameraTestResolution: nothing,
  setCameraTestVideoPluginPath: nothing,
  setCameraTestVideoPluginParameter: nothing,
}) {}

/** Methods of TRTCAudioEffectManager. */
export interface TRTCAudioEffectManagerMembers {
  destroy(): void;
  enableVoiceEarMonitor(enable: boolean): Promise<void>;
  setVoiceEarMonitorVolume(volume: number): Promise<void>;
  setVoiceReverbType(type: TRTCVoiceReverbType): Promise<void>;
  setVoiceChangerType(type: TRTCVoiceChangerType): Promise<void>;
  setVoiceCaptureVolume(volume: number): Promise<void>;
  setVoicePitch(pitch: number): Promise<void>;
  setMusicObserver(observer: TRTCMusicPlayObserver): Promise<void>;
  startPlayMusic(param: TRTCAudioMusicParam): Promise<void>;
  stopPlayMusic(id: number): Promise<void>;
  pausePlayMusic(id: number): Promise<void>;
  resumePlayMusic(id: number): Promise<void>;
  setAllMusicVolume(volume: number): Promise<void>;
  setMusicPublishVolume(id: number, volume: number): Promise<void>;
  setMusicPlayoutVolume(id: number, volume: number): Promise<void>;
  setMusicPitch(id: number, pitch: number): Promise<void>;
  setMusicSpeedRate(id: number, speedRate: number): Promise<void>;
  getMusicCurrentPosInMS(id: number): Promise<number> | number;
  getMusicDurationInMS(path: string): Promise<number> | number;
  seekMusicToPosInTime(id: number, pts: number): Promise<void>;
  setMusicScratchSpeedRate(id: number, speedRate: number): Promise<void>;
  setPreloadObserver(observer: TRTCMusicPreloadObserver): Promise<void>;
  preloadMusic(param: TRTCAudioMusicParam): Promise<void>;
  getMusicTrackCount(id: number): Promise<number> | number;
  setMusicTrack(id: number, trackIndex: number): Promise<void>;
}

/** Music and voice effects. */
export class TRTCAudioEffectManager extends unsupportedClass<TRTCAudioEffectManagerMembers>('TRTCAudioEffectManager', {
  destroy: nothing,
  enableVoiceEarMonitor: resolved,
  setVoiceEarMonitorVolume: resolved,
  setVoiceReverbType: resolved,
  setVoiceChangerType: resolved,
  setVoiceCaptureVolume: resolved,
  setVoicePitch: resolved,
  setMusicObserver: resolved,
  startPlayMusic: resolved,
  stopPlayMusic: resolved,
  pausePlayMusic: resolved,
  resumePlayMusic: resolved,
  setAllMusicVolume: resolved,
  setMusicPublishVolume: resolved,
  setMusicPlayoutVolume: resolved,
  setMusicPitch: resolved,
  setMusicSpeedRate: resolved,
  getMusicCurrentPosInMS: zero,
  getMusicDurationInMS: zero,
  seekMusicToPosInTime: resolved,
  setMusicScratchSpeedRate: resolved,
  setPreloadObserver: resolved,
  preloadMusic: resolved,
  getMusicTrackCount: zero,
  setMusicTrack: resolved,
}) {}

/** Methods of TRTCPlugin. */
export interface TRTCPluginMembers {
  enable(flag?: boolean): void;
  disable(): void;
  setParameter(param: string): void;
}

/** A loaded plug-in. */
export class TRTCPlugin extends unsupportedClass<TRTCPluginMembers>('TRTCPlugin', {
  enable: nothing,
  disable: nothing,
  setParameter: nothing,
}) {
  readonly id: string = '';
  readonly deviceId: string = '';
}

/** Methods of TRTCPluginManager. */
export interface TRTCPluginManagerMembers {
  destroy(): void;
  setPluginParams(
    type: TRTCPluginType,
    options: TRTCVideoProcessPluginOptions | TRTCMediaEncryptDecryptPluginOptions | TRTCAudioProcessPluginOptions,
  ): void;
  addPlugin(options: { id: string; path: string; type?: TRTCPluginType; deviceId?: string }): TRTCPluginInfo;
  removePlugin(pluginId: string, deviceId: string): void;
  setCallback(callback: (pluginId: string, error: number, errorMessage: string) => void): void;
  getPluginList(): TRTCPluginInfo[] | null;
}

/** Loads plug-ins. */
export class TRTCPluginManager extends unsupportedClass<TRTCPluginManagerMembers>('TRTCPluginManager', {
  destroy: nothing,
  setPluginParams: nothing,
  addPlugin: () => ({ id: '', enable: refused, disable: refused, setParameter: refused }),
  removePlugin: nothing,
  setCallback: nothing,
  getPluginList: none,
}) {}
