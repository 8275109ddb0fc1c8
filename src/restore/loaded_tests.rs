use super::*;
use crate::database::testing::{database, permit, session};
use crate::database::{ConnectionUrl, quoted};

/// A restore into a database of a name, which is not that of a test yet.
struct There {
    url: ConnectionUrl,
    writer: Writer,
}

async fn there(name: &str) -> There {
    let url = ConnectionUrl::parse(&database(name).await).unwrap();
    let writer = Writer::open(&url, "smokedrill test", &permit(&url).await).await.unwrap();
    let marker = Marker {
        environment: "staging".to_owned(),
        server: "system 1".to_owned(),
        database: quoted(name),
    };
    marker::write(&writer, &marker).await.unwrap();
    There { url, writer }
}

fn wanted() -> Loaded {
    Loaded {
        run: "b".to_owned(),
        began: Timestamp::UNIX_EPOCH,
        seconds: 2.5,
        backup: "20261126T153620Z-9f0ffb82".to_owned(),
        manifest: "one".to_owned(),
        rules: "two".to_owned(),
        program: "0".to_owned(),
        migrations: Vec::new(),
    }
}

#[tokio::test]
async fn only_what_was_loaded_of_the_same_by_the_same_can_be_gone_on_with() {
    let there = there("loaded_same").await;
    let session = session(&there.url).await;
    let marker = marker::read(&session).await.unwrap();
    let why = async |wanted: &Loaded, marker: Option<&Marker>| {
        wanted.resumable(&session, marker).await.unwrap().map(|found| found.seconds)
    };
    let told = why(&wanted(), marker.as_ref()).await.unwrap_err();
    assert!(told.contains("not everything was loaded"), "{told}");
    let list = "create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key);
        insert into supabase_migrations.schema_migrations values ('20240101')";
    there.writer.run(list).await.unwrap();
    Loaded::table(&there.writer).await.unwrap();
    let told = why(&wanted(), marker.as_ref()).await.unwrap_err();
    assert!(told.contains("not everything was loaded"), "{told}");
    Loaded { run: "a".to_owned(), ..wanted() }.write(&there.writer).await.unwrap();
    // Which restore asks does not count.
    assert_eq!(why(&wanted(), marker.as_ref()).await, Ok(2.5));
    for (other, says) in [
        (Loaded { backup: "x".to_owned(), ..wanted() }, "from the backup 20261126T153620Z"),
        (Loaded { manifest: "x".to_owned(), ..wanted() }, "manifest"),
        (Loaded { rules: "x".to_owned(), ..wanted() }, "other rules"),
        (Loaded { program: "x".to_owned(), ..wanted() }, "another version"),
    ] {
        let told = why(&other, marker.as_ref()).await.unwrap_err();
        assert!(told.contains(says), "{told}");
    }
    let told = why(&wanted(), None).await.unwrap_err();
    assert!(told.contains("marker"), "{told}");
    let more = "insert into supabase_migrations.schema_migrations values ('20240202')";
    there.writer.run(more).await.unwrap();
    let told = why(&wanted(), marker.as_ref()).await.unwrap_err();
    assert!(told.contains("migration 20240202 was applied"), "{told}");
    there.writer.run("truncate supabase_migrations.schema_migrations").await.unwrap();
    let told = why(&wanted(), marker.as_ref()).await.unwrap_err();
    assert!(told.contains("list of migrations"), "{told}");
    there.writer.run("update smokedrill.loaded set what = '{}'").await.unwrap();
    let told = why(&wanted(), marker.as_ref()).await.unwrap_err();
    assert!(told.contains("another version"), "{told}");
}
