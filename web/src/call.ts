// The call itself: TRTC events become changes of the state, what a person does becomes calls of the SDK.
import TRTCCloud, {
  type ExitDetail,
  type TRTCAppScene,
  TRTCParams,
  TRTCRenderParams,
  TRTCRoleType,
  TRTCVideoEncParam,
  TRTCVideoFillMode,
  TRTCVideoMirrorType,
  TRTCVideoResolution,
  TRTCVideoResolutionMode,
  TRTCVideoRotation,
  TRTCVideoStreamType,
} from 'trtc-electron-sdk';
import type { Credential } from './credentials';
import { describeEnding, describeLeaving } from './endings';
import { describeRefusal, describeTrouble } from './refusals';
import type { Room } from './rooms';
import { type Call, type Change, NOWHERE, reduce } from './state';

/** How a person wishes to enter. */
export interface Wish {
  room: Room;
  user: string;
  scene: number;
  part: Call['part'];
  mic: boolean;
  camera: boolean;
}

/** How often voices are measured, in milliseconds (TRTC suggests 300). */
const VOICE_MS = 300;
/** How long "You are back" stays, in milliseconds. */
const BACK_MS = 3000;

const BIG = TRTCVideoStreamType.TRTCVideoStreamTypeBig;
const SUB = TRTCVideoStreamType.TRTCVideoStreamTypeSub;

export class CallControl {
  state: Call = NOWHERE;
  private readonly trtc = new TRTCCloud();
  private readonly listeners = new Set<() => void>();
  private wish: Wish | undefined;
  private selfView: HTMLElement | null = null;
  private previewing = false;
  private listening = false;
  private failure: { code: number; message: string } | undefined;

