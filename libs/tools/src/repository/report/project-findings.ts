import { counted } from '../part.js';
import type { Strength, Weighed } from './finding.js';
import { graded } from './finding.js';
import { bytesText, code, percent, plain } from './markdown.js';
import type { Parts } from './parts.js';

/** What surrounds the code: secrets, tests, dependencies, documents, automation. */
export function projectFindings(parts: Parts): Weighed[] {
  return [
    secretFinding(parts),
    testFinding(parts),
    ...dependencyFindings(parts),
    basicsFinding(parts),
    largeFileFinding(parts),
  ].filter((finding) => finding !== undefined);
}

function secretFinding({ inventory }: Parts): Weighed | undefined {
  const found = inventory?.sensitive ?? [];
  if (found.length === 0) return undefined;
  const certain = found.filter(({ line }) => line !== null);
  return {
    weight: certain.length > 0 ? 95 : 68,
    title:
      certain.length > 0
        ? 'What looks like secrets is part of the repository'
        : 'Files that usually hold secrets are part of the repository',
    evidence: found
      .slice(0, 4)
      .map(({ path, line, what }) => `${code(line === null ? path : `${path}:${line}`)}: ${what}`),
    advice:
      'Make the secrets invalid first, then take them out of the files and the history, and let CI scan for new ones. Mark what is only an example as one.',
    files: [...new Set(found.map(({ path }) => path))].slice(0, 5),
  };
}

function testFinding({ inventory }: Parts): Weighed | undefined {
  const source = inventory?.roles['source']?.lines ?? 0;
  const tests = inventory?.roles['test']?.lines ?? 0;
  // Rust keeps its unit tests in the source files.
  if (!inventory || source < 300 || inventory.languages[0]?.language === 'Rust') return undefined;
  const weight =
    tests === 0
      ? graded(source, [
          [1000, 74],
          [0, 50],
        ])
      : tests < source * 0.1
        ? 50
        : tests < source * 0.25
          ? 30
          : 0;
  if (weight === 0) return undefined;
  return {
    weight,
    title:
      tests === 0 ? 'There are no tests' : `Few tests: ${percent(tests / source)} of the size of the source`,
    evidence: [
      `${counted(source, 'line')} of source, ${counted(tests, 'line')} in test files (found by their names)`,
    ],
    advice:
      'Start where risk is highest: one test of the outside behaviour of each of the riskiest files, run on every change.',
    files: [],
  };
}

function dependencyFindings({ dependencies }: Parts): Weighed[] {
  if (!dependencies) return [];
  const unlocked = dependencies.manifests.filter(({ lockMissing }) => lockMissing);
  const { loose, conflicts } = dependencies;
  return [
    ...(unlocked.length > 0
      ? [
          {
            weight: 50,
            title: `${counted(unlocked.length, 'manifest')} without a lock file: two installs may differ`,
            evidence: unlocked
              .slice(0, 3)
              .map(
                ({ path, ecosystem, runtime, development }) =>
                  `${code(path)} (${ecosystem}): ${counted(runtime + development, 'dependency', 'dependencies')}, no lock file beside or above it`,
              ),
            advice:
              'Commit the lock file, and install from it in CI. A library may leave it out; say so in its README.',
            files: unlocked.map(({ path }) => path).slice(0, 5),
          },
        ]
      : []),
    ...(loose.length > 0
      ? [
          {
            weight: graded(loose.length, [
              [10, 42],
              [0, 30],
            ]),
            title: `${counted(loose.length, 'dependency', 'dependencies')} asked for too loosely`,
            evidence: loose
              .slice(0, 3)
              .map(
                ({ path, name, version, why }) =>
                  `${code(path)}: ${code(`${name} ${version}`.trim())} ${why}`,
              ),
            advice: 'Write the range that was tested, with an upper bound.',
            files: [...new Set(loose.map(({ path }) => path))].slice(0, 5),
          },
        ]
      : []),
    ...(conflicts.length > 0
      ? [
          {
            weight: graded(conflicts.length, [
              [5, 35],
              [0, 18],
            ]),
            title: `${counted(conflicts.length, 'dependency', 'dependencies')} in more than one version`,
            evidence: conflicts.slice(0, 3).map(
              ({ name, versions }) =>
                `${code(name)}: ${versions
                  .slice(0, 3)
                  .map(({ version, path }) => `${plain(version)} in ${code(path)}`)
                  .join(', ')}`,
            ),
            advice: 'Agree on one version, in the workspace root where the ecosystem has one.',
            files: [],
          },
        ]
      : []),
  ];
}

