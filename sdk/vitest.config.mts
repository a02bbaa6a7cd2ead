import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The last line is `N passed, N failed, N skipped`: what a machine reads.
    reporters: ['default', './test/reporter.ts'],
  },
});
