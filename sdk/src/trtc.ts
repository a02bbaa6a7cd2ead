import {
  type Rect,
  type TRTCAppScene,
  type TRTCAudioParallelParams,
  type TRTCAudioQuality,
  type TRTCDeviceInfo,
  type TRTCInitConfig,
  type TRTCLogLevel,
  TRTCParams,
  type TRTCRenderParams,
  TRTCRoleType,
  type TRTCScreenCaptureProperty,
  type TRTCScreenCaptureSourceInfo,
  TRTCVideoEncParam,
  TRTCVideoStreamType,
} from './define';
import { devices } from './devices';
import { later } from './emitter';
import { TXLiteAVError } from './errors';
import { experimentalCall } from './experimental';
import { Ledger } from './ledger';
import { LocalMedia } from './local';
import { type LogCallback, log, setCallback, setConsole, setLevel } from './log';
import { Loudness } from './loudness';
import { Messages } from './message';
import { Messenger } from './messenger';
import { sdkVersion } from './params';
import type { View } from './picture';
import { Session } from './session';
import { shareSources } from './shares';
import { Statistics } from './statistics';
import { nameStrangers } from './strangers';
import { qualityOf, streamOf } from './streams';
import { Views } from './views';
import { hearingOf, usualHearing } from './voices';
import { Quality, Stream } from './wire/exeunt/v1/signal_pb';

const { TRTCVideoStreamTypeBig: big, TRTCVideoStreamTypeSub: sub } = TRTCVideoStreamType;

/**
 * The class that applications know from `trtc-electron-sdk`: the same names, arguments, events and numbers.
 * It keeps no state of the stay itself; that is Session's.
 */
export class TRTCCloud extends Messenger {
  private static shared: TRTCCloud | null = null;
  private static readonly subs = new Set<TRTCCloud>();

  // Not told by comparing with `this`, which is a Proxy where an application keeps the cloud in a Vue component.
  private readonly kind: 'main' | 'sub';
  private readonly ledger = new Ledger();
  private readonly tell = (event: string, ...args: unknown[]) => this.tellUnlessDestroyed(event, args);
  private readonly local = new LocalMedia(this.ledger, this.tell, () => this.localChanged());
  /** @internal The published declarations end here. */
  protected readonly views = new Views(this.ledger, this.tell);
  private readonly loudness = new Loudness(this.tell);
  private readonly statistics = new Statistics(this.tell);
  private readonly unwatchDevices = devices.watch((...change) => this.tell('onDeviceChange', ...change));
  private readonly unasked = { audio: true, video: true, quality: Quality.HIGH, hearing: usualHearing };
  private destroyed = false;

  /** The first object of a page is its shared instance; every further one is a sub-instance with a room of its own. */
  constructor(_config?: TRTCInitConfig) {
    super();
    this.kind = !TRTCCloud.shared || TRTCCloud.shared.destroyed ? 'main' : 'sub';
    if (this.kind === 'main') TRTCCloud.shared = this;
    else TRTCCloud.subs.add(this);
  }

  /** The shared instance; it is made by the first call. */
  static getTRTCShareInstance(config?: TRTCInitConfig): TRTCCloud {
    TRTCCloud.shared = TRTCCloud.shared ?? new TRTCCloud(config);
    return TRTCCloud.shared;
  }

  /** Destroys the shared instance, if there is one. */
  static destroyTRTCShareInstance(): void {
    const { shared } = TRTCCloud;
    TRTCCloud.shared = null;
    if (shared && !shared.destroyed) shared.destroy();
  }

  /** A further instance, for a further room at the same time; null, with a warning, on a sub-instance. */
  createSubCloud(config?: TRTCInitConfig): TRTCCloud | null {
    if (this.kind === 'main') return new TRTCCloud(config);
    log.warn('createSubCloud: only the main instance makes sub-instances');
    return null;
  }

