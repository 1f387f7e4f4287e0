import autocannon from 'autocannon';
import { QUERIES, requestsOf } from './queries.js';

// One process of its own, so that it can be pinned to the core that the server does not have:
// node load.js <url> <query> <connections> <seconds>; the figures come as one line of JSON.
const [url, name, connections, seconds] = process.argv.slice(2);
const query = QUERIES[name];
const requests = requestsOf(query);
let next = 0;
const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  ...(query.perConnection
    ? { requests: [requests[0]], setupClient: (client) => client.setRequests([requests[next++ % requests.length]]) }
    : { requests }),
});
if (result.non2xx > 0 || result.errors > 0) throw new Error(`${name}: ${result.non2xx} answers were not 2xx, ${result.errors} requests failed.`);
const { p50, p99 } = result.latency;
console.log(JSON.stringify({ perSecond: result.requests.total / result.duration, seconds: result.duration, p50Ms: p50, p99Ms: p99 }));
