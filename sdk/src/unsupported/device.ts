import type { TRTCDeviceType } from '../define';
import { type Neutral, no, nothing, zero } from './report';

/** Volumes and tests of devices. */
export interface DeviceMembers {
  getCurrentMicDeviceVolume(): number;
  setCurrentMicDeviceVolume(volume: number): void;
  setCurrentMicDeviceMute(mute: boolean): void;
  getCurrentMicDeviceMute(): boolean;
  getCurrentSpeakerVolume(): number;
  setCurrentSpeakerVolume(volume: number): void;
  setCurrentSpeakerDeviceMute(mute: boolean): void;
  getCurrentSpeakerDeviceMute(): boolean;
  enableFollowingDefaultAudioDevice(deviceType: TRTCDeviceType, enable: boolean): void;
  startCameraDeviceTest(view: HTMLElement): void;
  stopCameraDeviceTest(): void;
  startMicDeviceTest(interval: number, playback?: boolean): void;
  stopMicDeviceTest(): void;
  startSpeakerDeviceTest(testAudioFilePath: string): void;
  stopSpeakerDeviceTest(): void;
}

/** What each of them returns. */
export const device: Neutral<DeviceMembers> = {
  getCurrentMicDeviceVolume: zero,
  setCurrentMicDeviceVolume: nothing,
  setCurrentMicDeviceMute: nothing,
  getCurrentMicDeviceMute: no,
  getCurrentSpeakerVolume: zero,
  setCurrentSpeakerVolume: nothing,
  setCurrentSpeakerDeviceMute: nothing,
  getCurrentSpeakerDeviceMute: no,
  enableFollowingDefaultAudioDevice: nothing,
  startCameraDeviceTest: nothing,
  stopCameraDeviceTest: nothing,
  startMicDeviceTest: nothing,
  stopMicDeviceTest: nothing,
  startSpeakerDeviceTest: nothing,
  stopSpeakerDeviceTest: nothing,
};
