import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TRTCAudioQuality, TRTCCloud } from '../src/index';
import { soundingOffer } from '../src/voice';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, type Heard, only, ticket, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const bound = (mid: string, userId: string) =>
  world.server.tell({ case: 'slotBound', value: { mid, userId, stream: Stream.AUDIO } });

describe('setRemoteAudioParallelParams', () => {
  const asked = () => world.server.said('hearAtMost').map(({ voices, always }) => [voices, always]);

  test('is said once, now or when inside, and again over a new socket', async () => {
    const { cloud } = await enter(world);
    expect(asked()).toEqual([]);
    cloud.setRemoteAudioParallelParams({ maxCount: 3, includeUsers: ['anna'] });
    cloud.setRemoteAudioParallelParams({ maxCount: 3, includeUsers: ['anna'] });
    await world.pass(50);
    expect(asked()).toEqual([[3, ['anna']]]);
    world.server.cut();
    await world.pass(1000);
    expect(asked()).toEqual([
      [3, ['anna']],
      [3, ['anna']],
    ]);
    void cloud.exitRoom();
    await world.pass(600);
    await enter(world);
    expect(asked()).toHaveLength(2);
  });

  test('holds for the stays that come after it too', async () => {
    const cloud = new TRTCCloud();
    cloud.setRemoteAudioParallelParams({ maxCount: 4, includeUsers: [] });
    cloud.enterRoom(ticket(), 0);
    await world.pass(50);
    expect(asked()).toEqual([[4, []]]);
  });

  test('takes what an application may give', async () => {
    const { cloud } = await enter(world);
    const cases: Array<[unknown, unknown]> = [
      [{ maxCount: 1000, includeUsers: ['a', 'a'] }, [50, ['a']]],
      [{ maxCount: 2, includeUsers: ['a', 'b'] }, [2, []]],
      [{ maxCount: 0, includeUsers: ['a'] }, [0, ['a']]],
      [{ maxCount: -1 }, [0, []]],
      [{ maxCount: '5', includeUsers: null }, [5, []]],
      [null, [0, []]],
    ];
    for (const [params, wanted] of cases) {
      cloud.setRemoteAudioParallelParams(params as never);
      await world.pass(50);
      expect(asked().at(-1)).toEqual(wanted);
    }
  });
});

describe('a slot that changes hands', () => {
  const volumes = (heard: Heard[]) =>
    Object.fromEntries(
      ((only(heard, 'onUserVoiceVolume').at(-1)?.[0] ?? []) as Array<{ userId: string; volume: number }>).map(
        ({ userId, volume }) => [userId, volume],
      ),
    );

  /** The browser has played a packet of slot 3, so loud, just now. */
  const play = (audioLevel: number) => {
    const receiver = FakePeer.all[0]?.lines[3]?.receiver as unknown as Record<string, unknown>;
    const source = { audioLevel, timestamp: Date.now() };
    receiver.getSynchronizationSources = () => [source];
  };

  test('is as loud as the one who has it, and no longer as the one before', async () => {
    const { cloud, heard } = await enter(world);
    for (const userId of ['anna', 'ben']) world.server.tell({ case: 'memberEntered', value: { userId } });
    cloud.enableAudioVolumeEvaluation(100);
    bound('3', 'anna');
    await world.pass(50);
    play(0.25);
    await world.pass(100);
    expect(volumes(heard)).toEqual({ '': 50, anna: 50 });
    bound('3', 'ben');
    await world.pass(110);
    expect(volumes(heard)).toEqual({ '': 50, ben: 0 });
    play(0.01);
    await world.pass(100);
    expect(volumes(heard)).toEqual({ '': 50, ben: 10 });
    await world.pass(2000);
    expect(volumes(heard)).toEqual({ '': 50, ben: 0 });
  });

  test('carries one stream, and a stream one slot', async () => {
    const { cloud, heard } = await enter(world);
    for (const userId of ['anna', 'ben']) world.server.tell({ case: 'memberEntered', value: { userId } });
    cloud.enableAudioVolumeEvaluation(100);
    bound('3', 'anna');
    bound('4', 'ben');
    bound('4', 'anna');
    await world.pass(200);
    expect(volumes(heard)).toEqual({ '': 50, anna: 0 });
    expect(only(heard, 'onUserVoiceVolume').at(-1)?.[1]).toBe(2);
  });

  test('is nobody’s first sound when it comes back', async () => {
    const { heard } = await enter(world);
    for (const userId of ['anna', 'ben']) world.server.tell({ case: 'memberEntered', value: { userId } });
    const track = FakePeer.all[0]?.lines[3]?.receiver.track;
    if (track) track.muted = false;
    for (const user of ['anna', 'ben', 'anna']) bound('3', user);
    await world.pass(50);
    expect(only(heard, 'onFirstAudioFrame')).toEqual([['anna'], ['ben']]);
    world.server.tell({ case: 'memberLeft', value: { userId: 'anna', reason: 0 } });
    world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } });
    bound('3', 'anna');
    await world.pass(50);
    expect(only(heard, 'onFirstAudioFrame')).toEqual([['anna'], ['ben'], ['anna']]);
  });
});

