//! One API over the business's database.

use crate::cluster::Cluster;
use crate::database::{self, Database};
use crate::fault::Fault;
use crate::routes::{self, App};
use crate::server::Server;
use crate::status::Migrations;

/// A running API on a loopback port of its own. Dropping it stops it, and cuts its connections.
#[derive(Debug)]
pub struct Api {
    server: Server,
}

impl Api {
    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.server.base_url()
    }

    pub(crate) fn start(
        cluster: &Cluster,
        database: &str,
        migrations: Migrations,
        staff_token: &str,
        account: Option<(&'static str, String)>,
        fault: Option<Fault>,
    ) -> Result<Api, String> {
        let database = Database::new(database::config(cluster, database));
        let staff_token = staff_token.to_owned();
        let server = Server::start("API", |base_url| {
            let base_url = base_url.to_owned();
            routes::router(App { database, migrations, fault, base_url, staff_token, account })
        })?;
        Ok(Api { server })
    }
}
