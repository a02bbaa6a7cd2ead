import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { later } from '../src/emitter';
import * as sdk from '../src/index';
import { Unsupported, unsupported } from '../src/unsupported';
import { isUnsupported } from '../src/unsupported/report';

type Values = Record<string, unknown>;

interface Official {
  readonly members: string[];
  readonly statics: string[];
  readonly enums: Record<string, Values>;
  readonly constants: Record<string, Values>;
  /** Field defaults of a data class, or the names of the methods. */
  readonly classes: Record<string, Values | string[]>;
}

const official: Official = JSON.parse(readFileSync(new URL('official.json', import.meta.url), 'utf8'));
const ours = sdk as unknown as Record<string, Values & (new () => object)>;
const prototypeOf = (name: string): Values => ours[name]?.prototype;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what applications import', () => {
  test.each(Object.entries(official.enums))('%s has the official values', (name, values) => {
    expect(ours[name]).toMatchObject(values);
  });

  test.each(Object.entries(official.constants))('%s has the official numbers', (name, values) => {
    expect(ours[name]).toMatchObject(values);
  });

  const data = Object.entries(official.classes).filter(([, facts]) => !Array.isArray(facts));
  test.each(data)('%s is constructed with the official defaults', (name, defaults) => {
    const made = new (ours[name] as new () => object)();
    expect(JSON.parse(JSON.stringify(made))).toEqual(expect.objectContaining(defaults));
  });

  const active = Object.entries(official.classes).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  test.each(active)('%s has every method', (name, methods) => {
    const missing = methods.filter((method) => typeof prototypeOf(name)[method] !== 'function');
    expect(missing.filter((method) => method !== 'fire')).toEqual([]);
  });

  test('TRTCCloud is the default and a named export, with every official member', () => {
    expect(sdk.default).toBe(sdk.TRTCCloud);
    const members = official.members.filter((name) => typeof prototypeOf('TRTCCloud')[name] !== 'function');
    const statics = official.statics.filter((name) => typeof (sdk.TRTCCloud as unknown as Values)[name] !== 'function');
    expect([...members, ...statics]).toEqual([]);
  });

  test('TRTCParams takes its fields in the official order', () => {
    const params = new sdk.TRTCParams(1400000000, 'user', 'sig', 7, 'room', 21, 'key', 'info', 'stream', 'record');
    expect(Object.values(params)).toEqual([
      1400000000,
      'user',
      'sig',
      7,
      'room',
      21,
      'key',
      'info',
      'stream',
      'record',
    ]);
  });
});

describe('what is not supported', () => {
  test.each(Object.keys(unsupported))('%s warns once, fires onError once, later, and does not throw', async (name) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const cloud = new Unsupported();
    const errors: unknown[][] = [];
    cloud.on('onError', (...args) => errors.push(args));

    (cloud as unknown as Record<string, () => unknown>)[name]?.();

    expect(errors).toEqual([]);
    await new Promise<void>(later);
    expect(errors).toEqual([[-4, `TRTCCloud.${name} is not supported`]]);
    expect(warn.mock.calls).toEqual([[`[TRTC] TRTCCloud.${name} is not supported`]]);
  });

  test('the list holds official members only, and none that the cloud has', () => {
    const cloud = prototypeOf('TRTCCloud');
    expect(Object.keys(unsupported).filter((name) => !official.members.includes(name))).toEqual([]);
    expect(Object.keys(unsupported).filter((name) => !isUnsupported(cloud[name] as object))).toEqual([]);
  });

  test.each(['V2LivePusher', 'V2LivePlayer', 'TRTCVodPlayer', 'TRTCDeviceManager', 'TRTCAudioEffectManager'])(
    'every method of %s says so too',
    async (name) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const made = new (ours[name] as new () => Record<string, () => unknown>)();
      const own = (official.classes[name] as string[]).filter((method) => !['on', 'off', 'fire'].includes(method));
      for (const method of own) made[method]?.();
      await new Promise<void>(later);
      expect(warn.mock.calls.map(([text]) => text)).toEqual(
        own.map((method) => `[TRTC] ${name}.${method} is not supported`),
      );
    },
  );
});
