import { vi } from 'vitest';
import { TRTCAppScene, TRTCCloud, TRTCParams } from '../src/index';
import { FakeDevices, FakePeer, FakeTrack } from './fakeBrowser';
import { FakeServer, FakeSocket } from './fakeServer';

/** One event as the application heard it. */
export type Heard = [event: string, ...args: unknown[]];

/** A page with devices and a server, in virtual time. */
export class World {
  readonly server = new FakeServer();
  readonly devices = new FakeDevices();
  /** The listeners that the SDK has on the page. */
  readonly page = new EventTarget();
  readonly listening = new Set<unknown>();

  constructor() {
    vi.useFakeTimers();
    FakeTrack.all.length = 0;
    FakePeer.all.length = 0;
    FakePeer.throwsOnClose = false;
    FakePeer.network = 'works';
    FakePeer.simulcast = 'known';
    FakePeer.sdp = '';
    FakePeer.settingMs = 0;
    FakePeer.answered = () => {};
    FakePeer.stats = [{ id: 'mic', type: 'media-source', kind: 'audio', audioLevel: 0.25 }];
    FakeSocket.server = this.server;
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('RTCPeerConnection', FakePeer);
    vi.stubGlobal('navigator', { mediaDevices: this.devices });
    vi.stubGlobal('addEventListener', (event: string, listener: EventListener) => {
      this.listening.add(listener);
      this.page.addEventListener(event, listener);
    });
    vi.stubGlobal('removeEventListener', (event: string, listener: EventListener) => {
      this.listening.delete(listener);
      this.page.removeEventListener(event, listener);
    });
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
  }

  /** Lets so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** What the SDK has opened and not given back, by name, and timers. Empty once everybody has left. */
  get left(): string[] {
    return [...this.open, ...(vi.getTimerCount() > 0 ? [`${vi.getTimerCount()} timers`] : [])];
  }

  /** The same without timers, some of which are the fakes' own while frames are on their way. */
  get open(): string[] {
    return [
      ...FakeTrack.all.filter((track) => track.readyState === 'live').map((track) => `${track.kind} track`),
      ...FakePeer.all.filter((peer) => peer.connectionState !== 'closed').map(() => 'peer connection'),
      ...this.server.sockets.filter((socket) => socket.readyState < 2).map(() => 'socket'),
      ...[...this.listening].map(() => 'listener'),
    ];
  }

  /** Lets everybody leave, and forgets everything; call it after each test. */
  async close(): Promise<void> {
    TRTCCloud.destroyTRTCShareInstance();
    await this.pass(1000);
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }
}

const names = [
  ...['onError', 'onWarning', 'onEnterRoom', 'onExitRoom', 'onSwitchRole', 'onRemoteUserEnterRoom'],
  ...['onRemoteUserLeaveRoom', 'onUserEnter', 'onUserExit', 'onUserVideoAvailable', 'onUserSubStreamAvailable'],
  ...['onUserAudioAvailable', 'onFirstVideoFrame', 'onFirstAudioFrame', 'onSendFirstLocalVideoFrame'],
  ...['onSendFirstLocalAudioFrame', 'onCameraDidReady', 'onMicDidReady', 'onConnectionLost', 'onTryToReconnect'],
  ...['onConnectionRecovery', 'onScreenCaptureStarted', 'onScreenCaptureStoped', 'onScreenCaptureStopped'],
  ...[
    'onScreenCapturePaused',
    'onScreenCaptureResumed',
    'onUserVoiceVolume',
    'onRecvCustomCmdMsg',
    'onMissCustomCmdMsg',
    'onDeviceChange',
    'onNetworkQuality',
    'onRemoteUserPresence',
    'onRightsChanged',
    'onRoomHostChanged',
  ],
];

/** Records what a cloud tells, in order. */
export function listen(cloud: TRTCCloud): Heard[] {
  const heard: Heard[] = [];
  for (const name of names) cloud.on(name, (...args: unknown[]) => heard.push([name, ...args]));
  return heard;
}

/** The arguments of each event of one name. */
export function only(heard: Heard[], name: string): unknown[][] {
  return heard.filter(([event]) => event === name).map(([, ...args]) => args);
}

/** What one needs to enter. */
export function ticket(userId = 'me'): TRTCParams {
  return new TRTCParams(1400000000, userId, 'sig', 7);
}

/** A cloud inside the room, with what it has told since. */
export async function enter(world: World, scene = TRTCAppScene.TRTCAppSceneVideoCall) {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.enterRoom(ticket(), scene);
  await world.pass(50);
  return { cloud, heard };
}
