import { type Enclosed, spaceOf } from './body';

// A message that no frame took for so long says nothing of the picture any more. A camera that starts, or a new peer
// connection, needs about a second.
const unsentMs = 3_000;
// The other layers of a picture have their next frames within so long, at one frame a second.
const layersMs = 1_000;
// What one frame carries at most; the rest takes the next one.
const mostBytes = 8 * 1024;

// A layer that somebody paused in between never takes the rest.
const repeatsMs = 10_000;

/** A message that frames are to carry. */
export interface Waiting extends Enclosed {
  readonly repeat: number;
  readonly until: number;
  /** When the first layer took it. */
  taken?: number;
  /** How many more frames of each layer are to carry it. */
  readonly left: Map<number, number>;
}

/** The messages that wait for frames. Every layer of the picture carries each of them in its next `repeat` frames. */
export class Queue {
  private waiting: Waiting[] = [];

  /** Enters a message. */
  add(message: Enclosed, repeat: number, now: number): void {
    this.waiting.push({ ...message, repeat, until: now + unsentMs, left: new Map() });
  }

  /** Whether no message waits. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** What the next frame of a layer is to carry. */
  next(layer: number, now: number): Waiting[] {
    this.waiting = this.waiting.filter((message) => !isOver(message, now));
    let room = mostBytes;
    const fits = (message: Enclosed) => {
      room -= spaceOf(message);
      return room >= 0;
    };
    return this.waiting.filter((message) => isDue(message, layer, now) && fits(message));
  }

  /** A frame of this layer carries these. */
  took(layer: number, messages: Waiting[], now: number): void {
    for (const message of messages) {
      message.taken = message.taken ?? now;
      message.left.set(layer, (message.left.get(layer) ?? message.repeat) - 1);
    }
  }
}

function isDue({ taken, left, repeat }: Waiting, layer: number, now: number): boolean {
  // A layer that only begins later shows a later picture.
  if (!left.has(layer) && taken !== undefined && now - taken > layersMs) return false;
  return (left.get(layer) ?? repeat) > 0;
}

function isOver({ taken, left, until }: Waiting, now: number): boolean {
  if (taken === undefined) return now > until;
  const isCarried = [...left.values()].every((frames) => frames <= 0);
  return now - taken > (isCarried ? layersMs : repeatsMs);
}
