import { randomUUID } from 'node:crypto';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { storedText } from '../../platform/display-text.js';
import { badInput, type FieldError, notFound } from '../../platform/errors.js';
import { ApiKey } from './api-key.entity.js';
import type { CreateApiKeyInput } from './api-key.inputs.js';
import type { CreateApiKeyPayloadType } from './api-key.type.js';
import { fieldFault } from '../people/people-rules.js';
import { newApiKey } from '../sign-in/token.js';
import { User } from '../people/user.entity.js';
import type { Viewer } from '../viewer.js';

/** Issues and revokes API keys, for SuperAdmins. The key itself is in the answer to its creation, and stored nowhere. */
export class ApiKeyService {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly viewer: Viewer,
  ) {}

  async create(input: CreateApiKeyInput): Promise<CreateApiKeyPayloadType> {
    const { username, expiresAt } = input;
    const name = storedText(input.name);
    this.viewer.demand('people.change');
    const em = this.em.fork();
    const faults: FieldError[] = fieldFault('keyName', name, 'name');
    const user = await em.findOne(User, { username, active: true });
    if (user === null) faults.push({ path: 'username', message: `There is no active user "${username}".` });
    if (expiresAt && expiresAt.getTime() <= Date.now()) {
      faults.push({ path: 'expiresAt', message: `${expiresAt.toISOString()} is past; give an instant in the future, or none.` });
    }
    if (user === null || faults.length > 0) throw badInput(faults);
    const { key, hash } = newApiKey();
    const id = randomUUID();
    await em.persist(em.create(ApiKey, { id, user, name, hash, expiresAt: expiresAt ?? null })).flush();
    return { id, name, key, expiresAt: expiresAt ?? null };
  }

  /** Revokes a key for good; revoking it again changes nothing. */
  async revoke(id: string): Promise<string> {
    this.viewer.demand('people.change');
    const em = this.em.fork();
    const key = await em.findOne(ApiKey, { id });
    if (key === null) throw notFound('API key', id);
    key.revokedAt ??= new Date();
    await em.flush();
    return id;
  }
}
