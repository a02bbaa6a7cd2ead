import type { Closer, Ledger } from './ledger';
import { log } from './log';

const loudest = 100;

interface Voice {
  element: HTMLAudioElement;
  close: Closer;
}

/** The sound of the others: one hidden `<audio>` for each, with its volume and mute. */
export class Sound {
  private readonly voices = new Map<string, Voice>();
  private readonly volumes = new Map<string, number>();
  private readonly muted = new Set<string>();
  private allMuted = false;
  private playout = loudest;
  private speaker = '';

  constructor(private readonly ledger: Ledger) {}

  /** Plays a user's sound. */
  play(user: string, track: MediaStreamTrack): void {
    this.stop(user);
    if (typeof document === 'undefined') return;
    const element = document.createElement('audio');
    const close = this.ledger.hold('audio element', () => {
      this.voices.delete(user);
      element.pause();
      element.srcObject = null;
      element.remove();
    });
    this.voices.set(user, { element, close });
    element.srcObject = new MediaStream([track]);
    element.hidden = true;
    document.body?.appendChild(element);
    this.direct(element);
    this.tune(user);
    this.begin(element);
  }

  /** Stops playing a user's sound. */
  stop(user: string): void {
    this.voices.get(user)?.close();
  }

  /** Silences a user, also for sounds that come later. */
  mute(user: string): void {
    this.muted.add(user);
    this.tune(user);
  }

  /** Takes the mute of a user back. */
  unmute(user: string): void {
    this.muted.delete(user);
    this.tune(user);
  }

  /** Silences everybody, also those who come later. */
  muteAll(): void {
    this.allMuted = true;
    this.tuneAll();
  }

  /** Takes back the mute of everybody, and that of each. */
  unmuteAll(): void {
    this.allMuted = false;
    this.muted.clear();
    this.tuneAll();
  }

  /** A user's volume, 0 to 100. */
  setVolume(user: string, volume: number): void {
    this.volumes.set(user, volume);
    this.tune(user);
  }

  /** The volume of everything that is played, 0 to 100. */
  get volume(): number {
    return this.playout;
  }

  set volume(volume: number) {
    this.playout = Math.min(loudest, Math.max(0, volume));
    this.tuneAll();
  }

  /** The loudspeaker to play on; empty for the default one. */
  get sink(): string {
    return this.speaker;
  }

  set sink(deviceId: string) {
    this.speaker = deviceId;
    for (const { element } of this.voices.values()) this.direct(element);
  }

  /** Stops all sound. Mutes end with the stay, as TRTC documents; volumes and the loudspeaker are kept. */
  clear(): void {
    for (const user of [...this.voices.keys()]) this.stop(user);
    this.muted.clear();
    this.allMuted = false;
  }

  private tuneAll(): void {
    for (const user of this.voices.keys()) this.tune(user);
  }

  private tune(user: string): void {
    const element = this.voices.get(user)?.element;
    if (!element) return;
    const own = Math.max(0, this.volumes.get(user) ?? loudest);
    element.volume = Math.min(1, (own / loudest) * (this.playout / loudest));
    element.muted = this.allMuted || this.muted.has(user);
  }

  private direct(element: HTMLAudioElement): void {
    if (!element.setSinkId || (!this.speaker && !element.sinkId)) return;
    element.setSinkId(this.speaker).catch((error) => log.warn('the loudspeaker cannot be used', error));
  }

  // A page that nobody has clicked in may not make a sound; the first click or key starts what was held back.
  private begin(element: HTMLAudioElement): void {
    const start = () => element.play();
    start()?.catch((error: Error) => {
      if (error.name !== 'NotAllowedError') return;
      const touch = () => {
        give();
        if (element.srcObject) start()?.catch(() => {});
      };
      const give = this.ledger.hold('wait for a click', () => {
        for (const event of ['pointerdown', 'keydown']) document.removeEventListener(event, touch, true);
      });
      for (const event of ['pointerdown', 'keydown']) document.addEventListener(event, touch, true);
    });
  }
}
