import { setTimeout as wait } from 'node:timers/promises';
import { workflowIdOf } from '#contracts';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { until } from '../e2e/until.js';

/** A run in the Temporal UI, as a person meets it. */
export interface RunPage {
  pause(reason: string): Promise<void>;
  unpause(): Promise<void>;
  /** By the form “Send a Signal”; without a text the signal comes bare. */
  signal(name: string, text?: string): Promise<void>;
  /** Resolves when the page shows this text. */
  shows(text: string): Promise<void>;
}

const buttons = 'button, [role=menuitem]';
const stillMs = 300;
/** How long the form may take to be sent. */
const formMs = 10_000;

export async function openRun(
  browser: Browser,
  uiUrl: string,
  namespace: string,
  runId: string,
): Promise<RunPage> {
  const page = await browser.newPage();
  const path = `/namespaces/${namespace}/workflows/${encodeURIComponent(workflowIdOf(runId))}`;
  await page.goto(`${uiUrl}${path}`);
  const dialog = 'dialog[open], [role=dialog]';
  return {
    async pause(reason) {
      await press(page, buttons, 'Pause Workflow');
      await write(page, 'textarea[data-testid=workflow-pause-details]', reason);
      await press(page, '[data-testid=confirm-modal-button]', 'Pause Workflow');
      await gone(page, dialog);
    },
    async unpause() {
      await press(page, buttons, 'Unpause Workflow');
      await press(page, '[data-testid=confirm-modal-button]', 'Unpause Workflow');
      await gone(page, dialog);
    },
    async signal(name, text) {
      await press(page, buttons, 'More Actions');
      await press(page, '[data-testid=signal-button]', 'Send a Signal');
      // The form offers the signals that the workflow says it knows.
      await press(page, '::-p-text(Select a signal)');
      await choose(page, `[role=option] ::-p-text(${name})`, name);
      // The list lies over the field below: while it folds, a click there would choose once more.
      await gone(page, '[role=option]');
      if (text !== undefined) await write(page, '.cm-content[contenteditable=true]', JSON.stringify(text));
      await press(page, '[data-testid=confirm-modal-button]', 'Submit');
      // A form that stays was filled in wrongly: it is left, and whoever looks for its effect does it again.
      await gone(page, dialog, formMs).catch(() => page.reload());
      await gone(page, dialog);
    },
    async shows(text) {
      await until(`the page says ${text}`, async () => {
        const body = await page.$('body');
        return body !== null && (await textOf(body)).includes(text);
      });
    },
  };
}

/** The page holds most things twice, for narrow and wide windows: what can be seen is what a person can press. */
async function seen(page: Page, selector: string, text?: string): Promise<ElementHandle | undefined> {
  for (const element of await page.$$(selector)) {
    if (!(await element.isVisible())) continue;
    if (text === undefined || (await textOf(element)) === text) return element;
  }
  return undefined;
}

async function textOf(element: ElementHandle): Promise<string> {
  const text = await (await element.getProperty('innerText')).jsonValue();
  return String(text).trim();
}

async function press(page: Page, selector: string, text?: string): Promise<void> {
  const element = await until(`there is ${selector} ${text ?? ''}`, async () => {
    const found = await seen(page, selector, text);
    return found && (await standsStill(found)) ? found : undefined;
  });
  await element.click();
}

/** By the element, not its place: on a slow machine a list still moves, and the pointer would take the option beside. */
async function choose(page: Page, selector: string, text: string): Promise<void> {
  const option = await until(`there is ${text}`, () => seen(page, selector, text));
  await option.evaluate((element) => (element as unknown as { click(): void }).click());
}

/** A menu that unfolds carries what is pressed away from under the pointer. */
async function standsStill(element: ElementHandle): Promise<boolean> {
  const before = await element.boundingBox();
  await wait(stillMs);
  const after = await element.boundingBox();
  return JSON.stringify(before) === JSON.stringify(after);
}

async function write(page: Page, selector: string, text: string): Promise<void> {
  const field = await until(selector, () => seen(page, selector));
  await field.click();
  await field.type(text);
}

async function gone(page: Page, selector: string, withinMs?: number): Promise<void> {
  const isGone = async () => (await seen(page, selector)) === undefined;
  await until(`no ${selector}`, isGone, withinMs === undefined ? {} : { withinMs });
}
