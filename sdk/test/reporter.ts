import { mkdirSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const root = resolve(import.meta.dirname, '../..');

/**
 * Prints `N passed, N failed, N skipped` as the last line, and notes each result for `make failures`.
 * A file that does not load counts as a failure.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) count[test.result().state]++;
      note(module);
    }
    // After the default reporter's own summary, which is printed in the same turn.
    setTimeout(() => console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`));
  }
}

function note(module: TestModule): void {
  const place = relative(root, module.moduleId).replaceAll('\\', '/');
  const lines = [...module.children.allTests()].map((test) => `${test.result().state}\t${place}\t${test.fullName}\n`);
  mkdirSync(`${root}/.results`, { recursive: true });
  writeFileSync(`${root}/.results/${place.replaceAll('/', '-')}.tsv`, lines.join(''));
}
