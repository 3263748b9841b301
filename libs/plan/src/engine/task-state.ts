import type { TaskState } from './state.js';

/** What of a task's state outlives an attempt: what a person gave, what it has used, and what names its effect. */
export function carried({ input, generation, usage, unknown, questions }: TaskState): Partial<TaskState> {
  return {
    ...(input ? { input } : {}),
    ...(generation === undefined ? {} : { generation }),
    ...(usage ? { usage } : {}),
    ...(unknown ? { unknown } : {}),
    ...(questions === undefined ? {} : { questions }),
  };
}

/** Another effect than before has another key; as long as nobody knows what an attempt did, it is the same effect. */
export function nextGeneration({ generation = 0, unknown }: TaskState): Pick<TaskState, 'generation'> {
  return unknown ? (generation === 0 ? {} : { generation }) : { generation: generation + 1 };
}
