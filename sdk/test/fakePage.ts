// The parts of a page that show, play and compute: elements, audio contexts, workers. They remember what was made.
import { vi } from 'vitest';
import { FakeTrack } from './fakeBrowser';

export class FakeElement extends EventTarget {
  srcObject: unknown = null;
  readonly style = {};
  readonly children: FakeElement[] = [];
  parent: FakeElement | null = null;
  removals = 0;

  constructor(
    readonly name: string,
    readonly ownerDocument: FakeDocument,
  ) {
    super();
  }

  appendChild(child: FakeElement): void {
    child.parent = this;
    this.children.push(child);
  }

  remove(): void {
    this.removals++;
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
    if (this.ownerDocument.broken) throw new Error('the page took it off itself');
  }

  async play(): Promise<void> {}
  pause(): void {}
}

export class FakeDocument extends EventTarget {
  visibilityState = 'visible';
  pictureInPictureElement: FakeElement | null = null;
  /** Whether closing anything throws. */
  broken = false;
  readonly made: FakeElement[] = [];
  readonly body = new FakeElement('body', this);

  createElement(name: string): FakeElement {
    const element = new FakeElement(name, this);
    this.made.push(element);
    return element;
  }

  querySelector(): null {
    return null;
  }

  querySelectorAll(names: string): FakeElement[] {
    return this.made.filter(({ name, parent }) => names.split(', ').includes(name) && parent !== null);
  }

  async exitPictureInPicture(): Promise<void> {
    this.pictureInPictureElement = null;
    if (this.broken) throw new Error('there is no picture in picture');
  }
}

class FakeMediaStream {
  constructor(readonly tracks: FakeTrack[]) {}
  getTracks(): FakeTrack[] {
    return this.tracks;
  }
}

export class FakeContext {
  static readonly all: FakeContext[] = [];
  static broken = false;
  state = 'running';

  constructor() {
    FakeContext.all.push(this);
  }

  createMediaStreamDestination() {
    const track = new FakeTrack('audio');
    return { stream: { getAudioTracks: () => [track] } };
  }

  createGain() {
    return { gain: { value: 1 }, connect: (end: unknown) => end };
  }

  createMediaStreamSource() {
    if (FakeContext.broken) throw new Error('the graph cannot be built');
    return { connect: (node: unknown) => node };
  }

  async close(): Promise<void> {
    this.state = 'closed';
  }
}

export class FakeWorker {
  static readonly all: FakeWorker[] = [];
  onmessage: ((event: { data: number }) => void) | undefined;
  onerror: unknown;
  running = true;
  private readonly timers: Array<ReturnType<typeof setTimeout>> = [];

  constructor() {
    FakeWorker.all.push(this);
  }

  postMessage({ id, ms }: { id: number; ms: number }): void {
    this.timers.push(setTimeout(() => this.onmessage?.({ data: id }), ms));
  }

  terminate(): void {
    this.running = false;
    for (const timer of this.timers) clearTimeout(timer);
  }
}

/** Gives the page of a World a document, sound and workers; the World takes them back. */
export class FakePage {
  readonly document = new FakeDocument();
  /** How often a window was opened. */
  readonly opened = vi.fn();

  constructor() {
    FakeContext.all.length = 0;
    FakeContext.broken = false;
    FakeWorker.all.length = 0;
    vi.stubGlobal('document', this.document);
    vi.stubGlobal('MediaStream', FakeMediaStream);
    vi.stubGlobal('AudioContext', FakeContext);
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('open', this.opened);
  }

  /** An element of the application's own, as a view. */
  view(): HTMLElement {
    return this.document.createElement('div') as unknown as HTMLElement;
  }

  /** What the SDK has made and not taken down, by name. */
  get left(): string[] {
    const { made, pictureInPictureElement } = this.document;
    return [
      ...made.filter(({ srcObject, parent }) => srcObject !== null || parent !== null).map(({ name }) => name),
      ...FakeContext.all.filter(({ state }) => state !== 'closed').map(() => 'audio context'),
      ...FakeWorker.all.filter(({ running }) => running).map(() => 'worker'),
      ...(pictureInPictureElement ? ['picture in picture'] : []),
    ];
  }
}
