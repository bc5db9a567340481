// A hold runs out under the person's eyes: the page says so, the seats are free, and can be had again.
import assert from 'node:assert/strict';
import { accessible, people, showingOf, stateOf } from './browser.js';

export default async function test(open) {
	const showing = await showingOf('20180801');
	const page = await open(showing.page, { user: people.nayana });
	await page.locator('[data-seat=C3]').click();
	await page.getByRole('button', { name: 'Hold 1 seat' }).click();
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	await page.locator('main').getByText('Your hold has run out.').waitFor();
	assert.equal(await stateOf(showing, 'C3'), 'free');
	await accessible(page, 'run out');
	await page.getByRole('button', { name: 'Hold 1 seat' }).click();
	await page.getByRole('button', { name: 'Confirm booking' }).click();
	await page.getByRole('heading', { name: 'Enjoy the film' }).waitFor();
	assert.equal(await stateOf(showing, 'C3'), 'sold');
}