  constructor() {
    this.hearRoom();
    this.hearMembers();
    this.hearConnection();
    this.hearDevices();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(change: Change): void {
    const next = reduce(this.state, change);
    if (next === this.state) return;
    this.state = next;
    for (const listener of [...this.listeners]) listener();
  }

  /** begin shows that the entry is under way, before there is a credential. */
  begin(wish: Wish): void {
    this.wish = wish;
    this.change({ type: 'entering', room: wish.room, user: wish.user, part: wish.part, at: Date.now() });
  }

  /** refuse takes the person back to the form with one sentence. */
  refuse(line: string): void {
    this.change({ type: 'refused', line });
  }

  /** enter asks the server to be let in; devices open only once it has said yes. */
  enter(credential: Credential): void {
    const wish = this.wish;
    if (!wish) return;
    this.failure = undefined;
    const params = new TRTCParams();
    params.sdkAppId = credential.sdkAppId;
    params.userSig = credential.userSig;
    params.userId = wish.user;
    params.role = wish.part === 'listener' ? TRTCRoleType.TRTCRoleAudience : TRTCRoleType.TRTCRoleAnchor;
    if (wish.room.kind === 'number') params.roomId = wish.room.id;
    else params.strRoomId = wish.room.id;
    this.trtc.enterRoom(params, wish.scene as TRTCAppScene);
  }

  leave(): void {
    if (this.state.phase !== 'inside' && this.state.phase !== 'entering') return;
    this.change({ type: 'leaving' });
    this.trtc.exitRoom();
  }

  // ---- own devices ----

  toggleMic(): void {
    const { mic } = this.state.self;
    if (mic === 'off') this.openMic();
    else this.muteMic(mic === 'on');
  }

  private openMic(): void {
    this.clearTrouble('microphone');
    this.change({ type: 'self', self: { mic: 'on' } });
    this.trtc.startLocalAudio();
    this.trtc.muteLocalAudio(false);
  }

  private muteMic(mute: boolean): void {
    this.trtc.muteLocalAudio(mute);
    this.change({ type: 'self', self: { mic: mute ? 'muted' : 'on' } });
  }

  /** toggleCamera closes the camera rather than muting it: its light must go out. */
  toggleCamera(): void {
    if (this.state.self.camera === 'on') this.closeCamera();
    else this.openCamera();
  }

  private openCamera(): void {
    this.clearTrouble('camera');
    this.change({ type: 'self', self: { camera: 'on' } });
    this.previewing = true;
    this.trtc.startLocalPreview(this.selfView);
  }

  private closeCamera(): void {
    this.previewing = false;
    this.trtc.stopLocalPreview();
    this.change({ type: 'self', self: { camera: 'off' } });
  }

  toggleShare(): void {
    if (this.state.self.share === 'off') {
      this.clearTrouble('screen');
      this.change({ type: 'self', self: { share: 'starting' } });
      this.trtc.startScreenCapture(null, SUB, screenQuality());
      return;
    }
    this.trtc.stopScreenCapture();
    this.change({ type: 'self', self: { share: 'off' } });
  }

  private clearTrouble(device: 'microphone' | 'camera' | 'screen'): void {
    const { [device]: _, ...troubles } = this.state.self.troubles;
    this.change({ type: 'self', self: { troubles } });
  }

  devices(): DeviceChoice[] {
    const t = this.trtc;
    return [
      choice('Camera', t.getCameraDevicesList(), t.getCurrentCameraDevice(), (id) => t.setCurrentCameraDevice(id)),
      choice('Microphone', t.getMicDevicesList(), t.getCurrentMicDevice(), (id) => t.setCurrentMicDevice(id)),
      choice('Speaker', t.getSpeakerDevicesList(), t.getCurrentSpeakerDevice(), (id) => t.setCurrentSpeakerDevice(id)),
    ];
  }

  onDevices(listener: () => void): () => void {
    this.trtc.on('onDeviceChange', listener);
    return () => this.trtc.off('onDeviceChange', listener);
  }

  // ---- views ----

  /** showSelf puts the own picture into an element; null takes it out. */
  showSelf(view: HTMLElement | null): void {
    this.selfView = view;
    if (this.previewing) this.trtc.updateLocalView(view);
  }

  /** showRemote puts a picture into an element, until the returned function is called. */
  showRemote(user: string, stream: 'camera' | 'share', view: HTMLElement): () => void {
    const type = stream === 'share' ? SUB : BIG;
    const mode =
      stream === 'share' ? TRTCVideoFillMode.TRTCVideoFillMode_Fit : TRTCVideoFillMode.TRTCVideoFillMode_Fill;
    this.trtc.setRemoteRenderParams(user, type, render(mode, TRTCVideoMirrorType.TRTCVideoMirrorType_Disable));
    this.trtc.startRemoteView(user, view, type);
    return () => this.trtc.stopRemoteView(user, type);
  }

  // ---- events ----

  private hearRoom(): void {
    this.trtc.on('onEnterRoom', (result: number) => (result > 0 ? this.entered() : this.refused(result)));
    this.trtc.on('onExitRoom', (reason: number, detail?: Partial<ExitDetail>) => {
      this.previewing = false;
      if (this.state.phase === 'idle') return;
      this.change({ type: 'ended', ending: describeEnding(reason, detail), at: Date.now() });
    });
    this.trtc.on('onError', (code: number, message: string) => this.failed(code, message));
    this.trtc.on('onWarning', (code: number, message: string) => this.warned(code, message));
  }

  private entered(): void {
    if (this.state.phase !== 'entering') return;
    this.change({ type: 'entered', at: Date.now() });
    if (!this.listening) this.trtc.enableAudioVolumeEvaluation(VOICE_MS);
    this.listening = true;
    if (this.wish?.part === 'listener') return;
    const { TRTCVideoFillMode_Fill: fill } = TRTCVideoFillMode;
    this.trtc.setLocalRenderParams(render(fill, TRTCVideoMirrorType.TRTCVideoMirrorType_Enable));
    if (this.wish?.mic) this.openMic();
    if (this.wish?.camera) this.openCamera();
  }

  private refused(code: number): void {
    const message = this.failure?.code === code ? this.failure.message : '';
    if (this.state.phase !== 'entering') return;
    this.refuse(describeRefusal(code, message));
    // TRTC: "call exitRoom even when entering failed". The state is idle again, so its event says nothing.
    this.trtc.exitRoom();
  }

  private failed(code: number, message: string): void {
    this.failure = { code, message };
    const trouble = describeTrouble(code, message);
    if (trouble) this.change({ type: 'trouble', trouble, at: Date.now() });
  }

  private warned(code: number, message: string): void {
    const trouble = describeTrouble(code, message);
    if (trouble) this.change({ type: 'trouble', trouble, at: Date.now() });
  }

  private hearMembers(): void {
    const stream = (name: 'audio' | 'video' | 'share') => (user: string, on: number | boolean) =>
      this.change({ type: 'stream', user, stream: name, on: Boolean(on) });
    this.trtc.on('onRemoteUserEnterRoom', (user: string) => this.change({ type: 'came', user, at: Date.now() }));
    this.trtc.on('onRemoteUserLeaveRoom', (user: string, reason: number, detail?: Partial<ExitDetail>) =>
      this.change({ type: 'gone', user, line: describeLeaving(user, reason, detail), at: Date.now() }),
    );
    this.trtc.on('onUserAudioAvailable', stream('audio'));
    this.trtc.on('onUserVideoAvailable', stream('video'));
    this.trtc.on('onUserSubStreamAvailable', stream('share'));
    this.trtc.on('onUserVoiceVolume', (volumes: Array<{ userId: string; volume: number }>) => {
      const levels: Record<string, number> = {};
      for (const { userId, volume } of volumes) levels[userId === this.state.user ? '' : userId] = volume;
      this.change({ type: 'voices', levels, at: Date.now() });
    });
  }

  private hearConnection(): void {
    this.trtc.on('onConnectionLost', () => this.change({ type: 'connection', connection: 'lost' }));
    this.trtc.on('onTryToReconnect', () => this.change({ type: 'connection', connection: 'retrying' }));
    this.trtc.on('onConnectionRecovery', () => {
      this.change({ type: 'connection', connection: 'back' });
      setTimeout(() => {
        if (this.state.connection === 'back') this.change({ type: 'connection', connection: 'good' });
      }, BACK_MS);
    });
  }

  private hearDevices(): void {
    this.trtc.on('onScreenCaptureStarted', () => this.change({ type: 'self', self: { share: 'on' } }));
    this.trtc.on('onScreenCaptureStopped', () => this.change({ type: 'self', self: { share: 'off' } }));
  }
}

export interface DeviceChoice {
  label: string;
  options: Array<{ id: string; name: string }>;
  current: string;
  choose: (id: string) => void;
}

interface DeviceInfo {
  deviceId: string;
  deviceName: string;
}

function choice(
  label: string,
  list: DeviceInfo[],
  current: DeviceInfo | null,
  choose: (id: string) => void,
): DeviceChoice {
  // Before the first permission a browser lists devices without ids (Media Capture and Streams §9.2): no choice yet.
  const known = list.filter((d) => d.deviceId !== '');
  const options = known.map((d, i) => ({ id: d.deviceId, name: d.deviceName || `${label} ${i + 1}` }));
  return { label, options, current: current?.deviceId ?? '', choose };
}

function render(mode: TRTCVideoFillMode, mirror: TRTCVideoMirrorType): TRTCRenderParams {
  return new TRTCRenderParams(TRTCVideoRotation.TRTCVideoRotation0, mode, mirror);
}

/** Screens hold text: more pixels, fewer pictures a second than a camera. */
function screenQuality(): TRTCVideoEncParam {
  const param = new TRTCVideoEncParam();
  param.videoResolution = TRTCVideoResolution.TRTCVideoResolution_1920_1080;
  param.resMode = TRTCVideoResolutionMode.TRTCVideoResolutionModeLandscape;
  param.videoFps = 10;
  param.videoBitrate = 2000;
  return param;
}
