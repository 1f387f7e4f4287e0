import { type CursorForm, type OrderDirection, orderName } from '../../platform/database/list/page.js';
import type { ImageOrderField } from '../image.enums.js';

/** The order of a list of images. */
export interface ListOrder {
  field: ImageOrderField;
  direction: OrderDirection;
}

/** The type of the values that each order compares. */
const ORDER_VALUES: Record<ImageOrderField, CursorForm['value']> = {
  NAME: 'string', ALIAS: 'string', VERSION: 'string', SIZE: 'number', OS_TYPE: 'string', STATUS: 'string', OWNER: 'string', CREATED_AT: 'number', UPDATED_AT: 'number',
};

/** What the cursors of a list of images in that order hold. */
export function cursorForm({ field, direction }: ListOrder): CursorForm {
  return { name: orderName(field, direction), value: ORDER_VALUES[field], id: 'number' };
}
