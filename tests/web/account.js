// A cinema that asks who one is: registering, logging in and out, and what is whose.
import assert from 'node:assert/strict';
import { accessible, fits, showingOf, url } from './browser.js';

export default async function test(open) {
	const showing = await showingOf('20180801');
	const page = await open(showing.page, { viewport: { width: 360, height: 740 } });
	const dialog = page.getByRole('dialog');
	await page.getByRole('button', { name: 'Log in' }).waitFor();
	await page.locator('[data-seat=F7]').click();
	await page.getByRole('button', { name: 'Hold 1 seat' }).click();
	await dialog.getByRole('heading', { name: 'Log in' }).waitFor();
	await accessible(page, 'log in');
	await fits(page);
	if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/login.png` });

	// Nobody of that name yet: it says so without telling whether there is such a user.
	await dialog.getByLabel('User').fill('ada');
	await dialog.getByLabel('Password').fill('not the one');
	await dialog.getByRole('button', { name: 'Log in' }).click();
	await dialog.getByRole('alert').getByText('The user or the password is wrong.').waitFor();
	await accessible(page, 'refused');
	await dialog.getByLabel('Password').fill('short');
	await dialog.getByRole('button', { name: 'Register' }).click();
	await dialog.getByText('8 to 200').waitFor();
	await dialog.getByLabel('Password').fill('correct horse');
	await dialog.getByLabel('Your name').fill('Ada <b>Lovelace</b>');
	await dialog.getByRole('button', { name: 'Register' }).click();

	// What was begun goes on, and is hers.
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	await page.getByRole('button', { name: 'Ada <b>Lovelace</b>' }).waitFor();
	await accessible(page, 'held');
	await page.getByRole('button', { name: 'Confirm booking' }).click();
	await page.getByRole('heading', { name: 'Enjoy the film' }).waitFor();
	const ticket = page.url();
	await fits(page);

	// The session is a cookie that scripts cannot read; the token stands nowhere in the page.
	const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'cinema_session');
	assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);
	assert.equal(await page.evaluate(() => document.cookie), '');
	assert.ok(!await page.evaluate((value) => JSON.stringify(localStorage).includes(value), cookie.value));

	// A page opened anew knows her; another browser does not, and sees no ticket of hers.
	await page.reload();
	await page.getByRole('button', { name: 'Ada <b>Lovelace</b>' }).waitFor();
	const other = await open(ticket.slice(url.length));
	await other.getByRole('heading', { name: 'Log in first' }).waitFor();
	await accessible(other, 'not logged in');
	await other.getByRole('link', { name: 'My bookings' }).click();
	await other.getByText('Say who you are').waitFor();
	await other.getByRole('main').getByRole('button', { name: 'Log in' }).click();
	await other.getByRole('dialog').getByLabel('User').fill('ada');
	await other.getByRole('dialog').getByLabel('Password').fill('correct horse');
	await other.keyboard.press('Enter');
	await other.getByText('Booked').waitFor();

	await page.getByRole('button', { name: 'Ada <b>Lovelace</b>' }).click();
	await accessible(page, 'log out');
	await dialog.getByRole('button', { name: 'Log out' }).click();
	await page.getByRole('button', { name: 'Log in' }).first().waitFor();
	await page.reload();
	await page.getByRole('button', { name: 'Log in' }).first().waitFor();
	open.expected(/status of (401|404|422)/);
}
