import { quoteValue } from './message-text.js';

/** Characters that nobody sees, or that change how others look: control, format and bidirectional characters, other ignorable ones, the blank of Braille, and lone surrogates. Variation selectors choose between two looks of a visible character. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');
const LINE_BREAKS = /[\t\n\r]/g;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/u;

/** A display text as it is stored: in NFC, without outer spaces. Lone surrogates stay, to be refused. */
export function storedText(text: string): string {
  return text.normalize('NFC').trim();
}

/** The display texts that inputs have; null or undefined: not given. */
export interface DisplayTexts {
  alias?: string | null;
  version?: string | null;
  description?: string | null;
}

/** A copy of an input with its given display texts as they are stored. */
export function withStoredTexts<T extends DisplayTexts>(input: T): T {
  const { alias, version, description } = input;
  return {
    ...input,
    ...(typeof alias === 'string' && { alias: storedText(alias) }),
    ...(typeof version === 'string' && { version: storedText(version) }),
    ...(typeof description === 'string' && { description: storedText(description) }),
  };
}

/** Two texts that look the same, or differ in case only, have the same key: NFKC, case folded, without ignorable characters. */
export function comparisonKey(text: string): string {
  // Upper case first: it folds what has several lower-case forms, such as the two sigmas.
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').replace(IGNORABLE, '');
}

/** A text in the form that searches compare: canonically equal texts are the same, and so are upper and lower case. */
export function searchForm(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

/** `U+200B at position 3`: the first character that matches, counted in characters from 1; null when none does. */
export function findCharacter(text: string, pattern: RegExp): string | null {
  let position = 0;
  for (const character of text) {
    position += 1;
    if (pattern.test(character)) return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} at position ${position}`;
  }
  return null;
}

/** A text with its invisible characters as escapes. */
export function visibleText(text: string): string {
  return text.replace(ALL_INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A text quoted for a message, with its invisible characters as escapes. */
export function quoteVisibly(text: string): string {
  return visibleText(quoteValue(text));
}

/** The end of a sentence about a name that has a character which is not printable ASCII; empty for others. */
export function strangeCharacter(name: string): string {
  const found = findCharacter(name, NOT_PRINTABLE_ASCII);
  return found === null ? '' : ` It has ${found}.`;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Why a stored text cannot be a name for display of 1 to `limit` characters; null when it can. */
export function displayFault(what: string, text: string, limit: number): string | null {
  if (lengthOf(text) < 1 || lengthOf(text) > limit) return `${what} has ${lengthOf(text)} characters; 1 to ${limit} are accepted.`;
  const found = findCharacter(text, INVISIBLE) ?? findCharacter(text, /[<>]/);
  return found === null ? null : `${what} ${quoteVisibly(text)} has ${found}; accepted are characters other than control, format and bidirectional ones, < and >.`;
}

/** Why a stored text cannot be a description of at most `limit` characters, which may have several lines; null when it can. */
export function descriptionFault(text: string, limit: number): string | null {
  if (lengthOf(text) > limit) return `The description has ${lengthOf(text)} characters; at most ${limit} are accepted.`;
  return invisibleFault('The description', text);
}

/** Why a text, apart from tabs and line breaks, has a character that nobody sees; null when it has none. */
export function invisibleFault(what: string, text: string): string | null {
  const found = findCharacter(text.replace(LINE_BREAKS, ' '), INVISIBLE);
  return found === null ? null : `${what} ${quoteVisibly(text)} has ${found}; accepted are characters other than control, format and bidirectional ones.`;
}

/** A text that another program gave, cleaned to pass the rules above: control characters become spaces, other invisible ones go. */
export function toDisplayText(text: string): string {
  return storedText(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(ALL_INVISIBLE, ''));
}

