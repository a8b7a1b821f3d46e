import type { VNode } from 'preact';
import type { RobotChallenge } from '../../../platform/anti-robot/anti-robot.service.js';
import { antiRobotScript, antiRobotWorker } from '../assets.js';
import { useMessages } from '../html.js';

/** What the form around `RobotCheck` carries for the script. */
export function robotForm(robot: RobotChallenge | null): Readonly<Record<string, string>> {
  if (!robot) return {};
  return {
    'data-anti-robot': '',
    'data-worker': antiRobotWorker,
    'data-patience': String(robot.patienceSeconds),
  };
}

/** The riddle that the browser solves meanwhile, and what a person without script has to know; nothing if it is off. */
export function RobotCheck({ robot }: { robot: RobotChallenge | null }): VNode | null {
  const { robot: words } = useMessages().gettingIn;
  if (!robot) return null;
  const said = {
    'data-working': words.working,
    'data-solved': words.solved,
    'data-held': words.held,
    'data-waiting': words.waiting,
    'data-ready': words.ready,
  };
  return (
    <>
      <input type="hidden" name="robotChallenge" value={robot.challenge} autocomplete="off" />
      <input type="hidden" name="robotSolution" autocomplete="off" />
      <p class="hint robot" role="status" data-anti-robot-status="" {...said}>
        {words.patience(robot.patienceSeconds)}
      </p>
      <script type="module" src={antiRobotScript}></script>
    </>
  );
}
