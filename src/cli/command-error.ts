/** What a command ends with; scripts rely on these numbers. */
export const EXIT_CODES = {
  /** It is done, or was so already. */
  done: 0,
  /** The gateway refused it, or it failed. */
  refused: 1,
  /** The command was called wrongly, or a setting is missing. */
  wrongCall: 2,
  /** The gateway does not answer. */
  unreachable: 3,
} as const;

/** Ends a command with a sentence on stderr and an exit code. */
export class CommandError extends Error {
  constructor(message: string, readonly exitCode: number) {
    super(message);
    this.name = 'CommandError';
  }
}

/** The gateway refused an operation, or a task failed. `code` is the one of the error; null where there is none. */
export class Refused extends CommandError {
  constructor(message: string, readonly code: string | null = null) {
    super(message, EXIT_CODES.refused);
  }
}

export class WrongCall extends CommandError {
  constructor(message: string) {
    super(message, EXIT_CODES.wrongCall);
  }
}

export class Unreachable extends CommandError {
  constructor(message: string) {
    super(message, EXIT_CODES.unreachable);
  }
}
