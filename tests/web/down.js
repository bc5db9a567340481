// The server goes away and comes back, under a page that loads, one that watches a hall, and one
// that holds a seat at that moment: each goes on by itself, and the hold is made once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { accessible, api, people, showingOf } from './browser.js';

const run = (command) => execFileSync(new URL('../../run.sh', import.meta.url).pathname, [command], { stdio: 'ignore' });

export default async function test(open) {
	const showing = await showingOf('20180801');
	const [hall, programme] = await Promise.all([open(showing.page, { user: people.nayana }), open('/')]);
	await hall.locator('[data-seat=E5]').click();
	await programme.getByRole('link', { name: 'Stree' }).waitFor();

	run('stop');
	await hall.getByRole('complementary', { name: 'Connection' }).getByText('does not answer').waitFor();
	await hall.getByRole('button', { name: 'Hold 1 seat' }).click();
	await accessible(hall, 'down');
	await programme.getByRole('link', { name: /Thu 2/ }).click();
	await programme.getByRole('heading', { name: 'The box office does not answer' }).waitFor();
	await accessible(programme, 'unreachable');

	run('start');
	await hall.getByRole('heading', { name: 'Held for you' }).waitFor();
	await hall.getByRole('complementary', { name: 'Connection' }).waitFor({ state: 'hidden' });
	await programme.getByRole('link', { name: 'Avengers Infinity War' }).waitFor();

	// The answer to a hold is lost on its way: the page asks again, and there is still one hold.
	await hall.getByRole('button', { name: 'Let them go' }).click();
	let sent = 0;
	await hall.route('**/bookings', async (route) => {
		if (sent++) return route.continue();
		await route.fetch();
		return route.abort();
	});
	await hall.locator('[data-seat=E6]').click();
	await hall.getByRole('button', { name: 'Hold 1 seat' }).click();
	await hall.getByRole('heading', { name: 'Held for you' }).waitFor();
	const { body } = await api('GET', `/bookings/${people.nayana.id}?view=full`);
	assert.equal(sent, 2);
	assert.deepEqual(Object.values(body).map(({ status }) => status).sort(), ['cancelled', 'held']);
	open.expected(/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|status of 50[234]/);
}
