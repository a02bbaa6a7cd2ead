const key = 'exeunt-device';
const form = /^[0-9a-f]{32}$/;

let known = '';

/**
 * Names this installation of the application, for as long as it lives: 32 hexadecimal digits. It is kept in the
 * origin's localStorage; where there is none, this page has one of its own. A stay can only be resumed with it.
 */
export function installation(): string {
  known = known || stored() || keep(fresh());
  return known;
}

function fresh(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// A sandboxed frame or a strict browser throws at the mere mention of localStorage.
function stored(): string {
  try {
    const name = globalThis.localStorage?.getItem(key) ?? '';
    return form.test(name) ? name : '';
  } catch {
    return '';
  }
}

function keep(name: string): string {
  try {
    globalThis.localStorage?.setItem(key, name);
  } catch {
    // Full, or forbidden: the page remembers it by itself.
  }
  return name;
}
