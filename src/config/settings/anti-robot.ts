import { limit, oneOf, whole, type Setting } from '../setting.js';

/** The check that keeps robots from filling in forms: work for a browser, or patience; no third party (S-144). */
export const antiRobot = {
  antiRobot: oneOf(
    'ANTI_ROBOT',
    ['on', 'off'],
    'Whether forms for people who are not signed in (sign-up, forgotten password) need a little work of the browser, or a wait where script is off. Danger when off: only the limits per network slow robots down.',
  ),
  antiRobotWork: limit(
    'ANTI_ROBOT_WORK',
    2_000,
    'How many keys a browser tries on average, each 1,000 rounds of PBKDF2-SHA-256: about a second on a phone. Twice as many take twice as long.',
  ),
  antiRobotPatience: secondsWithin(
    {
      name: 'ANTI_ROBOT_PATIENCE_SECONDS',
      fallback: '20',
      meaning:
        'A form is accepted without that work when so much time has passed since it was shown; 1 to 300.',
    },
    1,
    300,
  ),
  antiRobotTtl: secondsWithin(
    {
      name: 'ANTI_ROBOT_TTL_SECONDS',
      fallback: '1200',
      meaning: 'A form must be sent within this time after it was shown, and counts once; 600 to 86400.',
    },
    600,
    86_400,
  ),
};

/** A lifetime as `seconds` makes it, within bounds that cannot contradict each other. */
function secondsWithin(
  described: Pick<Setting<unknown>, 'name' | 'fallback' | 'meaning'>,
  min: number,
  max: number,
): Setting<number> {
  const setting = whole(described, min, max);
  return { ...setting, schema: setting.schema.transform((value) => value * 1_000) };
}
