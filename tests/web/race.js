// Two browsers want one seat: what one takes turns taken for the other, and who is late is told
// which seats went and offered others.
import assert from 'node:assert/strict';
import { accessible, api, people, showingOf, stateOf } from './browser.js';

export default async function test(open) {
	const showing = await showingOf('20180802');
	const [one, two] = await Promise.all([open(showing.page, { user: people.nayana }), open(showing.page, { user: people.yojane })]);
	await Promise.all([one, two].map((page) => page.locator('[data-seat=F7]').waitFor()));

	// Within two seconds without a reload; a busy machine gets three tries.
	const waits = [];
	for (const name of ['B1', 'B2', 'B3']) {
		await api('POST', '/bookings', showing.wish(people.kamraj, { seats: [name] }));
		const start = Date.now();
		await two.locator(`[data-seat=${name}].sold`).waitFor();
		waits.push(Date.now() - start);
	}
	assert.ok(Math.min(...waits) < 2000, `seen after ${waits} ms`);

	// A page that cannot be seen does not ask; seen again, it does at once.
	let asked = 0;
	await two.route('**/seats*', (route) => {
		asked++;
		return route.continue();
	});
	const hide = (hidden) => two.evaluate((value) => {
		Object.defineProperty(document, 'hidden', { value, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);
	await hide(true);
	await two.waitForTimeout(1200);
	const before = asked;
	await two.waitForTimeout(1500);
	assert.equal(asked, before, 'a hidden page asks');
	await api('POST', '/bookings', showing.wish(people.kamraj, { seats: ['B4'] }));
	await hide(false);
	await two.locator('[data-seat=B4].sold').waitFor();
	await two.unroute('**/seats*');

	// A picked seat that somebody takes.
	await two.locator('[data-seat=D7]').click();
	await one.locator('[data-seat=D7]').click();
	await one.getByRole('button', { name: 'Hold 1 seat' }).click();
	await two.locator('main').getByText('D7 has just gone to somebody else.').waitFor();
	assert.equal(await two.locator('[data-seat=D7]').getAttribute('aria-selected'), 'false');
	await accessible(two, 'lost');

	// A race that the map could not show: the second browser's map stands still.
	await two.route('**/seats*', () => {});
	await one.getByRole('button', { name: 'Confirm booking' }).click();
	await one.getByRole('heading', { name: 'Enjoy the film' }).waitFor();
	await two.getByRole('button', { name: /^Hold D/ }).waitFor();
	await api('POST', '/bookings', showing.wish(people.kamraj, { seats: ['F7', 'F8'] }));
	for (const name of ['F7', 'F8', 'F9']) await two.locator(`[data-seat=${name}]`).click();
	await two.getByRole('button', { name: 'Hold 3 seats' }).click();
	await two.getByRole('heading', { name: 'One moment' }).waitFor();
	await two.unroute('**/seats*');
	await two.locator('main').getByText('F7 and F8 have just gone to somebody else.').waitFor();
	const offer = two.getByRole('button', { name: /^Hold \w+, \w+,? and \w+, €33.00$/ });
	const names = (await offer.textContent()).match(/[A-Z]\d+/g);
	assert.equal(names.length, 3);
	assert.ok(names.every((name) => 'EFG'.includes(name[0])), `near: ${names}`);
	await offer.click();
	await two.getByRole('heading', { name: 'Held for you' }).waitFor();
	for (const name of names) assert.equal(await stateOf(showing, name), 'held');
	open.expected(/status of 409/);
}
