/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The streams a command reads and writes. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}
