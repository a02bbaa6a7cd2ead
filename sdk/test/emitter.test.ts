import { expect, test, vi } from 'vitest';
import { Emitter, later } from '../src/emitter';

const turn = () => new Promise<void>(later);

test('fired events come later, in order, also to a listener added after the call', async () => {
  const emitter = new Emitter();
  const heard: unknown[] = [];
  emitter.fire('onExitRoom', 0);
  emitter.fire('onExitRoom', 1);
  emitter.on('onExitRoom', (reason) => heard.push(reason));
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual([0, 1]);
});

test('a listener that throws stops neither the others nor the caller, and its error surfaces', async () => {
  const uncaught = vi.fn();
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', uncaught);
  const emitter = new Emitter();
  const heard = vi.fn();
  emitter.on('onError', () => {
    throw new Error('in the application');
  });
  emitter.on('onError', heard);
  expect(emitter.emit('onError', -4)).toBe(true);
  expect(heard).toHaveBeenCalledExactlyOnceWith(-4);
  await turn();
  expect(uncaught).toHaveBeenCalledOnce();
  for (const listener of others) process.on('uncaughtException', listener);
});

test('once hears one event; off takes off the latest of equal listeners', () => {
  const emitter = new Emitter();
  const heard = vi.fn();
  emitter.once('a', heard).on('a', heard).addListener('a', heard);
  emitter.off('a', heard);
  expect(emitter.listenerCount('a')).toBe(2);
  emitter.emit('a');
  emitter.emit('a');
  expect(heard).toHaveBeenCalledTimes(3);
  emitter.removeListener('a', heard).removeListener('a', heard);
  expect(emitter.emit('a')).toBe(false);
});

test('it has the rest of what Node says of listeners', () => {
  const emitter = new Emitter();
  const [first, second] = [vi.fn(), vi.fn()];
  emitter.on('a', second).prependOnceListener('a', first).prependListener('b', first);
  expect(emitter.listeners('a')).toEqual([first, second]);
  emitter.emit('a');
  expect(emitter.rawListeners('a')).toEqual([second]);
  expect(emitter.off('b', first).eventNames()).toEqual(['a']);
  expect(emitter.getMaxListeners()).toBe(Number.POSITIVE_INFINITY);
});

test('removeAllListeners takes one event, or all', () => {
  const emitter = new Emitter();
  emitter.on('a', () => {}).on('b', () => {});
  emitter.removeAllListeners('a');
  expect([emitter.listenerCount('a'), emitter.listenerCount('b')]).toEqual([0, 1]);
  emitter.removeAllListeners();
  expect(emitter.listenerCount('b')).toBe(0);
});

test('a listener that removes another during an event does not change that event', () => {
  const emitter = new Emitter();
  const second = vi.fn();
  emitter.on('a', () => emitter.off('a', second));
  emitter.on('a', second);
  emitter.emit('a');
  expect(second).toHaveBeenCalledOnce();
});

test('many listeners cause no warning, and setMaxListeners is harmless', () => {
  const warn = vi.spyOn(console, 'warn');
  const emitter = new Emitter().setMaxListeners(1);
  for (let i = 0; i < 100; i++) emitter.on('a', () => {});
  expect(emitter.listenerCount('a')).toBe(100);
  expect(warn).not.toHaveBeenCalled();
});

test('methods work through a Proxy, as Vue makes one', () => {
  const emitter = new Proxy(new Emitter(), {});
  const heard = vi.fn();
  emitter.on('a', heard);
  emitter.emit('a');
  expect(heard).toHaveBeenCalledOnce();
});
