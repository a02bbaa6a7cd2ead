import { Capture, type Outcome } from './capture';
import {
  TRTCAudioQuality,
  TRTCVideoEncParam,
  TRTCVideoResolution,
  type TRTCVideoStreamType,
  TRTCVideoStreamType as Type,
} from './define';
import { devices } from './devices';
import { cameraConstraints } from './encode';
import { TXLiteAVError } from './errors';
import { Gain } from './gain';
import { isolate, type Ledger } from './ledger';
import type { Sound } from './voice';
import { Stream } from './wire/exeunt/v1/signal_pb';

/** Tells the application something, in a later task. */
export type Fire = (event: string, ...args: unknown[]) => void;

/** What one track of ours should look like to the others. */
export interface Publication {
  track: MediaStreamTrack;
  muted: boolean;
  /** For pictures. */
  encode?: TRTCVideoEncParam;
  /** For the smallest layer of the camera, where the application says how it shall be. */
  small?: TRTCVideoEncParam;
  /** For the microphone. */
  sound?: Sound;
}

interface Words {
  ready: string;
  failed: number;
  forbidden: number;
  busy: number;
}

const cameraWords: Words = {
  ready: 'onCameraDidReady',
  failed: TXLiteAVError.ERR_CAMERA_START_FAIL,
  forbidden: TXLiteAVError.ERR_CAMERA_NOT_AUTHORIZED,
  busy: TXLiteAVError.ERR_CAMERA_OCCUPY,
};
const micWords: Words = {
  ready: 'onMicDidReady',
  failed: TXLiteAVError.ERR_MIC_START_FAIL,
  forbidden: TXLiteAVError.ERR_MIC_NOT_AUTHORIZED,
  busy: TXLiteAVError.ERR_MIC_OCCUPY,
};
const screenWords: Words = {
  ready: 'onScreenCaptureStarted',
  failed: TXLiteAVError.ERR_SCREEN_CAPTURE_START_FAIL,
  forbidden: TXLiteAVError.ERR_SCREEN_CAPTURE_START_FAIL,
  busy: TXLiteAVError.ERR_SCREEN_CAPTURE_START_FAIL,
};

/** What onWarning says of a device that goes away in the middle of its use: TRTC's numbers for its native SDKs. */
const warnings = { cameraTaken: 1114, cameraGone: 1116, micAbnormal: 1204 };

/** The picture and sound of one's own: camera, microphone, screen, and whether each is muted. */
export class LocalMedia {
  /** How the camera is encoded. */
  cameraEncode = new TRTCVideoEncParam();
  /** How the screen is encoded: legible rather than fluent. */
  screenEncode = new TRTCVideoEncParam(TRTCVideoResolution.TRTCVideoResolution_1920_1080, 0, 10, 1600);
  private cameraSmall: TRTCVideoEncParam | undefined;
  private readonly camera: Capture;
  private readonly mic: Capture;
  private readonly screen: Capture;
  private readonly gain: Gain;
  private readonly muted = new Set<Stream>();
  private readonly chosen = { camera: '', mic: '' };
  private quality: TRTCAudioQuality = TRTCAudioQuality.TRTCAudioQualityDefault;
  // The stream that the screen is sent as, while it is shared.
  private screenAs: Stream.BIG | Stream.SUB = Stream.SUB;

  /** `changed` is called whenever what should be published, or shown, has changed. */
  constructor(
    private readonly ledger: Ledger,
    private readonly fire: Fire,
    private readonly changed: () => void,
  ) {
    this.camera = new Capture('camera', ledger);
    this.mic = new Capture('microphone', ledger);
    // A second try would be a second picker.
    this.screen = new Capture('screen', ledger, []);
    this.gain = new Gain(ledger);
  }

  /** The camera's own track, for the preview. */
  get picture(): MediaStreamTrack | null {
    return this.camera.track;
  }

