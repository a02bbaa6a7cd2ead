// News: who came, who left and why, what went wrong. Each line goes away by itself, or at a click.
import { useEffect } from 'preact/hooks';
import { CloseIcon } from './icons';
import type { Notice } from './state';

/** How long a line stays, in milliseconds: trouble needs an action, so it stays longer. */
const STAYS_MS: Record<Notice['kind'], number> = { came: 4500, gone: 6000, fact: 5000, trouble: 14000 };

export function Notices({ notices, onRead }: { notices: Notice[]; onRead: (id: number) => void }) {
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="News of the room">
      {notices.map((notice) => (
        <Line key={notice.id} notice={notice} onRead={onRead} />
      ))}
    </div>
  );
}

function Line({ notice, onRead }: { notice: Notice; onRead: (id: number) => void }) {
  useEffect(() => {
    const timer = setTimeout(() => onRead(notice.id), STAYS_MS[notice.kind]);
    return () => clearTimeout(timer);
  }, [notice.id, notice.line]);
  return (
    <div class={`notice notice-${notice.kind}`}>
      <p>{notice.line}</p>
      <button
        type="button"
        class="notice-close"
        aria-label={`Dismiss: ${notice.line}`}
        onClick={() => onRead(notice.id)}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
