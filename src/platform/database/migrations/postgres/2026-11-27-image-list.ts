import { Migration } from '@mikro-orm/migrations';

/** The columns that the manifest of an image is made of. */
const SHOWN = 'uuid, name, version, access, description, size_mib, resize, deploy, tag_list, manifest, file_size, file_sha1, file_md5, file_compression, created_at';

/** The list of the image server: in the order of publication from an index, and with a version that changes with whatever it shows. */
export class ImageList extends Migration {

  override name = '2026-11-27-image-list';

  override up(): void | Promise<void> {
    this.addSql('alter table "image" add "published_at" bigint null;');
    // Of the manifest, a date in IMGAPI's own form; without one, when the image came into the catalogue. Null where a date is written in
    // another form, or is none, or the manifest has characters that Postgres refuses: the gateway reads those.
    this.addSql(`create function image_publication(manifest text, created_at bigint) returns bigint language plpgsql as $$
      declare given text; begin
        given := cast(manifest as json) ->> 'published_at';
        if given is null then return created_at; end if;
        if given !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$' then return null; end if;
        return cast(extract(epoch from cast(given as timestamptz)) * 1000 as bigint);
      exception when others then return null; end $$;`);
    this.addSql('update image set published_at = image_publication(manifest, created_at);');
    this.addSql(`create function image_published() returns trigger language plpgsql as $$ begin
      new.published_at := image_publication(new.manifest, new.created_at);
      return new; end $$;`);
    this.addSql(`create trigger image_published_insert before insert on image for each row
      when (new.published_at is null) execute function image_published();`);
    this.addSql('create index "image_published_index" on "image" ("published_at", "uuid");');
    this.addSql('create index "image_access_published_index" on "image" ("access", "published_at", "uuid");');
    this.addSql('create table "image_list_version" ("id" int not null, "version" varchar(64) not null, primary key ("id"), constraint image_list_version_single_row check (id = 1));');
    this.addSql("insert into image_list_version (id, version) values (1, cast(gen_random_uuid() as text));");
    this.addSql(`create function image_list_version_draw() returns trigger language plpgsql as $$ begin
      update image_list_version set version = cast(gen_random_uuid() as text) where id = 1;
      return null; end $$;`);
    // Deferred: the row is locked last, while the transaction commits. Changes of images wait for each other no longer than that, and
    // never in a circle.
    this.addSql(`create constraint trigger image_list_version_change after insert or delete or update of ${SHOWN} on image
      deferrable initially deferred for each row execute function image_list_version_draw();`);
  }

}
