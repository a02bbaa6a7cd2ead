// A PulseAudio of its own whose only microphone is a sine: it knows who captures, whatever a page says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How long the daemon may take to listen, in milliseconds. */
const readyMs = 10_000;

/** Starts the daemon. A browser that is given `env` captures from it and plays into nothing. */
export async function startPulse() {
  const folder = mkdtempSync(join(tmpdir(), 'exeunt-pulse-'));
  const runtime = join(folder, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  const socket = join(folder, 'socket');
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: runtime, PULSE_SERVER: `unix:${socket}` };
  const modules = [
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'module-null-sink sink_name=nothing',
    'module-sine-source source_name=microphone rate=48000 frequency=440',
  ];
  const options = ['--daemonize=no', '--exit-idle-time=-1', '-n', ...modules.flatMap((module) => ['-L', module])];
  const daemon = spawn('pulseaudio', options, { env, stdio: 'ignore' });
  const kill = () => daemon.kill('SIGKILL');
  process.once('exit', kill);
  await listening(daemon, env);
  const watch = spawn('pactl', ['subscribe'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const changes = createInterface({ input: watch.stdout });
  return {
    env,
    /** How many streams capture from the microphone now. */
    captures: () => captures(env),
    /** Resolves with the milliseconds that it took until so many capture; rejects when that takes longer than `ms`. */
    async until(count, ms) {
      const begun = performance.now();
      const late = AbortSignal.timeout(ms);
      // Whatever changes after this is heard.
      for (let change = once(changes, 'line', { signal: late }); ; change = once(changes, 'line', { signal: late })) {
        change.catch(() => {});
        const now = await captures(env);
        if (now === count) return performance.now() - begun;
        await change.catch(() => {
          throw new Error(`after ${ms} ms ${now} streams capture from the microphone, not ${count}`);
        });
      }
    },
    async close() {
      process.off('exit', kill);
      for (const child of [watch, daemon]) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

async function listening(daemon, env) {
  const deadline = Date.now() + readyMs;
  while (daemon.exitCode === null && Date.now() < deadline) {
    if ((await pactl(env, 'info')).code === 0) return;
  }
  daemon.kill('SIGKILL');
  throw new Error('pulseaudio did not start');
}

async function captures(env) {
  const { code, text } = await pactl(env, 'list', 'short', 'source-outputs');
  if (code !== 0) throw new Error(`pactl list ended with ${code}`);
  return text.split('\n').filter((line) => line !== '').length;
}

async function pactl(env, ...args) {
  const child = spawn('pactl', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const text = [];
  child.stdout.on('data', (part) => text.push(part));
  const [code] = await once(child, 'close');
  return { code, text: text.join('') };
}
