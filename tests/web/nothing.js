// A cinema without a programme and without people.
import { accessible } from './browser.js';

export default async function test(open) {
	const page = await open('/');
	await page.getByRole('heading', { name: 'Nothing is planned yet' }).waitFor();
	await accessible(page, 'empty');
	await page.getByRole('button', { name: 'Choose who you are' }).click();
	await page.getByText('There is nobody').waitFor();
	await accessible(page, 'nobody');
}