  /**
   * Leaves the room, if inside, frees everything, and takes off the listeners. An onExitRoom that an earlier exitRoom
   * owes is still told; none comes for the leaving by destruction. A second call throws, as TRTC's does.
   */
  destroy(): void {
    if (this.destroyed) throw new Error('TRTCCloud: this instance is destroyed already');
    this.destroyed = true;
    if (this.kind === 'main') for (const cloud of TRTCCloud.subs) if (!cloud.destroyed) cloud.destroy();
    TRTCCloud.subs.delete(this);
    this.unwatchDevices();
    const gone = this.session?.abandon() ?? Promise.resolve();
    this.local.release();
    this.views.clear();
    this.ledger.release();
    void gone.then(() => this.removeAllListeners());
  }

  // Room.

  /**
   * Enters a room: onEnterRoom has the milliseconds it took, or an error number below zero, which onError has too.
   * Anything but a TRTCParams is refused in the console only. While in a room it is refused with -3340.
   */
  // biome-ignore lint/suspicious/noExplicitAny: TRTC types it so, and looks at the class itself.
  enterRoom(params: any, scene: TRTCAppScene): void {
    if (!(params instanceof TRTCParams)) {
      log.error('enterRoom: params must be a TRTCParams');
      return;
    }
    if (this.refuseDestroyed('enterRoom')) return;
    if (this.session?.live) {
      const code = TXLiteAVError.ERR_TRTC_ENTER_ROOM_REFUSED;
      this.tell('onError', code, 'enterRoom: already in a room; call exitRoom first');
      this.tell('onEnterRoom', code);
      return;
    }
    const { local, views: stage, ledger, unasked, tell: fire, usesSei: sei, usesMessages: messages } = this;
    const own = { local, stage, ledger, fire, sei, messages, unasked: { ...unasked } };
    this.session = new Session(Object.assign(new TRTCParams(), params), scene, own);
    this.messages = new Messages();
    this.session.start();
    this.loudness.watch(this.session);
    this.statistics.watch(this.session);
  }

  /**
   * Leaves the room. Every device is off and every view is empty when this returns; onExitRoom(0) follows, within half
   * a second, network or not. Legal at any time. The promise settles when onExitRoom has been told.
   * Who opens a track closes it: this stops all that the SDK opened, and none that the application captured by itself.
   */
  exitRoom(): Promise<void> {
    return this.session?.exit() ?? Promise.resolve();
  }

  /** Turns anchor (20) or audience (21); live scenes only. Throws a TypeError for any other role. */
  switchRole(role: TRTCRoleType, privateMapKey = ''): void {
    if (role !== TRTCRoleType.TRTCRoleAnchor && role !== TRTCRoleType.TRTCRoleAudience) {
      throw new TypeError(`switchRole: role must be 20 (anchor) or 21 (audience), not ${role}`);
    }
    if (typeof privateMapKey !== 'string') throw new TypeError('switchRole: privateMapKey must be a string');
    if (this.session?.live) this.session.switchRole(role, privateMapKey);
    else this.tell('onSwitchRole', TXLiteAVError.ERR_FAILED, 'switchRole: not in a room');
  }

  /** Whether sound and pictures of the others arrive unasked. Call it before enterRoom. */
  setDefaultStreamRecvMode(autoRecvAudio: boolean, autoRecvVideo: boolean): void {
    Object.assign(this.unasked, { audio: Boolean(autoRecvAudio), video: Boolean(autoRecvVideo) });
  }

  // One's own picture.

  /** Opens the camera and shows it; null opens it without a view. It is published while inside a room. */
  startLocalPreview(views: View): void {
    if (views === undefined) {
      log.error('startLocalPreview: views is undefined; null captures without a view');
      return;
    }
    if (this.refuseDestroyed('startLocalPreview')) return;
    this.views.placePreview(views);
    void this.local.startCamera();
    this.session?.warnAudience();
  }

  /** Closes the camera. */
  stopLocalPreview(): void {
    this.views.placePreview(null);
    this.local.stopCamera();
  }

