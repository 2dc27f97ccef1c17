import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, describe, onTestFinished } from 'vitest';
import { findProgram } from './installed.js';

const PROGRAM = ['chromium', 'chromium-browser', 'google-chrome'].map(findProgram).find((path) => path !== undefined);

/** Tests of pages in a real browser. Without Chromium they are skipped, or fail if JAMDEV_REQUIRE_BROWSER=1 is set. */
export const describeBrowser = describe.skipIf(PROGRAM === undefined && process.env.JAMDEV_REQUIRE_BROWSER !== '1');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page, and the errors in it. */
export interface OpenedPage {
  page: Page;
  /** Uncaught errors, and errors in the console. */
  errors: string[];
}

/** Starts one browser for the tests of a file when the first page is opened. Each page has its own browser context. */
export function createBrowser(): { open(url: string): Promise<OpenedPage> } {
  let browser: Promise<Browser> | undefined;
  afterAll(async () => (await browser)?.close());
  return {
    async open(url) {
      browser ??= chromium.launch({ executablePath: PROGRAM ?? 'chromium', args: FLAGS });
      const context = await (await browser).newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(url);
      return { page, errors };
    },
  };
}
