// A network that lets nothing through to the media port: Chromium may use relays alone, and sees and is seen by TURN.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from './harness/stage.mjs';

/** From now on every peer connection of the page may use relays alone, as behind a strict firewall. */
function confine(member) {
  return member.page.evaluate(() => {
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
}

/** How many relayed addresses the server has. */
async function relayed(server) {
  const numbers = await (await fetch(`${server.control}/metrics`)).text();
  return Number(numbers.match(/^exeunt_turn_allocations (\d+)$/m)[1]);
}

for (const turn of ['udp', 'tcp', 'tls']) {
  test(`L1 L3 media finds its way through TURN over ${turn}, and the way ends with the stay`, async (t) => {
    // The certificate for TLS is made for this test, and nobody has signed it.
    const stage = await openStage({ turn, flags: ['--ignore-certificate-errors'] });
    t.after(() => stage.close());
    const room = stage.room();
    const [ann, ben] = await stage.members(t, 'ann', 'ben');
    await confine(ann);
    for (const member of [ann, ben]) {
      await member.enter({ room });
      await member.publish();
    }
    await Promise.all([ann.receives('ben'), ben.receives('ann')]);
    // While a browser checks its way once more, it does not say which it is.
    await ann.until(async (way) => (await window.ledger.ways()).join() === way, `relay over ${turn}`);
    assert.deepEqual(await ann.log('onConnectionLost', 'onError'), []);
    assert.ok((await relayed(stage.server)) > 0, 'the server counts none');

    await stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'] });
    assert.equal(await relayed(stage.server), 0);
    await ann.heard('onExitRoom', 1);
    await ben.heard('onRemoteUserLeaveRoom', 'ann');
  });
}
