import { counter } from '../../platform/metrics/metrics.js';
import { DomainError } from '../../shared/domain-error.js';

export const pinSteps = counter({
  name: 'signpost_pins_total',
  help: 'PINs and codes of devices, step by step: created, confirmed, declined, exchanged for a device token, refused to be exchanged (unknown, not confirmed, or exchanged before), expired unused, and codes typed that nobody showed (wrong); and steps that a limit stopped (limited), or an outage (failed). Codes of apps (OAuth) are confirmed here as well; they are made and exchanged elsewhere.',
  labels: {
    step: [
      'created',
      'confirmed',
      'declined',
      'exchanged',
      'refused',
      'expired',
      'wrong',
      'limited',
      'failed',
    ],
  },
});

/** Counts a step that a limit or an outage stopped. All else is counted by whoever says it. */
export async function countingStops<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'unavailable') pinSteps.count({ step: 'failed' });
    else if (error.kind === 'rate-limited') pinSteps.count({ step: 'limited' });
    throw error;
  }
}
