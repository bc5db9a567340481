// One showing: picking seats, holding them against the clock, confirming. The map is asked for every
// second, so what others take turns taken at once; who gets a seat the server alone decides.
import { get, getMovie, now, patch, post, remove, send } from './api.js';
import { h, path, say, seen, sleep } from './dom.js';
import { Hall } from './hall.js';
import { nearest } from './nearest.js';
import { become, needPerson, person } from './session.js';
import { clock, list, longDay, money, seats } from './text.js';

const POLL = 1000;
const MOST = 10; // seats that the form for the best ones asks for
const SPOKEN = [60, 30, 10]; // seconds left that are said aloud
const WATCHED = 250;

export async function showing({ signal, params: [date, movie, id] }) {
	const map = path`/showtimes/${date}/${movie}/${id}/seats`;
	const room = new Room(map, signal, ...await Promise.all(
		[getMovie(movie, signal), get(map, signal), findHold({ date, movie, time: id.slice(0, 5), screen: id.slice(6) }, signal)]));
	return { title: `${room.film.title}, ${id.slice(0, 5)}`, element: room.element, shown: () => room.start() };
}

/** What the person here holds of a showing already. */
async function findHold(where, signal) {
	const all = person() ? await get(path`/bookings/${person().id}` + '?view=full&limit=50', signal) : {};
	return Object.values(all).find((one) => one.status === 'held' && Object.keys(where).every((key) => one[key] === where[key]));
}

class Room {
	/* The stage is picking, held, or one of those in which an answer is awaited: holding,
	 * confirming, leaving. booking is the hold, notice { text, offer, wanted, limit } what went wrong. */
	constructor(address, signal, film, map, held) {
		const { date, movie, time, screen } = map;
		Object.assign(this, { address, signal, film, where: { date, movie, time, screen }, asked: 0, shown: 0 });
		this.hall = new Hall(map, () => this.changed());
		this.tray = h('section', { class: 'tray', 'aria-labelledby': 'tray' });
		this.best = this.bestForm();
		this.element = h('div', { class: 'showing' }, h('header', h('h1', { tabindex: -1 }, film.title),
			h('p', `${longDay(date)}, `, h('b', time), `, ${map.screen_name} `, h('a', { href: path`#/movies/${movie}` }, 'Other times'))),
		this.best, this.hall.element, this.legend(), this.tray);
		this.go('picking');
		if (held) this.take(held);
	}

	legend() {
		const entry = (kind, ...text) => h('li', h('i', { class: `seat sign ${kind}` }), text);
		return h('ul', { class: 'legend' },
			this.hall.tiers.map(({ name, price, colour }) => entry(colour, `${name} `, h('b', money(price, this.hall.currency)))),
			entry('picked', 'yours'), entry('held', 'held'), entry('sold', 'sold'));
	}

	bestForm() {
		const count = h('input', { id: 'count', type: 'number', min: 1, max: MOST, value: 2, required: true });
		const step = (sign, name, move) => h('button', { type: 'button', 'aria-label': name, onclick: () => {
			move();
			say(seats(Number(count.value)));
		} }, sign);
		return h('form', { class: 'best', onsubmit: (event) => {
			event.preventDefault();
			this.hold({ count: Number(count.value) });
		} }, h('label', { for: 'count', class: 'hidden' }, 'How many'),
		h('span', { class: 'stepper' }, step('−', 'One less', () => count.stepDown()), count, step('+', 'One more', () => count.stepUp())),
		h('button', 'Best available'));
	}

	start() {
		const scroll = this.hall.element.querySelector('.scroll');
		scroll.scrollLeft = (scroll.scrollWidth - scroll.clientWidth) / 2;
		this.poll();
	}

	async poll() {
		while (!this.signal.aborted) {
			await this.refresh();
			await sleep(POLL, this.signal);
			await seen();
		}
	}

