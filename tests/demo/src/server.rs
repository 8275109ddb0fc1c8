//! The life of one HTTP server: a thread with a runtime of its own. When the thread ends, so do the
//! listener and every connection, also those in the middle of an answer.

use std::fmt;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use axum::Router;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A server on a loopback port of its own. Dropping it stops it, and cuts its connections.
pub(crate) struct Server {
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `name` is for the error message; `router` gets the URL that the server will have.
    pub(crate) fn start(name: &str, router: impl FnOnce(&str) -> Router) -> Result<Server, String> {
        let failed = |error: std::io::Error| format!("the demo {name} could not start: {error}");
        // Bound here, so that the port is known and answers from the moment this returns.
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let router = router(&base_url);
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed)?
        };
        let thread = thread::Builder::new().name("demo-http".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = axum::serve(listener, router) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Server { base_url, stop: Some(stop), thread: Some(thread.map_err(failed)?) })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender would stop the thread as well; this says so.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
