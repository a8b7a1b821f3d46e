import { counter } from '../../platform/metrics/metrics.js';

export const pinSteps = counter({
  name: 'signpost_pins_total',
  help: 'PINs and codes of devices, step by step: created, confirmed, declined, exchanged for a device token, expired unused, and codes typed that nobody showed. Codes of apps (OAuth) are confirmed here as well; they are made and exchanged elsewhere.',
  labels: { step: ['created', 'confirmed', 'declined', 'exchanged', 'expired', 'wrong'] },
});