	async refresh() {
		const { signal } = this, turn = ++this.asked;
		try {
			const { status, headers, body } = await send('GET', `${this.address}?view=compact`,
				{ signal, headers: this.tag && { 'If-None-Match': this.tag } });
			if (status === 304 || turn < this.shown) return;
			this.shown = turn;
			this.tag = headers.get('ETag');
			this.update(body);
		} catch (problem) {
			if (!signal.aborted) this.tell({ text: problem.message });
		}
	}

	update(map) {
		const { hall, notice } = this, room = hall.counts.free > 0;
		const gone = hall.update(map);
		if (this.stage !== 'picking') return;
		if (gone.length) this.lose(gone, [...hall.picked]);
		else if (notice?.offer?.some((seat) => seat.state !== 'free')) this.lose(null, notice.wanted);
		else if (room !== map.counts.free > 0) this.render();
	}

	/** Others were faster: says which seats went, and offers as many near them. */
	lose(names, wanted) {
		const { hall } = this, all = wanted.map((name) => hall.seats.get(name));
		hall.mark(wanted.filter((name, i) => all[i].state === 'free'));
		const text = names ? `${list(names)} ${names.length > 1 ? 'have' : 'has'} just gone to somebody else.` : this.notice.text;
		this.tell({ text, wanted, offer: nearest(hall.rows, wanted.length, all) });
	}

	tell(notice) {
		if (notice && notice.text !== this.notice?.text) say(notice.text);
		this.notice = notice;
		this.render();
	}

	/** The person has picked or dropped a seat. */
	changed() {
		const { picked } = this.hall;
		this.tell(null);
		say(picked.size ? `${list([...picked])}, ${this.hall.total(picked)}` : 'No seat picked.');
	}

	go(stage, notice = null) {
		this.stage = stage;
		this.tell(notice);
	}

	/** Asks for a hold: { seats } or { count }. */
	async hold(wish) {
		const somebody = await needPerson();
		if (!somebody || this.stage !== 'picking') return;
		this.go('holding');
		try {
			this.take(await post('/bookings', { user: somebody.id, ...this.where, ...wish, hold: true }));
		} catch (problem) {
			// Without an answer it may have been made all the same.
			const held = !problem.status && await findHold(this.where, this.signal).catch(() => null);
			if (held) return this.take(held);
			if (problem.body?.errors?.some(({ field }) => field === 'user')) become(null);
			await this.refused(problem, wish.seats ?? []);
		}
	}

	take(held) {
		this.booking = held;
		this.hall.mark([], held.seats);
		this.go('held', held.together === false ? { text: 'There was no place for all side by side.' } : null);
		say(`${list(held.seats)} held for you, ${money(held.total, held.currency)}.`);
		this.watch();
	}

	/** Picking again, after the server has said no. */
	async refused(problem, wanted) {
		this.booking = null;
		this.hall.mark(wanted);
		await this.refresh();
		this.go('picking', { text: problem.message, limit: problem.body?.limit });
		if (problem.status === 409 && problem.body.seats) this.lose(problem.body.seats, wanted);
	}

	/** Shows what is left of the hold, until it is over. */
	async watch() {
		const held = this.booking, end = Date.parse(held.expires), length = end - Date.parse(held.created);
		const spoken = SPOKEN.filter((seconds) => seconds * 1000 < length);
		for (let left; !this.signal.aborted && this.booking === held; await sleep(WATCHED, this.signal)) {
			left = end - now();
			this.element.style.setProperty('--left', Math.max(0, Math.min(1, left / length)));
			this.tray.classList.toggle('soon', left < 60_000);
			this.tray.querySelector('.watch span').textContent = clock(left);
			if (spoken[0] * 1000 > left) say(`${spoken.shift()} seconds left.`);
			if (left <= 0 && this.stage === 'held') await this.check(held);
		}
	}

	/** Asks what has become of a hold whose time is over here. */
	async check(held) {
		const real = await get(path`/bookings/${held.user}/${held.id}`, this.signal).catch(() => held);
		if (this.stage !== 'held' || real.status === 'held') return;
		if (real.status === 'confirmed') location.hash = path`#/bookings/${held.user}/${held.id}`;
		else await this.release('Your hold has run out. Anybody can have the seats now.', held.seats);
	}

