import type { Rows } from './rows.js';

/** One step in the life of a task, as a trigger of the database wrote it down. */
export interface TaskStep {
  /** By the clock of the database, in ms since 1970. */
  at: number;
  /** The name of the gateway that wrote it; empty on SQLite, where there is one. */
  process: string;
  task: string;
  action: string;
  image: string | null;
  attempts: number;
  status: string;
  phase: string;
  what: 'recorded' | 'changed' | 'ended again' | 'deleted';
}

const TABLE = (id: string): string => `create table fault_log (id ${id}, at bigint not null, process text not null, task text not null, action text not null,
  image text, attempts int not null, status text not null, phase text not null, what text not null);`;

const COLUMNS = 'at, process, task, action, image, attempts, status, phase, what';

const POSTGRES = `${TABLE('bigserial primary key')}
create function fault_log_step(t task, what text) returns void language sql as $$
  insert into fault_log (${COLUMNS}) values (cast(extract(epoch from clock_timestamp()) * 1000 as bigint), coalesce(current_setting('application_name', true), ''),
    t.id, t.action, t.image_name, t.attempts, t.status, t.phase, what) $$;
create function fault_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then perform fault_log_step(new, 'recorded');
  elsif tg_op = 'DELETE' then perform fault_log_step(old, 'deleted');
  elsif old.finished_at is not null and (old.status, old.finished_at, old.error_code, old.attempts) is distinct from (new.status, new.finished_at, new.error_code, new.attempts)
    then perform fault_log_step(new, 'ended again');
  elsif (old.attempts, old.status, old.phase) is distinct from (new.attempts, new.status, new.phase) then perform fault_log_step(new, 'changed');
  end if;
  return null;
end $$;
create trigger fault_log after insert or update or delete on task for each row execute function fault_log();`;

function sqliteTrigger(event: string, row: 'old' | 'new', what: string, when = ''): string {
  return `create trigger fault_log_${event.split(' ', 1)[0]}_${what.replace(' ', '_')} after ${event} on task ${when === '' ? '' : `when ${when}`} begin
    insert into fault_log (${COLUMNS}) values (cast(unixepoch('subsec') * 1000 as integer), '', ${row}.id, ${row}.action, ${row}.image_name, ${row}.attempts, ${row}.status, ${row}.phase, '${what}');
  end;`;
}

const SQLITE = [
  TABLE('integer primary key'),
  sqliteTrigger('insert', 'new', 'recorded'),
  sqliteTrigger('delete', 'old', 'deleted'),
  sqliteTrigger('update', 'new', 'ended again', 'old.finished_at is not null and (old.status, old.finished_at, old.error_code, old.attempts) is not (new.status, new.finished_at, new.error_code, new.attempts)'),
  sqliteTrigger('update', 'new', 'changed', 'old.finished_at is null and (old.attempts, old.status, old.phase) is not (new.attempts, new.status, new.phase)'),
].join('\n');

/** Makes the database write down every step of every task, by which process and when. */
export async function writeTaskLog(rows: Rows): Promise<void> {
  await rows.execute(rows.isSqlite ? SQLITE : POSTGRES);
}

/** The steps so far, oldest first. */
export async function readTaskLog(rows: Rows, condition = 'true'): Promise<TaskStep[]> {
  return rows.read<TaskStep>(`select cast(at as float) as at, process, task, action, image, attempts, status, phase, what from fault_log where ${condition} order by id`);
}
