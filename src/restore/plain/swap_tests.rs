use super::super::tests::{names, open, part};
use crate::database::ConnectionUrl;
use crate::database::testing::database;
use crate::restore::serves::Serves;

/// What the way to the server does with a COMMIT.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// It arrives, and its answer does not.
    After,
    /// It never arrives.
    Before,
    /// The same, and nothing gets through any more.
    ForGood,
}

/// A way to a server, which is cut when a COMMIT goes over it; its port.
async fn way(to: u16, cut: Cut) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (over, mut ended) = tokio::sync::mpsc::channel::<()>(1);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = ended.recv() => return,
            };
            let (mut near, _) = accepted.unwrap();
            let over = over.clone();
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let (mut asked, mut said) = (vec![0; 65536], vec![0; 65536]);
                loop {
                    tokio::select! {
                        read = near.read(&mut asked) => {
                            let Some(part) = read.ok().and_then(|n| asked.get(..n)) else { return };
                            let commits = memchr::memmem::find(part, b"commit\0").is_some();
                            if commits && cut == Cut::ForGood {
                                let _ = over.send(()).await;
                            }
                            if part.is_empty() || commits && cut != Cut::After {
                                return;
                            }
                            far.write_all(part).await.unwrap();
                            if commits {
                                let _ = far.read(&mut said).await;
                                return;
                            }
                        }
                        read = far.read(&mut said) => {
                            let Some(part) = read.ok().and_then(|n| said.get(..n)) else { return };
                            if part.is_empty() || near.write_all(part).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_connection_is_lost_at_the_commit_the_server_says_what_serves() {
    for (name, cut, serves) in [
        ("cut_after", Cut::After, Serves::Restored),
        ("cut_before", Cut::Before, Serves::Before),
        ("cut_for_good", Cut::ForGood, Serves::Unknown),
    ] {
        let text = database(name).await;
        let port = ConnectionUrl::parse(&text).unwrap().port();
        let through = way(port, cut).await;
        let through = text.replace(&format!(":{port}/"), &format!(":{through}/"));
        let plain = open(&format!("{through}?sslmode=disable"), "1").await.unwrap();
        plain.create().await.unwrap();
        plain.swap().await.unwrap_err();
        let (kept, told) = plain.give_up().await;
        assert_eq!(told, serves, "{name}");
        let beside = |what: &str| format!("{name}_{what}_{}", part("1"));
        let (is_kept, other) = match serves {
            Serves::Before => (Some(beside("failed")), beside("failed")),
            Serves::Restored => (None, beside("before")),
            Serves::Unknown => (None, beside("restoring")),
        };
        assert_eq!(kept, is_kept, "{name}");
        assert_eq!(names(&text).await, [name.to_owned(), other], "{name}");
    }
}
