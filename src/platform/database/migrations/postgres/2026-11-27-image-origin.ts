import { Migration } from '@mikro-orm/migrations';

/** The base of an image gets a column with an index, so that the children of an image are found. Images that exist get it from their manifest. */
export class ImageOrigin extends Migration {

  override name = '2026-11-27-image-origin';

  override up(): void | Promise<void> {
    this.addSql('alter table "image" add "origin" varchar(36) null;');
    // Postgres does not parse a manifest that has a NUL or half a surrogate pair in some text: of that, the first text of this form counts.
    this.addSql(`create function image_origin(manifest text) returns text language plpgsql as $$
      declare given text; begin
        begin
          given := cast(manifest as json) ->> 'origin';
        exception when others then
          given := substring(manifest from '"origin"\\s*:\\s*"([0-9A-Fa-f-]{36})"');
        end;
        if lower(given) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return lower(given); end if;
        return null;
      end $$;`);
    this.addSql(`update image set origin = image_origin(manifest) where manifest like '%"origin"%';`);
    this.addSql('drop function image_origin(text);');
    this.addSql('create index "image_origin_index" on "image" ("origin", "name", "id");');
  }

}
