// The page's frame: the view that the address asks for, who is here, and whether the box office answers.
import { connection } from './api.js';
import { h, panel, say } from './dom.js';
import { movie, programme } from './programme.js';
import { arrive, become, choosePerson, invitation, person, session } from './session.js';
import { showing } from './showing.js';
import { bookings, ticket } from './tickets.js';

// A view gives { title, element, shown }; shown says whether it has moved the focus.
const routes = [
	[/^$/, programme],
	[/^on\/([^/]+)$/, programme],
	[/^movies\/([^/]+)$/, movie],
	[/^showings\/([^/]+)\/([^/]+)\/([^/]+)$/, showing],
	[/^bookings$/, bookings],
	[/^bookings\/([^/]+)\/([^/]+)(\/new)?$/, ticket],
];
const DOWN = 'The box office does not answer';
const PATIENCE = 250; // ms until something says that a view is being loaded

const [main, banner, who] = ['main', 'banner', 'who'].map((id) => document.getElementById(id));
let leaving = new AbortController();
let current = null; // the view that is shown
let loading, down;

async function go() {
	leaving.abort();
	leaving = new AbortController();
	const { signal } = leaving;
	const address = location.hash.replace(/^#?\/?/, '');
	const [pattern, view] = routes.find(([one]) => one.test(address)) ?? [];
	loading = true;
	main.ariaBusy = true;
	if (down) wait();
	setTimeout(() => !signal.aborted && loading && !down && wait(), PATIENCE);
	let made;
	try {
		await arrive();
		const params = pattern?.exec(address).slice(1).map((part) => part && decodeURIComponent(part));
		made = view ? await view({ signal, params }) : lost();
	} catch (problem) {
		made = failed(problem);
	}
	if (signal.aborted) return;
	loading = false;
	show(view, made);
}

function show(view, { title, element, shown }) {
	main.replaceChildren(element);
	main.ariaBusy = false;
	document.title = `${title} · Cinema`;
	for (const link of document.querySelectorAll('header nav a'))
		link.ariaCurrent = view === (link.hash === '#/bookings' ? bookings : programme) ? 'page' : null;
	if (!shown?.(current) && current) {
		scrollTo(0, 0);
		main.querySelector('h1').focus({ preventScroll: true });
	}
	current = view ?? lost;
	report();
}

/** What stands in place of a view that is not there yet. */
function wait() {
	main.replaceChildren(down
		? panel('error', DOWN, 'We keep trying, and go on as soon as it is back.')
		: h('div', { class: 'cards' }, h('h1', { class: 'hidden' }, 'Loading…'), [1, 2, 3].map(() => h('div', { class: 'bone' }))));
}

const lost = () => ({ title: 'Nothing here', element: panel('error', 'Nothing is shown here',
	'What you look for has left the programme.', h('a', { class: 'main', href: '#/' }, 'See what’s on')) });

function failed(problem) {
	if ([400, 404].includes(problem.status)) return lost();
	const out = problem.status === 401;
	if (out) become(null);
	return { title: 'Trouble', element: panel('error', out ? 'Log in first' : 'Something went wrong', problem.message,
		h('button', { class: 'main', onclick: () => out ? who.click() : go() }, out ? 'Log in' : 'Try again')) };
}

/** Says over a view that the box office is down. */
function report() {
	banner.hidden = !down || loading;
	banner.textContent = `${DOWN}. We keep trying.`;
}

function turn(isDown) {
	if (down === isDown) return;
	if (isDown || down) say(isDown ? `${DOWN}. We keep trying.` : 'The box office is back.');
	down = isDown;
	if (loading && down) wait();
	report();
}

const greet = () => {
	who.textContent = person()?.name ?? invitation();
};

connection.addEventListener('down', () => turn(true));
connection.addEventListener('up', () => turn(false));
session.addEventListener('change', greet);
who.addEventListener('click', async () => {
	if (await choosePerson()) go();
});
addEventListener('hashchange', go);
greet();
go();
