import { storeTabsNow } from './editor-storage';
import { findSample } from './sample';
import { tabStore } from './storage';
import { isEdited, openSteps, readTabs, rememberedSteps } from './tabs';
import { stepsOf, type Tour, TOURS } from './steps';
import type { Caller } from './who-am-i';

/** Whose tour the person has chosen, and whose is open. */
const CHOSEN = 'tour';
const OPENED = 'tour-opened';
const SAMPLED_FOR = 'tour-sampled-for';

/** The tour that fits what somebody may do. */
function tourOf({ isSuperAdmin, permissions }: Caller): Tour {
  if (isSuperAdmin) return 'operator';
  if (!permissions.includes('ADMIN')) return 'user';
  if (!permissions.includes('IMAGE_ADMIN')) return 'dc-admin';
  return permissions.includes('IMAGE_IMPORT_ADMIN') ? 'importer' : 'image-admin';
}

function storedTour(key: string): Tour | null {
  const tour = tabStore.getItem(key);
  return tour !== null && Object.hasOwn(TOURS, tour) ? (tour as Tour) : null;
}

/** The tour that is open; before anybody has signed in, that for everybody. */
export function openedTour(): Tour {
  return storedTour(OPENED) ?? storedTour(CHOSEN) ?? 'user';
}

/**
 * Opens the tour that fits the caller, or the one that was chosen, unless just that is open; null: nobody is signed in. Answers whether
 * the tabs are others now.
 */
export async function beginTour(token: string | null, caller: Caller | null): Promise<boolean> {
  if (token !== null && caller !== null && tabStore.getItem(SAMPLED_FOR) !== sampledFor(caller)) await sampleFor(token, caller);
  const tour = storedTour(CHOSEN) ?? (caller === null ? openedTour() : tourOf(caller));
  // The steps differ when the caller works in another datacenter, and when this page is a newer version.
  const isOpen = tour === storedTour(OPENED) && JSON.stringify(stepsOf(tour)) === JSON.stringify(rememberedSteps());
  storeTabsNow();
  if (isOpen && readTabs() !== null) return false;
  openTour(tour);
  return true;
}

/** Opens a tour from its first step, with what the caller can see now, and keeps to it from now on. Tabs that were edited stay, behind those of the tour; history and theme stay too. */
export async function startTour(tour: Tour, token: string | null, caller: Caller | null): Promise<void> {
  if (token !== null && caller !== null) await sampleFor(token, caller);
  storeTabsNow();
  tabStore.setItem(CHOSEN, tour);
  openTour(tour);
}

function openTour(tour: Tour): void {
  const known = [...rememberedSteps(), ...Object.keys(TOURS).flatMap((name) => stepsOf(name as Tour))];
  const edited = (readTabs()?.tabs ?? []).filter((tab) => isEdited(tab, known));
  tabStore.setItem(OPENED, tour);
  openSteps(stepsOf(tour), edited);
}

async function sampleFor(token: string, caller: Caller): Promise<void> {
  await findSample(token, caller.datacenter);
  tabStore.setItem(SAMPLED_FOR, sampledFor(caller));
}

function sampledFor({ username, datacenter }: Caller): string {
  return JSON.stringify([username, datacenter]);
}
