import Database from 'better-sqlite3';
const db=new Database('/tmp/speedcat/gateway.sqlite',{readonly:true});
console.log(db.pragma('cache_size'),db.pragma('mmap_size'),db.pragma('page_size'));
if(process.argv[2]) db.pragma('mmap_size=268435456');
const cols='i.id, i.uuid as c0,i.name as c1,i.alias as c2,i.version as c3,i.access as c4,i.size_mib as c5,i.os_type as c6,i.status as c7,i.created_at as c8,i.owner_id as c9';
const q=(c)=>db.prepare(`select ${c} from image_attachment l cross join image i where (l.datacenter_id = ? and i.id=l.image_id and i.access <> 'DELETED') order by l.name asc, l.image_id asc limit ?`).raw();
const sub=(x)=>`,(select ${x} from image_attachment z where z.image_id=i.id) as c12`;
const S={ids:q('i.id'),base:q(cols),place:q(cols+',l.name as place'),gc:q(cols+sub('group_concat(z.datacenter_id)')),gcb:q(cols+sub("group_concat(cast(z.datacenter_id as text) || case when z.bound_image_id is null then '' else 'b' end)")),gcn:q(cols+sub('group_concat(case when z.bound_image_id is null then z.datacenter_id else -z.datacenter_id end)')),cnt:q(cols+sub('count(*)')), sum:q(cols+sub('sum(z.datacenter_id)')), bound:q(cols+',(select b.datacenter_id from image_attachment b where b.bound_image_id=i.id) as c11')};
const at=db.prepare(`select a.image_id, a.datacenter_id, a.bound_image_id from image_attachment a where a.image_id in (select value from json_each(?))`).raw();
const at3=db.prepare(`select a.image_id, a.datacenter_id from image_attachment a where a.image_id in (select value from json_each(?))`).raw();
const atj=db.prepare(`select a.image_id, a.datacenter_id from json_each(?) j cross join image_attachment a where a.image_id = j.value`).raw();
const ids=JSON.stringify(S.base.all(1,51).map(r=>r[0])); const idl=JSON.parse(ids);
const atp=db.prepare(`select a.image_id, a.datacenter_id from image_attachment a where a.image_id in (${idl.map(()=>'?').join(',')})`).raw();
const atg=db.prepare(`select a.image_id, group_concat(case when a.bound_image_id is null then a.datacenter_id else -a.datacenter_id end) from image_attachment a where a.image_id in (select value from json_each(?)) group by a.image_id`).raw();
const t=(n,fn)=>{for(let i=0;i<500;i++)fn();const k=2000;const u0=process.cpuUsage();for(let i=0;i<k;i++)fn();const u=process.cpuUsage(u0);console.log(n.padEnd(10),((u.user+u.system)/k).toFixed(1),'us')};
for(let r=0;r<2;r++){for(const k in S)t(k,()=>S[k].all(1,51));t('2nd+b',()=>at.all(ids));t('2nd',()=>at3.all(ids));t('2nd j',()=>atj.all(ids));t('2nd ?',()=>atp.all(idl));t('2nd g',()=>atg.all(ids));}