  /** Shows the camera elsewhere. */
  updateLocalView(views: View): void {
    this.views.placePreview(views);
  }

  /** Sends no picture for a while; the camera and the preview go on. */
  muteLocalVideo(mute: boolean, streamType: TRTCVideoStreamType = big): void {
    if (mute) this.local.mute(streamOf(streamType));
    else this.local.unmute(streamOf(streamType));
  }

  /** Size, frame rate and bit rate of the camera's picture. */
  // biome-ignore lint/suspicious/noExplicitAny: TRTC types it so.
  setVideoEncoderParam(params: any): void {
    this.local.encodeCamera(Object.assign(new TRTCVideoEncParam(), params));
  }

  /** How the small picture is sent that others may ask for; without it, a quarter as wide as the big one. */
  // biome-ignore lint/suspicious/noExplicitAny: TRTC types it so.
  enableSmallVideoStream(enable: boolean, params: any): void {
    this.local.encodeSmall(enable ? Object.assign(new TRTCVideoEncParam(), params) : undefined);
  }

  /** How one's own picture looks to oneself. */
  setLocalRenderParams(params: TRTCRenderParams): void {
    this.views.stylePreview(params);
  }

  // The others' pictures.

  /** Asks for a user's picture and shows it, now or when it comes. */
  startRemoteView(userId: string, views: View, streamType: TRTCVideoStreamType = big): void {
    if (views === undefined) {
      log.error('startRemoteView: views is undefined');
      return;
    }
    this.views.place(userId, streamOf(streamType), views);
    this.session?.receiver.want(userId, streamOf(streamType));
  }

  /** Shows a user's picture no more, and does not receive it. */
  stopRemoteView(userId: string, streamType: TRTCVideoStreamType = big): void {
    this.views.place(userId, streamOf(streamType), null);
    this.session?.receiver.refuse(userId, streamOf(streamType));
  }

  /** Shows a user's picture elsewhere. */
  updateRemoteView(userId: string, views: View, streamType: TRTCVideoStreamType): void {
    this.views.place(userId, streamOf(streamType), views);
  }

  /** Shows nobody's picture, and receives none of those who are here. */
  stopAllRemoteView(): void {
    this.views.removeAll();
    this.session?.receiver.refusePictures();
  }

  /** Receives a user's picture no more, and keeps its view. */
  muteRemoteVideoStream(userId: string, mute: boolean, streamType: TRTCVideoStreamType = big): void {
    if (mute) this.session?.receiver.refuse(userId, streamOf(streamType));
    else this.session?.receiver.want(userId, streamOf(streamType));
  }

  /** Receives nobody's picture, also of those who come later. */
  muteAllRemoteVideoStreams(mute: boolean): void {
    if (mute) this.session?.receiver.haltPictures();
    else this.session?.receiver.resumePictures();
  }

  /** Receives a user's camera big or small, from now on and when the user comes back. */
  setRemoteVideoStreamType(userId: string, streamType: TRTCVideoStreamType): void {
    if (streamType !== sub) this.session?.receiver.prefer(userId, qualityOf(streamType));
  }

  /** How a user's picture looks. */
  setRemoteRenderParams(userId: string, streamType: TRTCVideoStreamType, params: TRTCRenderParams): void {
    this.views.style(userId, streamOf(streamType), params);
  }

  // Sound.

  /** Opens the microphone. It is published while inside a room. */
  startLocalAudio(quality?: TRTCAudioQuality): void {
    if (this.refuseDestroyed('startLocalAudio')) return;
    void this.local.startMic(quality);
    this.session?.warnAudience();
  }

  /** Closes the microphone. */
  stopLocalAudio(): void {
    this.local.stopMic();
  }

  /** Sends silence; the microphone stays open. */
  muteLocalAudio(mute: boolean): void {
    if (mute) this.local.mute(Stream.AUDIO);
    else this.local.unmute(Stream.AUDIO);
  }

