import type { RequestContainer } from '../../access/request-container.js';
import type { Followed } from './change.js';

/** Changes that a listener reads page by page, beside those that come as they are made. */
export interface ChangeSource {
  /** The next page, which may be empty; null after the last one. */
  page(container: RequestContainer): Promise<readonly Followed[] | null>;
  /** A source that goes on from here by itself. */
  fork(): ChangeSource;
  /** Whether it will read everything that the other one would. */
  covers(other: ChangeSource): boolean;
}
