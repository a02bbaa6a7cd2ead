// Prints one line a test and, last, what failed, again and together, and the count that a build log is searched for:
// N passed, N failed, N skipped. It also notes each result for `make failures`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export default async function* report(events) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const noted = new Map();
  const failures = [];
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const kind =
      data.skip !== undefined || data.todo !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
    note(noted, kind, data);
    if (data.details.type === 'suite') continue;
    count[kind]++;
    const line = `${kind === 'passed' ? 'ok  ' : kind} ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    yield line;
    if (type !== 'test:fail') continue;
    const why = `${explain(data.details.error)}\n`;
    yield why;
    failures.push(line + why);
  }
  keep(noted);
  if (failures.length > 0) yield `\nWhat failed:\n${failures.join('')}`;
  yield `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
}

function note(noted, kind, { file, name }) {
  const place = relative(root, file).replaceAll('\\', '/');
  noted.set(place, `${noted.get(place) ?? ''}${kind}\t${place}\t${name}\n`);
}

function keep(noted) {
  mkdirSync(`${root}/.results`, { recursive: true });
  for (const [place, lines] of noted) writeFileSync(`${root}/.results/${place.replaceAll('/', '-')}.tsv`, lines);
}

function explain(error) {
  const cause = error.cause ?? error;
  return String(cause.stack ?? cause).replace(/^/gm, '    ');
}
