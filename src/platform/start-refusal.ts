/** The gateway must not start, for a reason that whoever starts it can remove. The message is one sentence that names the setting. */
export class StartRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartRefusal';
  }
}
