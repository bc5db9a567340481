// Names that are markup, very long, in other scripts or for other eyes are shown as the text they are.
import assert from 'node:assert/strict';
import { accessible, fits } from './browser.js';

const TITLE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

export default async function test(open) {
	const page = await open('/', { viewport: { width: 360, height: 740 } });
	page.on('dialog', () => assert.fail('a script ran'));
	await page.getByRole('heading', { name: TITLE }).waitFor();
	await page.locator('.left:not(:empty)').nth(2).waitFor();
	await fits(page);
	await accessible(page, 'programme');
	await page.getByRole('link', { name: TITLE }).click();
	await page.getByRole('heading', { level: 1, name: TITLE }).waitFor();
	assert.ok((await page.title()).startsWith(TITLE));
	await page.locator('.time').first().click();
	await page.getByText('<b>Hall</b>').waitFor();
	await fits(page);
	await page.locator('.seat.free').first().click();
	await page.getByRole('button', { name: 'Hold 1 seat' }).click();
	await page.getByRole('dialog').getByRole('button', { name: '<svg onload=alert(3)>' }).click();
	await page.getByRole('button', { name: 'Confirm booking' }).click();
	await page.getByRole('heading', { level: 2, name: TITLE }).waitFor();
	await fits(page);
	await page.getByRole('link', { name: 'My bookings' }).first().click();
	await page.getByRole('link', { name: `${TITLE} Booked` }).waitFor();
	await fits(page);
	assert.equal(await page.locator('main img, main script, main svg, .who *').count(), 0);
}