  /** The screen's own track, for its preview. */
  get shared(): MediaStreamTrack | null {
    return this.screen.track;
  }

  /** What should be published as a stream; null for nothing. Of an interrupted device the others see a mute (E8). */
  publication(stream: Stream): Publication | null {
    const muted = this.muted.has(stream);
    if (stream === Stream.AUDIO) {
      const track = this.gain.output(this.mic.track);
      return track && { track, muted: muted || this.mic.interrupted, sound: this.sound };
    }
    if (this.screen.track && this.screenAs === stream) {
      return { track: this.screen.track, muted: muted || !this.screen.track.enabled, encode: this.screenEncode };
    }
    const track = stream === Stream.BIG ? this.camera.track : null;
    return (
      track && { track, muted: muted || this.camera.interrupted, encode: this.cameraEncode, small: this.cameraSmall }
    );
  }

  /** Opens the camera, unless it is open. */
  async startCamera(): Promise<void> {
    if (!this.camera.wanted) await this.openCamera();
  }

  private async openCamera(): Promise<void> {
    const video = cameraConstraints(this.cameraEncode, this.chosen.camera);
    const outcome = await this.camera.start(() => userMedia({ video }), {
      ended: () => {
        this.warn(warnings.cameraGone, 'the camera is gone');
        this.stopCamera();
      },
      interrupted: () => this.interrupted(this.camera, warnings.cameraTaken, cameraWords.ready),
    });
    this.arrived(outcome, Stream.BIG, cameraWords);
  }

  /** Closes the camera: its light goes out (C12). */
  stopCamera(): void {
    this.camera.stop();
    this.changed();
  }

  /** Opens the microphone, unless it is open with this quality. */
  async startMic(quality = this.quality): Promise<void> {
    if (this.mic.wanted && quality === this.quality) return;
    this.quality = quality;
    await this.openMic();
  }

  private async openMic(): Promise<void> {
    // Echo cancelling and friends are made for voices, and spoil music.
    const voice = this.sound === 'voice';
    const audio: MediaTrackConstraints = {
      ...(this.chosen.mic && { deviceId: { exact: this.chosen.mic } }),
      echoCancellation: voice,
      noiseSuppression: voice,
      autoGainControl: voice,
    };
    const outcome = await this.mic.start(() => userMedia({ audio }), {
      ended: () => {
        this.warn(warnings.micAbnormal, 'the microphone is gone');
        this.stopMic();
      },
      interrupted: () => this.interrupted(this.mic, warnings.micAbnormal, micWords.ready),
    });
    this.arrived(outcome, Stream.AUDIO, micWords);
  }

  private get sound(): Sound {
    return this.quality === TRTCAudioQuality.TRTCAudioQualityMusic ? 'music' : 'voice';
  }

  /** Closes the microphone. */
  stopMic(): void {
    this.mic.stop();
    this.gain.output(null);
    this.changed();
  }

  /** Asks the user for a screen or window, and shares it as the main or the sub stream. */
  async startScreen(type: TRTCVideoStreamType): Promise<void> {
    this.stopScreen();
    this.screenAs = type === Type.TRTCVideoStreamTypeBig ? Stream.BIG : Stream.SUB;
    const outcome = await this.screen.start(displayMedia, { ended: () => this.stopScreen() });
    this.arrived(outcome, this.screenAs, screenWords);
  }

  /** Ends the sharing. TRTC fires both spellings. */
  stopScreen(): void {
    const shared = this.screen.track !== null;
    this.screen.stop();
    if (!shared) return;
    this.fire('onScreenCaptureStoped', 0);
    this.fire('onScreenCaptureStopped', 0);
    this.changed();
  }

  /** Halts the picture of the screen, and keeps the permission. */
  pauseScreen(): void {
    this.setScreen(false, 'onScreenCapturePaused');
  }

  /** Goes on after a pause. */
  resumeScreen(): void {
    this.setScreen(true, 'onScreenCaptureResumed');
  }

