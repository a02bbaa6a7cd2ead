import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Body, longestMessage, markOf, packBody, unpackBody } from '../src/sei/body';
import { enclose, layerOf, open, standsAlone } from '../src/sei/frame';
import { isByteStream } from '../src/sei/nal';
import { Queue } from '../src/sei/queue';
import { workerSource } from '../worker.mjs';
import { dice } from './dice';

const below = dice(20260101);
const bytes = (length: number, most = 256) => Uint8Array.from({ length }, () => below(most));

/** A frame of each codec such as an encoder makes, with a picture that is noise. */
const pictures: Record<string, () => Uint8Array> = {
  'video/VP8': () => Uint8Array.of(0xb0, 0x3c, 0, 0x9d, 1, 0x2a, ...bytes(below(3000))),
  // Its last byte is none of an index of frames.
  'video/VP9': () => Uint8Array.of(0x82, 0x49, 0x83, ...bytes(below(3000)), 0x55),
  'video/H264': () => Uint8Array.from([sps, pps, slice(5, below(3000))].flat()),
  'video/AV1': () => Uint8Array.from([sequence, obu(6, [...bytes(below(3000))])].flat()),
};

const sps = [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0x8c];
const pps = [0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80];
const slice = (type: number, length: number) => [0, 0, 1, 0x60 | type, ...bytes(length).map((byte) => byte | 4), 0x80];
const sequence = [0x0a, 3, 1, 2, 3];

function obu(type: number, payload: number[]): number[] {
  const size = payload.length;
  return [(type << 3) | 2, (size & 0x7f) | 0x80, size >> 7, ...payload];
}

/** Messages with many zeros, ones and threes, which is where a byte stream needs care. */
function messages(): Body {
  const count = 1 + below(4);
  const all = Array.from({ length: count }, () => ({
    id: below(2 ** 32),
    data: bytes(below(longestMessage + 1), below(10) < 7 ? 4 : 256),
  }));
  return { sender: markOf(`user ${below(1000)}`), messages: all };
}

/** Where NAL units begin. */
function startCodes(stream: Uint8Array): number[] {
  return [...stream.keys()].filter((at) => stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1);
}

describe('a message in a frame', () => {
  for (const [codec, picture] of Object.entries(pictures)) {
    test(`comes out of ${codec} as it went in, whatever its bytes are`, () => {
      for (let i = 0; i < 100; i++) {
        const [body, frame] = [messages(), picture()];
        const whole = enclose(codec, frame, body);
        const opened = open(whole ?? frame);
        expect(opened?.bodies).toEqual([body]);
        const untouched = codec === 'video/VP8' || codec === 'video/VP9';
        if (untouched) expect(opened?.picture).toEqual(frame);
      }
    });

    test(`that is cut off, or damaged, in ${codec} breaks nothing, and is whole or absent`, () => {
      for (let i = 0; i < 100; i++) {
        const body = messages();
        const whole = enclose(codec, picture(), body) ?? new Uint8Array();
        const cut = whole.subarray(below(whole.length), whole.length - below(whole.length));
        open(cut);
        const damaged = Uint8Array.from(whole);
        for (let n = 0; n < 1 + below(20); n++) damaged[below(damaged.length)] = below(256);
        for (const { messages: some } of open(damaged)?.bodies ?? []) {
          for (const { data } of some) expect(data.length).toBeLessThanOrEqual(longestMessage);
        }
        const short = whole.subarray(0, below(whole.length));
        const found = open(short)?.bodies.flatMap((each) => each.messages) ?? [];
        // Of H264 and AV1, messages stand before the picture and may be whole.
        for (const { id, data } of found) expect(body.messages).toContainEqual({ id, data });
      }
    });

    test(`is not seen in ${codec} where there is none`, () => {
      for (let i = 0; i < 100; i++) expect(open(picture())).toBeUndefined();
    });
  }

  test('of pure noise is none, and noise breaks nothing', () => {
    for (let i = 0; i < 1000; i++) expect(open(bytes(below(200), below(2) ? 4 : 256))).toBeUndefined();
  });

  test('has no place in a codec that is not known, nor in a frame without a picture', () => {
    const body = messages();
    expect(enclose('video/H265', pictures['video/H264']?.() ?? bytes(9), body)).toBeUndefined();
    expect(enclose('video/H264', Uint8Array.from([...sps, ...pps]), body)).toBeUndefined();
    expect(enclose('video/AV1', Uint8Array.from(sequence), body)).toBeUndefined();
  });

  test('waits for the next frame of VP9 where this one has an index of its own', () => {
    const indexed = Uint8Array.of(0x82, 1, 2, 3, 0xc0, 4, 0xc0);
    expect(enclose('video/VP9', indexed, messages())).toBeUndefined();
  });
});

