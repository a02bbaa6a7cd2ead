// A stand-in for the SDK, for work on the design and for tests of the page: a room with invented members. It has the
// official names, opens no device and talks to nobody. What happens is driven through window.fake.

import { portrait } from './portrait.js';

export enum TRTCAppScene {
  TRTCAppSceneVideoCall = 0,
  TRTCAppSceneLIVE = 1,
}
export enum TRTCRoleType {
  TRTCRoleAnchor = 20,
  TRTCRoleAudience = 21,
}
export enum TRTCVideoStreamType {
  TRTCVideoStreamTypeBig = 0,
  TRTCVideoStreamTypeSmall = 1,
  TRTCVideoStreamTypeSub = 2,
}
export enum TRTCVideoFillMode {
  TRTCVideoFillMode_Fill = 0,
  TRTCVideoFillMode_Fit = 1,
}
export enum TRTCVideoRotation {
  TRTCVideoRotation0 = 0,
}
export enum TRTCVideoMirrorType {
  TRTCVideoMirrorType_Auto = 0,
  TRTCVideoMirrorType_Enable = 1,
  TRTCVideoMirrorType_Disable = 2,
}
export enum TRTCVideoResolution {
  TRTCVideoResolution_1920_1080 = 114,
}
export enum TRTCVideoResolutionMode {
  TRTCVideoResolutionModeLandscape = 0,
}

export class TRTCParams {
  sdkAppId = 0;
  userId = '';
  userSig = '';
  roomId = 0;
  strRoomId = '';
  role = 20;
}
export class TRTCVideoEncParam {
  videoResolution = 0;
  resMode = 0;
  videoFps = 15;
  videoBitrate = 500;
}
export class TRTCRenderParams {
  constructor(
    public rotation = 0,
    public fillMode = 0,
    public mirrorType = 0,
  ) {}
}

type Listener = (...args: never[]) => void;

const device = (deviceId: string, deviceName: string) => ({ deviceId, deviceName, deviceProperties: {} });

/** Fake is the class that the page takes for TRTCCloud. Every call of the page is kept in `calls`. */
export default class Fake {
  calls: string[] = [];
  private listeners = new Map<string, Set<Listener>>();

  constructor() {
    (window as unknown as { fake: Fake }).fake = this;
  }

  on(event: string, listener: Listener) {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
  }
  off(event: string, listener: Listener) {
    this.listeners.get(event)?.delete(listener);
  }
  emit(event: string, ...args: unknown[]) {
    for (const listener of this.listeners.get(event) ?? []) listener(...(args as never[]));
  }

  enterRoom(params: TRTCParams) {
    this.calls.push(`enterRoom ${JSON.stringify(params)}`);
    const refusal = Number(new URLSearchParams(location.search).get('refuse') ?? 0);
    setTimeout(() => {
      if (refusal) this.emit('onError', refusal, 'the server said no');
      this.emit('onEnterRoom', refusal || 12);
    });
  }
  exitRoom() {
    this.calls.push('exitRoom');
    setTimeout(() =>
      this.emit('onExitRoom', 0, { code: 'left', actor: '', text: '', rejoinAfter: 0, sessionId: 's', seq: 1 }),
    );
  }

  /** join brings people in: "Ann" with picture and sound, "Ann-" muted, "Ann~" without a picture. */
  join(...names: string[]) {
    for (const sign of names) {
      const user = sign.replace(/[-~]+$/, '');
      this.emit('onRemoteUserEnterRoom', user);
      this.emit('onUserAudioAvailable', user, sign.includes('-') ? 0 : 1);
      this.emit('onUserVideoAvailable', user, sign.includes('~') ? 0 : 1);
    }
  }

  startLocalPreview(view: HTMLElement | null) {
    this.calls.push('startLocalPreview');
    if (view) paint(view, 'me', true);
  }
  updateLocalView(view: HTMLElement | null) {
    if (view) paint(view, 'me', true);
  }
  stopLocalPreview() {
    this.calls.push('stopLocalPreview');
  }
  startRemoteView(user: string, view: HTMLElement, type: number) {
    this.calls.push(`startRemoteView ${user} ${type}`);
    if (type === 2) slide(view);
    else paint(view, user, false);
  }
  stopRemoteView(user: string, type: number) {
    this.calls.push(`stopRemoteView ${user} ${type}`);
  }
  setRemoteRenderParams() {}
  setLocalRenderParams() {}
  startLocalAudio() {
    this.calls.push('startLocalAudio');
  }
  muteLocalAudio(mute: boolean) {
    this.calls.push(`muteLocalAudio ${mute}`);
  }
  enableAudioVolumeEvaluation() {}
  startScreenCapture() {
    this.calls.push('startScreenCapture');
    setTimeout(() => this.emit('onScreenCaptureStarted'));
  }
  stopScreenCapture() {
    this.calls.push('stopScreenCapture');
    setTimeout(() => this.emit('onScreenCaptureStopped', 0));
  }
  getCameraDevicesList = () => [device('c1', 'FaceTime HD Camera'), device('c2', 'Desk Camera')];
  getCurrentCameraDevice = () => device('c1', 'FaceTime HD Camera');
  setCurrentCameraDevice(id: string) {
    this.calls.push(`setCurrentCameraDevice ${id}`);
  }
  getMicDevicesList = () => [device('m1', 'Built-in Microphone')];
  getCurrentMicDevice = () => device('m1', 'Built-in Microphone');
  setCurrentMicDevice(id: string) {
    this.calls.push(`setCurrentMicDevice ${id}`);
  }
  getSpeakerDevicesList = () => [device('s1', 'Built-in Speakers'), device('s2', 'Headphones')];
  getCurrentSpeakerDevice = () => device('s1', 'Built-in Speakers');
  setCurrentSpeakerDevice(id: string) {
    this.calls.push(`setCurrentSpeakerDevice ${id}`);
  }
}

/** paint draws somebody in front of a wall, so that a screenshot looks like a call. */
function paint(view: HTMLElement, user: string, mirror: boolean) {
  view.textContent = '';
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 640, height: 480 });
  Object.assign(canvas.style, {
    width: '100%',
    height: '100%',
    objectFit: 'cover',
    transform: mirror ? 'scaleX(-1)' : '',
  });
  const c = canvas.getContext('2d');
  if (!c) return;
  portrait(c, user);
  view.append(canvas);
}

/** slide draws what somebody might share. */
function slide(view: HTMLElement) {
  view.textContent = '';
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 1280, height: 720 });
  Object.assign(canvas.style, { width: '100%', height: '100%', objectFit: 'contain' });
  const c = canvas.getContext('2d');
  if (!c) return;
  c.fillStyle = '#fbfaf6';
  c.fillRect(0, 0, 1280, 720);
  c.fillStyle = '#1f2225';
  c.font = '600 64px sans-serif';
  c.fillText('Lesson 3: leaving', 100, 160);
  [420, 300, 520, 380].forEach((h, i) => {
    c.fillStyle = ['#0b6b5d', '#f2b544', '#5a5f6e', '#12a08b'][i] ?? '#000';
    c.fillRect(100 + i * 270, 660 - h * 0.8, 200, h * 0.8);
  });
  view.append(canvas);
}