  /** Neither plays nor receives a user's sound. */
  muteRemoteAudio(userId: string, mute: boolean): void {
    if (mute) {
      this.views.sound.mute(userId);
      this.session?.receiver.refuse(userId, Stream.AUDIO);
    } else {
      this.views.sound.unmute(userId);
      this.session?.receiver.want(userId, Stream.AUDIO);
    }
  }

  /** Plays nobody's sound, also of those who come later. */
  muteAllRemoteAudio(mute: boolean): void {
    if (mute) this.views.sound.muteAll();
    else this.views.sound.unmuteAll();
  }

  /** How many of the others are heard at once, 0 for 8; and who of them always, if those are fewer. */
  setRemoteAudioParallelParams(param: TRTCAudioParallelParams): void {
    this.unasked.hearing = hearingOf(param);
    this.session?.receiver.hear(this.unasked.hearing);
  }

  /** A user's volume, 0 to 100. */
  setRemoteAudioVolume(userId: string, volume: number): void {
    this.views.sound.setVolume(userId, volume);
  }

  /** How loud the microphone is sent, 0 to 150; 100 is as it comes. */
  setAudioCaptureVolume(volume: number): void {
    this.local.volume = volume;
  }

  /** See setAudioCaptureVolume. */
  getAudioCaptureVolume(): number {
    return this.local.volume;
  }

  /** The volume of everything that is played, 0 to 100. */
  setAudioPlayoutVolume(volume: number): void {
    this.views.sound.volume = volume;
  }

  /** See setAudioPlayoutVolume. */
  getAudioPlayoutVolume(): number {
    return this.views.sound.volume;
  }

  /** Fires onUserVoiceVolume every so many milliseconds, at least 100; 0 stops it. */
  enableAudioVolumeEvaluation(interval: number): void {
    this.loudness.pace(interval, this.session);
  }

  // Devices. These answer at once, from a list that is kept fresh.

  /** The cameras of this machine. */
  getCameraDevicesList(): TRTCDeviceInfo[] {
    return devices.list('videoinput');
  }

  /** Chooses a camera, for now and later. */
  setCurrentCameraDevice(deviceId: string): void {
    this.local.chooseCamera(deviceId);
  }

  /** The camera in use, or the one that would be. */
  getCurrentCameraDevice(): TRTCDeviceInfo {
    return devices.current('videoinput', this.local.choice.camera);
  }

  /** The microphones of this machine. */
  getMicDevicesList(): TRTCDeviceInfo[] {
    return devices.list('audioinput');
  }

  /** Chooses a microphone, for now and later. */
  setCurrentMicDevice(micId: string): void {
    this.local.chooseMic(micId);
  }

  /** The microphone in use, or the one that would be. */
  getCurrentMicDevice(): TRTCDeviceInfo {
    return devices.current('audioinput', this.local.choice.mic);
  }

  /** The loudspeakers of this machine. */
  getSpeakerDevicesList(): TRTCDeviceInfo[] {
    return devices.list('audiooutput');
  }

  /** Chooses a loudspeaker, where the browser allows that. */
  setCurrentSpeakerDevice(speakerId: string): void {
    this.views.sound.sink = speakerId;
  }

  /** The loudspeaker in use. */
  getCurrentSpeakerDevice(): TRTCDeviceInfo {
    return devices.current('audiooutput', this.views.sound.sink);
  }

  // The screen.

  /** What can be shared: one entry, because the browser itself asks the user which screen or window it shall be. */
  getScreenCaptureSources(
    thumbWidth: number,
    thumbHeight: number,
    iconWidth: number,
    iconHeight: number,
  ): TRTCScreenCaptureSourceInfo[] {
    return shareSources({ thumb: [thumbWidth, thumbHeight], icon: [iconWidth, iconHeight] });
  }

  /** Accepted in both of TRTC's forms; the user's choice in the browser's own picker is what counts. */
  selectScreenCaptureTarget(
    _source: TRTCScreenCaptureSourceInfo | number,
    _captureRect: Rect | string,
    _property: TRTCScreenCaptureProperty | string,
    _deprecatedCaptureRect?: Rect,
    _captureMouse?: boolean,
    _highlightWindow?: boolean,
  ): void {}

