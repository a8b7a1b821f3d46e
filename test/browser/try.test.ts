import { expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { TestBroker } from '../support/broker.js';
import axe from 'axe-core';

test('x', async () => {
  const broker = await TestBroker.start({ ANTI_ROBOT: 'off' });
  const t0 = performance.now();
  const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic'], ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  console.log('launch', performance.now() - t0);
  for (const javaScriptEnabled of [true, false]) {
    const c = await b.newContext({ javaScriptEnabled });
    const p = await c.newPage();
    const cdp = await c.newCDPSession(p);
    await cdp.send('Audits.enable');
    cdp.on('Audits.issueAdded', (e) => console.log(JSON.stringify(e)));
    p.on('console', (m) => console.log(m.type(), m.text()));
    await p.goto(broker.url + '/');
    const t1 = performance.now();
    await p.evaluate(axe.source);
    const r = await p.evaluate('axe.run(document).then(r => r.violations.map(v => v.id))');
    console.log('axe', performance.now() - t1, r);
    console.log(await p.evaluate(`({w: performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).map(e => [e.name, e.decodedBodySize, e.transferSize])})`));
    console.log(await p.evaluate(`new Promise(r => { let s = 0; const o = new PerformanceObserver(l => { for (const e of l.getEntries()) s += e.value; }); o.observe({type:'layout-shift', buffered:true}); setTimeout(() => r(s), 50); })`));
    await c.close();
  }
  await b.close();
  await broker.remove();
});
