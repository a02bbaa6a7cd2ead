// Fetches the official package into official/, which git ignores.
// Its install scripts would download a native library; they are not run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const version = '13.3.801';
export const official = fileURLToPath(new URL(`official/${version}/package/`, import.meta.url));

if (!existsSync(official)) {
  const folder = fileURLToPath(new URL(`official/${version}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', `trtc-electron-sdk@${version}`], { cwd: folder });
  execFileSync('tar', ['xzf', `trtc-electron-sdk-${version}.tgz`], { cwd: folder });
}
