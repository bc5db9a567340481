// The states that are not the way through: loading, empty, sold out, nothing there, a refusal; on a
// narrow dark screen with a finger, and on a wide one.
import assert from 'node:assert/strict';
import { accessible, api, fits, people, showingOf, url } from './browser.js';

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark', reducedMotion: 'reduce' };

export default async function test(open) {
	const studio = await showingOf('20180802', '96798c08-d19b-4986-a05d-7da856efb697');
	assert.equal(studio.capacity, 50);
	const bookings = [];
	for (let i = 0; i < 5; i++) bookings.push((await api('POST', '/bookings', studio.wish(people.kamraj, { count: 10 }))).body);

	const page = await open('/', { ...phone, user: people.vasundhara });
	const look = async (state) => {
		await accessible(page, state);
		await fits(page);
	};
	const go = (address) => page.evaluate((to) => {
		location.hash = to;
	}, address);
	await page.getByText('seats left').first().waitFor();
	await look('programme');
	await go('#/bookings');
	await page.getByRole('heading', { name: 'No tickets yet' }).waitFor();
	await look('no bookings');
	await go('#/movies/nothing');
	await page.getByRole('heading', { name: 'Nothing is shown here' }).waitFor();
	await look('no such movie');

	// Sold out, until somebody gives seats back.
	await go(studio.page.slice(1));
	await page.getByRole('heading', { name: 'Sold out' }).waitFor();
	await look('sold out');
	await api('DELETE', bookings[0].uri);
	await page.locator('.seat.free').first().tap();
	await page.getByRole('button', { name: 'Hold 1 seat' }).tap();
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	await look('held');

	// More than the person may hold: the limit is said, with the way to what is held.
	await api('POST', '/bookings', (await showingOf('20180805')).wish(people.vasundhara, { count: 9, hold: true }));
	await go((await showingOf('20180801')).page.slice(1));
	await page.getByRole('button', { name: 'Best available' }).tap();
	await page.locator('main').getByText('holds 10 seats at most').waitFor();
	await look('limit');

	// Loading: the answer takes its time.
	const slow = await open('/problems');
	await slow.route('**/showtimes*', () => {});
	await slow.goto(url);
	await slow.locator('.bone').first().waitFor();
	await accessible(slow, 'loading');
	open.expected(/status of (404|409)/);
}
