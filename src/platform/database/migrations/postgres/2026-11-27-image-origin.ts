import { Migration } from '@mikro-orm/migrations';

/** The base of an image gets a column with an index, so that the children of an image are found. Images that exist get it from their manifest. */
export class ImageOrigin extends Migration {

  override name = '2026-11-27-image-origin';

  override up(): void | Promise<void> {
    this.addSql('alter table "image" add "origin" varchar(36) null;');
    // Null where the manifest has characters that Postgres refuses. Only a manifest that names a base is parsed.
    this.addSql(`create function image_origin(manifest text) returns text language plpgsql as $$
      declare given text; begin
        given := lower(cast(manifest as json) ->> 'origin');
        if given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return given; end if;
        return null;
      exception when others then return null; end $$;`);
    this.addSql(`update image set origin = image_origin(manifest) where manifest like '%"origin"%';`);
    this.addSql('drop function image_origin(text);');
    this.addSql('create index "image_origin_index" on "image" ("origin", "name", "id");');
  }

}
