// How the call ended: one line, one hint, one button to enter again.
import { useEffect, useRef, useState } from 'preact/hooks';
import { duration, type Ending } from './endings';
import { ArrowIcon, Doorway, Wordmark } from './icons';
import type { Call } from './state';

interface Props {
  call: Call;
  ending: Ending;
  onAgain: () => void;
  onElsewhere: () => void;
}

export function EndingScreen({ call, ending, onAgain, onElsewhere }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const wait = useCountdown(call.endedAt + ending.waitMS);
  useEffect(() => heading.current?.focus(), []);
  const stay = call.endedAt - call.enteredAt;
  return (
    <main class={`ending tone-${ending.tone}`}>
      <div class="ending-art">
        <Doorway tone={ending.tone} />
      </div>
      <div class="ending-words" role="status">
        <h1 ref={heading} tabIndex={-1} class={ending.line.length > 70 ? 'long' : ''}>
          {ending.line}
        </h1>
        <p class="lead">{ending.hint}</p>
      </div>
      <div class="ending-buttons">
        <button class="button primary" type="button" disabled={wait > 0} onClick={onAgain}>
          {wait > 0 ? (
            `${ending.again} in ${duration(wait)}`
          ) : (
            <>
              {ending.again} <ArrowIcon />
            </>
          )}
        </button>
        <button class="button quiet" type="button" onClick={onElsewhere}>
          Another name or room
        </button>
      </div>
      <footer class="ending-foot">
        <Wordmark />
        <p>
          Room {call.room.id}
          {stay > 0 && `, ${duration(stay)}`}
        </p>
        <Particulars ending={ending} />
      </footer>
    </main>
  );
}

/** What an operator asks for when somebody calls about it. */
function Particulars({ ending }: { ending: Ending }) {
  const { sessionId, seq, actor } = ending.detail;
  if (!sessionId) return null;
  return (
    <details>
      <summary>Details</summary>
      <dl>
        <dt>Reason</dt>
        <dd>{ending.code}</dd>
        {actor && (
          <>
            <dt>By</dt>
            <dd>{actor}</dd>
          </>
        )}
        <dt>Session</dt>
        <dd>{sessionId}</dd>
        {seq !== undefined && (
          <>
            <dt>Event</dt>
            <dd>{String(seq)}</dd>
          </>
        )}
      </dl>
    </details>
  );
}

/** useCountdown gives the milliseconds until a moment, anew each second; 0 once it has come. */
function useCountdown(until: number): number {
  const [left, setLeft] = useState(Math.max(0, until - Date.now()));
  const waiting = left > 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => setLeft(Math.max(0, until - Date.now())), 1000);
    return () => clearInterval(timer);
  }, [until, waiting]);
  return left;
}
