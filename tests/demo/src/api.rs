//! The life of one API: a thread with a runtime of its own. When the thread ends, so do the listener
//! and every connection, also those in the middle of an answer.

use std::fmt;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::cluster::Cluster;
use crate::database::{self, Database};
use crate::fault::Fault;
use crate::routes::{self, App};

/// A running API on a loopback port of its own. Dropping it stops it, and cuts its connections.
pub struct Api {
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Api {
    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn start(
        cluster: &Cluster,
        staff_token: &str,
        fault: Option<Fault>,
    ) -> Result<Api, String> {
        let failed = |error: std::io::Error| format!("the demo API could not start: {error}");
        // Bound here, so that the port is known and answers from the moment this returns.
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let router = routes::router(App {
            database: Database::new(database::config(cluster, database::NAME)),
            fault,
            base_url: base_url.clone(),
            staff_token: staff_token.to_owned(),
        });
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed)?
        };
        let thread = thread::Builder::new().name("demo-api".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = axum::serve(listener, router) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Api { base_url, stop: Some(stop), thread: Some(thread.map_err(failed)?) })
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Drop for Api {
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
