import { TRTCDeviceInfo, TRTCDeviceState, TRTCDeviceType } from './define';
import { log } from './log';

/** Tells that a device was plugged in or taken out. */
export type DeviceChange = (deviceId: string, type: TRTCDeviceType, state: TRTCDeviceState) => void;

const types: Readonly<Record<MediaDeviceKind, TRTCDeviceType>> = {
  audioinput: TRTCDeviceType.TRTCDeviceTypeMic,
  audiooutput: TRTCDeviceType.TRTCDeviceTypeSpeaker,
  videoinput: TRTCDeviceType.TRTCDeviceTypeCamera,
};

/**
 * The devices of this machine. TRTC's getters answer at once and a browser's do not, so one list is kept for the whole
 * page: read when the SDK loads, and again whenever a device changes or the user allows one: only then it has a name.
 */
class DeviceList {
  private known: MediaDeviceInfo[] = [];
  private readonly watchers = new Set<DeviceChange>();

  constructor() {
    media()?.addEventListener?.('devicechange', () => void this.refresh());
    void this.refresh();
  }

  /** Reads the list anew. What is new or gone is told, except names that became readable. */
  async refresh(): Promise<void> {
    const before = this.known;
    try {
      this.known = (await media()?.enumerateDevices?.()) ?? [];
    } catch (error) {
      log.warn('the devices cannot be listed', error);
      return;
    }
    // Until the user has allowed one device of a kind, all of that kind are without id: then nothing has changed.
    const identified = before.some((device) => device.deviceId !== '');
    if (!identified) return;
    for (const device of missingIn(before, this.known)) this.tell(device, TRTCDeviceState.TRTCDeviceStateAdd);
    for (const device of missingIn(this.known, before)) this.tell(device, TRTCDeviceState.TRTCDeviceStateRemove);
  }

  /** The devices of one kind, as TRTC describes them. */
  list(kind: MediaDeviceKind): TRTCDeviceInfo[] {
    return this.known
      .filter((device) => device.kind === kind)
      .map((device) => new TRTCDeviceInfo(device.deviceId, device.label, { groupId: device.groupId }));
  }

  /** The chosen device of a kind, else the first; one without id and name when there is none. */
  current(kind: MediaDeviceKind, chosen: string): TRTCDeviceInfo {
    const devices = this.list(kind);
    return devices.find((device) => device.deviceId === chosen) ?? devices[0] ?? new TRTCDeviceInfo('', '', {});
  }

  /** Whether this is the id of a device of this machine. */
  knows(deviceId: string): boolean {
    return deviceId !== '' && this.known.some((device) => device.deviceId === deviceId);
  }

  /** Tells every later change, until the returned function is called. */
  watch(change: DeviceChange): () => void {
    this.watchers.add(change);
    return () => this.watchers.delete(change);
  }

  private tell(device: MediaDeviceInfo, state: TRTCDeviceState): void {
    for (const watcher of this.watchers) watcher(device.deviceId, types[device.kind], state);
  }
}

/** The one list of the page. */
export const devices = new DeviceList();

function media(): MediaDevices | undefined {
  return globalThis.navigator?.mediaDevices;
}

function missingIn(list: MediaDeviceInfo[], wanted: MediaDeviceInfo[]): MediaDeviceInfo[] {
  const same = (a: MediaDeviceInfo, b: MediaDeviceInfo) => a.kind === b.kind && a.deviceId === b.deviceId;
  return wanted.filter((device) => device.deviceId !== '' && !list.some((other) => same(other, device)));
}
