// Which of the three screens is shown: the form, the call, or how the call ended.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { CallControl, Wish } from './call';
import { CallScreen } from './call-screen';
import { credentialFor, NeedsBackEnd } from './credentials';
import { EndingScreen } from './ending';
import { Entry } from './entry';
import type { Call } from './state';

/** useCall gives the state and follows its changes. */
function useCall(control: CallControl): Call {
  const [call, setCall] = useState(control.state);
  useEffect(() => {
    setCall(control.state);
    return control.subscribe(() => setCall(control.state));
  }, [control]);
  return call;
}

export function App({ control }: { control: CallControl }) {
  const call = useCall(control);
  const [wish, setWish] = useState<Wish>();
  const [needsBackEnd, setNeedsBackEnd] = useState(false);
  const enter = useCallback(
    async (wanted: Wish) => {
      setWish(wanted);
      setNeedsBackEnd(false);
      control.begin(wanted);
      showInAddress(wanted);
      try {
        const credential = await credentialFor(wanted.user, new URLSearchParams(location.search));
        if (control.state.phase === 'entering') control.enter(credential);
      } catch (error) {
        setNeedsBackEnd(error instanceof NeedsBackEnd);
        control.refuse(error instanceof NeedsBackEnd ? '' : (error as Error).message);
      }
    },
    [control],
  );

  useEffect(() => {
    const inCall = call.phase === 'inside' || call.phase === 'leaving';
    document.title = inCall ? `${call.room.id} · exeunt` : 'exeunt';
    document.documentElement.dataset.screen = inCall ? 'call' : call.phase;
  }, [call.phase, call.room]);

  if (call.phase === 'inside' || call.phase === 'leaving') return <CallScreen call={call} control={control} />;
  if (call.phase === 'ended' && call.ending && wish) {
    return (
      <EndingScreen
        call={call}
        ending={call.ending}
        onAgain={() => enter(wish)}
        onElsewhere={() => control.change({ type: 'again' })}
      />
    );
  }
  return (
    <Entry
      busy={call.phase === 'entering'}
      refusal={call.refusal}
      needsBackEnd={needsBackEnd}
      last={wish}
      onEnter={enter}
    />
  );
}

/** The address names room and user, so that reloading asks for the same; a credential that it brought stays. */
function showInAddress(wish: Wish): void {
  const address = new URL(location.href);
  address.searchParams.set('room', String(wish.room.id));
  address.searchParams.set('user', wish.user);
  history.replaceState(null, '', address);
}
