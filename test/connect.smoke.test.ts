import { expect, test } from '@jest/globals';
import { eachBroker } from './support/broker.js';
import { signUp, PASSWORD } from './support/people.js';
import { MediaServer } from './simulator/media-server.js';
import { Device } from './simulator/device.js';

eachBroker('the main job', {}, (broker) => {
  test('a person signs up, a server links the person, the device finds and enters the server', async () => {
    const person = await signUp(broker(), 'alice');
    const server = new MediaServer({ broker: broker().url, name: 'Tom & Jerry 100%+ =ok 🎬' });
    await server.start();
    server.addUser('local-alice');
    const { isPending } = await server.linkUser('local-alice', person.email);
    expect(isPending).toBe(true);
    const device = new Device({ broker: broker().url });
    await device.signIn('alice', PASSWORD);
    expect(await device.servers()).toEqual([]);
    const [invitation] = await device.invitations();
    expect(invitation?.Name).toBe('Tom & Jerry 100%+ =ok 🎬');
    await device.accept(invitation!.Id);
    const [entry] = await device.servers();
    const session = await device.exchange(entry!);
    expect(session.localUserId).toBe(server.user('local-alice').id);
    const tv = new Device({ broker: broker().url, pinStyle: 'own-device-id' });
    const pin = await tv.createPin('Living Room');
    await device.confirmPin(pin.pin);
    expect((await tv.pollPin(pin)).IsConfirmed).toBe(true);
    await tv.exchangePin(pin);
    expect(await tv.servers()).toHaveLength(1);
    await server.stop();
  });
});