describe('how the microphone is encoded', () => {
  const sdp = [
    'v=0\r\n',
    'm=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n',
    'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:3\r\na=rtpmap:111 opus/48000/2\r\n' +
      'a=fmtp:111 minptime=10;useinbandfec=1\r\n',
  ].join('');

  test('of a voice nothing is sent between words, of music everything is; losses are repaired', () => {
    const voice = soundingOffer(sdp, 'voice');
    expect(voice.split('usedtx')).toHaveLength(2);
    expect(voice).toContain('a=mid:0\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n');
    expect(voice).toContain('a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\nm=audio');
    expect(soundingOffer(voice, 'music')).toContain('a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0\r\nm=audio');
    expect(soundingOffer('v=0\r\nm=video 9 UDP 96\r\n', 'voice')).toBe('v=0\r\nm=video 9 UDP 96\r\n');
  });

  test('music that begins inside the room takes one offer, and another track of it none', async () => {
    FakePeer.sdp = `\r\n${sdp}`;
    const { cloud } = await enter(world);
    expect(world.server.said('enter')[0]?.offer).toContain('usedtx=1');
    cloud.startLocalAudio(TRTCAudioQuality.TRTCAudioQualityMusic);
    cloud.muteLocalAudio(true);
    await world.pass(100);
    cloud.muteLocalAudio(false);
    await world.pass(100);
    expect(world.server.said('offer').map(({ sdp: offered }) => offered.includes('usedtx=0'))).toEqual([true]);
    cloud.startLocalAudio(TRTCAudioQuality.TRTCAudioQualitySpeech);
    await world.pass(100);
    expect(world.server.said('offer').map(({ sdp: offered }) => offered.includes('usedtx=1'))).toEqual([false, true]);
  });

  test('redundancy comes first, where the browser has it', async () => {
    const preferred: string[][] = [];
    const codecs = ['audio/opus', 'audio/red', 'audio/G722'].map((mimeType) => ({ mimeType, clockRate: 48000 }));
    vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs }) });
    const add = FakePeer.prototype.addTransceiver;
    vi.spyOn(FakePeer.prototype, 'addTransceiver').mockImplementation(function (this: FakePeer, kind, init) {
      const setCodecPreferences = (wanted: Array<{ mimeType: string }>) => {
        preferred.push(wanted.map(({ mimeType }) => mimeType));
        throw new DOMException('no', 'InvalidModificationError');
      };
      return Object.assign(add.call(this, kind, init), { setCodecPreferences });
    });
    const { heard } = await enter(world);
    expect(preferred).toEqual([['audio/red', 'audio/opus', 'audio/G722']]);
    expect(only(heard, 'onEnterRoom')).toHaveLength(1);
  });
});
