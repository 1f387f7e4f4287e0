import { Agent, request } from 'node:http';

function ask(url, agent, { headers, body }) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.once('error', reject).end(body);
  });
}

/** One answer. */
export async function once(url, message) {
  const agent = new Agent();
  try {
    return await ask(url, agent, message);
  } finally {
    agent.destroy();
  }
}

/** Requests per second and the 99th percentile of their time in ms, over keep-alive connections. */
export async function load(url, message, { connections, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times = [];
  const end = performance.now() + seconds * 1000;
  const worker = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      const { status } = await ask(url, agent, message);
      if (status !== 200) throw new Error(`HTTP ${status}`);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  times.sort((a, b) => a - b);
  return { perSecond: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)] };
}