  /** Mutes a stream. The device stays open, nothing of it is sent. */
  mute(stream: Stream): void {
    this.muted.add(stream);
    this.changed();
  }

  /** Takes the mute back. */
  unmute(stream: Stream): void {
    this.muted.delete(stream);
    this.changed();
  }

  /** Chooses a camera, now and for later. */
  chooseCamera(deviceId: string): void {
    this.chosen.camera = deviceId;
    if (this.camera.wanted) void this.openCamera();
  }

  /** Chooses a microphone, now and for later. */
  chooseMic(deviceId: string): void {
    this.chosen.mic = deviceId;
    if (this.mic.wanted) void this.openMic();
  }

  /** The ids that were chosen; empty for the first device there is. */
  get choice(): Readonly<{ camera: string; mic: string }> {
    return this.chosen;
  }

  /** Encodes the camera anew. */
  encodeCamera(param: TRTCVideoEncParam): void {
    this.cameraEncode = param;
    const constraints = cameraConstraints(param, '');
    this.camera.track?.applyConstraints(constraints).catch((error) => {
      this.fire('onError', TXLiteAVError.ERR_CAMERA_SET_PARAM_FAIL, String(error));
    });
    this.changed();
  }

  /** How the camera's smallest layer is encoded; undefined for a quarter of its width. */
  encodeSmall(param: TRTCVideoEncParam | undefined): void {
    this.cameraSmall = param;
    this.changed();
  }

  /** Encodes the screen anew. */
  encodeScreen(param: TRTCVideoEncParam): void {
    this.screenEncode = param;
    this.changed();
  }

  /** How loud the microphone is sent, 0 to 100 and beyond, up to 150. */
  set volume(volume: number) {
    this.gain.volume = volume;
    this.changed();
  }

  get volume(): number {
    return this.gain.volume;
  }

  /**
   * Stops everything at once, also what is still on its way. Mutes end with the stay; the choice of devices and
   * encoders is kept for the next.
   */
  release(): void {
    // The screen goes first: in the other order macOS goes on showing that something is captured (C11).
    isolate('stop the screen', () => this.stopScreen());
    this.camera.stop();
    this.mic.stop();
    this.muted.clear();
  }

  /** Settles when no capture is on its way any more. It may take as long as the user takes to answer a prompt. */
  settled(): Promise<void> {
    return this.ledger.settled();
  }

  private setScreen(enabled: boolean, event: string): void {
    if (!this.screen.track) return;
    this.screen.track.enabled = enabled;
    this.fire(event, 0);
    this.changed();
  }

  // The device is somebody else's for now, or ours again. The stay goes on either way.
  private interrupted(capture: Capture, code: number, ready: string): void {
    if (capture.interrupted) this.warn(code, 'something else has taken the device; the stay goes on without it');
    else this.fire(ready);
    this.changed();
  }

  private warn(code: number, text: string): void {
    this.fire('onWarning', code, text, null);
  }

  private arrived(outcome: Outcome, stream: Stream, { ready, failed, forbidden, busy }: Words): void {
    if (outcome.kind === 'withdrawn') return;
    if (outcome.kind === 'ready') {
      void devices.refresh();
      this.fire(ready);
      this.changed();
      return;
    }
    const { name = 'Error', message = '' } = outcome.error as Partial<Error>;
    const code = name === 'NotAllowedError' ? forbidden : name === 'NotReadableError' ? busy : failed;
    this.fire('onError', code, `${Stream[stream]}: ${name}: ${message}`);
    this.changed();
  }
}

async function userMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!globalThis.navigator?.mediaDevices?.getUserMedia)
    throw new Error('this page may not use cameras or microphones');
  return navigator.mediaDevices.getUserMedia(constraints);
}

async function displayMedia(): Promise<MediaStream> {
  if (!globalThis.navigator?.mediaDevices?.getDisplayMedia) throw new Error('this page may not share a screen');
  return navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
}
