// The seat map: a grid that is one stop for the keyboard, whose arrow keys walk from seat to seat. A
// seat's label says all that its place and colour show.
import { h, say } from './dom.js';
import { money } from './text.js';

const STATES = { f: 'free', h: 'held', s: 'sold', x: 'blocked' };
const SAID = { free: 'free', held: 'held by somebody', sold: 'sold', blocked: 'out of use', picked: 'picked', mine: 'held for you' };
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const TIERS = 4; // that have a colour of their own

export class Hall {
	/** map: a full one; changed is called after a pick. */
	constructor({ rows, currency, counts, screen_name: screen }, changed) {
		Object.assign(this, { currency, counts, changed, seats: new Map(), picked: new Set(), mine: new Set() });
		const prices = new Map(rows.map(({ tier, price }) => [tier, price]));
		this.tiers = [...prices].sort((a, b) => a[1] - b[1])
			.map(([name, price], i) => ({ name, price, colour: `tier${Math.min(i, TIERS - 1)}` }));
		this.rows = rows.map(({ name, seats }, row) => seats.map((seat) => ({
			...seat, row, label: `Row ${name} seat ${seat.name.slice(name.length)}, ${seat.tier}, ${money(seat.price, currency)}`,
			number: seat.name.slice(name.length), colour: this.tiers.find((tier) => tier.name === seat.tier).colour,
		})));
		const width = Math.max(...this.rows.flat().map((seat) => seat.column));
		const lines = this.rows.map((seats, i) => h('div', { role: 'row', class: 'row', '--row': i },
			h('span', { role: 'rowheader', class: 'letter' }, rows[i].name), seats.map((seat) => this.cell(seat, width))));
		this.element = h('div', { class: 'hall' }, h('div', { class: 'screen', 'aria-hidden': 'true' }, 'Screen'),
			h('div', { class: 'scroll' }, h('div', {
				role: 'grid', class: 'seats', '--columns': width, 'aria-multiselectable': 'true',
				'aria-label': `Seats, ${screen}. Row ${rows[0].name} is nearest to the screen.`,
				onclick: (event) => this.toggle(this.at(event)), onkeydown: (event) => this.key(event),
			}, lines)));
		this.enter(this.rows.flat().find((seat) => seat.state === 'free') ?? this.rows[0][0]);
	}

	cell(seat, width) {
		seat.cell = h('div', {
			role: 'gridcell', tabindex: -1, 'data-seat': seat.name, 'data-number': seat.number,
			'--column': seat.column + 1, '--x': (2 * seat.column - width - 1) / width,
		});
		this.seats.set(seat.name, seat);
		this.draw(seat);
		return seat.cell;
	}

	draw({ name, cell, state, label, colour }) {
		const shown = this.mine.has(name) ? 'mine' : this.picked.has(name) ? 'picked' : state;
		cell.className = `seat ${colour} ${shown}`;
		cell.ariaSelected = shown === 'mine' || shown === 'picked';
		cell.ariaDisabled = shown !== 'mine' && state !== 'free';
		cell.ariaLabel = `${label}, ${SAID[shown]}`;
	}

	at(event) {
		return this.seats.get(event.target.dataset.seat);
	}

	/** Makes a seat the one in the tab order. */
	enter(seat) {
		if (this.current) this.current.cell.tabIndex = -1;
		this.current = seat;
		seat.cell.tabIndex = 0;
	}

	key(event) {
		const seat = this.at(event);
		if (!seat || event.altKey || event.metaKey) return;
		const line = this.rows[seat.row], [up, right] = STEPS[event.key] ?? [];
		let next;
		if (right) next = line[line.indexOf(seat) + right];
		else if (up) next = this.beside(seat, up);
		else if (event.key === 'Home') next = (event.ctrlKey ? this.rows[0] : line)[0];
		else if (event.key === 'End') next = (event.ctrlKey ? this.rows.at(-1) : line).at(-1);
		else if (event.key === ' ' || event.key === 'Enter') this.toggle(seat);
		else return;
		event.preventDefault();
		if (!next) return;
		this.enter(next);
		next.cell.focus();
	}

	/** The nearest seat of the row before or after. */
	beside({ row, column }, step) {
		const far = (seat) => Math.abs(seat.column - column);
		return this.rows[row + step]?.reduce((best, seat) => (far(seat) < far(best) ? seat : best));
	}

	toggle(seat) {
		if (!seat || this.locked) return;
		this.enter(seat);
		if (seat.state !== 'free') return say(`${seat.name} is ${SAID[seat.state]}.`);
		if (!this.picked.delete(seat.name)) this.picked.add(seat.name);
		this.draw(seat);
		this.changed();
	}

	/** Shows these as picked, those as held. */
	mark(picked, mine = []) {
		this.picked = new Set(picked);
		this.mine = new Set(mine);
		for (const seat of this.seats.values()) this.draw(seat);
	}

	/** Points at seats that are offered. */
	offer(seats) {
		for (const seat of this.seats.values()) seat.cell.classList.toggle('offered', seats.includes(seat));
	}

	/** Takes a newer, compact map; gives the picked seats that are no longer free. */
	update({ counts, rows }) {
		this.counts = counts;
		for (const seat of this.seats.values()) {
			const state = STATES[rows[seat.row]?.seats[seat.column - 1]] ?? 'blocked';
			if (state !== seat.state) this.draw(Object.assign(seat, { state }));
		}
		return [...this.picked].filter((name) => this.seats.get(name).state !== 'free');
	}

	total(names) {
		return money([...names].reduce((sum, name) => sum + this.seats.get(name).price, 0), this.currency);
	}
}
