// Tracks, devices and peer connections that remember what was done to them.

export class FakeTrack extends EventTarget {
  static readonly all: FakeTrack[] = [];
  readyState = 'live';
  enabled = true;
  muted = false;

  constructor(readonly kind: string) {
    super();
    FakeTrack.all.push(this);
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** The device is gone, or the user ended it in the browser's own bar. */
  end(): void {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }

  getSettings(): { width: number; height: number; deviceId?: string } {
    return { width: 1280, height: 720 };
  }

  /** Something else takes the device, or gives it back. */
  interrupt(muted: boolean): void {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
  }

  async applyConstraints(): Promise<void> {}
}

class FakeStream {
  constructor(private readonly tracks: FakeTrack[]) {}
  getTracks(): FakeTrack[] {
    return this.tracks;
  }
  getAudioTracks(): FakeTrack[] {
    return this.tracks.filter((track) => track.kind === 'audio');
  }
}

/** navigator.mediaDevices: what it gives, how late, and whether it fails. */
export class FakeDevices extends EventTarget {
  delayMs = 0;
  failures: string[] = [];
  /** Questions so far, those without an answer yet, and the most there ever were at once for one kind of device. */
  asked = 0;
  readonly unanswered = new Map<string, number>();
  mostAtOnce = 0;
  devices = [{ kind: 'videoinput', deviceId: 'cam', label: 'Camera', groupId: '' }];

  getUserMedia({ video, audio }: { video?: unknown; audio?: unknown }): Promise<FakeStream> {
    return this.give(video ? 'camera' : 'microphone', () => [
      ...(video ? [new FakeTrack('video')] : []),
      ...(audio ? [new FakeTrack('audio')] : []),
    ]);
  }

  getDisplayMedia(): Promise<FakeStream> {
    return this.give('screen', () => [new FakeTrack('video')]);
  }

  async enumerateDevices() {
    return this.devices;
  }

  private async give(kind: string, tracks: () => FakeTrack[]): Promise<FakeStream> {
    this.asked++;
    const unanswered = (this.unanswered.get(kind) ?? 0) + 1;
    this.unanswered.set(kind, unanswered);
    this.mostAtOnce = Math.max(this.mostAtOnce, unanswered);
    try {
      return await this.answer(tracks);
    } finally {
      this.unanswered.set(kind, (this.unanswered.get(kind) ?? 1) - 1);
    }
  }

  private async answer(tracks: () => FakeTrack[]): Promise<FakeStream> {
    if (this.delayMs) await new Promise((answered) => setTimeout(answered, this.delayMs));
    const failure = this.failures.shift();
    if (failure) throw Object.assign(new Error('no device'), { name: failure });
    return new FakeStream(tracks());
  }
}

class FakeLine {
  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }

  mid: string | null = null;
  readonly sent: Array<FakeTrack | null> = [];
  readonly receiver: { track: FakeTrack };
  readonly sender = {
    replaceTrack: async (track: FakeTrack | null) => void this.sent.push(track),
    getParameters: () => {
      this.read++;
      return { encodings: structuredClone(this.encodings) };
    },
    setParameters: async (parameters: { encodings: RTCRtpEncodingParameters[] }) => {
      // As a browser does when something was read, and so may change, in between.
      if (this.read !== 1) throw new DOMException('read twice', 'InvalidModificationError');
      if (FakePeer.settingMs) await new Promise((set) => setTimeout(set, FakePeer.settingMs));
      this.read = 0;
      this.encodings = structuredClone(parameters.encodings);
    },
    getStats: async () => new Map([['out', { type: 'outbound-rtp', packetsSent: this.sent.length }]]),
  };

  private read = 0;
  /** The codecs in the order that was asked for; empty while nothing was. */
  codecs: string[] = [];

  constructor(
    kind: string,
    readonly direction: string,
    public encodings: RTCRtpEncodingParameters[],
  ) {
    this.receiver = { track: new FakeTrack(kind) };
    // Until the first packet arrives.
    this.receiver.track.muted = true;
  }
}

export class FakeChannel {
  readyState: RTCDataChannelState = 'connecting';
  binaryType = 'blob';
  bufferedAmount = 0;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: Uint8Array[] = [];

  constructor(
    readonly label: string,
    readonly init: RTCDataChannelInit,
  ) {}

  /** It opens or closes, and says so. */
  become(state: 'open' | 'closed'): void {
    this.readyState = state;
    if (state === 'open') this.onopen?.();
    else this.onclose?.();
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(bytes.slice());
  }
}

export class FakePeer {
  static readonly all: FakePeer[] = [];
  static throwsOnClose = false;
  /** Whether an answer leads to a connection; `relayed` means only through a relay that the offer was made with. */
  static network: 'works' | 'blocked' | 'relayed' = 'works';
  static simulcast: 'known' | 'unknown' = 'known';
  /** How long a change of a line's parameters takes. */
  static settingMs = 0;
  /** What an answer does to the send lines. */
  static answered: (lines: FakeLine[]) => void = () => {};
  /** The rest of each offer. */
  static sdp = '';
  /** What every connection measures. */
  static stats: Array<{ id: string } & Record<string, unknown>> = [];
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  localDescription: { sdp: string } | null = null;
  offers = 0;
  readonly lines: FakeLine[] = [];

  /** The ICE servers with which ways were looked for. */
  searched: RTCIceServer[];

  constructor(private configuration: RTCConfiguration = {}) {
    this.searched = configuration.iceServers ?? [];
    FakePeer.all.push(this);
  }

  getConfiguration(): RTCConfiguration {
    return { ...this.configuration };
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  /** The data channels, which open when the test opens them. */
  readonly channels: FakeChannel[] = [];

  createDataChannel(label: string, init: RTCDataChannelInit): FakeChannel {
    const channel = new FakeChannel(label, init);
    this.channels.push(channel);
    return channel;
  }

  addTransceiver(kind: string, { direction, sendEncodings = [] }: RTCRtpTransceiverInit): FakeLine {
    // A browser from before simulcast passes over what it does not know.
    const encodings = FakePeer.simulcast === 'known' && sendEncodings.length > 0 ? sendEncodings : [{}];
    const line = new FakeLine(kind, direction ?? 'sendrecv', encodings);
    this.lines.push(line);
    return line;
  }

  getTransceivers(): FakeLine[] {
    return this.lines;
  }

  async createOffer(options?: { iceRestart?: boolean }) {
    if (options?.iceRestart) this.searched = this.configuration.iceServers ?? [];
    return { type: 'offer', sdp: `${options?.iceRestart ? 'restart' : 'offer'} ${++this.offers}${FakePeer.sdp}` };
  }

  async setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    this.lines.forEach((line, i) => {
      line.mid = String(i);
    });
  }

  async setRemoteDescription(): Promise<void> {
    FakePeer.answered(this.lines);
    const through = FakePeer.network === 'works' || (FakePeer.network === 'relayed' && this.searched.length > 0);
    if (through) this.turn('connected');
  }

  /** The way to the server is in another state. */
  turn(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map(FakePeer.stats.map((entry) => [entry.id, entry]));
  }

  /** Checks go unanswered until the browser gives up. */
  fail(): void {
    this.turn('failed');
  }

  close(): void {
    this.connectionState = 'closed';
    for (const channel of this.channels) channel.readyState = 'closed';
    for (const line of this.lines) line.receiver.track.stop();
    if (FakePeer.throwsOnClose) throw new Error('close failed');
  }
}
