import { expect, test } from '@jest/globals';
import { inChromium } from './chromium.js';
import { inspectPage } from './inspect-page.js';
import { WAYS } from './visitor.js';

inChromium('the reference of the API', {}, (scene) => {
  test.each(WAYS)('can be read %s, and leads from a problem to its words', async (_, way) => {
    const visitor = await scene().visit(way);
    await visitor.open('/api/v1/docs#server-linked-already');
    expect(await visitor.page.locator('#server-linked-already').innerText()).toContain('(409)');
    await visitor.page.getByRole('link', { name: 'List the servers' }).first().click();
    expect(new URL(visitor.page.url()).hash).toBe('#listServers');
    expect(await visitor.page.locator('#listServers h3').isVisible()).toBe(true);
    await inspectPage(visitor);
    expect(visitor.findings).toEqual([]);
  });
});
