// The peer in Node: its http module, on a unix socket. GET /movies and /movies/{id}.
//
//   node movies.js SOCKET DATA
'use strict';

const http = require('node:http');
const fs = require('node:fs');

const [socket, data] = process.argv.slice(2);
const movies = JSON.parse(fs.readFileSync(data + '/movies.json', 'utf8'));

function answer(response, status, value) {
	const body = JSON.stringify(value) + '\n';
	response.writeHead(status, {
		'Content-Type': 'application/json',
		'Content-Length': Buffer.byteLength(body),
	});
	response.end(body);
}

const server = http.createServer((request, response) => {
	const path = request.url.split('?')[0];
	if (path === '/movies')
		return answer(response, 200, movies);
	const movie = path.startsWith('/movies/') ? movies[path.slice('/movies/'.length)] : undefined;
	if (!movie)
		return answer(response, 404, { error: 'not found' });
	answer(response, 200, { ...movie, uri: path });
});
server.keepAliveTimeout = 60000;
server.listen(socket);
