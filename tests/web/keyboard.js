// The whole way with the keyboard alone.
import assert from 'node:assert/strict';

export default async function test(open) {
	const page = await open('/');
	await page.getByText('seats left').first().waitFor();
	const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
	const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
	// Tab by tab until what is wanted has the focus.
	const tabTo = async (pattern) => {
		for (let i = 0; i < 60; i++) {
			if (pattern.test(await focused())) return;
			await press('Tab');
		}
		assert.fail(`the keyboard does not reach ${pattern}, is on ${await focused()}`);
	};

	await tabTo(/^Thu/);
	await press('Enter');
	await page.getByRole('link', { name: 'Gold' }).waitFor();
	assert.match(await focused(), /^Thu/, 'the focus stays on the day');
	await tabTo(/^18:00 Studio/);
	await press('Enter');
	await page.getByRole('grid').waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus is on the new title');

	await tabTo(/^Row A seat 1,/);
	await press('ArrowRight');
	assert.match(await focused(), /^Row A seat 2,/);
	await press('ArrowDown', 'End');
	assert.match(await focused(), /^Row B seat 10,/);
	await press('Home', 'Control+End');
	assert.match(await focused(), /^Row E seat 8, sofa, €16.00, free/);
	await press('Space', 'ArrowLeft', 'Enter');
	await page.locator('main').getByText('€32.00').waitFor();
	await press('ArrowUp');
	assert.match(await focused(), /^Row D seat/);
	await press('Tab');
	assert.doesNotMatch(await focused(), /^Row/, 'the grid is one stop');
	await tabTo(/^Hold 2 seats/);
	await press('Enter');

	await page.getByRole('dialog').waitFor();
	await page.getByRole('button', { name: 'Yojane Mane' }).waitFor();
	await tabTo(/Yojane Mane/);
	await press('Enter');
	await page.getByRole('heading', { name: 'Held for you' }).waitFor();
	await tabTo(/^Confirm booking/);
	await press('Enter');
	await page.getByRole('heading', { name: 'Enjoy the film' }).waitFor();
	assert.equal(await focused(), 'Enjoy the film');
	await tabTo(/^Cancel booking/);
	await press('Enter');
	await page.getByRole('dialog').waitFor();
	await press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await press('Enter');
	await tabTo(/^Cancel booking/);
	await press('Enter');
	await page.getByText('Not valid at the door.').waitFor();
}