  /** Asks the user what to share and shares it; onScreenCaptureStarted follows. */
  // biome-ignore lint/suspicious/noExplicitAny: TRTC types it so, and looks at the class itself.
  startScreenCapture(view: HTMLElement | null = null, type: TRTCVideoStreamType = sub, params: any = null): void {
    if (params !== null && !(params instanceof TRTCVideoEncParam)) {
      log.error('startScreenCapture: params must be a TRTCVideoEncParam or null');
      return;
    }
    if (this.refuseDestroyed('startScreenCapture')) return;
    if (params) this.local.encodeScreen(params);
    this.views.placeScreen(view);
    void this.local.startScreen(type === big ? big : sub);
    this.session?.warnAudience();
  }

  /** Sends no new picture of the screen for a while. */
  pauseScreenCapture(): void {
    this.local.pauseScreen();
  }

  /** Goes on after pauseScreenCapture. */
  resumeScreenCapture(): void {
    this.local.resumeScreen();
  }

  /** Ends the sharing. */
  stopScreenCapture(): void {
    this.views.placeScreen(null);
    this.local.stopScreen();
  }

  /** Size, frame rate and bit rate of the screen's picture. */
  // biome-ignore lint/suspicious/noExplicitAny: TRTC types it so.
  setSubStreamEncoderParam(params: any): void {
    this.local.encodeScreen(Object.assign(new TRTCVideoEncParam(), params));
  }

  // Plain matters.

  /**
   * TRTC's door for what has no method. There is one such thing here: `updatePrivateMapKey`, with `privateMapKey`,
   * brings a newer PrivateMapKey into the room; onRightsChanged has the answer. Anything else gets onError.
   */
  callExperimentalAPI(jsonStr: string): void {
    const call = experimentalCall(jsonStr);
    const key = call?.params.privateMapKey;
    if (call?.api !== 'updatePrivateMapKey') {
      const code = call ? TXLiteAVError.ERR_NOT_SUPPORTED : TXLiteAVError.ERR_INVALID_PARAMETER;
      this.tell('onError', code, `callExperimentalAPI: ${call ? `${call.api} is not supported` : 'no {"api": …}'}`);
    } else if (typeof key !== 'string' || key === '') {
      const message = 'updatePrivateMapKey: privateMapKey must be a string that is not empty';
      this.tell('onError', TXLiteAVError.ERR_INVALID_PARAMETER, message);
    } else if (this.session?.live) {
      this.session.updatePermit(key);
    } else {
      this.tell('onError', TXLiteAVError.ERR_FAILED, 'updatePrivateMapKey: not in a room');
    }
  }

  /** Version of this SDK. */
  getSDKVersion(): string {
    return sdkVersion;
  }

  /** Which lines are logged. */
  setLogLevel(level: TRTCLogLevel): void {
    setLevel(level);
  }

  /** Whether log lines go to the console. */
  setConsoleEnabled(enabled: boolean): void {
    setConsole(enabled ? 'on' : 'off');
  }

  /** Who else gets the log lines. */
  setLogCallback(callback?: LogCallback): void {
    setCallback(callback);
  }

  /** @internal */
  protected preferUsually(quality: Quality): void {
    this.unasked.quality = quality;
    this.session?.receiver.preferUsually(quality);
  }

  private localChanged(): void {
    this.views.showOwn(this.local);
    this.session?.sync();
  }

  private tellUnlessDestroyed(event: string, args: unknown[]): void {
    if (!this.destroyed || event === 'onExitRoom') this.fire(event, ...args);
    // After the listeners of onExitRoom, which may well be what stops the application's own tracks.
    if (event === 'onExitRoom') later(nameStrangers);
  }

  private refuseDestroyed(call: string): boolean {
    if (this.destroyed) log.error(`${call}: this instance is destroyed`);
    return this.destroyed;
  }
}
