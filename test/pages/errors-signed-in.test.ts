import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LinksService } from '../../src/features/links/index.js';
import { DiscoveryService } from '../../src/features/discovery/index.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { TestBroker } from '../support/broker.js';
import type { Answer } from './browser.js';
import { asking, Resident } from './signed-in.js';

describe('failures, to somebody who is signed in', () => {
  let broker: TestBroker;
  let ann: Resident;
  beforeAll(async () => {
    broker = await TestBroker.start();
    ann = await Resident.of(broker, 'ann');
    await asking(broker, ann.person, { name: 'Attic' });
  });
  afterAll(() => broker.remove());
  beforeEach(() => {
    jest.restoreAllMocks();
  });

  const failing = (error: Error): Promise<Answer> => {
    jest.spyOn(broker.app.get(DiscoveryService), 'inSightOf').mockRejectedValueOnce(error);
    return ann.open('/servers');
  };
  const hasNavigation = ({ html }: Answer): boolean =>
    html.includes('<nav class="ways"') &&
    html.includes('<bdi>ann</bdi>') &&
    html.includes('action="/sign-out"');

  test.each([
    [404, () => ann.open('/nothing/here')],
    [404, () => ann.open('/invitations/block?invitation=0')],
    [404, () => ann.browser.submit('/nothing/here', {})],
    [403, () => ann.browser.submit('/sign-out', { formToken: 'not this one' })],
    [409, () => failing(new DomainError('conflict', 'other', 'Something else.'))],
    [429, () => failing(new DomainError('rate-limited', 'limited', 'Later.', { retryAfterSeconds: 60 }))],
    [503, () => failing(new DomainError('unavailable', 'busy', 'Later.'))],
    [503, () => failing(new Error('the disk is gone'))],
  ])('%d keeps the navigation and leads to the servers', async (status, fail) => {
    const page = await fail();
    expect(page.status).toBe(status);
    expect(hasNavigation(page)).toBe(true);
    expect(page.html).toContain('<a class="button" href="/servers">To your servers</a>');
  });

  test('what is not in trouble still counts the invitations; what is asks for nothing more', async () => {
    expect((await ann.open('/nothing/here')).html).toContain('<span class="count">1');
    const asked = jest.spyOn(broker.app.get(LinksService), 'waitingFor');
    expect(hasNavigation(await failing(new Error('the disk is gone')))).toBe(true);
    expect(asked).not.toHaveBeenCalled();
  });

  test('the button for signing out works from there', async () => {
    const bob = await Resident.of(broker, 'bob');
    const form = (await bob.open('/nothing/here')).filled();
    const done = await bob.browser.submit('/sign-out', form);
    expect([done.status, done.headers.get('location')]).toEqual([303, '/']);
    expect((await bob.open('/servers')).status).toBe(303);
  });

  test('while the sessions cannot be read, the page comes without, and the log says why', async () => {
    const away = new Error('the database is away');
    jest.spyOn(broker.app.get(WebSessionsService), 'authenticate').mockRejectedValueOnce(away);
    const page = await ann.open('/nothing/here');
    expect([page.status, page.heading, hasNavigation(page)]).toEqual([404, 'There is nothing here', false]);
    expect(page.html).toContain('<a class="button" href="/">To the front page</a>');
    expect(broker.log.messages('error')).toContain('an error page was shown without its visitor');
  });

  test('a cookie that is nobody’s gets what strangers get', async () => {
    ann.browser.cookies.set('sid', 'a'.repeat(64));
    expect(hasNavigation(await ann.open('/nothing/here'))).toBe(false);
  });
});
