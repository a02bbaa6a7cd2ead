// A browser behind a network of its own, whose link can be made narrow and bad.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let links = 0;

/** How long the kernel may take to make a namespace, in milliseconds. */
const readyMs = 5000;
/** How much waits before a narrow place at most: what a home router keeps. */
const queue = '150ms';

/**
 * Lays a link to a new network namespace. `near` is this machine's address on it, and `wrap` makes a program that runs
 * beyond it. The namespace has no name and ends with its last process, and the link with it: nothing is left, whatever
 * happens to the test. This takes root.
 */
export async function layLink() {
  // A range that no other test of this machine uses: the process's number tells test runs apart.
  const name = `e2e${process.pid % 100_000}n${++links}`;
  const [near, far] = [1, 2].map((host) => `10.${80 + (process.pid % 100)}.${links}.${host}`);
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  await apart(holder);
  const beyond = (...command) => run('nsenter', '--target', holder.pid, '--net', ...command);
  run('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', holder.pid);
  run('ip', 'addr', 'add', `${near}/24`, 'dev', name);
  run('ip', 'link', 'set', name, 'up');
  beyond('ip', 'link', 'set', 'lo', 'up');
  beyond('ip', 'addr', 'add', `${far}/24`, 'dev', name);
  beyond('ip', 'link', 'set', name, 'up');
  const folder = mkdtempSync(join(tmpdir(), 'exeunt-link-'));
  const lossy = ['-m', 'statistic', '--mode', 'random', '--probability'];
  return {
    near,
    /** A program that does what `program` does, beyond the link. */
    wrap(program) {
      const path = join(folder, 'beyond');
      writeFileSync(path, `#!/bin/sh\nexec nsenter --target ${holder.pid} --net ${program} "$@"\n`);
      chmodSync(path, 0o755);
      return path;
    },
    /** Lets so much through towards the far end, in kbit/s. */
    narrow(kbit) {
      const bucket = ['rate', `${kbit}kbit`, 'burst', '4kb', 'latency', queue];
      run('tc', 'qdisc', 'replace', 'dev', name, 'root', 'tbf', ...bucket);
    },
    /** Loses this share of the datagrams, each way. */
    lose(share) {
      beyond('iptables', '-A', 'INPUT', '-p', 'udp', ...lossy, share, '-j', 'DROP');
      beyond('iptables', '-A', 'OUTPUT', '-p', 'udp', ...lossy, share, '-j', 'DROP');
    },
    close() {
      holder.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits until a process has a network of its own. */
async function apart(holder) {
  const ours = readlinkSync('/proc/self/ns/net');
  const deadline = Date.now() + readyMs;
  while (holder.exitCode === null && Date.now() < deadline) {
    if (readlinkSync(`/proc/${holder.pid}/ns/net`) !== ours) return;
    await new Promise(setImmediate);
  }
  throw new Error('no network namespace could be made: the stories of bad networks need root');
}

function run(...command) {
  const [program, ...args] = command.map(String);
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