describe('in H264', () => {
  test('it is one SEI unit of unregistered user data between the parameter sets and the slice', () => {
    for (let i = 0; i < 100; i++) {
      const frame = pictures['video/H264']?.() ?? new Uint8Array();
      const whole = enclose('video/H264', frame, messages()) ?? new Uint8Array();
      const types = startCodes(whole).map((at) => (whole[at + 3] ?? 0) & 0x1f);
      expect(types).toEqual([7, 8, 6, 5]);
      const unit = whole.subarray((startCodes(whole)[2] ?? 0) + 3, startCodes(whole)[3] ?? 0);
      expect(unit[1]).toBe(5);
      expect(unit.at(-1)).toBe(0x80);
      // No three bytes in it look like a start code, or like one that is yet to come (7.4.1).
      const isCode = (at: number) => unit[at] === 0 && unit[at + 1] === 0 && (unit[at + 2] ?? 9) < 3;
      expect([...unit.keys()].filter(isCode)).toEqual([]);
    }
  });

  test('units of others are passed over: other user data, several messages in one unit, cut sizes', () => {
    const body = messages();
    const x264 = [0, 0, 0, 1, 6, 5, 20, ...bytes(16).map((byte) => byte | 4), 1, 2, 3, 4, 0x80];
    const timing = [0, 0, 1, 6, 1, 2, 7, 7, 0x80];
    const cut = [0, 0, 1, 6, 5, 255, 255, 9, 9];
    const frame = Uint8Array.from([...sps, ...x264, ...timing, ...cut, ...slice(1, 50)]);
    expect(isByteStream(frame)).toBe(true);
    expect(open(frame)).toBeUndefined();
    expect(open(enclose('video/H264', frame, body) ?? frame)?.bodies).toEqual([body]);
  });
});

test('a body reads as it was written, and of one that is cut off the whole messages are read', () => {
  for (let i = 0; i < 100; i++) {
    const body = messages();
    const packed = packBody(body);
    expect(unpackBody(packed)).toEqual(body);
    const some = unpackBody(packed.subarray(0, 20 + below(packed.length - 20)));
    expect(body.messages.slice(0, some?.messages.length)).toEqual(some?.messages);
    expect(unpackBody(packed.subarray(0, below(20)))).toBeUndefined();
  }
});

describe('the next frames', () => {
  const message = (id: number, length = 3) => ({ id, data: bytes(length) });
  const take = (queue: Queue, layer: number, now: number) => {
    const next = queue.next(layer, now);
    queue.took(layer, next, now);
    return next.map(({ id }) => id);
  };

  test('of every layer carry a message as often as it is to be sent', () => {
    const queue = new Queue();
    queue.add(message(1), 2, 0);
    queue.add(message(2), 1, 0);
    expect(take(queue, 100, 10)).toEqual([1, 2]);
    expect(take(queue, 200, 20)).toEqual([1, 2]);
    expect(take(queue, 100, 50)).toEqual([1]);
    expect(take(queue, 100, 80)).toEqual([]);
    expect(take(queue, 200, 90)).toEqual([1]);
    expect(take(queue, 200, 120)).toEqual([]);
    expect(take(queue, 100, 2000)).toEqual([]);
    expect(queue.isEmpty).toBe(true);
  });

  test('carry nothing that is older than the picture: a layer that begins later does not', () => {
    const queue = new Queue();
    queue.add(message(1), 5, 0);
    expect(take(queue, 100, 10)).toEqual([1]);
    expect(take(queue, 200, 1500)).toEqual([]);
    expect(take(queue, 100, 1600)).toEqual([1]);
    queue.add(message(2), 1, 2000);
    expect(take(queue, 100, 9000)).toEqual([1]);
    expect(take(queue, 100, 20_000)).toEqual([]);
    expect(queue.isEmpty).toBe(true);
  });

  test('carry 8 KiB at most, and the rest goes with the one after', () => {
    const queue = new Queue();
    for (let id = 0; id < 9; id++) queue.add(message(id, 1024), 1, 0);
    expect(take(queue, 100, 10)).toHaveLength(7);
    expect(take(queue, 100, 20)).toEqual([7, 8]);
  });
});

test('the script that is brought along is the one that the sources give', async () => {
  expect(readFileSync(new URL('../src/sei/source.ts', import.meta.url), 'utf8')).toBe(await workerSource());
});

describe('of VP9 in several sizes', () => {
  // Three sizes, as Chromium 156 says it: a key picture, and one that needs it.
  const key = [
    { type: 'key', spatialIndex: 0, frameId: 1, dependencies: [] },
    { type: 'delta', spatialIndex: 1, frameId: 2, dependencies: [1] },
    { type: 'delta', spatialIndex: 2, frameId: 3, dependencies: [2] },
  ];
  const next = key.map((frame) => ({
    ...frame,
    type: 'delta',
    frameId: frame.frameId + 3,
    dependencies: [frame.frameId],
  }));

  test('messages go into pictures that come to the decoder by themselves', () => {
    expect(key.map((frame) => standsAlone('video/VP9', frame.type, frame))).toEqual([false, false, false]);
    expect(next.map((frame) => standsAlone('video/VP9', frame.type, frame))).toEqual([true, true, true]);
    expect(key.map((frame) => standsAlone('video/VP8', frame.type, frame))).toEqual([true, true, true]);
    expect(standsAlone('video/vp9', undefined, {})).toBe(true);
  });

  test('each size carries them', () => {
    const layers = next.map(({ spatialIndex }) => layerOf({ synchronizationSource: 2 ** 32 - 1, spatialIndex }));
    expect(new Set([...layers, layerOf({ synchronizationSource: 2 ** 32 - 2 })]).size).toBe(4);
  });
});
