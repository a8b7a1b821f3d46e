import { expect, test } from '@jest/globals';
import { eachBroker } from '../support/broker.js';
import type { Answer } from './browser.js';
import { asking, Resident } from './signed-in.js';

eachBroker('the invitations of a signed-in person', {}, (broker) => {
  const resident = (name: string): Promise<Resident> => Resident.of(broker(), name);
  const idOn = (page: Answer): string => page.input('invitation')?.['value'] ?? '';

  test('shows who, which server and as what; accepting and declining count', async () => {
    const ann = await resident('ann');
    await asking(broker(), ann.person, { name: 'Attic', systemId: 'abcdef0123456789abcdef0123456789' });
    const list = await ann.open('/invitations');
    for (const words of ['Attic', '203.0.113.5:8096', 'abcdef01', '1 Jan 2026', 'already have']) {
      expect(list.text).toContain(words);
    }
    const yes = await ann.send('/invitations/answer', { invitation: idOn(list), answer: 'accept' });
    expect(yes.headers.get('location')).toBe('/servers?done=accepted');
    expect((await ann.open('/servers')).text).toContain('Attic');
    await asking(broker(), ann.person, { name: 'Cellar' });
    const second = await ann.open('/invitations');
    const no = await ann.send('/invitations/answer', { invitation: idOn(second), answer: 'decline' });
    expect(no.headers.get('location')).toBe('/invitations?done=declined');
    expect((await ann.open('/invitations?done=declined')).text).toContain('No invitation is waiting');
    const late = await ann.send('/invitations/answer', { invitation: idOn(second), answer: 'accept' });
    expect(late.status).toBe(404);
    expect(late.text).toContain('answered or withdrawn');
  });

  test('a blocked server cannot ask again, and blocking takes a step of its own', async () => {
    const bob = await resident('bob');
    const server = await asking(broker(), bob.person, { name: 'Pest' });
    const invitation = idOn(await bob.open('/invitations'));
    expect((await bob.open(`/invitations/block?invitation=${invitation}`)).heading).toBe('Block Pest?');
    const done = await bob.send('/invitations/block', { invitation });
    expect(done.headers.get('location')).toBe('/invitations?done=blocked');
    await server.listen();
    await expect(server.linkUser('bob', bob.person.email)).rejects.toThrow();
    await server.stop();
    expect((await bob.open('/profile/activity')).text).toContain('Server blocked: Pest');
  });

  test('a server that claims to be one in use is called what it may be, and replaces it only when confirmed', async () => {
    const tim = await resident('tim');
    const systemId = '0123456789abcdef0123456789abcdef';
    await asking(broker(), tim.person, { name: 'Real', systemId });
    await tim.send('/invitations/answer', {
      invitation: idOn(await tim.open('/invitations')),
      answer: 'accept',
    });
    await asking(broker(), tim.person, { name: 'Twin', systemId: systemId.toUpperCase() });
    const list = await tim.open('/invitations');
    expect(list.text).toContain('A reinstall or an impostor');
    expect(list.text).toContain('“Real”');
    expect(list.html).not.toContain('value="accept"');
    const invitation = idOn(list);
    const forced = await tim.send('/invitations/answer', { invitation, answer: 'accept' });
    expect(forced.status).toBe(409);
    const ask = await tim.open(`/invitations/replace?invitation=${invitation}`);
    expect(ask.text).toContain('Only go on if the admin has told you');
    expect((await tim.open('/servers')).text).toContain('Real');
    const done = await tim.send('/invitations/replace', { invitation });
    expect(done.headers.get('location')).toBe('/servers?done=replaced');
    const servers = await tim.open('/servers');
    expect(servers.text).toContain('Twin');
    expect(servers.text).not.toContain('Real');
  });

  test('nobody answers for somebody else, or without the token of the form (S-61, S-113)', async () => {
    const [owner, other] = [await resident('owner'), await resident('other')];
    await asking(broker(), owner.person, { name: 'Mine' });
    const invitation = idOn(await owner.open('/invitations'));
    for (const [path, more] of [
      ['answer', { answer: 'accept' }],
      ['answer', { answer: 'decline' }],
      ['block', {}],
      ['replace', {}],
    ] as const) {
      const fields = { invitation, ...more };
      expect((await other.send(`/invitations/${path}`, fields)).status).toBe(404);
      expect((await owner.browser.submit(`/invitations/${path}`, fields)).status).toBe(403);
    }
    expect((await other.open(`/invitations/block?invitation=${invitation}`)).status).toBe(404);
    expect((await other.open(`/invitations/replace?invitation=${invitation}`)).status).toBe(404);
    expect(idOn(await owner.open('/invitations'))).toBe(invitation);
  });
});
