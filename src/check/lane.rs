//! What one thread sends its requests with: a runtime and clients of its own.
//!
//! libtest gives each check a thread, and that thread drives the check's sockets too. With a
//! runtime that all of them share, every step of an exchange would wake one of its threads, wait
//! for its turn on the processor, and wake the check's thread again, all of it within the time
//! that is measured.

use std::cell::RefCell;
use std::io;

use tokio::runtime::{Builder, Runtime};

use super::client::Clients;
use crate::environment::target::Target;

/// What a lane opens at most: its runtime's event queue and signals, some connections.
const FILES_OF_A_LANE: usize = 12;
/// What the process opens beside its lanes.
const FILES_OF_THE_REST: usize = 64;

thread_local! {
    static LANE: RefCell<Option<Lane>> = const { RefCell::new(None) };
}

struct Lane {
    /// The run that it was made for: a thread may outlive one.
    run: String,
    clients: Clients,
    /// There until it is dropped.
    runtime: Option<Runtime>,
}

/// Lets this process open the files and sockets that so many lanes need, as far as it may: macOS
/// begins with 256 of them.
#[cfg(unix)]
pub(crate) fn make_room(lanes: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let needed = u64::try_from(lanes * FILES_OF_A_LANE + FILES_OF_THE_REST).unwrap_or(u64::MAX);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |maximum| maximum.min(needed)));
        // Where that is refused, the checks that find no room will say so.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

#[cfg(not(unix))]
pub(crate) fn make_room(_: usize) {}

/// Does some work of a run with this thread's clients for its environment.
///
/// # Errors
/// The system refuses what a runtime needs.
pub(crate) fn drive<T>(
    run: &str,
    target: &Target,
    work: impl AsyncFnOnce(&Clients) -> T,
) -> io::Result<T> {
    // Taken out of its place meanwhile: after a panic within the work it is not used again.
    let lane = match LANE.take().filter(|lane| lane.run == run) {
        Some(lane) => lane,
        None => Lane::new(run, target)?,
    };
    let runtime = lane.runtime.as_ref().ok_or_else(|| io::Error::other("the runtime is gone"))?;
    let done = runtime.block_on(async {
        catch_up().await;
        work(&lane.clients).await
    });
    LANE.set(Some(lane));
    Ok(done)
}

/// Lets the connections see what happened while nobody drove them: one that the server closed
/// in the meantime must not be taken for the next request.
async fn catch_up() {
    // The first turn hears of what is new, the second one lets the connections act on it.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

impl Lane {
    fn new(run: &str, target: &Target) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let clients = Clients::new(target.clone());
        Ok(Self { run: run.to_owned(), clients, runtime: Some(runtime) })
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use url::Url;

    use super::drive;
    use crate::environment::target::{Proxy, Target};
    use crate::suite::template::Scope;

    fn target() -> Target {
        Target {
            name: "here".to_owned(),
            base_url: None,
            headers: Vec::new(),
            variables: Scope::new(),
            unset: std::collections::BTreeMap::new(),
            timeout: Duration::from_secs(5),
            proxy: Proxy::None,
            root_certificates: Vec::new(),
            client_certificate: None,
            verify_tls: true,
        }
    }

    #[test]
    fn a_connection_that_was_closed_meanwhile_is_not_used() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = Url::parse(&format!("http://{address}/")).expect("a URL");
        let (close, told) = channel::<()>();
        let (closed, seen) = channel::<()>();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let _ = stream.read(&mut [0; 4096]);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("sent");
                let _ = told.recv();
                drop(stream);
                let _ = closed.send(());
            }
        });
        for _ in 0..3 {
            let answer = drive("a run", &target(), async |clients| {
                let client = clients.for_url(&url).expect("a client");
                client.post(url.clone()).send().await.map(|answer| answer.status().as_u16())
            });
            assert_eq!(answer.expect("a runtime").expect("an answer"), 200);
            close.send(()).expect("a server");
            seen.recv().expect("a server");
        }
    }
}
