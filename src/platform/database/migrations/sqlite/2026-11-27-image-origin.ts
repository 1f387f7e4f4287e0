import { Migration } from '@mikro-orm/migrations';

const UUID = [8, 4, 4, 4, 12].map((digits) => '[0-9a-f]'.repeat(digits)).join('-');
const GIVEN = "lower(json_extract(manifest, '$.origin'))";

/** The base of an image gets a column with an index, so that the children of an image are found. Images that exist get it from their manifest. */
export class ImageOrigin extends Migration {

  override name = '2026-11-27-image-origin';

  override up(): void | Promise<void> {
    this.addSql('alter table `image` add column `origin` text null;');
    this.addSql(`update image set origin = case when json_valid(manifest) then case when ${GIVEN} glob '${UUID}' then ${GIVEN} end end;`);
    this.addSql('create index `image_origin_index` on `image` (`origin`, `name`, `id`);');
  }

}
