// Prints one line a test and, last, the count that a build log is searched for: N passed, N failed, N skipped.

export default async function* report(events) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details.type === 'suite') continue;
    const kind =
      data.skip !== undefined || data.todo !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
    count[kind]++;
    yield `${kind === 'passed' ? 'ok  ' : kind} ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    if (type === 'test:fail') yield `${explain(data.details.error)}\n`;
  }
  yield `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
}

function explain(error) {
  const cause = error.cause ?? error;
  return String(cause.stack ?? cause).replace(/^/gm, '    ');
}
