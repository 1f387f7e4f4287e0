const listeners = new WeakMap<object, () => void>();

/** Calls back after each transaction of this driver that was committed. */
export function onWritten(driver: object, written: () => void): void {
  listeners.set(driver, written);
}

/** Tells that a transaction of this driver was committed. */
export function noteWritten(driver: object): void {
  listeners.get(driver)?.();
}
