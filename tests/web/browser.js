// What the browser tests share: Debian's chromium without a window, on the page of the current instance.
// Every error on the console, every uncaught exception and every violation of the Content-Security-Policy
// is remembered and fails the test at its end. Animations are off unless a test turns them on: drawing
// them takes a large part of the time.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export let url;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

let browser, found = [];

/** Says what fails the test that is run now. */
export function blame(text) {
	found.push(text);
}

/** What has been said. */
export function told() {
	return found;
}

/** Runs one test at an address with a function that opens pages, each in a browser session of its own. */
export async function browse(address, test) {
	const contexts = [];
	url = address;
	found = [];
	if (!browser?.isConnected()) browser = await chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: flags });
	const open = async (path = '/', { user = null, ...settings } = {}) => {
		const context = await browser.newContext({
			viewport: { width: 1280, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...settings,
		});
		contexts.push(context);
		const page = await context.newPage();
		page.setDefaultTimeout(15_000);
		page.on('pageerror', (error) => blame(`uncaught: ${error.stack}`));
		page.on('console', (message) => ['error', 'warning'].includes(message.type()) && blame(message.text()));
		await page.addInitScript((somebody) => {
			document.addEventListener('securitypolicyviolation', (event) =>
				console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
			if (somebody) localStorage.setItem('cinema-person', JSON.stringify(somebody));
		}, user);
		await page.goto(url + path);
		return page;
	};
	// What a test does on purpose, such as stopping the server, may be told of by the console.
	open.expected = (pattern) => found.splice(0, found.length, ...found.filter((text) => !pattern.test(text)));
	try {
		await test(open);
		assert.deepEqual(found, [], 'the console is silent');
	} finally {
		await Promise.all(contexts.map((context) => context.close()));
	}
}

/** Fails when axe finds anything wrong with the page as it is now. */
export async function accessible(page, state) {
	await page.evaluate(() => Promise.all(document.getAnimations()
		.filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
		.map((animation) => animation.finished.catch(() => {}))));
	if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(axe);
	const violations = await page.evaluate(async () => (await window.axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
		resultTypes: ['violations'], // of what is well, nothing is told
	})).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`));
	assert.deepEqual(violations, [], state);
}

/** Fails when the page is wider than the screen. */
export async function fits(page) {
	const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	assert.ok(over <= 0, `${page.url()} is too wide by ${over}`);
}

/** A request to the API from outside the page. */
export async function api(method, path, body) {
	const answer = await fetch(url + path, {
		method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
	});
	return { status: answer.status, body: await answer.json() };
}

export const people = {
	nayana: { id: 'nayana_patil', name: 'Nayana Patil' },
	yojane: { id: 'yojane_mane', name: 'Yojane Mane' },
	vasundhara: { id: 'vasundhara_kurtakoti', name: 'Vasundhara Kurtakoti' },
	kamraj: { id: 'kamraj_ambalkar', name: 'Kamraj Ambalkar' },
};
export const STREE = 'a8034f44-aee4-44cf-b32c-74cf452aaaae';

/** The first showing of a movie on a date, with the page's address of it, and a booking's body. */
export async function showingOf(date, movie = STREE) {
	const { body: [showing] } = await api('GET', `/showtimes/${date}/${movie}`);
	const { time, screen } = showing;
	return {
		...showing, page: `/#/showings/${date}/${movie}/${showing.id}`,
		wish: (user, more) => ({ user: user.id, date, movie, time, screen, ...more }),
	};
}

/** What has become of a seat, by the API. */
export async function stateOf(showing, name) {
	const { body } = await api('GET', `${showing.uri}/seats`);
	return body.rows.flatMap((row) => row.seats).find((seat) => seat.name === name).state;
}