function basicsFinding({ inventory, history }: Parts): Weighed | undefined {
  if (!inventory || (inventory.roles['source']?.files ?? 0) === 0) return undefined;
  const { signals } = inventory;
  const grown = (inventory.roles['source']?.lines ?? 0) >= 1000 || (history?.commits ?? 0) >= 50;
  const lacks = [
    ...(signals.readme === null
      ? [{ what: 'README', weight: 38, why: 'a newcomer cannot tell what this is or how to start it' }]
      : []),
    ...(signals.continuousIntegration.length === 0
      ? [
          {
            what: 'CI configuration',
            weight: grown ? 32 : 15,
            why: 'nothing in the repository checks a change before it is merged',
          },
        ]
      : []),
    ...(signals.licence === null
      ? [{ what: 'licence', weight: 12, why: 'others may not use it, whatever the intent' }]
      : []),
  ];
  if (lacks.length === 0) return undefined;
  return {
    weight: Math.min(
      55,
      lacks.reduce((sum, { weight }) => sum + weight, 0),
    ),
    title: `There is no ${lacks.map(({ what }) => what).join(', no ')}`,
    evidence: lacks.map(({ what, why }) => `No ${what}: ${why}.`),
    advice: lacks.length === 1 ? 'It is an hour of work.' : 'Each is an hour of work; begin with the first.',
    files: [],
  };
}

function largeFileFinding({ inventory }: Parts): Weighed | undefined {
  const files = inventory?.largeFiles ?? [];
  if (files.length === 0) return undefined;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    weight: bytes > 100 * 1024 * 1024 ? 40 : 22,
    title: `${counted(files.length, 'large file')} in the repository, ${bytesText(bytes)} together`,
    evidence: files.slice(0, 3).map((file) => `${code(file.path)}: ${bytesText(file.bytes)}`),
    advice: 'Every clone carries each version of them for ever: keep them in an artefact store or Git LFS.',
    files: files.map(({ path }) => path).slice(0, 5),
  };
}

/** What surrounds the code and is in good order. */
export function projectStrengths({ inventory, dependencies }: Parts): Strength[] {
  const source = inventory?.roles['source']?.lines ?? 0;
  const tests = inventory?.roles['test']?.lines ?? 0;
  const locked = dependencies?.manifests.filter(({ lockFile }) => lockFile !== null) ?? [];
  return [
    ...(source >= 300 && tests >= source * 0.4
      ? [
          {
            title: 'Plenty of tests',
            evidence: `${counted(tests, 'line')} of tests for ${counted(source, 'line')} of source`,
          },
        ]
      : []),
    ...(locked.length > 0 && dependencies?.manifests.every(({ lockMissing }) => !lockMissing)
      ? [
          {
            title: 'Dependencies are locked',
            evidence: `${counted(dependencies.distinct, 'dependency', 'dependencies')}, pinned by ${[...new Set(locked.map(({ lockFile }) => lockFile ?? ''))].slice(0, 3).map(code).join(', ')}`,
          },
        ]
      : []),
    ...(inventory && inventory.signals.continuousIntegration.length > 0
      ? [
          {
            title: 'Changes are checked by CI',
            evidence: inventory.signals.continuousIntegration.slice(0, 3).map(code).join(', '),
          },
        ]
      : []),
    ...(inventory && inventory.signals.linters.length > 0
      ? [
          {
            title: 'Style is written down',
            evidence: inventory.signals.linters.slice(0, 3).map(code).join(', '),
          },
        ]
      : []),
  ];
}
