import { counter, gauge } from '../../platform/metrics/metrics.js';

export const mails = counter({
  name: 'signpost_mails_total',
  help: 'Mails: queued with their cause, taken by the mail server (sent), put off and tried again, failed for good, or dropped because they had expired or their recipient wants none.',
  labels: { outcome: ['queued', 'sent', 'retried', 'failed', 'dropped'] },
});

/** Both are read from the database when somebody asks. */
export const mailBacklog = gauge({
  name: 'signpost_mail_backlog',
  help: 'Mails that wait in the outbox. The same number on every node.',
  labels: {},
});

export const mailOldest = gauge({
  name: 'signpost_mail_oldest_seconds',
  help: 'How long the oldest of them has been waiting; 0 when none does. The same number on every node.',
  labels: {},
});