	async release(text, wanted = []) {
		this.booking = null;
		this.stage = 'leaving';
		await this.refresh();
		this.hall.mark(wanted.filter((name) => this.hall.seats.get(name).state === 'free'));
		this.go('picking', { text });
	}

	/** Changes the hold; when that does not get through, it stands. */
	async change(stage, ask, then) {
		const held = this.booking;
		this.go(stage);
		try {
			await ask(path`/bookings/${held.user}/${held.id}`);
			if (!this.signal.aborted) await then(held);
		} catch (problem) {
			if (problem.status) await this.refused(problem, held.seats);
			else this.go('held', { text: problem.message });
		}
	}

	confirm() {
		return this.change('confirming', (address) => patch(address, { status: 'confirmed' }), ({ user, id }) => {
			location.hash = path`#/bookings/${user}/${id}/new`;
		});
	}

	letGo() {
		return this.change('leaving', remove, () => this.release('The seats are free again.'));
	}

	render() {
		const { hall, tray, booking, stage } = this;
		const busy = stage !== 'picking' && stage !== 'held';
		hall.locked = stage !== 'picking';
		hall.offer(this.notice?.offer ?? []);
		this.best.hidden = hall.locked || !hall.counts.free;
		tray.ariaBusy = busy;
		tray.classList.toggle('held', Boolean(booking));
		hall.element.classList.toggle('full', !hall.counts.free && !booking);
		const [title, ...rest] = this.contents(busy), { activeElement } = document;
		const lost = tray.contains(activeElement) || (this.best.hidden && this.best.contains(activeElement));
		tray.replaceChildren(h('h2', { id: 'tray', tabindex: -1 }, title), h('div', this.notes()), ...rest.filter(Boolean));
		// The keyboard stays here when what it was on has gone.
		if (lost) tray.firstChild.focus({ preventScroll: true });
	}

	/** The tray's title, and what stands below it. */
	contents(busy) {
		const { hall, booking } = this, names = booking?.seats ?? [...hall.picked];
		const chosen = names.length > 0 && h('p', { class: 'names' }, names.map((name) => [h('b', name), ' ']),
			h('span', { class: 'total' }, booking ? money(booking.total, booking.currency) : hall.total(names)));
		const actions = (name, act, other, leave) => h('p', { class: 'actions' },
			h('button', { class: 'main', disabled: busy, onclick: act }, name),
			h('button', { class: 'quiet', disabled: busy, onclick: leave }, other));
		if (booking) {
			const watch = h('p', { class: 'watch', role: 'timer' }, h('span'), ' left to confirm');
			return ['Held for you', watch, chosen, actions('Confirm booking', () => this.confirm(), 'Let them go', () => this.letGo())];
		}
		if (busy) return ['One moment', h('p', 'Asking the box office…'), chosen];
		if (chosen) {
			return ['Your seats', chosen, actions(`Hold ${seats(names.length)}`, () => this.hold({ seats: names }), 'Clear', () => {
				hall.mark([]);
				this.go('picking');
			})];
		}
		if (hall.counts.free) return ['Your seats', h('p', 'Pick them on the plan, or let us find the best.')];
		return ['Sold out', h('p', hall.counts.held > 0 && 'Some seats are only held and may come back. ',
			'What is given back appears here at once.')];
	}

	notes() {
		const { text, offer = [], wanted, limit } = this.notice ?? {}, names = offer.map((seat) => seat.name);
		return text && h('div', { class: 'notice' }, h('p', text),
			limit && h('a', { href: '#/bookings' }, 'My bookings'),
			names.length > 0 && h('p', names.length < wanted.length ? 'All that is left: ' : 'Nearest free: ',
				h('button', { onclick: () => this.hold({ seats: names }) }, `Hold ${list(names)}, ${this.hall.total(names)}`)));
	}
}
