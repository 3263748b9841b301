import { counted } from '../part.js';
import type { Strength, Weighed } from './finding.js';
import { percent, plain } from './markdown.js';
import type { Parts } from './parts.js';

/** What the history tells of the people: who knows the code, and whether anybody still works on it. */
export function peopleFindings(parts: Parts): Weighed[] {
  return [knowledgeFinding(parts), activityFinding(parts), fixFinding(parts)].filter(
    (finding) => finding !== undefined,
  );
}

function knowledgeFinding({ history }: Parts): Weighed | undefined {
  const first = history?.authors[0];
  if (!history || !first || history.busFactor !== 1 || history.commits < 30) return undefined;
  const alone = history.authorCount === 1;
  return {
    weight: alone ? 38 : first.share >= 0.8 ? 50 : 42,
    title: alone ? 'One person has written all of it' : 'One person makes most of the changes',
    evidence: [
      `${plain(first.name)}: ${counted(first.commits, 'commit')}, ${percent(first.share)} of all${history.shallow ? ' in this shallow clone' : ''}`,
      `${counted(history.activeAuthors, 'person', 'people')} changed anything in the last 90 days`,
    ],
    advice:
      'Have a second person review and then make changes in the riskiest files, before the first is on holiday.',
    files: [],
  };
}

function activityFinding({ history }: Parts): Weighed | undefined {
  if (!history || history.last === null) return undefined;
  if (history.idleDays > 180) {
    return {
      weight: history.idleDays > 365 ? 50 : 30,
      title: `Nothing has changed for ${counted(history.idleDays, 'day')}`,
      evidence: [`The last commit is of ${history.last.slice(0, 10)}.`],
      advice:
        'Say in the README whether it is finished or abandoned; if it is in use, update its dependencies at least.',
      files: [],
    };
  }
  if (history.previous90Days < 20 || history.last90Days * 3 > history.previous90Days) return undefined;
  return {
    weight: 28,
    title: 'Work has slowed down sharply',
    evidence: [
      `${counted(history.last90Days, 'commit')} in the last 90 days, after ${history.previous90Days} in the 90 days before`,
    ],
    advice: 'Find out whether that was meant; open work tends to rot at such a moment.',
    files: [],
  };
}

function fixFinding({ history }: Parts): Weighed | undefined {
  if (!history || history.commits < 50 || history.fixShare < 0.35) return undefined;
  return {
    weight: history.fixShare >= 0.5 ? 45 : 33,
    title: `${percent(history.fixShare)} of the commits are fixes`,
    evidence: ['Commits whose subject speaks of a fix, a bug, a revert or a regression.'],
    advice: 'Look at which files the fixes meet again and again, and test those first.',
    files: [],
  };
}

/** What is well about how the work is shared. */
export function peopleStrengths({ history }: Parts): Strength[] {
  if (!history || history.commits < 30 || history.busFactor < 3) return [];
  return [
    {
      title: 'Knowledge is shared',
      evidence: `it takes ${history.busFactor} people to account for half of the last year’s commits`,
    },
  ];
}
