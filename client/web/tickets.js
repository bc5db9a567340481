// Bookings: a person's list, and each as a ticket with its code.
import { get, getMovie, getPage, now, patch, remove } from './api.js';
import { h, panel, path, say, sure } from './dom.js';
import { choosePerson, invitation, person } from './session.js';
import { clock, list, longDay, money, seats, shortDay } from './text.js';

const SAID = { held: 'Held', confirmed: 'Booked', cancelled: 'Cancelled', expired: 'Hold ran out' };
const PAGE = 30;

const showingPath = ({ date, movie, time, screen }) => path`#/showings/${date}/${movie}/${`${time}-${screen}`}`;
const seeProgramme = () => h('a', { class: 'main', href: '#/' }, 'See what’s on');

async function entry(booking, signal) {
	const { user, id, status, date, time, expires } = booking, held = status === 'held';
	const film = await getMovie(booking.movie, signal);
	return h('li', { class: `entry ${status}` },
		h('a', { href: held ? showingPath(booking) : path`#/bookings/${user}/${id}` },
			h('strong', film.title), h('b', SAID[status]),
			h('span', shortDay(date), time && `, ${time}`, ` · ${list(booking.seats) || 'no seat chosen'}`),
			held && h('b', `${clock(Date.parse(expires) - now())} left, go on`)));
}

/** The person's bookings, newest first; what is over stands apart. */
export async function bookings({ signal }) {
	const title = 'My bookings', somebody = person();
	if (!somebody) {
		return { title, element: panel('empty', title, 'Say who you are, and your tickets are here.', h('button', { class: 'main',
			onclick: async () => await choosePerson() && dispatchEvent(new Event('hashchange')) }, invitation())) };
	}
	const live = h('ul', { class: 'entries' }), over = h('ul', { class: 'entries' });
	const past = h('details', h('summary', 'Cancelled and run out'), over);
	const more = h('button', { onclick: () => load() }, 'Older bookings');
	let next = path`/bookings/${somebody.id}` + `?view=full&limit=${PAGE}`;
	const load = async () => {
		const page = await getPage(next, signal), all = Object.values(page.body);
		const items = await Promise.all(all.map((booking) => entry(booking, signal)));
		items.forEach((item, i) => (['held', 'confirmed'].includes(all[i].status) ? live : over).append(item));
		past.hidden = !over.children.length;
		next = page.next;
		more.hidden = !next;
	};
	await load();
	if (!live.children.length && past.hidden)
		return { title, element: panel('empty', 'No tickets yet', `Nothing is booked for ${somebody.name}.`, seeProgramme()) };
	return { title, element: h('div', { class: 'bookings' }, h('h1', { tabindex: -1 }, title),
		live.children.length ? live : h('p', 'Nothing is booked now. ', seeProgramme()), past, more) };
}

/** One booking; fresh when it was confirmed a moment ago. */
export async function ticket({ signal, params: [user, id, fresh] }) {
	const address = path`/bookings/${user}/${id}`;
	const booking = await get(address, signal), film = await getMovie(booking.movie, signal);
	const element = h('div', { class: 'ticket-page' });
	const draw = (current, isFresh) => element.replaceChildren(
		h('h1', { tabindex: -1 }, isFresh ? 'Enjoy the film' : 'Your ticket'),
		paper(current, film, isFresh), ...choices(current, address, (next, text) => {
			draw(next);
			say(text);
			element.firstChild.focus();
		}));
	draw(booking, fresh && booking.status === 'confirmed');
	if (fresh) {
		history.replaceState(null, '', '#' + address);
		say(`Booked. Your code is ${[...booking.code].join(' ')}.`);
	}
	return { title: `Ticket, ${film.title}`, element };
}

function paper({ date, movie, time, screen, seats: names, total, currency, code, status }, film, fresh) {
	const fact = (name, value) => value && h('div', h('dt', name), h('dd', value));
	const hall = screen && h('span', screen);
	if (hall) get(path`/showtimes/screens/${screen}`).then(({ name }) => hall.replaceChildren(name), () => {});
	return h('article', { class: `ticket ${status} ${fresh ? 'fresh' : ''}` },
		h('div', h('h2', film.title),
			h('dl', fact('Day', longDay(date)), fact('Time', time), fact('Screen', hall),
				fact('Seats', list(names) || 'Ask at the door'), names.length > 0 && fact('Price', money(total, currency)))),
		h('div', { class: 'stub' }, h('p', SAID[status]),
			h('p', { class: 'code' }, h('span', { class: 'hidden' }, [...code].join(' ')),
				h('span', { 'aria-hidden': 'true' }, `${code.slice(0, 4)} ${code.slice(4)}`)),
			h('p', status === 'confirmed' ? 'Read out this code at the door.' : 'Not valid at the door.')));
}

/** What can be done; changed is given what has become of it, and how that is said. */
function choices(booking, address, changed) {
	if (booking.status === 'held') return [h('p', h('a', { class: 'main', href: showingPath(booking) }, 'Go on and confirm'))];
	if (booking.status !== 'confirmed') return [h('p', seeProgramme())];
	const names = booking.seats, trouble = h('p', { class: 'notice', role: 'alert', hidden: true });
	const offer = (name, text, ask, said) => h('button', { onclick: async ({ target }) => {
		if (!await sure(`${name}?`, text, name)) return;
		target.disabled = true;
		try {
			changed(await ask(), said);
		} catch ({ message }) {
			target.disabled = trouble.hidden = false;
			trouble.textContent = message;
		}
	} }, name);
	return [
		h('p', { class: 'actions' }, h('button', { class: 'main', onclick: () => print() }, 'Print')),
		h('section', { class: 'change' }, h('h2', 'Change of plan?'), trouble, h('ul', { class: 'times' },
			names.length > 1 && names.map((seat) => h('li', offer(`Give back ${seat}`, 'Anybody can have it then.',
				() => patch(address, { seats: names.filter((name) => name !== seat) }), `${seat} is given back.`))),
			h('li', offer('Cancel booking', names.length ? `You lose ${seats(names.length)}: ${list(names)}.` : 'It cannot be undone.',
				() => remove(address), 'The booking is cancelled.')))),
	];
}
