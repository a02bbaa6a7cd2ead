import type { TRTCStatistics } from './define';

/** What Electron's process object has, where a window has Node integration. Kilobytes. */
interface Electron {
  getCPUUsage?(): { percentCPUUsage: number };
  getProcessMemoryInfo?(): Promise<{ private: number }>;
  getSystemMemoryInfo?(): { total: number; free: number };
}

type Known = Partial<
  Pick<TRTCStatistics, 'appCpu' | 'appMemoryUsageInMB' | 'systemMemoryUsageInMB' | 'systemMemoryInMB'>
>;

const kilobytesPerMB = 1024;

/**
 * What this page may know of the machine. Electron with Node integration knows its process and the machine's memory,
 * Chromium the memory of the page's script, and another browser nothing.
 */
export async function machine(): Promise<Known> {
  const { process, performance } = globalThis as unknown as {
    process?: Electron;
    performance: { memory?: { usedJSHeapSize: number } };
  };
  const own = await process?.getProcessMemoryInfo?.().catch(() => undefined);
  const system = process?.getSystemMemoryInfo?.();
  const heap = (performance.memory?.usedJSHeapSize ?? 0) / 1024;
  return {
    appCpu: Math.round(process?.getCPUUsage?.().percentCPUUsage ?? 0),
    appMemoryUsageInMB: Math.round((own?.private ?? heap) / kilobytesPerMB),
    systemMemoryInMB: Math.round((system?.total ?? 0) / kilobytesPerMB),
    systemMemoryUsageInMB: Math.round(((system?.total ?? 0) - (system?.free ?? 0)) / kilobytesPerMB),
  };
}
