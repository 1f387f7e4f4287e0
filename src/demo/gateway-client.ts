import { setTimeout as delay } from 'node:timers/promises';

interface Answer<T> {
  data?: T;
  errors?: { message: string }[];
}

/** Sends operations to a gateway over HTTP, as any client does. */
export class GatewayClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** Runs an operation and returns its data; throws an Error with the messages of its errors. */
  async run<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Answer<T>;
    if (answer.errors !== undefined || answer.data === undefined) {
      throw new Error(`The gateway refused: ${answer.errors?.map((error) => error.message).join('; ')}`);
    }
    return answer.data;
  }

  /** Waits until a task has succeeded; throws when it failed or was cancelled. */
  async taskEnded(id: string): Promise<void> {
    for (;;) {
      const { task } = await this.run<{ task: { status: string; error: string | null } }>(
        'query ($id: ID!) { task(id: $id) { status error } }',
        { id },
      );
      if (task.status === 'SUCCEEDED') return;
      if (task.status !== 'PENDING' && task.status !== 'RUNNING') throw new Error(`A task ended as ${task.status}: ${task.error}`);
      await delay(50);
    }
  }
}
