/**
 * The count free seats nearest to the wanted ones: side by side where a row has room, else one by
 * one. Rows are arrays of { row, column, state }. A row counts as two seats, as on the server.
 */
export function nearest(rows, count, wanted) {
	const mean = (key) => wanted.reduce((sum, seat) => sum + seat[key], 0) / wanted.length;
	const row = mean('row'), column = mean('column');
	const far = (seat) => (2 * (seat.row - row)) ** 2 + (seat.column - column) ** 2;
	const sum = (seats) => seats.reduce((total, seat) => total + far(seat), 0);
	const free = (seat) => seat.state === 'free';
	let best = null;
	for (const seats of rows) {
		for (let first = 0; first + count <= seats.length; first++) {
			const block = seats.slice(first, first + count);
			const together = block.every(free) && block.at(-1).column - block[0].column === count - 1;
			if (together && (!best || sum(block) < sum(best))) best = block;
		}
	}
	return best ?? rows.flat().filter(free).sort((a, b) => far(a) - far(b)).slice(0, count);
}
