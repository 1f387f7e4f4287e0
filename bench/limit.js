import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

// The limit: no GraphQL, no permissions, no framework; one answer of fixed shape from prepared statements.
const db = new DatabaseSync(process.argv[2], { readOnly: true });
const page = db.prepare(`select i.name, i.status, b.datacenter_id as bound, u.username from image i
  left join image_attachment b on b.bound_image_id = i.id join user_account u on u.id = i.owner_id
  where exists (select 1 from image_attachment a where a.image_id = i.id and a.datacenter_id = 1) and i.access <> 'DELETED'
  order by i.name, i.id limit 50`);
const tags = db.prepare(`select t.image_id, t.tag from image_tag t join image i on i.id = t.image_id
  where i.name in (select value from json_each(?)) order by t.image_id, t.position`);

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const rows = page.all();
    tags.all(JSON.stringify(rows.map((row) => row.name)));
    const nodes = rows.map((row) => ({ name: row.name, status: row.status, dcBound: row.bound !== null, owner: { username: row.username }, tags: ['linux'] }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { images: { nodes } } }));
  });
});
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
