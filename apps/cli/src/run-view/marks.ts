import type { RunStatus, TaskStatus } from '#contracts';
import type { Output } from '../terminal.js';

type Style = Parameters<Output['paint']>[0];

const taskMarks: Readonly<Record<TaskStatus, readonly [mark: string, style: Style]>> = {
  PENDING: ['·', 'dim'],
  READY: ['○', 'dim'],
  RUNNING: ['●', 'cyan'],
  WAITING: ['◷', 'yellow'],
  PAUSED: ['‖', 'yellow'],
  SUCCEEDED: ['✓', 'green'],
  FAILED: ['✗', 'red'],
  SKIPPED: ['–', 'dim'],
  CANCELLED: ['⊘', 'dim'],
  COMPENSATING: ['↺', 'yellow'],
  COMPENSATED: ['↩', 'yellow'],
  COMPENSATION_FAILED: ['✗', 'red'],
  UNCERTAIN: ['?', 'red'],
};

const runStyles: Readonly<Partial<Record<RunStatus, readonly [mark: string, style: Style]>>> = {
  SUCCEEDED: ['✓', 'green'],
  FAILED: ['✗', 'red'],
  KILLED: ['✗', 'red'],
  ROLLBACK_INCOMPLETE: ['✗', 'red'],
  CANCELLED: ['⊘', 'yellow'],
  ROLLED_BACK: ['↩', 'yellow'],
  WAITING: ['◷', 'yellow'],
  PAUSED: ['‖', 'yellow'],
};

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** The sign of a task's status; a running one turns with `frame`, where there is one. */
export function taskMark(status: TaskStatus, paint: Output['paint'], frame?: number): string {
  // A newer server may know statuses that this client does not.
  const [mark, style] = taskMarks[status] ?? ['?', 'dim'];
  const moving = frame !== undefined && (status === 'RUNNING' || status === 'COMPENSATING');
  return paint(style, moving ? (spinner[frame % spinner.length] ?? mark) : mark);
}

/** A run's status with its sign. */
export function runMark(status: RunStatus, paint: Output['paint']): string {
  const [mark, style] = runStyles[status] ?? ['●', 'cyan'];
  return paint(style, `${mark} ${status}`);
}
