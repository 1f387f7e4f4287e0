import { Type } from '@mikro-orm/core';

/** An instant as integer milliseconds since 1970 on every database, so that one keyset condition serves them all. */
export class InstantType extends Type<Date, number> {
  override convertToDatabaseValue(value: Date | number): number {
    return value instanceof Date ? value.getTime() : value;
  }

  override convertToJSValue(value: Date | number | string): Date {
    return value instanceof Date ? value : new Date(Number(value));
  }

  override compareAsType(): string {
    return 'number';
  }

  override getColumnType(): string {
    return 'bigint';
  }
}

/** A count of bytes: larger than 32 bits, always a JavaScript number (exact up to 2^53-1). */
export class BytesType extends Type<number, number> {
  override convertToJSValue(value: number | string): number {
    return Number(value);
  }

  override compareAsType(): string {
    return 'number';
  }

  override getColumnType(): string {
    return 'bigint';
  }
}

/** JSON kept as text on every database: key order survives, and one reader serves both. */
export class JsonTextType<T> extends Type<T, string> {
  override convertToDatabaseValue(value: T): string {
    // Null is no JSON here, but a column without a value.
    return value === null || value === undefined ? (value as unknown as string) : JSON.stringify(value);
  }

  override convertToJSValue(value: string | T): T {
    return typeof value === 'string' ? (JSON.parse(value) as T) : value;
  }

  override compareAsType(): string {
    return 'string';
  }

  override getColumnType(): string {
    return 'text';
  }
}
