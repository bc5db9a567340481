// From opening the page to the ticket, and back to cancelled, by mouse, with the animations.
import assert from 'node:assert/strict';
import { accessible, api, people, showingOf, stateOf } from './browser.js';

export default async function test(open) {
	const page = await open('/', { reducedMotion: 'no-preference' });
	const showing = await showingOf('20180801');
	await page.getByRole('heading', { level: 1, name: 'What’s on' }).waitFor();
	await page.getByText('300 seats left').first().waitFor();
	await accessible(page, 'programme');
	await page.getByRole('link', { name: /Thu 2/ }).click();
	await page.getByRole('link', { name: 'Avengers Infinity War' }).waitFor();
	await page.getByRole('link', { name: /Wed 1/ }).click();
	await page.getByRole('link', { name: 'Stree' }).click();
	await page.getByRole('heading', { level: 1, name: 'Stree' }).waitFor();
	await page.locator('.left:not(:empty)').first().waitFor();
	await accessible(page, 'movie');
	await page.getByRole('link', { name: /21:00 Grand Hall from €9.00/ }).click();

	// The hall: a label says it all, and the price follows the picks.
	const seat = (name) => page.locator(`[data-seat=${name}]`);
	await page.getByRole('gridcell', { name: 'Row F seat 7, standard, €11.00, free' }).click();
	await seat('F8').click();
	await seat('A1').click();
	await page.locator('main').getByText('€31.00').waitFor();
	await seat('A1').click();
	await page.locator('main').getByText('€22.00').waitFor();
	assert.equal(await seat('F7').getAttribute('aria-selected'), 'true');
	await accessible(page, 'picked');

	// Nobody has said who they are: the page asks, then goes on by itself.
	await page.getByRole('button', { name: 'Hold 2 seats' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Nayana Patil' }).waitFor();
	await accessible(page, 'who');
	await page.getByLabel('Find a name').fill('naya');
	await page.getByRole('dialog').getByRole('button', { name: 'Nayana Patil' }).click();
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	assert.match(await page.getByRole('timer').textContent(), /^(10:00|9:\d\d) left/);
	assert.equal(await stateOf(showing, 'F7'), 'held');
	await accessible(page, 'held');

	// A page opened anew knows the person and the hold; then it is let go, and the best are taken.
	await page.reload();
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	await page.getByRole('button', { name: 'Let them go' }).click();
	await page.getByRole('button', { name: 'One more' }).click();
	await page.getByRole('button', { name: 'Best available' }).click();
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	assert.equal(await page.locator('.seat.mine').count(), 3);
	assert.equal(await stateOf(showing, 'F7'), 'free');
	await page.getByRole('button', { name: 'Confirm booking' }).click();

	await page.getByRole('heading', { name: 'Enjoy the film' }).waitFor();
	await accessible(page, 'ticket');
	const { body: all } = await api('GET', `/bookings/${people.nayana.id}?view=full`);
	const [booking] = Object.values(all);
	assert.deepEqual([booking.status, booking.seats.length], ['confirmed', 3]);
	const code = await page.locator('.code [aria-hidden]').textContent();
	assert.equal(code.replace(' ', ''), booking.code);
	await page.getByText('Grand Hall').waitFor();

	await page.getByRole('link', { name: 'My bookings' }).first().click();
	await page.getByText('Cancelled and run out').click();
	await accessible(page, 'bookings');
	await page.getByRole('link', { name: /Stree Booked/ }).click();
	const [first] = booking.seats;
	await page.getByRole('button', { name: `Give back ${first}` }).click();
	await accessible(page, 'sure');
	await page.getByRole('dialog').getByRole('button', { name: `Give back ${first}` }).click();
	await page.getByRole('button', { name: `Give back ${first}` }).waitFor({ state: 'detached' });
	assert.equal(await stateOf(showing, first), 'free');
	assert.equal(await stateOf(showing, booking.seats[1]), 'sold');
	await page.getByRole('button', { name: 'Cancel booking' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel booking' }).click();
	await page.getByText('Not valid at the door.').waitFor();
	assert.equal(await stateOf(showing, booking.seats[1]), 'free');
	await accessible(page, 'cancelled');
}
