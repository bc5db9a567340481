// What is on: by day, and all days of one movie.
import { get, getAll, getMovie, getShowings, Problem } from './api.js';
import { h, panel, path } from './dom.js';
import { dayNumber, longDay, money, month, seats, weekday } from './text.js';

/** A poster, made of the title and the id. */
function poster({ id, title }, heading) {
	let hash = 7;
	for (const character of id) hash = (hash * 31 + character.charCodeAt()) >>> 0;
	return h('div', { class: `poster art${hash % 2}`, '--hue': (hash >> 4) % 360 }, heading(title));
}

const credits = ({ rating, director }) => h('p', { class: 'credits' },
	rating != null && h('b', h('span', { class: 'hidden' }, 'Rated '), h('span', { 'aria-hidden': 'true' }, '★ '), `${rating}`),
	director && ` Directed by ${director}`);

/** A link to a showing; how full it is comes later. */
function timeLink({ id, date, movie, time, screen_name: screen, price, currency }, signal) {
	const left = h('span', { class: 'left' });
	const prices = Object.values(price);
	const link = h('a', { class: 'time', href: path`#/showings/${date}/${movie}/${id}` }, h('strong', time), ' ',
		h('span', screen), ' ', prices.length > 0 && h('span', `from ${money(Math.min(...prices), currency)}`), ' ', left);
	get(path`/showtimes/${date}/${movie}/${id}/seats` + '?view=compact', signal).then(({ counts: { free, held, sold } }) => {
		if (free < (free + held + sold) / 5) link.classList.add(free ? 'few' : 'full');
		left.textContent = free ? `${seats(free)} left` : 'Sold out';
	}, () => {}); // it is said in the hall, too
	return link;
}

const times = (showings, signal) => (showings.length
	? h('ul', { class: 'times' }, showings.map((showing) => h('li', timeLink(showing, signal))))
	: h('p', 'Not shown any more.'));

const dateStrip = (dates, current) => h('nav', { class: 'dates', 'aria-label': 'Days' }, dates.map((date) => h('a',
	{ href: path`#/on/${date}`, 'aria-current': date === current && 'date' },
	h('span', weekday(date)), ' ', h('strong', dayNumber(date)), ' ', h('span', month(date)))));

/** The programme of a day; without one, of the next. */
export async function programme({ signal, params: [wanted] }) {
	const title = 'What’s on';
	const days = await getAll('/showtimes', signal);
	const dates = Object.keys(days).filter((date) => days[date].length).sort();
	if (!dates.length) return { title, element: panel('empty', 'Nothing is planned yet', 'The programme is being made. Look in again soon.') };
	const today = new Date().toLocaleDateString('sv').replaceAll('-', '');
	const date = wanted ?? dates.find((day) => day >= today) ?? dates[0];
	if (!days[date]) throw new Problem(404, {});
	const cards = await Promise.all(days[date].map(async (id) => {
		const [film, showings] = await Promise.all([getMovie(id, signal), getShowings(date, id, signal)]);
		return h('li', { class: 'card' },
			poster(film, (text) => h('h2', h('a', { href: path`#/movies/${id}` }, text))),
			h('div', { class: 'about' }, credits(film), times(showings, signal)));
	}));
	const strip = dateStrip(dates, date);
	return {
		title,
		element: h('div', h('h1', { tabindex: -1 }, title), strip,
			h('h2', { class: 'day' }, longDay(date)), h('ul', { class: 'cards' }, cards)),
		// Whoever walks along the days stays on the strip.
		shown: (before) => {
			const here = strip.querySelector('[aria-current]');
			strip.scrollLeft = here.offsetLeft - strip.clientWidth / 2;
			if (before === programme) here.focus({ preventScroll: true });
			return before === programme;
		},
	};
}

/** A movie, and when it is shown. */
export async function movie({ signal, params: [id] }) {
	const [film, days] = await Promise.all([getMovie(id, signal), getAll('/showtimes', signal)]);
	const dates = Object.keys(days).filter((date) => days[date].includes(id)).sort();
	if (film.gone && !dates.length) throw new Problem(404, {});
	const showings = await Promise.all(dates.map((date) => getShowings(date, id, signal)));
	return {
		title: film.title,
		element: h('article', { class: 'movie' },
			poster(film, (text) => h('h1', { tabindex: -1 }, text)), credits(film),
			dates.map((date, i) => h('section', h('h2', { class: 'day' }, longDay(date)), times(showings[i], signal))),
			!dates.length && h('p', 'It is not in the programme now.')),
	};
}
