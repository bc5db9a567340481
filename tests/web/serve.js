// serve.js SOCKET PID: runs the browser tests of the suite with that process id, in one browser, as it asks
// for them: POST /NAME with the settings of the instance, a line each, runs NAME.js. The answer is 200, or
// 500 and what is wrong. It ends with the suite, however that ends, and the browser with it.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { blame, browse, told } from './browser.js';

const [socket, suite] = process.argv.slice(2);
setInterval(() => process.ppid === Number(suite) || process.exit(), 200);
process.on('uncaughtException', (error) => blame(`uncaught: ${error.stack}`));

// What a test runs itself is run with the settings too.
function settle(lines) {
	for (const name of Object.keys(process.env)) if (name.startsWith('CINEMA_')) delete process.env[name];
	Object.assign(process.env, Object.fromEntries(lines.trim().split('\n').map((line) => line.split(/=(.*)/s, 2))));
}

createServer(async (request, response) => {
	let status = 200, body = '';
	try {
		const { default: test } = await import(`.${request.url}.js`);
		settle(await text(request));
		await browse(`http://${process.env.CINEMA_LISTEN}`, test);
	} catch (error) {
		status = 500;
		body = [error.stack, ...told()].join('\n');
	}
	response.writeHead(status).end(`${body}\n`);
}).listen(socket);
