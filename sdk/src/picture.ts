import { TRTCRenderParams, TRTCVideoFillMode, TRTCVideoMirrorType } from './define';
import { type Closer, isolate, type Ledger } from './ledger';

/** Where a picture may be shown: TRTC takes one element, several, or none. */
export type View = HTMLElement | HTMLElement[] | null | undefined;

/** Whose picture it is: Auto mirrors one's own face, as every mirror does, and nobody else's. */
export type Whose = 'own' | 'other';

/** One moving picture, shown in any number of the application's elements by a `<video>` of ours in each. */
export class Picture {
  private elements: HTMLElement[] = [];
  private readonly videos: HTMLVideoElement[] = [];
  private look = new TRTCRenderParams();
  private track: MediaStreamTrack | null = null;
  // The track whose first frame has been told.
  private seen: MediaStreamTrack | null = null;
  private close: Closer = () => {};

  /** `first` is called with the size of the first frame of each track that is shown. */
  constructor(
    private readonly whose: Whose,
    private readonly ledger: Ledger,
    private readonly first: (width: number, height: number) => void,
  ) {
    if (whose === 'own') this.look.mirrorType = TRTCVideoMirrorType.TRTCVideoMirrorType_Auto;
  }

  /** Shows it in these elements from now on, and in no others. */
  place(view: View): void {
    const elements = (Array.isArray(view) ? view : [view]).filter((element) => element != null);
    // Applications place a view again at each change of availability; the picture must not flicker for that.
    const same = elements.length === this.elements.length && elements.every((each, i) => each === this.elements[i]);
    this.elements = elements;
    if (!same) this.redraw();
  }

  /** Shows this track from now on; null for nothing. */
  show(track: MediaStreamTrack | null): void {
    if (track === this.track) return;
    this.track = track;
    if (!track) this.seen = null;
    this.redraw();
  }

  /** Changes how it looks. */
  style(look: Partial<TRTCRenderParams>): void {
    this.look = Object.assign(new TRTCRenderParams(), this.look, look);
    for (const video of this.videos) this.dress(video);
  }

  private redraw(): void {
    this.close();
    const { track } = this;
    if (!track || this.elements.length === 0) return;
    this.close = this.ledger.hold('video element', () => {
      for (const video of this.videos.splice(0)) isolate('remove a picture', () => remove(video));
    });
    for (const element of this.elements) isolate('show a picture', () => this.draw(element, track));
    this.watchFirst(this.videos[0], track);
  }

  private draw(element: HTMLElement, track: MediaStreamTrack): void {
    const video = element.ownerDocument.createElement('video');
    this.videos.push(video);
    // Sound has elements of its own, and only a muted picture may start without a click.
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    this.dress(video);
    element.appendChild(video);
    // A muted picture in an element that is not displayed stays paused unless it is told to play.
    video.play()?.catch(() => {});
  }

  private dress(video: HTMLVideoElement): void {
    const { fillMode, mirrorType, rotation } = this.look;
    const auto = mirrorType === TRTCVideoMirrorType.TRTCVideoMirrorType_Auto && this.whose === 'own';
    const mirrored = auto || mirrorType === TRTCVideoMirrorType.TRTCVideoMirrorType_Enable;
    Object.assign(video.style, {
      display: 'block',
      width: '100%',
      height: '100%',
      objectFit: fillMode === TRTCVideoFillMode.TRTCVideoFillMode_Fill ? 'cover' : 'contain',
      transform: `rotate(${rotation * 90}deg)${mirrored ? ' scaleX(-1)' : ''}`,
    });
  }

  private watchFirst(video: HTMLVideoElement | undefined, track: MediaStreamTrack): void {
    if (!video) return;
    const tell = () => {
      if (track !== this.track || track === this.seen || !this.videos.includes(video)) return;
      this.seen = track;
      this.first(video.videoWidth, video.videoHeight);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(tell);
    else video.addEventListener('loadeddata', tell, { once: true });
  }
}

function remove(video: HTMLVideoElement): void {
  const page = video.ownerDocument;
  // A small window that floats over others would outlive the call (C15).
  if (page.pictureInPictureElement === video) page.exitPictureInPicture().catch(() => {});
  video.srcObject = null;
  video.remove();
}
